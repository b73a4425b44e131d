"""A department that issues with SM2 on a real chain: its keys are registered by thumbprint and certified."""

import os
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import orjson
import pytest
from sqlmodel import select

from registry.authority.founding import BadTown, found, read_town
from registry.provisioning import provision
from registry.signing import Use
from registry.store.tables import PublicKey
from registry.suites import ES256, SM
from tests.authority.conftest import ORIGIN, POLICE, TOWN, node, open_office, settle

__all__ = ["node"]

ROOT = Path(__file__).parents[2]
DESCRIPTION = {
    "departments": [
        {"code": POLICE, "zh": "某市公安局", "en": "Police", "kind": "issues", "suite": "sm",
         "issues": ["resident_identity"]},
    ]
}  # fmt: skip


def described(**changed):
    (department,) = DESCRIPTION["departments"]
    return orjson.dumps({"departments": [department | changed]})


def test_it_is_founded_like_any_other_and_its_trust_says_sm2(tmp_path, node):
    office, town = open_office(tmp_path, node), read_town(described())
    provision(office.settings, office.store, [each.member for each in town.departments])
    settle(office, found(office, town, ORIGIN))
    police = office.trust.current().issuers[POLICE]
    assert {key.public.suite for key in police.keys.values() if key.uses & Use.CREDENTIALS} == {SM}
    assert police.suites(office.clock() + 60) == [SM]
    for key in police.keys.values():
        ((leaf,),) = key.x5c
        assert key.public.spki in b64decode(leaf)
    with office.store.read() as session:
        assert len(session.exec(select(PublicKey)).all()) == 3
    office.store.close()


def test_a_department_that_says_nothing_is_on_p256():
    assert {each.member.suite for each in TOWN.departments} == {ES256}


@pytest.mark.parametrize("suite", ["SM", "sm2", "es384", "", None, 1])
def test_no_other_suite_is_taken(suite):
    with pytest.raises(BadTown):
        read_town(described(suite=suite))


@pytest.mark.parametrize("missing", [False, True], ids=["installed", "not installed"])
def test_the_command_makes_its_keys_or_says_in_one_line_what_to_install(tmp_path, missing):
    (tmp_path / "town.json").write_bytes(described())
    if missing:
        (tmp_path / "tongsuopy").mkdir()
        (tmp_path / "tongsuopy" / "__init__.py").write_text("raise ImportError")
    settings = {"ZT_DATA": str(tmp_path / "data"), "ZT_API_PASSPHRASE": "a", "ZT_WORKER_PASSPHRASE": "w"}
    (tmp_path / "data").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "registry.cli.main", "provision", tmp_path / "town.json"],
        env={**os.environ, **settings, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (tmp_path / "data" / "keys").exists() is not missing
    if missing:
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert "国密" in done.stderr and "pip install tongsuopy" in done.stderr
    else:
        assert (done.returncode, done.stderr) == (0, "")
        assert POLICE in done.stdout
