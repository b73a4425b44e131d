"""Making a mandate: in the grantor's wallet, or at a window by two clerks, neither of them the agent.

What was agreed to is sealed with the mandate: the wallet's presentation over the very words, or who saw the
grantor. Only then the department's certificate is issued, under a key of the mandate's own, so that however
often it is tried there is one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlmodel import Session

from registry import asking, credential, jcs, secrets, transactiondata, values
from registry.consents import inbox
from registry.definition import day_start
from registry.drafting import Request
from registry.errors import NotFound, RegistryError
from registry.identity import identity_of
from registry.issuing import Issued, NoRight, Outcome
from registry.mandates import family
from registry.mandates.scope import ALIAS, BadMandate, Scope, check_days, check_scope
from registry.requesting import KEPT, LIFE, MadeRequest
from registry.store.tables import Mandate, MandateWay
from registry.usecases import UseCases

TYPE: Final = "urn:zt:mandate"
"""Of the transaction data."""
CONFIRMED_WITHIN: Final = 86_400
"""Seconds in which the second clerk confirms."""
_BY: Final = {MandateWay.WALLET: "钱包", MandateWay.WINDOW: "窗口"}
_GRANTOR_CLAIMS: Final = ("name", "citizen_number")


class Person(msgspec.Struct, frozen=True):
    """A natural person: name, type of identifier, identifier."""

    name: str
    id_type: str
    identifier: str

    def __repr__(self) -> str:
        return f"Person({self.id_type})"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a mandate shall say. first, last: its days, both inclusive."""

    agent: Person
    scope: Scope
    first: date
    last: date


