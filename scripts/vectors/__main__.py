"""Writes docs/vectors: `python -m scripts.vectors [--out DIR]`."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from registry import bundle, verification
from registry.trust import Trust
from registry.verification import Expected
from scripts.vectors import (
    answers,
    bundles,
    cases,
    cases_of_the_holder,
    cases_of_the_issuer,
    cases_of_the_parts,
    encodings,
    sm2,
    words,
)
from scripts.vectors.case import Case
from scripts.vectors.keys import NOW
from scripts.vectors.place import Place

ROOT = Path(__file__).resolve().parents[2]
PARTS: Final = (
    cases.good,
    cases.shape,
    cases.claims,
    cases.receipts,
    cases_of_the_issuer.rights_and_keys,
    cases_of_the_issuer.statuses,
    cases_of_the_holder.times,
    cases_of_the_holder.holders,
    cases_of_the_holder.types,
    cases_of_the_holder.past,
    cases_of_the_parts.parts,
)


def files() -> Iterator[tuple[str, bytes]]:
    """Name and content of every file."""
    place = Place()
    made, asked_about = all_cases(place), answers.all_answers(place)
    pinned, signed = place.pinned(), place.bundle()
    trust = bundle.load(None, signed, NOW, pinned)
    yield "trust/root.json", pinned
    yield "trust/bundle.jws", signed
    yield "trust_bundles.json", text(bundles.loading(place))
    yield "root_files.json", text(bundles.root_files(place))
    yield "proof_codes.json", text(encodings.codes(made, trust))
    yield "words.json", text(words.words())
    yield "merkle.json", text(encodings.trees())
    yield "certificate_ids.json", text(encodings.certificate_ids())
    yield "status_lists.json", text(encodings.status_lists(place))
    yield "answers.json", text(answers.judged(asked_about, trust))
    yield "presentations.json", text({"now": NOW, "cases": [found(case, trust) for case in made]})
    other = Place()
    with_sm2 = sm2.made(other)
    known = bundle.load(None, other.bundle(), NOW, other.pinned())
    yield "sm2.json", text(sm2.file(other, known, [found(case, known) for case in with_sm2]))


def all_cases(place: Place) -> list[Case]:
    """Every case; afterwards `place.trust()` is what the verifier knows."""
    market = place.issuer("市场监督管理局", "business_licence", "food_business_licence")
    made: list[Case] = []
    for part in PARTS:
        made += part(place, market)
    return made


def found(case: Case, trust: Trust) -> dict[str, Any]:
    """A case with the report that it must give."""
    state = trust
    written: dict[str, Any] = {"name": case.name, "presentation": case.presentation}
    written["expected"] = asked(case.expected)
    if case.now != NOW:
        written["now"] = case.now
    if case.at is not None:
        written["at"] = case.at
    if case.node is not None:
        code, seq, root = case.node
        issuer = trust.issuers[code]
        known = replace(issuer, roots={**issuer.roots, seq: root})
        state = replace(trust, issuers={**trust.issuers, code: known})
        written["node"] = {
            "issuer": code,
            "seq": seq,
            "root": root.root.hex(),
            "size": root.size,
            "time": root.time,
            "final": root.final,
        }
    report = verification.verify(case.presentation, state, case.expected, case.now, case.at, dated=case.dated)
    guard = report.guard
    written["report"] = report.to_dict()
    written["guard"] = None if guard is None else [guard.audience, guard.nonce, guard.expires]
    return written


def asked(expected: Expected) -> dict[str, Any]:
    """What the verifier asked for, members that it did not ask for left out."""
    given = {
        "kinds": sorted(expected.kinds),
        "audience": expected.audience,
        "nonce": expected.nonce,
        "holder": expected.holder,
        "certificate_id": expected.certificate_id,
    }
    return {name: value for name, value in given.items() if value is not None}


def text(value: object) -> bytes:
    """JSON that a person can read and a diff can follow."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Write every file."""
    parser = argparse.ArgumentParser(prog="scripts.vectors", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "vectors")
    out: Path = parser.parse_args(arguments).out
    for name, content in files():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
