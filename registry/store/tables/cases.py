"""Cases: one matter for one or several people, from its opening to what it brought about.

Contents (identifiers, claims, presentations, what was stated) are sealed under a data key of the department
that decides, whose row id stands before them (8 bytes). `digest` is SHA-256 of what was sealed, so that a
decision can be replayed and nothing exchanged.
"""

from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from registry.store.tables.base import BigInt, Table, big, one_of, refers, row_id, unique_while


class CaseState(StrEnum):
    """open: being collected or worked on. person: a person decides. granted: its effects are under way.
    ended: all of them stand. refused: by a person. red: an issuer refused an effect."""

    OPEN = "open"
    PERSON = "person"
    GRANTED = "granted"
    ENDED = "ended"
    REFUSED = "refused"
    RED = "red"


class StepState(StrEnum):
    """waiting: for steps before it. open: with its department. agreed, objected: what that said."""

    WAITING = "waiting"
    OPEN = "open"
    AGREED = "agreed"
    OBJECTED = "objected"


class EffectState(StrEnum):
    """waiting: to be carried out. done: it stands. refused: by its issuer."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


class CommitmentState(StrEnum):
    """asked: in the wallet. open: signed, and not kept yet. kept: what it promised came. overdue: it did not,
    and the certificate was suspended."""

    ASKED = "asked"
    OPEN = "open"
    KEPT = "kept"
    OVERDUE = "overdue"


class AlertKind(StrEnum):
    """yellow: most of the time is used. red: all of it. escalated: to the matter's supervisor."""

    YELLOW = "yellow"
    RED = "red"
    ESCALATED = "escalated"


class MatterVersion(Table, table=True):
    """A matter as it was when a case named it. version: SHA-256 of text, hexadecimal."""

    __tablename__ = "matter_version"

    version: str = Field(primary_key=True)
    matter: str
    text: str


class Case(Table, table=True):
    """One case. id: its public number. office: who decides. opened_by: clerk, empty for a holder.

    responsible: the department that took it first (首接负责), which answers for it until it ends. accepted:
    when all that it needs of its parties was there (受理). drawn: whether a person decides first, without the
    rule's word (2 in 100).
    """

    __tablename__ = "case_file"
    __table_args__ = (one_of("state", CaseState),)

    id: str = Field(primary_key=True)
    matter: str = Field(index=True)
    rule_version: str = Field(foreign_key="matter_version.version")
    office: str = Field(foreign_key="department.code", index=True)
    responsible: str = Field(foreign_key="department.code", index=True)
    opened_by: str = ""
    state: str = CaseState.OPEN
    drawn: bool = False
    accepted: int | None = big(default=None)
    sealed: bytes
    created: int = big(index=True)
    ended_at: int | None = big(default=None, index=True)


class CaseParty(Table, table=True):
    """Who takes part, in which role. holder: keyed index once known. request: of the wallet, the last one."""

    __tablename__ = "case_party"
    __table_args__ = (UniqueConstraint("case", "role", "position"),)

    id: int | None = row_id()
    case: str = Field(foreign_key="case_file.id")
    role: str
    position: int = 0
    holder: bytes | None = Field(default=None, index=True)
    sealed: bytes | None = None
    request: str | None = None
    taken: str | None = None


class CaseFact(Table, table=True):
    """What became known of a party. source, verdict: of casefacts.py, as it was found then.

    certificate_id: empty for a document or an answer without one.
    """

    __tablename__ = "case_fact"
    __table_args__ = (UniqueConstraint("party", "name", "position"),)

    id: int | None = row_id()
    case: str = Field(foreign_key="case_file.id", index=True)
    party: int = refers("case_party.id")
    name: str
    position: int = 0
    source: str
    verdict: str
    certificate_id: str = ""
    digest: bytes = Field(index=True)
    sealed: bytes
    at: int = big()


class CaseStep(Table, table=True):
    """A department's part of a case. days: working days. by: clerk; reason: what that one said."""

    __tablename__ = "case_step"
    __table_args__ = (one_of("state", StepState),)

    case: str = Field(primary_key=True, foreign_key="case_file.id")
    name: str = Field(primary_key=True)
    department: str = Field(foreign_key="department.code", index=True)
    state: str = StepState.WAITING
    days: int
    opened_at: int | None = big(default=None)
    done_at: int | None = big(default=None)
    by: str = ""
    reason: str = ""


