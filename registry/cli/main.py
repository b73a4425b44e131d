"""`registry …`: the command line of a department, of the authority and of anyone who checks.

Each group of commands has a module of its own, which imports what it needs only when it is called, so that
`registry verify` starts without a chain client.
"""

import os
import sys
from functools import cache
from importlib import import_module

import typer

from registry.cli import files
from registry.errors import RegistryError

app = typer.Typer(
    name="registry",
    help="证通 · issue, check and withdraw certificates / 签发、核验、撤销电子证照",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

COMMANDS = (
    "issuing",
    "importing",
    "status",
    "auditing",
    "accesslog",
    "measures",
    "sharing",
    "verify",
    "queries",
    "rights",
    "batches",
    "reviews",
    "requests",
    "tasks",
    "cases",
    "clocks",
    "mandates",
    "worker",
    "authority",
    "keys",
    "serve",
)


@cache
def assemble() -> typer.Typer:
    """Let every module add its commands, once a process."""
    for name in COMMANDS:
        import_module(f"registry.cli.{name}").add_to(app)
    return app


def refuse(error: RegistryError) -> None:
    """One clear line in both languages, and exit 1."""
    sys.stderr.write(f"{error.zh} / {error.en}\n")
    raise SystemExit(1)


def main() -> None:
    """Run one command: exit 1 for a refusal, 2 for usage, otherwise what the command says."""
    try:
        assemble()()
    except RegistryError as error:
        refuse(error)
    except BrokenPipeError:
        os._exit(1)
    except OSError as error:
        if not files.is_named(error):
            raise
        refuse(RegistryError(*files.wrong(error)))


if __name__ == "__main__":
    main()
