"""Opening a case, and what people see of it."""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from registry import jcs, values
from registry.cases.accepting import advance
from registry.cases.errors import BadInput
from registry.cases.helping import record
from registry.cases.numbers import is_drawn, new_number
from registry.cases.taking import require_open
from registry.cases.world import Identifier, World
from registry.issuing import KeyReused
from registry.matters import Input, Matter
from registry.store.rows import insert_absent
from registry.store.tables import Case, CaseKey, CaseParty, CaseStep, MatterVersion
from registry.values import Why

_LONGEST: Final = 280
_TYPED: Final[dict[str, Callable[[str], Why | None]]] = {
    "amount": values.wrong_amount,
    "date": values.wrong_date,
    "citizen_number": lambda value: values.wrong_identifier("citizen_number", value),
    "credit_code": lambda value: values.wrong_identifier("credit_code", value),
}
_UNKNOWN: Final = Why("没有这一项", "there is no such item")


@dataclass(frozen=True, slots=True)
class Key:
    """An idempotency key. asker: whose it is, a department's code or a holder's keyed index (hex)."""

    asker: str
    name: str


@dataclass(frozen=True)
class Opening:
    """Opens cases."""

    world: World

    def open(
        self,
        matter: str,
        inputs: Mapping[str, str],
        *,
        parties: Mapping[str, Sequence[tuple[str, str]]] | None = None,
        applicant: tuple[str, bytes] | None = None,
        clerk: str = "",
        window: str | None = None,
        key: Key | None = None,
    ) -> str:
        """A new case; its public number.

        inputs: what the applicant states, by name; more can come later. parties: identifiers (type, number)
        by role, where they are known already; who shows something later must be that one. applicant: role and
        keyed index of a holder who opens it from a wallet. clerk: who opened it at a window; empty: a holder.
        window: department of that clerk, which answers for the case from now on (首接负责); None: the one
        that decides. key: sent again with the same request, it names the case that was opened then.

        Raises:
            UnknownMatter, NoSuchOffice: as they say.
            BadInput: no item or role of that name, or a value that does not fit.
            KeyReused: the key was used for another request.
        """
        found = self.world.matters.named(matter)
        stated = checked_inputs(found, inputs)
        named = {
            role: [_identifier(role, *each) for each in given] for role, given in (parties or {}).items()
        }
        roles = {*named, *([applicant[0]] if applicant is not None else ())}
        if unknown := roles - {each.name for each in found.parties}:
            raise BadInput(min(unknown), *_UNKNOWN)
        now, office = self.world.clock(), self.world.office(found.department)
        number = new_number(self.world.day(now), self.world.randomness)
        body = self._hash(matter, stated, named, applicant, clerk)
        with self.world.store.write() as session:
            name = b"" if key is None else self.world.vault.request_index("cases", key.asker, key.name)
            if key is not None and (before := session.get(CaseKey, (key.asker, name))) is not None:
                if not hmac.compare_digest(before.body_hash, body):
                    raise KeyReused
                return before.case
            keep_version(session, found)
            session.add(
                Case(
                    id=number,
                    matter=found.name,
                    rule_version=found.version,
                    office=office,
                    responsible=window or office,
                    opened_by=clerk,
                    drawn=is_drawn(self.world.secret, number),
                    sealed=self.world.seal(session, office, f"case/{number}", stated),
                    created=now,
                )
            )
            session.flush()
            self._parties(session, number, office, found, named, applicant)
            self._steps(session, number, found)
            if key is not None:
                session.add(CaseKey(asker=key.asker, key=name, body_hash=body, case=number))
        return number

    def state(self, number: str, inputs: Mapping[str, str], *, clerk: str = "") -> None:
        """State more, or otherwise, while the case is open. clerk: who writes it down for a party (帮办).

        Raises NoSuchCase, BadInput, WrongState.
        """
        with self.world.store.write() as session:
            case = require_open(self.world, session, number)
            stated = checked_inputs(self.world.matter(case), inputs)
            merged = self.world.inputs(session, case) | stated
            case.sealed = self.world.seal(session, case.office, f"case/{case.id}", merged)
            session.add(case)
            for party in self.world.parties(session, case) if clerk else ():
                if party.holder is not None:
                    record(self.world, session, case, party.holder, "stated", clerk=clerk)
            advance(self.world, session, case)

    def _parties(
        self,
        session: Session,
        number: str,
        office: str,
        matter: Matter,
        named: Mapping[str, Sequence[Identifier]],
        applicant: tuple[str, bytes] | None,
    ) -> None:
        for party in matter.parties:
            given = named.get(party.name, ())
            if party.count == "one" and len(given) > 1:
                raise BadInput(party.name, "只能有一个", "there is only one")
            for position, one in enumerate(given or (None,)):
                row = CaseParty(case=number, role=party.name, position=position)
                if one is not None:
                    row.holder = self.world.vault.holder_index(one.id_type, one.identifier)
                    row.sealed = self.world.seal(
                        session, office, f"party/{number}/{party.name}/{position}", one
                    )
                elif applicant is not None and applicant[0] == party.name:
                    row.holder = applicant[1]
                session.add(row)

    def _hash(
        self,
        matter: str,
        stated: Mapping[str, str],
        named: Mapping[str, Sequence[Identifier]],
        applicant: tuple[str, bytes] | None,
        clerk: str,
    ) -> bytes:
        """Of the request, keyed: what people are known by could be guessed from a bare one."""
        body = {
            "matter": matter,
            "inputs": dict(stated),
            "parties": {
                role: [[one.id_type, one.identifier] for one in ones] for role, ones in named.items()
            },
            "applicant": [] if applicant is None else [applicant[0], applicant[1].hex()],
            "clerk": clerk,
        }
        return hmac.digest(self.world.secret, jcs.dumps(body), hashlib.sha256)

    def _steps(self, session: Session, number: str, matter: Matter) -> None:
        for step in matter.steps:
            department = self.world.office(step.department)
            session.add(CaseStep(case=number, name=step.name, department=department, days=step.days))
        session.flush()
        advance(self.world, session, self.world.case(session, number))


def keep_version(session: Session, matter: Matter) -> None:
    """Keep a matter's text beside the cases that name its version."""
    if session.get(MatterVersion, matter.version) is None:
        kept = {"version": matter.version, "matter": matter.name, "text": matter.canonical.decode()}
        insert_absent(session.connection(), MatterVersion, kept)


def checked_inputs(matter: Matter, inputs: Mapping[str, str]) -> dict[str, str]:
    """What was stated, each value as its type demands. Raises BadInput."""
    known = {each.name: each for each in matter.inputs}
    made = {}
    for name, value in inputs.items():
        if name not in known:
            raise BadInput(name, *_UNKNOWN)
        made[name] = values.normalised(value)
        if made[name] and (why := _wrong(known[name], made[name])):
            raise BadInput(name, *why)
    return made


def _wrong(item: Input, value: str) -> Why | None:
    check = _TYPED.get(item.type)
    return check(value) if check is not None else values.wrong_text(value, _LONGEST)


def _identifier(role: str, id_type: str, identifier: str) -> Identifier:
    plain = values.normalised(identifier).upper()
    if why := values.wrong_identifier(id_type, plain):
        raise BadInput(role, *why)
    return Identifier(id_type, plain)