class _Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed. evidence: what it was made by; request, transaction: that a wallet answers."""

    number: str
    wish: Wish
    grantor: Person | None = None
    request: str = ""
    transaction: str = ""
    evidence: dict[str, str] = {}


@dataclass(frozen=True)
class Making:
    """The use cases of who makes a mandate."""

    use_cases: UseCases

    def begin(self, grantor: bytes, wish: Wish) -> tuple[str, MadeRequest]:
        """Ask the grantor's wallet to sign a mandate; its id, and the request for the wallet.

        grantor: keyed index of who is logged in.

        Raises:
            BadMandate: it cannot be like that. NoRight: no department may issue mandates now.
        """
        now = self._now()
        agent = self._checked(wish, grantor, now)
        issuer, id = self._issuer(now), self._new_id()
        with self.use_cases.runtime.store.write() as session:
            identity = self.use_cases.runtime.settings.identity_type
            query = asking.query_for(session, self.use_cases.runtime.catalogue, [(identity, _GRANTOR_CLAIMS)])
            transaction = transactiondata.encode(TYPE, [identity], self._members(id, wish))
            made = self.use_cases.requesting.make(
                session, issuer, query, matter=ALIAS, transaction_data=[transaction], tells=True
            )
            contents = _Contents(
                number=self._new_number(), wish=wish, request=made.id, transaction=transaction
            )
            row = Mandate(
                id=id,
                issuer=issuer,
                grantor=grantor,
                agent=agent,
                way=MandateWay.WALLET,
                sealed=b"",
                data_key=0,
                created=now,
                expires=now + LIFE + KEPT,
                until=self._until(wish),
            )
            self._seal(session, row, contents)
        return id, made

    def settle(self, id: str, grantor: bytes, code: str) -> str:
        """Take what the wallet answered and issue the mandate; the certificate's identifier.

        code: what the wallet got for its answer (`presentation_during_issuance_session`).

        Raises:
            NotFound: this person makes no such mandate, or the code belongs to another answer.
        """
        now = self._now()
        with self.use_cases.runtime.store.read() as session:
            row = session.get(Mandate, id)
            if row is None or row.grantor != grantor or row.way != MandateWay.WALLET or row.expires <= now:
                raise _not_signed()
            contents = self._open(session, row)
        if row.certificate is not None:
            return row.certificate
        if contents.grantor is None:
            outcome = self.use_cases.requesting.outcome(contents.request, response_code=code)
            if not outcome.satisfied or not outcome.presented:
                raise _not_signed()
            (shown,) = outcome.presented
            signed = credential.parse(shown.text)
            with self.use_cases.runtime.store.write() as session:
                self._demand_signer(session, signed, grantor, now)
                person = Person(
                    shown.report["claims"]["name"], "citizen_number", signed.claims["citizen_number"]
                )
                evidence = {"transaction": contents.transaction, "presentation": shown.text}
                contents = msgspec.structs.replace(contents, grantor=person, evidence=evidence)
                self._seal(session, session.get_one(Mandate, id), contents)
        return self._issue(id, contents, by="wallet")

    def write_down(self, issuer: str, grantor: Person, wish: Wish, clerk: Person, seen: str) -> str:
        """Write a mandate down at a window of the department that issues it; its id, for the second clerk.

        clerk: who saw the grantor, and how (`seen`).

        Raises:
            BadMandate: it cannot be like that, or the clerk is agent or grantor.
            NoRight: this department issues no mandates.
        """
        now = self._now()
        self._demand_right(issuer, now)
        index = self._index(grantor)
        agent, first = self._checked(wish, index, now), self._index(clerk)
        if first in (agent, index) or not seen.strip():
            raise _not_by_them()
        contents = _Contents(
            number=self._new_number(),
            wish=wish,
            grantor=grantor,
            evidence={"clerk": clerk.name, "seen": seen},
        )
        row = Mandate(
            id=self._new_id(),
            issuer=issuer,
            grantor=index,
            agent=agent,
            way=MandateWay.WINDOW,
            sealed=b"",
            data_key=0,
            first_clerk=first,
            created=now,
            expires=now + CONFIRMED_WITHIN,
            until=self._until(wish),
        )
        with self.use_cases.runtime.store.write() as session:
            return self._seal(session, row, contents).id

    def waiting(self, issuer: str, id: str) -> tuple[Person, Wish]:
        """What the second clerk is to confirm. Raises NotFound."""
        with self.use_cases.runtime.store.read() as session:
            contents = self._open(session, self._at_window(session, issuer, id))
        assert contents.grantor is not None
        return contents.grantor, contents.wish

    def confirm(self, issuer: str, id: str, clerk: Person) -> str:
        """The second clerk confirms: the mandate is issued; the certificate's identifier.

        Raises:
            NotFound: nothing waits by that name at this department.
            BadMandate: it takes two people, neither of them agent or grantor.
        """
        with self.use_cases.runtime.store.write() as session:
            row = self._at_window(session, issuer, id)
            second = self._index(clerk)
            if second in (row.first_clerk, row.agent, row.grantor):
                raise _not_by_them()
            contents = self._open(session, row)
            if "second" not in contents.evidence:
                evidence = {**contents.evidence, "second": clerk.name}
                contents = msgspec.structs.replace(contents, evidence=evidence)
                self._seal(session, row, contents)
        return self._issue(id, contents, by=f"{contents.evidence['clerk']}, {contents.evidence['second']}")

    def _issue(self, id: str, contents: _Contents, by: str) -> str:
        """Issue the certificate and tell both, in one transaction, once."""
        runtime, issuing = self.use_cases.runtime, self.use_cases.issuing
        with runtime.store.read() as session:
            row = session.get_one(Mandate, id)
        definition = issuing.definition(runtime.catalogue.by_alias(ALIAS).type, self._now())
        request = Request(self._row(row, contents), f"mandate {id}", by=by)

        def beside(session: Session, outcomes: Sequence[Outcome]) -> None:
            (outcome,) = outcomes
            row = session.get_one(Mandate, id)
            if isinstance(outcome, Issued) and row.certificate is None:
                self._settled(session, row, contents, outcome.certificate_id)

        (outcome,) = issuing.issue_chunk(row.issuer, definition, [request], beside)
        if isinstance(outcome, RegistryError):
            raise outcome
        return outcome.certificate_id

    def _settled(self, session: Session, row: Mandate, contents: _Contents, certificate_id: str) -> None:
        runtime, now = self.use_cases.runtime, self._now()
        row.certificate = certificate_id
        row.family = family.are_family(
            session, runtime.sealed, runtime.catalogue, row.grantor, row.agent, now
        )
        session.add(row)
        session.flush()
        family.look(session, row.issuer, row.agent, certificate_id, now=now, randomness=runtime.randomness)
        for person, content in _notices(contents, MandateWay(row.way)):
            inbox.put(
                session,
                runtime.sealed,
                row.issuer,
                row.grantor if person == "grantor" else row.agent,
                kind=ALIAS,
                reference=certificate_id,
                content=content,
                now=now,
                randomness=runtime.randomness,
                expires=row.until,
            )

    def _row(self, row: Mandate, contents: _Contents) -> dict[str, str]:
        grantor, wish = contents.grantor, contents.wish
        assert grantor is not None
        return {
            "mandate_number": contents.number,
            "grantor_name": grantor.name,
            "grantor_id_type": grantor.id_type,
            "grantor_number": grantor.identifier,
            "agent_name": wish.agent.name,
            "agent_id_type": wish.agent.id_type,
            "agent_number": wish.agent.identifier,
            "matters": " ".join(wish.scope.matters),
            "facts": " ".join(wish.scope.facts),
            "made": _BY[MandateWay(row.way)],
            "first_day": wish.first.isoformat(),
            "last_day": wish.last.isoformat(),
        }

    def _members(self, id: str, wish: Wish) -> Mapping[str, str]:
        return {
            "mandate": id,
            "agent": wish.agent.name,
            "agent_number": wish.agent.identifier,
            "matters": " ".join(wish.scope.matters),
            "facts": " ".join(wish.scope.facts),
            "from": wish.first.isoformat(),
            "until": wish.last.isoformat(),
            "what": "委托其在上述事项中代您办理 to act for you in these matters, within these facts",
        }

    def _checked(self, wish: Wish, grantor: bytes, now: int) -> bytes:
        """The agent's keyed index, if there may be such a mandate."""
        rights = self.use_cases.querying.rights
        matters = {rule.matter for file in rights.files for rule in file.asks}
        check_scope(wish.scope, self.use_cases.runtime.catalogue, matters)
        check_days(wish.first, wish.last, self._day(now))
        agent = self._index(wish.agent)
        if agent == grantor:
            raise BadMandate("受托人应为他人。", "The agent must be somebody else.")
        return agent

    def _demand_signer(
        self, session: Session, signed: credential.Presentation, grantor: bytes, now: int
    ) -> None:
        runtime = self.use_cases.runtime
        type_code = runtime.catalogue.by_alias(runtime.settings.identity_type).type
        signer = identity_of(session, signed, type_code, self.use_cases.trust(), now)
        if signer is None or signer.holder != grantor:
            raise _not_signed()

    def _issuer(self, now: int) -> str:
        """The department that issues mandates. Raises NoRight."""
        for code in sorted(self.use_cases.trust().issuers):
            if self._may(code, now):
                return code
        raise NoRight

    def _demand_right(self, issuer: str, now: int) -> None:
        if not self._may(issuer, now):
            raise NoRight

    def _may(self, issuer: str, now: int) -> bool:
        issuing = self.use_cases.issuing
        definition = issuing.definition(self.use_cases.runtime.catalogue.by_alias(ALIAS).type, now)
        return issuing.may_issue(issuer, definition.type, definition.version, now)

    def _at_window(self, session: Session, issuer: str, id: str) -> Mandate:
        row = session.get(Mandate, id)
        if row is None or row.issuer != issuer or row.way != MandateWay.WINDOW:
            raise _nothing_waits()
        if row.certificate is None and row.expires <= self._now():
            raise _nothing_waits()
        return row

    def _index(self, person: Person) -> bytes:
        if person.id_type == "credit_code" or values.wrong_identifier(person.id_type, person.identifier):
            raise BadMandate(
                "姓名或证件号码不正确（应为自然人）。", "Not the identifier of a natural person: check it."
            )
        if values.wrong_name(person.name, longest=50):
            raise BadMandate("姓名不正确。", "Not a name that can be issued.")
        return self.use_cases.runtime.sealed.holder_index(person.id_type, person.identifier)

    def _seal(self, session: Session, row: Mandate, contents: _Contents) -> Mandate:
        vault = self.use_cases.runtime.sealed
        key = vault.issuer_key(session, row.issuer, self._now())
        plain = jcs.dumps(msgspec.to_builtins(contents))
        row.sealed, row.data_key = vault.seal(key, f"mandate/{row.id}", plain), key.id
        session.add(row)
        session.flush()
        return row

    def _open(self, session: Session, row: Mandate) -> _Contents:
        plain = self.use_cases.runtime.sealed.open(session, row.data_key, f"mandate/{row.id}", row.sealed)
        return msgspec.json.decode(plain, type=_Contents)

    def _new_id(self) -> str:
        return secrets.handle(self.use_cases.runtime.randomness)

    def _new_number(self) -> str:
        drawn = int.from_bytes(self.use_cases.runtime.randomness(8)) % 10**12
        return f"SQ{drawn:012d}"

    def _until(self, wish: Wish) -> int:
        return day_start(wish.last + timedelta(days=1), self.use_cases.runtime.tz)

    def _day(self, now: int) -> date:
        return datetime.fromtimestamp(now, UTC).astimezone(self.use_cases.runtime.tz).date()

    def _now(self) -> int:
        return self.use_cases.runtime.clock()


