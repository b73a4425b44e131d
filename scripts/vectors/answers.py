"""Answers to queries: the issuer's statement with its presentation, and what the asker makes of them."""

from collections.abc import Iterator
from typing import Any, Final

from registry import b64, statement
from registry.answer_checking import check_answer
from registry.credential import Kind
from registry.lifecycle import Status
from registry.statement import LogPlace, Statement
from registry.trust import Trust
from scripts.vectors.case import parsed
from scripts.vectors.keys import NOW, FixedKey, key, stream
from scripts.vectors.place import ORIGIN, VERIFIER, Issued, Issuer, Place

QUESTION_SALT: Final = b64.encode(stream("question")(16))


Asked = list[tuple[str, dict[str, Any], dict[str, Any]]]
"""Name, answer, question."""


def all_answers(place: Place) -> Asked:
    """Every answer; afterwards `place.trust()` is what the asker knows."""
    issuer = next(iter(place.issuers.values()))
    good, revoked = place.issue("answered", issuer), place.issue("answered and revoked", issuer)
    place.set_status(revoked, Status.REVOKED)
    return list(_cases(place, issuer, good, revoked))


def judged(asked: Asked, trust: Trust) -> dict[str, Any]:
    """Each answer with its question and the verdict: proven, stated, invalid or unknown."""
    cases = []
    for name, envelope, question in asked:
        checked = check_answer(envelope, question, trust, asker=VERIFIER, now=NOW)
        cases.append(
            {
                "name": name,
                "question": question,
                "answer": envelope,
                "verdict": checked.verdict,
                "statement_failed": list(checked.statement.failed),
                "report": None if checked.report is None else checked.report.to_dict(),
            }
        )
    return {"now": NOW, "asker": VERIFIER, "cases": cases}


def _cases(
    place: Place, issuer: Issuer, good: Issued, revoked: Issued
) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    question = about(good, "claims", ["company_name"])
    shown = place.show(good, Kind.ANSWER, ("company_name", "credit_code"))

    def answer(
        outcome: str = "yes", text: str | None = shown, by: FixedKey | None = None, **changed: Any
    ) -> Any:
        said = _statement(issuer, question, outcome, text, **changed)
        signed = statement.sign(said, by or issuer.key, issuer.x5c)
        return {"outcome": outcome, "presentation": text, "statement": signed}

    yes = answer()
    yield "yes, proven", yes, question
    yield "no, the issuer's word", answer("no", None), question
    yield "withheld", answer("withheld", None), question
    yield "yes without a presentation", answer("yes", None), question
    yield "the outcome changed", {**yes, "outcome": "no"}, question
    yield "the statement left out", {**yes, "statement": ""}, question
    yield "the presentation taken away", {**yes, "presentation": None}, question
    yield "another question", yes, {**question, "claims": ["premises"]}
    yield "to another asker", answer(aud="another department"), question
    yield "signed by a thief", answer(by=key("thief")), question
    yield "a day old", answer(iat=NOW - 90_000, exp=NOW - 3_600), question
    less = place.show(good, Kind.ANSWER, ("credit_code",))
    yield "a claim short of what was asked", answer(text=less), question
    gone = place.show(revoked, Kind.ANSWER, ("company_name", "credit_code"))
    asked = about(revoked, "status", [])
    stated = _yes(issuer, asked, gone)
    yield "a question about status: revoked, and proven so", stated, asked
    claims = about(revoked, "claims", [])
    yield "a question about claims: revoked", _yes(issuer, claims, gone), claims


def _yes(issuer: Issuer, question: dict[str, Any], text: str) -> dict[str, Any]:
    """A yes to another question."""
    signed = statement.sign(_statement(issuer, question, "yes", text), issuer.key, issuer.x5c)
    return {"outcome": "yes", "presentation": text, "statement": signed}


def about(issued: Issued, ask: str, claims: list[str]) -> dict[str, Any]:
    """A question about the enterprise of a licence."""
    code = next(value for _, name, value in parsed(issued) if name == "credit_code")
    return {
        "salt": QUESTION_SALT,
        "case": "2026-0001",
        "asker": VERIFIER,
        "issuer": issued.issuer.code,
        "matter": "vectors",
        "type": issued.type.type,
        "ask": ask,
        "claims": claims,
        "holder": {"id_type": "credit_code", "identifier": code},
    }


def _statement(
    issuer: Issuer, question: dict[str, Any], outcome: Any, text: str | None, **changed: Any
) -> Statement:
    digest = None if text is None else b64.encode(statement.presentation_digest(text))
    given: dict[str, Any] = {
        "iss": statement.address(ORIGIN, issuer.code),
        "aud": VERIFIER,
        "question": statement.question_digest(question),
        "case": "2026-0001",
        "rule": "vectors",
        "policy": "1",
        "outcome": outcome,
        "presentation": digest,
        "log": LogPlace(seq=1, entry=b64.encode(stream("log")(32))),
        "iat": NOW - 60,
        "exp": NOW + 3_600,
    }
    return Statement(**{**given, **changed})
