"""What the asker makes of an answer: the proof against the chain, and the issuer's signed word. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from registry import statement, values, verification
from registry.credential import Kind
from registry.findings import Outcome
from registry.statement import Checked
from registry.trust import Trust
from registry.verification import Expected, Report

THRESHOLDS = ("over", "under")
"""Questions that the issuer's word answers even with a yes: a proof would tell the value."""


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """verdict: `proven` (a yes, by its presentation), `stated` (the issuer's word alone), `invalid`, or
    `unknown` where something could not be checked. report: of the presentation, None without one.
    """

    verdict: str
    statement: Checked
    report: Report | None = field(default=None)


def check_answer(
    envelope: Mapping[str, Any], question: Mapping[str, Any], trust: Trust, *, asker: str, now: int
) -> CheckedAnswer:
    """Check one answer with no trust in the server that gave it.

    question: as the asker put it. For a question about status all checks but 6 must pass, and 6 is the
    answer; a presentation without a good statement is no answer.
    """
    presentation = envelope.get("presentation")
    said = statement.verify(
        str(envelope.get("statement", "")),
        trust,
        asker=asker,
        question=question,
        type=str(question["type"]),
        presentation=presentation,
        now=now,
    )
    if (
        said.verdict == "invalid"
        or said.statement is None
        or said.statement.outcome != envelope.get("outcome")
    ):
        return CheckedAnswer("invalid", said)
    if presentation is None:
        word = said.statement.outcome != "yes" or question["ask"] in THRESHOLDS
        return CheckedAnswer("stated" if word else "invalid", said)
    report = verification.verify(presentation, trust, _expected(question, asker), now)
    return CheckedAnswer(_verdict(report, question), said, report)


def _expected(question: Mapping[str, Any], asker: str) -> Expected:
    holder = question.get("holder")
    return Expected(
        kinds=(Kind.ANSWER,),
        audience=asker,
        holder=None if holder is None else (holder["id_type"], holder["identifier"]),
        certificate_id=question.get("certificate_id"),
    )


def _verdict(report: Report, question: Mapping[str, Any]) -> str:
    apart = {"status"} if question["ask"] == "status" else set()
    if report.core is None or report.core.type != question["type"] or set(report.failed) - apart:
        return "invalid"
    if not set(question["claims"]) <= report.claims.keys():
        return "invalid"
    if question["ask"] == "equals" and not _equal(report, question):
        return "invalid"
    unknown = any(check.outcome is Outcome.UNKNOWN for check in report.checks)
    return "unknown" if unknown or report.verdict == "pending" else "proven"


def _equal(report: Report, question: Mapping[str, Any]) -> bool:
    assert report.core is not None
    (name,) = question["claims"]
    given = values.normalised(str(question["value"]))
    return report.claims[name] in (given, given.upper())
