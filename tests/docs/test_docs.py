"""The documentation says what is so: nothing stale, and every name in it exists."""

import ast
import re
import shlex
from functools import lru_cache
from pathlib import Path

import pytest

from registry.settings import Settings
from scripts import docs, pictures

ROOT = docs.ROOT
FILES = docs.markdown()
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"(?:\]\(|src=\")([^)\"\s]+)[)\"]")
NODE = re.compile(r"(tests/[\w/]+\.py)::([\w:]+)")
ENDS = re.compile(r"\s*(?:\||&&|;)\s*")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def commands(text: str) -> list[list[str]]:
    """Every command of ours in a text, in words: from shell blocks, and from code between backticks."""
    shell = [body.replace("\\\n", " ") for language, body in FENCE.findall(text) if language == "sh"]
    lines = [part for block in shell for line in block.splitlines() for part in ENDS.split(line)]
    lines += INLINE.findall(FENCE.sub("", docs.MARKED.sub("", text)))
    return [shlex.split(line) for line in lines if line.startswith(("registry ", "wallet "))]


def wrong_in(words: list[str]) -> str:
    """What is wrong with a command, or nothing."""
    known = docs.programs()
    name = next((" ".join(words[:n]) for n in range(len(words), 0, -1) if " ".join(words[:n]) in known), None)
    if name is None:
        groups = {prefix for each in known for prefix in (each.rsplit(" ", 1)[0],)}
        placeholder = words[1] == "COMMAND" or words[1] == "…"
        return "" if placeholder or " ".join(words) in groups else "no such command"
    taken = {option for each in known[name].params for option in (*each.opts, *each.secondary_opts)} | {
        "--help"
    }
    foreign = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)} - taken
    return f"takes no {sorted(foreign)}" if foreign else ""


@lru_cache(maxsize=1)
def sources() -> str:
    folders = ("registry", "api", "wallet", "scripts", "tests")
    python = (path.read_text("utf-8") for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return "\n".join((*python, (ROOT / "Makefile").read_text("utf-8")))


@lru_cache(maxsize=64)
def names_in(file: Path) -> frozenset[str]:
    """Names of the tests in a file, with their class where they have one."""
    found = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {
            prefix + each.name for each in inner if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        }
    return frozenset(found)


def anchors(text: str) -> set[str]:
    """Names that headings can be linked by."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("file", FILES, ids=named)
def test_generated_parts_are_fresh(file: Path) -> None:
    text = file.read_text("utf-8")
    assert docs.filled(text) == text, "run `make docs`"


def test_a_stale_part_is_noticed() -> None:
    stale = "<!-- generated: settings -->\nold\n<!-- end -->\n"
    assert docs.filled(stale) != stale
    assert docs.filled(docs.filled(stale)) == docs.filled(stale)


def test_the_flow_is_as_it_is_drawn() -> None:
    assert (pictures.FOLDER / "flow.svg").read_text("utf-8") == pictures.flow(), "run `make docs`"


def test_pictures_are_small() -> None:
    large = [each.name for each in pictures.FOLDER.iterdir() if each.stat().st_size > 200_000]
    assert not large


@pytest.mark.parametrize("file", FILES, ids=named)
def test_every_command_and_option_exists(file: Path) -> None:
    wrong = [
        (" ".join(words), found) for words in commands(file.read_text("utf-8")) if (found := wrong_in(words))
    ]
    assert not wrong


def test_a_wrong_command_or_option_is_noticed() -> None:
    text = "`registry revoked ID`\n```sh\nwallet list --pretty | head\n```\n"
    assert [bool(wrong_in(words)) for words in commands(text)] == [True, True]


@pytest.mark.parametrize("file", FILES, ids=named)
def test_every_target_and_script_exists(file: Path) -> None:
    text = file.read_text("utf-8")
    targets = set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE))
    rules = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert targets <= rules
    scripts = set(re.findall(r"python -m (scripts\.\w+)", text))
    missing = [
        name
        for name in scripts
        if not (ROOT / f"{name.replace('.', '/')}.py").exists()
        and not (ROOT / name.replace(".", "/") / "__main__.py").exists()
    ]
    assert not missing


def test_every_setting_is_documented_and_says_what_it_is() -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    silent = [name for name, field in Settings.model_fields.items() if not field.description]
    absent = [name for name in Settings.model_fields if f"`ZT_{name.upper()}`" not in text]
    assert not silent
    assert not absent


@pytest.mark.parametrize("file", FILES, ids=named)
def test_every_variable_is_one_that_something_reads(file: Path) -> None:
    settings = {f"ZT_{name.upper()}" for name in Settings.model_fields}
    mentioned = set(re.findall(r"\bZT_[A-Z_]+[A-Z]\b", file.read_text("utf-8"))) - settings
    assert not {name for name in mentioned if name not in sources()}


@pytest.mark.parametrize("file", FILES, ids=named)
def test_every_link_leads_somewhere(file: Path) -> None:
    dead = []
    for target in LINK.findall(FENCE.sub("", file.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        leads = (file.parent / path).resolve() if path else file
        if not leads.exists() or (anchor and anchor not in anchors(leads.read_text("utf-8"))):
            dead.append(target)
    assert not dead


@pytest.mark.parametrize("file", FILES, ids=named)
def test_every_test_named_exists(file: Path) -> None:
    missing = [
        f"{path}::{name}"
        for path, name in NODE.findall(file.read_text("utf-8"))
        if not (ROOT / path).is_file() or name not in names_in(ROOT / path)
    ]
    assert not missing


def test_every_threat_names_a_test_or_says_later() -> None:
    text = (ROOT / "docs" / "threats.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \|.*\|(.*)\|$", text, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 28))
    assert not [number for number, shown in rows if "::" not in shown and "later" not in shown]
