"""Files and folders that a command is pointed at: what is missing is said, and nothing is made instead."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MISSING = "missing.bin"


def registry(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "registry.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), "COLUMNS": "200", **settings},
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("client", "A", MISSING),
        ("authority", "found", MISSING, "--origin", "http://localhost"),
        ("renew", "ID", "--issuer", "A", "--reason", "changed", "--key", "k", "--changes", MISSING),
        ("find", "--issuer", "A", "--holder", MISSING),
        ("query", "x", "--as", "A", "--matter", "m", "--holder", MISSING),
        ("issue", "missing.csv", "--type", "birth", "--issuer", "A"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_file_that_is_not_there_is_named_in_both_languages(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = registry(tmp_path, *arguments)
    assert done.returncode == 2
    assert "没有这个文件 / missing" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("batches",), ("health",), ("show", "ID", "--issuer", "A"), ("authority", "bundle")],
    ids=lambda arguments: arguments[0],
)
def test_where_there_is_no_registry_none_is_made(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = registry(tmp_path, *arguments)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "ZT_DATA" in done.stderr
    assert not list(tmp_path.iterdir())


def test_an_unknown_reason_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    done = registry(tmp_path, "suspend", "ID", "--issuer", "A", "--reason", "changed")
    assert done.returncode == 2
    assert "withheld, frozen, reported_lost, commitment_overdue" in done.stderr


def test_a_passphrase_that_is_not_set_is_asked_for_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "data" / "keys").mkdir(parents=True)
    (tmp_path / "data" / "keys" / "api.ring").write_bytes(b"")
    done = registry(tmp_path, "show", "ID", "--issuer", "A")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "ZT_API_PASSPHRASE is not set" in done.stderr
    assert "scripts.env" in done.stderr