def _notices(contents: _Contents, way: MandateWay) -> list[tuple[str, Mapping[str, Any]]]:
    assert contents.grantor is not None
    wish = contents.wish
    days = f"{wish.first.isoformat()} – {wish.last.isoformat()}"
    matters = " ".join(wish.scope.matters)
    where_zh = "在窗口" if way is MandateWay.WINDOW else "在钱包中"
    where_en = "at a window" if way is MandateWay.WINDOW else "in your wallet"
    return [
        (
            "grantor",
            {
                "zh": f"您已{where_zh}委托{wish.agent.name}代办：{matters}（{days}）。"
                "如非本人意愿，请立即终止。",
                "en": f"You let {wish.agent.name} act for you, {where_en}: {matters} ({days}). "
                "If that was not your will, end it at once.",
            },
        ),
        (
            "agent",
            {
                "zh": f"{contents.grantor.name}委托您代办：{matters}（{days}）。请领取授权委托书。",
                "en": f"{contents.grantor.name} lets you act: {matters} ({days}). Claim the mandate.",
            },
        ),
    ]


def _not_signed() -> NotFound:
    return NotFound("没有收到本人签署的委托。", "There is no mandate signed by the person who makes it.")


def _nothing_waits() -> NotFound:
    return NotFound("没有待复核的委托。", "No mandate waits for a second clerk by that name.")


def _not_by_them() -> BadMandate:
    return BadMandate(
        "须由两名工作人员当面核对委托人后经手，且均不得是受托人或委托人。",
        "It takes two clerks, one of whom saw the grantor, neither of them the agent or the grantor.",
    )
