"""Issuers with SM2 and SM3: both verifiers say the same of what they signed.

Every test of tests/suites that asks a world for a report, or reads a code, runs here once more; JavaScript
takes SM2 and SM3 from another library than Python.
"""

import shutil

import pytest

from registry import findings, proofcode
from registry.signing import SigningKey
from registry.suites import SM
from registry.verification import Expected
from tests.formats.world import ALL_KINDS, AUDIENCE, NONCE, NOW, ORIGIN, certified
from tests.suites import test_credentials
from tests.suites.test_credentials import licence, world
from tests.web.borrowing import borrowed
from tests.web.node import PROGRAM, Node, Refused
from tests.web.test_same_codes import issuers

__all__ = ["licence", "world"]

pytest.importorskip("tongsuopy", reason="SM2 has no binding on this machine")
ALL = Expected(ALL_KINDS, AUDIENCE, NONCE)
ROOT = PROGRAM.parents[2]
pytestmark = pytest.mark.usefixtures("both", "both_read")

globals().update(borrowed(test_credentials))
# What Python says where it has no binding is not what is said where there is one.
del globals()["test_without_the_binding_the_signature_is_unknown_and_never_wrong_of_credentials"]


@pytest.fixture
def both_read(node, monkeypatch):
    decode = proofcode.decode

    def decode_both(text, directory):
        asked = {}

        def find(code):
            asked[code] = directory(code)
            return asked[code]

        read = decode(text, find)
        assert node.ask("decode", text=text, issuers=issuers(asked)) == read
        return read

    monkeypatch.setattr(proofcode, "decode", decode_both)


@pytest.fixture
def node_without(tmp_path):
    """The verifier where the library's file is not to be had."""
    shutil.copytree(
        ROOT / "wallet" / "web", tmp_path / "wallet" / "web", ignore=shutil.ignore_patterns("vendor")
    )
    program = tmp_path / "tests" / "web" / "verifier.mjs"
    program.parent.mkdir(parents=True)
    shutil.copy(PROGRAM, program)
    with Node(program) as process:
        yield process


def test_without_the_library_what_is_sm_is_unknown_and_never_wrong(world, licence, node_without):
    said, _ = node_without.verify(world.show(licence), node_without.trust(world.trust()), ALL, NOW)
    assert said["verdict"] == "unknown"
    assert said["checks"][0]["zh"] == findings.NO_SM.zh
    assert {each["outcome"] for each in said["checks"]} == {"unknown"}
    code = proofcode.encode(world.show(licence), (ORIGIN,))
    with pytest.raises(Refused) as refusal:
        node_without.ask("decode", text=code, issuers=issuers(known(world, licence)))
    assert refusal.value.kind == "no-sm"


def test_without_the_library_an_sm2_signature_is_unknown_and_the_rest_is_checked(world, node_without):
    department = world.department("business_licence")
    licence = world.licence(department)
    department.more_keys.update(department.trusted().keys)
    department.key = SigningKey.generate(SM)
    department.x5c = certified(department.key)
    said, _ = node_without.verify(world.show(licence), node_without.trust(world.trust()), ALL, NOW)
    assert said["verdict"] == "unknown"
    outcomes = {each["id"]: each["outcome"] for each in said["checks"]}
    assert {name for name, outcome in outcomes.items() if outcome != "pass"} == {"issuer_key", "status"}
    assert {outcomes["issuer_key"], outcomes["status"]} == {"unknown"}


def test_without_the_library_the_first_suite_is_checked_as_ever(world, node_without):
    said, _ = node_without.verify(world.show(world.licence()), node_without.trust(world.trust()), ALL, NOW)
    assert said["verdict"] == "valid"


def known(world, licence):
    directory = proofcode.directory_of(world.trust())
    return {licence.department.code: directory(licence.department.code)}
