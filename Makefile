# Two commands: `make run` shows the whole story, `make test` runs every test. Each sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Each of the many processes of a run would otherwise compile every module anew.
export PYTHONDONTWRITEBYTECODE :=
# One more than cores: whoever waits for a block, a browser or another process leaves its core to others.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

.PHONY: run test check bench faults docs library setup format lock clean help

run: setup ## Set up, found the sample town, play the story, serve until Ctrl-C (ONCE=1: end after the story)
	@$(BIN)/python -m scripts.run $(if $(ONCE),--once) $(ARGS)

test: setup ## Run every test (SLOW=0 leaves out the slow ones)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(if $(filter 0,$(SLOW)),-m "not slow") $(ARGS)

check: setup ## Format, lint, types, Solidity lint, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	node_modules/.bin/tsc -p wallet/web
	node_modules/.bin/solhint --disc --noPoster --max-warnings 0 'contracts/**/*.sol'
	$(BIN)/lint-imports

bench: setup ## Measure each rate beside its limit: a table and build/bench.json (QUICK=1: the form CI runs)
	@$(BIN)/python -m scripts.bench $(if $(QUICK),--quick) $(ARGS)

faults: setup ## Kill, roll back and reset for longer (QUICK=1: the form CI runs)
	@ZT_FAULTS=$(if $(QUICK),10,200) $(BIN)/python -m pytest tests/faults $(ARGS)

docs: setup ## Fill the generated parts of the documentation, and draw its flow
	@$(BIN)/python -m scripts.docs
	@$(BIN)/python -m scripts.pictures

library: setup ## Build the verifier as libraries of their own: build/library/*.whl and *.tgz
	@$(BIN)/python -m scripts.library $(ARGS)

setup: ## Virtual environment, locked packages, Node, contracts (does nothing when all is there)
	@$(PYTHON) scripts/setup.py

format: setup ## Format and mend what can be mended by machine
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup ## Lock the newest allowed packages by hash, without naming a host
	$(BIN)/python scripts/lock.py

clean: ## Take away everything that was set up or made
	rm -rf .venv node_modules build data artifacts cache out *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## Say what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12
