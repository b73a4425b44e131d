"""A person's mandates, given and taken, and their end by who is named in them or at a window."""

from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, select

from registry import contents
from registry.consents import inbox
from registry.errors import NotFound
from registry.mandates.ending import ON_REQUEST, mandates_of
from registry.mandates.scope import ALIAS, Scope
from registry.standing import standings
from registry.status_changes import Decision
from registry.store.tables import Certificate, HolderIndex
from registry.usecases import UseCases

_BY_HOLDER: Final = "holder"
_OPEN: Final = (0, 2)
"""Valid, suspended."""


@dataclass(frozen=True, slots=True)
class Held:
    """A mandate as one who is named in it sees it. role: grantor or agent. status: 0 valid, 1 revoked,
    2 suspended. last_day: ISO 8601."""

    certificate_id: str
    role: str
    grantor_name: str
    agent_name: str
    scope: Scope
    first_day: str
    last_day: str
    made: str
    status: int
    ended: bool

    def __repr__(self) -> str:
        return f"Held({self.certificate_id})"


@dataclass(frozen=True)
class Holding:
    """The use cases of who is named in mandates."""

    use_cases: UseCases

    def of(self, person: bytes, *, issuer: str = "") -> list[Held]:
        """Every mandate that names a person (keyed index), newest first. issuer: only its own."""
        runtime = self.use_cases.runtime
        with runtime.store.read() as session:
            rows = [
                each
                for each in mandates_of(session, runtime.catalogue, person)
                if issuer in ("", each[0].issuer)
            ]
            words = standings(session, [row.id or 0 for row, _ in rows])
            return [self._held(session, row, role, words[row.id or 0]) for row, role in rows]

    def end(self, person: bytes, certificate_id: str) -> None:
        """End a mandate from the wallet: the grantor takes it back, or the agent lays it down.

        Raises:
            NotFound: no mandate of that identifier names this person. NotAllowed: it has ended.
        """
        runtime = self.use_cases.runtime
        with runtime.store.read() as session:
            found = [
                row
                for row, _ in mandates_of(session, runtime.catalogue, person)
                if row.certificate_id == certificate_id
            ]
        if not found:
            raise _unknown()
        self._end(found[0], _BY_HOLDER)

    def end_at_window(self, issuer: str, certificate_id: str, by: str, seen: str) -> None:
        """End a mandate at a window of the department that issued it. by, seen: who saw the person, and how.

        Raises:
            NotFound: this department issued no such mandate. NotAllowed: it has ended.
        """
        runtime = self.use_cases.runtime
        type_code = runtime.catalogue.by_alias(ALIAS).type
        with runtime.store.read() as session:
            row = session.exec(
                select(Certificate).where(
                    Certificate.issuer == issuer,
                    Certificate.certificate_id == certificate_id,
                    Certificate.type == type_code,
                )
            ).first()
        if row is None:
            raise _unknown()
        self._end(row, f"{by} ({seen})")

    def _end(self, row: Certificate, by: str) -> None:
        self.use_cases.changing.revoke(row.issuer, row.certificate_id, Decision(ON_REQUEST, by=by))
        runtime = self.use_cases.runtime
        with runtime.store.write() as session:
            named_in = select(HolderIndex.holder).where(HolderIndex.certificate == row.id)
            for named in session.exec(named_in).all():
                inbox.put(
                    session,
                    runtime.sealed,
                    row.issuer,
                    named,
                    kind=ALIAS,
                    reference=row.certificate_id,
                    content={"zh": "一项授权委托已终止。", "en": "A mandate has ended."},
                    now=runtime.clock(),
                    randomness=runtime.randomness,
                )

    def _held(self, session: Session, row: Certificate, role: str, status: int) -> Held:
        runtime = self.use_cases.runtime
        said = contents.claims(session, runtime.sealed, row)
        return Held(
            certificate_id=row.certificate_id,
            role=role,
            grantor_name=said["grantor_name"],
            agent_name=said["agent_name"],
            scope=Scope.of(said),
            first_day=said["first_day"],
            last_day=said["last_day"],
            made=said["made"],
            status=status,
            ended=status not in _OPEN or (row.valid_until or 0) <= runtime.clock(),
        )


def _unknown() -> NotFound:
    return NotFound("没有这项授权委托。", "There is no such mandate.")
