"""The published vectors of an issuer with SM2 and SM3."""

import json
from functools import cache
from typing import Any

import pytest

from registry import b64, bundle, proofcode, sm
from registry.signing import PublicKey
from registry.suites import SUITES
from registry.trust import Trust
from registry.verification import verify
from tests.vectors.test_vectors import asked, published

pytest.importorskip("tongsuopy", reason="SM2 has no binding on this machine")

FILE = published("sm2.json")


@cache
def trust() -> Trust:
    return bundle.load(None, FILE["bundle"].encode(), FILE["now"], FILE["root"].encode())


@pytest.mark.parametrize("case", FILE["cases"], ids=lambda case: case["name"])
def test_the_verifier_gives_the_whole_published_report(case: dict[str, Any]) -> None:
    report = verify(case["presentation"], trust(), asked(case["expected"]), FILE["now"])
    assert json.loads(json.dumps(report.to_dict())) == case["report"]
    failed = [check["id"] for check in case["report"]["checks"] if check["outcome"] == "fail"]
    first = case["name"].split("-")[0]
    if failed:
        assert (failed[0], report.verdict) == (first, "invalid")
    else:
        assert report.verdict == ("copy" if first == "copy" else "valid")


@pytest.mark.parametrize("case", FILE["codes"], ids=lambda case: case["name"])
def test_a_code_is_read_as_the_presentation_it_was_made_of(case: dict[str, Any]) -> None:
    assert proofcode.find(case["code"], proofcode.directory_of(trust())) == case["presentation"]


def test_digests_and_signatures_are_as_published() -> None:
    for case in FILE["digests"]:
        assert sm.sm3(bytes.fromhex(case["data"])).hex() == case["sm3"]
    for case in FILE["signatures"]:
        key = PublicKey.from_jwk(case["key"], suites=SUITES)
        assert key.verify(b64.decode(case["signature"]), bytes.fromhex(case["data"])) is case["stands"]
