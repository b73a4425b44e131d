"""Is this certificate genuine, and shown by whom it should be? Ten checks, pure (protocol.md, Verification).

A check passes, fails, is unknown or does not apply. A contradiction fails; absent data are unknown; "could
not check" is never said as "not genuine", and never as valid. All checks run, except that after a failed
`parse` there is nothing to look at.
"""

from typing import Any, Final

import msgspec

from registry import checks, credential, findings
from registry.certificate import Core
from registry.checks import Case, Expected
from registry.credential import Kind, Presentation
from registry.errors import RegistryError
from registry.findings import Advice, Finding, Outcome
from registry.lifecycle import Status
from registry.trust import Trust

__all__ = ["CHECKS", "Check", "Expected", "Guard", "Later", "Outcome", "Report", "TrustUsed", "verify"]

CHECKS: Final = (
    (1, "disclosures", checks.disclosures),
    (2, "path", checks.path),
    (3, "anchor", checks.anchor),
    (4, "right", checks.right),
    (5, "issuer_key", checks.issuer_key),
    (6, "status", checks.status),
    (7, "time", checks.time),
    (8, "holder", checks.holder),
    (9, "type", checks.certificate_type),
)


class Check(msgspec.Struct, frozen=True):
    """One check: its number and name in protocol.md, what it found, and a line in both languages."""

    n: int
    id: str
    outcome: Outcome
    zh: str
    en: str


class TrustUsed(msgspec.Struct, frozen=True):
    """Which trust state was used."""

    epoch: int
    version: int
    created: int


class Later(msgspec.Struct, frozen=True):
    """A status change that became known after the time checked as of."""

    status: Status
    reason: str
    recorded: int
    effective: int


class Guard(msgspec.Struct, frozen=True):
    """What the caller uses up, atomically, before it accepts a `valid` one; worthless after `expires`."""

    audience: str
    nonce: str
    expires: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was found.

    verdict: valid, copy (never more for a copy), invalid, pending or unknown. claims: those shown.
    at: Unix seconds that was checked as of. guard: None for what is not bound to a moment; not part of the
    report that is shown.
    """

    verdict: str
    kind: Kind | None
    core: Core | None
    claims: dict[str, str]
    checks: tuple[Check, ...]
    next: Advice | None
    trust: TrustUsed
    at: int
    later: tuple[Later, ...] = ()
    guard: Guard | None = None

    @property
    def failed(self) -> list[str]:
        """Names of the checks that failed."""
        return [check.id for check in self.checks if check.outcome is Outcome.FAIL]

    @property
    def unknown(self) -> list[str]:
        """Names of the checks that could not be made."""
        return [check.id for check in self.checks if check.outcome is Outcome.UNKNOWN]

    def to_dict(self) -> dict[str, Any]:
        """The report as protocol.md has it, for JSON."""
        shown: dict[str, Any] = msgspec.to_builtins(self)
        del shown["guard"]
        shown["next"] = self.next._asdict() if self.next is not None else None
        return shown

    def __repr__(self) -> str:
        return f"Report({self.verdict}, failed={self.failed}, unknown={self.unknown})"


def verify(
    presentation: str,
    trust: Trust,
    expected: Expected,
    now: int,
    at: int | None = None,
    *,
    dated: bool = False,
) -> Report:
    """Check a presentation against a trust state.

    Pure: a caller that takes `valid` then uses up `Report.guard` atomically, and refuses if somebody was
    faster.

    now: Unix seconds. at: a past time to check as of: what would have been found then. dated: whether a
    record or a log proof of that time covers the presentation's digest.
    """
    moment = now if at is None else at
    try:
        shown = credential.parse(presentation)
    except RegistryError:
        return unreadable(trust, moment)
    case = Case(shown, trust, expected, now, at, dated)
    found = [check(case) for _, _, check in CHECKS]
    return Report(
        verdict=_verdict(case.kind, found),
        kind=case.kind,
        core=case.core,
        claims=case.claims,
        checks=(_PARSED, *(_line(n, id, each) for (n, id, _), each in zip(CHECKS, found, strict=True))),
        next=_next(found),
        trust=_used(trust),
        at=moment,
        later=tuple(Later(each.status, each.reason, each.recorded, each.effective) for each in case.later),
        guard=_guard(shown),
    )


def _verdict(kind: Kind, found: list[Finding]) -> str:
    outcomes = [finding.outcome for finding in found]
    if Outcome.FAIL in outcomes:
        return "invalid"
    if Outcome.UNKNOWN not in outcomes:
        return "copy" if kind is Kind.COPY else "valid"
    missing = [finding for finding in found if finding.outcome is Outcome.UNKNOWN]
    return "pending" if missing == [findings.YOUNG] else "unknown"


def _next(found: list[Finding]) -> Advice | None:
    """What mends the first failure, or else the first gap."""
    advised = [finding for finding in found if finding.advice is not None]
    advised.sort(key=lambda finding: finding.outcome is not Outcome.FAIL)
    return advised[0].advice if advised else None


def _guard(shown: Presentation) -> Guard | None:
    if shown.binding is None:
        return None
    said = shown.binding.payload
    life = checks.CODE_AFTER if shown.kind is Kind.CODE else checks.REQUEST_LEEWAY
    return Guard(said.aud, said.nonce, said.iat + life + 1)


def _line(n: int, id: str, finding: Finding) -> Check:
    return Check(n, id, finding.outcome, finding.zh, finding.en)


_PARSED = _line(0, "parse", findings.PARSED)


def _used(trust: Trust) -> TrustUsed:
    return TrustUsed(trust.epoch, trust.version, trust.created)


def unreadable(trust: Trust, moment: int, lacking: tuple[str, str] | None = None) -> Report:
    """The report where check 0 fails and the rest is unknown.

    lacking: what this reader has not, in both languages, where that is why: check 0 is unknown then.
    """
    parsed = findings.NOT_PARSED if lacking is None else findings.unknown(*lacking, findings.NEWER_TRUST)
    return Report(
        verdict="invalid" if lacking is None else "unknown",
        kind=None,
        core=None,
        claims={},
        checks=(
            _line(0, "parse", parsed),
            *(_line(n, id, findings.NOT_EXAMINED) for n, id, _ in CHECKS),
        ),
        next=parsed.advice,
        trust=_used(trust),
        at=moment,
    )
