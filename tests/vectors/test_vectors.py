"""The published vectors: the Python verifier gives their reports, and they are what the code writes today."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from registry import bundle
from registry.credential import Kind
from registry.trust import Trust, TrustedRoot
from registry.verification import CHECKS, Expected, verify
from scripts.vectors import __main__ as vectors

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "vectors"


def published(name: str) -> Any:
    return json.loads((FOLDER / name).read_text("utf-8"))


PRESENTATIONS = published("presentations.json")
CASES = PRESENTATIONS["cases"]


@cache
def trust() -> Trust:
    pinned, signed = ((FOLDER / "trust" / name).read_bytes() for name in ("root.json", "bundle.jws"))
    return bundle.load(None, signed, PRESENTATIONS["now"], pinned)


def known_to(case: dict[str, Any]) -> Trust:
    """The trust state of a case: the bundle's, and what the verifier's own node says."""
    node = case.get("node")
    if node is None:
        return trust()
    root = TrustedRoot(bytes.fromhex(node["root"]), node["size"], node["time"], final=node["final"])
    issuer = trust().issuers[node["issuer"]]
    issuer = replace(issuer, roots={**issuer.roots, node["seq"]: root})
    return replace(trust(), issuers={**trust().issuers, issuer.code: issuer})


def asked(expected: dict[str, Any]) -> Expected:
    given = dict(expected, kinds=frozenset(map(Kind, expected["kinds"])))
    if "holder" in given:
        given["holder"] = tuple(given["holder"])
    return Expected(**given)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_verifier_gives_the_whole_published_report(case: dict[str, Any]) -> None:
    now = case.get("now", PRESENTATIONS["now"])
    report = verify(case["presentation"], known_to(case), asked(case["expected"]), now, case.get("at"))
    assert json.loads(json.dumps(report.to_dict())) == case["report"]
    guard = report.guard and [report.guard.audience, report.guard.nonce, report.guard.expires]
    assert guard == case["guard"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_name_says_what_is_found(case: dict[str, Any]) -> None:
    first, report = case["name"].split("-")[0], case["report"]
    failed = [check["id"] for check in report["checks"] if check["outcome"] == "fail"]
    if first in {"unknown", "pending"}:
        assert (report["verdict"], failed) == (first, [])
    elif failed and first != "at":
        assert failed[0] == first
        assert report["verdict"] == "invalid"


def test_every_check_fails_alone_in_some_case_and_every_verdict_is_there() -> None:
    alone = [
        failed[0]
        for case in CASES
        if len(failed := [check["id"] for check in case["report"]["checks"] if check["outcome"] == "fail"])
        == 1
    ]
    assert set(alone) == {"parse", *(name for _, name, _ in CHECKS)}
    assert {case["report"]["verdict"] for case in CASES} == {"valid", "copy", "invalid", "pending", "unknown"}
    assert {
        case["report"]["kind"] for case in CASES if case["report"]["verdict"] in {"valid", "copy"}
    } == set(Kind)
    assert len({case["name"] for case in CASES}) == len(CASES)


def test_the_published_files_are_what_the_code_writes_today() -> None:
    """If this fails on purpose (a line was reworded, a format changed): python -m scripts.vectors."""
    pytest.importorskip("tongsuopy", reason="the files of SM2 need its binding")
    written = dict(vectors.files())
    stale = [name for name, content in written.items() if (FOLDER / name).read_bytes() != content]
    assert not stale, "run `python -m scripts.vectors`"
    there = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert there == {"README.md", *written}