class CaseClock(Table, table=True):
    """The time that one department has for one part of a case; it answers for that part.

    part: `step.NAME`, `decision` or `effect.NAME`. days: working days. yellow, due, escalates: when it turns
    yellow, red, and goes to the supervisor; upcoming: the first of them that is not recorded yet.
    """

    __tablename__ = "case_clock"
    __table_args__ = (
        unique_while("uq_case_clock_running", "case", "part", condition="ended IS NULL"),
        Index("ix_case_clock_upcoming", "upcoming"),
    )

    id: int | None = row_id()
    case: str = Field(foreign_key="case_file.id", index=True)
    part: str
    department: str = Field(foreign_key="department.code", index=True)
    supervisor: str = Field(foreign_key="department.code")
    days: int
    begun: int = big()
    yellow: int = big()
    due: int = big()
    escalates: int = big()
    upcoming: int | None = big()
    ended: int | None = big(default=None)


class CaseAlert(Table, table=True):
    """A consequence of a clock, each once. office: which has to see to it. at: when it was recorded."""

    __tablename__ = "case_alert"
    __table_args__ = (one_of("kind", AlertKind),)

    clock: int = Field(primary_key=True, sa_type=BigInt, foreign_key="case_clock.id")
    kind: str = Field(primary_key=True)
    office: str = Field(foreign_key="department.code", index=True)
    at: int = big()


class CaseDecision(Table, table=True):
    """The decision on a case by one version of its rule: made once, replayed from what is sealed here.

    outcome: grant or person (by the rule), hidden while a person decides first. digest: SHA-256 of the sealed
    values. person, person_outcome: who decided after or instead, and what (grant, refuse). reversal: the
    person said otherwise than the rule.
    """

    __tablename__ = "case_decision"

    case: str = Field(primary_key=True, foreign_key="case_file.id")
    rule_version: str = Field(primary_key=True, foreign_key="matter_version.version")
    outcome: str
    digest: bytes
    sealed: bytes
    at: int = big()
    person: str = ""
    person_outcome: str = ""
    person_reason: str = ""
    person_at: int | None = big(default=None)
    review_asked: int | None = big(default=None)
    reversal: bool = False


class CaseEffect(Table, table=True):
    """What a grant brings about, each once (an outbox). sealed: the claims, fixed at the grant.

    certificate_id: what it issued, or took away. problem: kind of the refusal.
    """

    __tablename__ = "case_effect"
    __table_args__ = (one_of("state", EffectState),)

    case: str = Field(primary_key=True, foreign_key="case_file.id")
    name: str = Field(primary_key=True)
    position: int = Field(default=0, primary_key=True)
    issuer: str = Field(foreign_key="department.code", index=True)
    state: str = EffectState.WAITING
    sealed: bytes
    certificate_id: str = ""
    problem: str = ""
    done_at: int | None = big(default=None)


class CaseLock(Table, table=True):
    """A certificate that one case holds until it ends."""

    __tablename__ = "case_lock"

    certificate_id: str = Field(primary_key=True)
    case: str = Field(foreign_key="case_file.id", index=True)


class Document(Table, table=True):
    """What is no certificate: taken in once, the holder's own statement. digest: SHA-256 of salt ‖ bytes.

    case: that it was taken in for. A signed promise counts in that one alone; where an older version did not
    say which, in none.
    """

    __tablename__ = "document"

    id: str = Field(primary_key=True)
    holder: bytes = Field(index=True)
    kind: str
    media_type: str
    salt: bytes
    digest: bytes
    sealed: bytes
    office: str = Field(foreign_key="department.code")
    size: int
    created: int = big()
    case: str | None = Field(default=None, foreign_key="case_file.id")


class Commitment(Table, table=True):
    """What is missing and was promised (告知承诺). request: in which the wallet signs it. due: Unix seconds.

    sealed: the presentation that signed it.
    """

    __tablename__ = "commitment"
    __table_args__ = (one_of("state", CommitmentState), UniqueConstraint("case", "fact"))

    id: int | None = row_id()
    case: str = Field(foreign_key="case_file.id")
    fact: str
    state: str = CommitmentState.ASKED
    request: str
    sealed: bytes | None = None
    due: int = big(index=True)
    signed_at: int | None = big(default=None)
    ended_at: int | None = big(default=None)
