"""What can happen to a certificate: reason codes, the status each leads to, and what may follow what.

Pure: a certificate's history is the sequence of its reason codes, oldest first, beginning with the one
it was made by; the status is a fold over it. The terms are those of the departments (行政许可法 69, 70).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum

from registry.errors import NotAllowed


class Status(IntEnum):
    """Status as the chain and Token Status Lists have it, two bits."""

    VALID = 0
    REVOKED = 1
    SUSPENDED = 2
    SUPERSEDED = 3


class Kind(Enum):
    """What a reason does: make a version, take the old one's place, or change the status."""

    BEGIN = "begin"
    RENEW = "renew"
    RESUME = "resume"
    SUSPEND = "suspend"
    REVOKE = "revoke"
    TAKE_BACK = "take_back"


class Scope(Enum):
    """Which versions of a number an event applies to, in one transaction."""

    VERSION = "version"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason code.

    code: as stored. zh, en: the term that holder and verifier see.
    status: what the certificate has afterwards (for RENEW: the old version); None: no status (taken back).
    from_beginning: void, or corrected, from the certificate's beginning, not from the decision.
    """

    code: str
    zh: str
    en: str
    kind: Kind
    status: Status | None
    scope: Scope = Scope.VERSION
    from_beginning: bool = False

    def touches(self, status: Status) -> bool:
        """Whether an event of this reason applies to another version of the number with that status."""
        if self.scope is Scope.VERSION:
            return False
        if self.kind is Kind.RESUME:
            return status is Status.SUSPENDED
        open_to = {Status.VALID, Status.SUSPENDED} | (
            {Status.SUPERSEDED} if self.code == "annulled" else set()
        )
        return status in open_to and status is not self.status


def _reason(code: str, zh: str, en: str, kind: Kind, *, from_beginning: bool = False) -> Reason:
    status = {
        Kind.BEGIN: Status.VALID,
        Kind.RENEW: Status.SUPERSEDED,
        Kind.RESUME: Status.VALID,
        Kind.SUSPEND: Status.SUSPENDED,
        Kind.REVOKE: Status.REVOKED,
        Kind.TAKE_BACK: None,
    }[kind]
    whole_number = kind in {Kind.RESUME, Kind.SUSPEND, Kind.REVOKE} and code != "issued_in_error"
    return Reason(code, zh, en, kind, status, Scope.NUMBER if whole_number else Scope.VERSION, from_beginning)


REASONS: dict[str, Reason] = {
    reason.code: reason
    for reason in (
        _reason("issued", "新办", "issued", Kind.BEGIN),
        _reason("changed", "变更", "changed", Kind.RENEW),
        _reason("extended", "延续", "extended", Kind.RENEW),
        _reason("deemed_extended", "视为准予延续", "deemed extended", Kind.RENEW),
        _reason("exchanged", "换证", "exchanged for a new form", Kind.RENEW),
        _reason("replaced_lost", "补领（遗失）", "replaced after loss", Kind.RENEW),
        _reason("replaced_damaged", "补领（损毁）", "replaced after damage", Kind.RENEW),
        _reason("corrected", "更正", "corrected", Kind.RENEW, from_beginning=True),
        _reason("reissued", "重新颁发", "issued again", Kind.RENEW),
        _reason("cancelled_on_request", "注销（依申请）", "cancelled on request", Kind.REVOKE),
        _reason("cancelled_not_extended", "注销（期满未延续）", "cancelled, not extended", Kind.REVOKE),
        _reason("cancelled_holder_deceased", "注销（持证人死亡）", "cancelled, holder deceased", Kind.REVOKE),
        _reason("cancelled_entity_ended", "注销（主体终止）", "cancelled, entity ended", Kind.REVOKE),
        _reason("cancelled_impossible", "注销（不可抗力）", "cancelled, cannot be carried out", Kind.REVOKE),
        _reason(
            "cancelled_after_withdrawal",
            "注销（撤销、撤回、吊销后）",
            "cancelled after withdrawal",
            Kind.REVOKE,
        ),
        _reason("penalty", "吊销", "revoked as a penalty", Kind.REVOKE),
        _reason("withdrawn", "撤回", "withdrawn", Kind.REVOKE),
        _reason("annulled", "撤销", "annulled", Kind.REVOKE, from_beginning=True),
        _reason("issued_in_error", "错发作废", "issued in error", Kind.REVOKE, from_beginning=True),
        _reason("withheld", "暂扣", "withheld", Kind.SUSPEND),
        _reason("frozen", "冻结", "frozen", Kind.SUSPEND),
        _reason("reported_lost", "挂失", "reported lost", Kind.SUSPEND),
        _reason("commitment_overdue", "承诺逾期", "commitment overdue", Kind.SUSPEND),
        _reason("resumed", "恢复", "resumed", Kind.RESUME),
        _reason("taken_back", "撤回误签", "taken back before anchoring", Kind.TAKE_BACK),
    )
}

_MOVES: dict[Status, frozenset[Kind]] = {
    Status.VALID: frozenset({Kind.RENEW, Kind.SUSPEND, Kind.REVOKE, Kind.TAKE_BACK}),
    Status.SUSPENDED: frozenset({Kind.RENEW, Kind.RESUME, Kind.REVOKE, Kind.TAKE_BACK}),
    Status.SUPERSEDED: frozenset({Kind.REVOKE}),
    Status.REVOKED: frozenset({Kind.REVOKE}),
}
_ENDS_BY_DECISION = frozenset({"penalty", "withdrawn", "annulled"})


def reason(code: str) -> Reason:
    """The reason of that code. Raises NotAllowed for an unknown one."""
    if code not in REASONS:
        raise NotAllowed("没有这个原因代码。", "There is no such reason code.")
    return REASONS[code]


def status_after(history: Sequence[str]) -> Status | None:
    """The status that a history ends in; None once taken back.

    The first code made the version, so it stands valid whatever that code is; revoked stays revoked.
    """
    status: Status | None = Status.VALID
    for code in history[1:]:
        if status is not Status.REVOKED:
            status = REASONS[code].status
    return status


def may_follow(history: Sequence[str], code: str) -> bool:
    """Whether an event with this reason may come next for the certificate (this version) with that history.

    For RENEW reasons the event is the old version's: it becomes superseded.
    """
    status = status_after(history)
    next_one = REASONS[code]
    if status is None or next_one.kind not in _MOVES[status]:
        return False
    if status is Status.SUPERSEDED:
        return code in {"annulled", "issued_in_error"}
    if status is Status.REVOKED:
        return _may_follow_revocation(history, code)
    return code != "cancelled_after_withdrawal"


def may_renew(newest: Sequence[str], code: str) -> bool:
    """Whether a next version may be made by this reason, given the history of the newest version.

    A certificate issued in error is made anew with `corrected`; one that a thief revoked on the chain, with
    `reissued` (only the reconciliation knows: the history of our own events may still end in valid).
    """
    if REASONS[code].kind is not Kind.RENEW:
        return False
    if status_after(newest) is not Status.REVOKED:
        return may_follow(newest, code)
    if newest[-1] == "issued_in_error":
        return code == "corrected"
    return code == "reissued"


def require(history: Sequence[str], code: str) -> Reason:
    """The reason, where it may come next. Raises NotAllowed otherwise."""
    found = reason(code)
    if not may_follow(history, code):
        raise NotAllowed(
            f"证照目前的状态不能办理“{found.zh}”。", f"The certificate's state does not allow: {found.en}."
        )
    return found


def _may_follow_revocation(history: Sequence[str], code: str) -> bool:
    """Further events: 注销 once after a decision that ended the certificate; 撤销 after anything, once."""
    if code == "annulled":
        return "annulled" not in history
    if code.startswith("cancelled_"):
        return bool(_ENDS_BY_DECISION & set(history)) and not any(
            past.startswith("cancelled_") for past in history
        )
    return False
