"""Who acts for whom in a case: proven by the agent's wallet, or by a clerk who saw the agent at a window.

The agent shows the certificate that gives the power (a mandate, a birth certificate, a licence) together with
the own identity; nothing of the principal's. From then on the case's department may ask on behalf of the
principal, as far as power and right both go. Each use of a power is in the log of who issued it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from sqlmodel import Session, col, select

from registry import accesslog, asking, contents, credential, secrets, values
from registry.consents import inbox
from registry.errors import NotFound, RegistryError
from registry.identity import identity_of
from registry.mandates.powers import Power, Powers
from registry.mandates.scope import ALIAS, Scope
from registry.queries import limits
from registry.queries.limits import TooManyQueries
from registry.queries.refusals import MandateFallsShort, UnknownMatter
from registry.requesting import MadeRequest
from registry.store import again_if_overtaken
from registry.store.tables import Acting as Row
from registry.store.tables import Department, HolderIndex
from registry.usecases import UseCases
from registry.walletanswers import Presented

KIND: Final = "acting"
"""Of the notice in an inbox."""


@dataclass(frozen=True, slots=True)
class Principal:
    """For whom somebody acts in a case.

    id: of the acting. ground: identifier of the certificate through which (`on_behalf` of queries). name,
    id_type, identifier: of the principal. scope: of a mandate; None: whatever the principal may do. until:
    Unix seconds, None: no end that is known.
    """

    id: str
    case: str
    ground: str
    name: str
    id_type: str
    identifier: str
    scope: Scope | None
    until: int | None

    def __repr__(self) -> str:
        return f"Principal({self.id})"


@dataclass(frozen=True)
class Acting:
    """The use cases of a department that an agent comes to."""

    use_cases: UseCases

    def ask(
        self, asker: str, case: str, matter: str, *, through: str = ALIAS, clerk: str = ""
    ) -> tuple[str, MadeRequest]:
        """Ask the agent's wallet for identity and power; the acting's id, and the request.

        case: number of the asker's case. through: alias of the type that gives the power.

        Raises:
            NotFound, UnknownMatter: no such type, or a matter that the department asks nothing for.
        """
        runtime = self.use_cases.runtime
        definition = runtime.catalogue.named(through)
        self._demand_matter(asker, matter)
        shown = [
            name
            for role in definition.holders
            if not role.acts_for
            for name in (role.name, role.identifier, role.id_type_claim)
            if name
        ]
        if definition.alias == ALIAS:
            shown += ["matters", "facts"]
        with runtime.store.write() as session:
            query = asking.query_for(
                session, runtime.catalogue, [(runtime.settings.identity_type, ()), (through, shown)]
            )
            made = self.use_cases.requesting.make(session, asker, query, clerk=clerk, matter=matter)
            row = Row(
                id=secrets.handle(runtime.randomness),
                asker=asker,
                case_number=case,
                matter=matter,
                clerk=clerk,
                request=made.id,
                created=runtime.clock(),
            )
            session.add(row)
        return row.id, made

    def take(self, asker: str, id: str) -> Principal | None:
        """Take what the agent's wallet answered; None while it has not. Taken once, however often called.

        Raises:
            NotFound: this department asked for no such thing.
            MandateFallsShort: the answer shows no power of this person, now, in this matter.
        """
        with self.use_cases.runtime.store.read() as session:
            row = self._own(session, asker, id)
            if row.taken_at is not None:
                return self._principal(session, row)
        outcome = self.use_cases.requesting.outcome(row.request or "", asker=asker)
        if outcome.state != "answered":
            return None
        if not outcome.satisfied:
            raise MandateFallsShort

        def work() -> Principal:
            with self.use_cases.runtime.store.write() as session:
                row = self._own(session, asker, id)
                if row.taken_at is None:
                    self._take(session, row, outcome.presented)
                return self._principal(session, row)

        return again_if_overtaken(work)

    def at_window(
        self,
        asker: str,
        case: str,
        matter: str,
        ground: str,
        agent: tuple[str, str],
        *,
        clerk: str,
        seen: str,
        beside: Callable[[Session, Principal], None] = lambda _session, _principal: None,
    ) -> Principal:
        """An agent without a phone: a clerk saw person and card, and types the certificate's identifier.

        It counts as a question of that clerk: who types numbers until one acts for somebody stops at a cap.
        Whom the certificate names is told in the inbox: here one clerk's word is all there is.
        beside: what else must hold, in the transaction that lets the agent act.

        Raises:
            UnknownMatter: as in `ask`. MandateFallsShort: there is no such power, whatever the reason.
            TooManyQueries: a cap of the clerk or the department is reached.
            Others: as `beside` does. All but the first are in the department's log, and nobody is told.
        """
        runtime = self.use_cases.runtime
        self._demand_matter(asker, matter)
        if values.wrong_identifier(*agent) or not clerk.strip() or not seen.strip():
            raise MandateFallsShort
        index = runtime.sealed.holder_index(*agent)

        def work() -> Principal:
            now = runtime.clock()
            with runtime.store.write() as session:
                limits.admit(session, self.use_cases.querying.caps, asker, clerk, now)
                row = session.exec(
                    select(Row).where(
                        Row.asker == asker,
                        Row.case_number == case,
                        Row.ground == ground,
                        Row.agent == index,
                        Row.matter == matter,
                    )
                ).first()
                if row is None:
                    row = Row(
                        id=secrets.handle(runtime.randomness),
                        asker=asker,
                        case_number=case,
                        matter=matter,
                        clerk=clerk,
                        seen=seen,
                        created=now,
                    )
                    power = self._bind(session, row, ground, index)
                    self._tell(session, row, power, now)
                found = self._principal(session, row)
                beside(session, found)
                limits.record(session, asker, clerk, "yes", now)
                return found

        try:
            return again_if_overtaken(work)
        except RegistryError as refusal:
            kind = refusal.kind
            again_if_overtaken(lambda: self._log_refusal(asker, case, matter, clerk, index, kind))
            raise

    def ground_of(self, session: Session, asker: str, case: str, principal: bytes | None) -> str | None:
        """Through which certificate somebody acts for a person in a case, the last one; None: nobody."""
        rows = select(Row.ground).where(
            Row.asker == asker,
            Row.case_number == case,
            Row.principal == principal,
            col(Row.ground).is_not(None),
        )
        return session.exec(rows.order_by(col(Row.taken_at).desc())).first()

    def _take(self, session: Session, row: Row, presented: tuple[Presented, ...]) -> None:
        runtime = self.use_cases.runtime
        identity = runtime.catalogue.by_alias(runtime.settings.identity_type).type
        shown = {each.query: credential.parse(each.text) for each in presented if each.good}
        who = shown.pop(runtime.settings.identity_type, None)
        if who is None or len(shown) != 1:
            raise MandateFallsShort
        agent = identity_of(session, who, identity, self.use_cases.trust(), runtime.clock())
        (power,) = shown.values()
        if agent is None:
            raise MandateFallsShort
        self._bind(session, row, power.payload.core.certificate_id, agent.holder)

    def _bind(self, session: Session, row: Row, ground: str, agent: bytes) -> Power:
        """Let somebody act in a case, if the certificate gives that power; the log says so."""
        now = self.use_cases.runtime.clock()
        power = self._powers.of(session, ground, agent, now)
        if power is None or (power.scope is not None and row.matter not in power.scope.matters):
            raise MandateFallsShort
        row.ground, row.agent, row.principal, row.taken_at = ground, agent, power.principal, now
        session.add(row)
        session.flush()
        self._log(session, row, power, now)
        return power

    def _tell(self, session: Session, row: Row, power: Power, now: int) -> None:
        """Tell everybody whom the certificate names; not which clerk it was."""
        runtime = self.use_cases.runtime
        named_in = select(HolderIndex.holder).where(HolderIndex.certificate == power.ground.id).distinct()
        for person in session.exec(named_in).all():
            inbox.put(
                session,
                runtime.sealed,
                row.asker,
                person,
                kind=KIND,
                reference=power.ground.certificate_id,
                content=_notice(session, row, datetime.fromtimestamp(now, UTC).astimezone(runtime.tz).date()),
                now=now,
                randomness=runtime.randomness,
            )

    def _log(self, session: Session, row: Row, power: Power, now: int) -> None:
        runtime = self.use_cases.runtime
        accesslog.append(
            session,
            power.ground.issuer,
            asker=row.asker,
            clerk=row.clerk,
            purpose=row.matter,
            rule=f"acting {power.manner}",
            holder=power.principal,
            outcome="yes",
            answer=None,
            vault=runtime.sealed,
            now=now,
            randomness=runtime.randomness,
            type=power.ground.type,
            case=row.case_number,
            manner=power.manner,
        )

    def _log_refusal(self, asker: str, case: str, matter: str, clerk: str, agent: bytes, kind: str) -> None:
        """In the asker's own log, about who was said to act: whether there is such a certificate or not."""
        runtime, now = self.use_cases.runtime, self.use_cases.runtime.clock()
        with runtime.store.write() as session:
            limits.take_turn(session, asker)
            accesslog.append(
                session,
                asker,
                asker=asker,
                clerk=clerk,
                purpose=matter,
                rule=kind,
                holder=agent,
                outcome="refused",
                answer=None,
                vault=runtime.sealed,
                now=now,
                randomness=runtime.randomness,
                case=case,
            )
            if kind == TooManyQueries.kind:
                limits.alert(session, asker, limits.CAP, clerk, now)
            else:
                limits.record(session, asker, clerk, "refused", now)

    def _principal(self, session: Session, row: Row) -> Principal:
        """Read anew: a power that ended since then is told no more."""
        runtime = self.use_cases.runtime
        assert row.ground is not None and row.agent is not None
        power = self._powers.of(session, row.ground, row.agent, runtime.clock())
        if power is None:
            raise MandateFallsShort
        definition = runtime.catalogue.definition(power.ground.type, power.ground.type_version)
        said = contents.claims(session, runtime.sealed, power.ground)
        role = next(each for each in definition.holders if each.role == power.role)
        return Principal(
            id=row.id,
            case=row.case_number,
            ground=row.ground,
            name=said.get(role.name, ""),
            id_type=role.id_type or said[role.id_type_claim],
            identifier=said[role.identifier],
            scope=power.scope,
            until=power.ground.valid_until,
        )

    def _own(self, session: Session, asker: str, id: str) -> Row:
        row = session.get(Row, id)
        if row is None or row.asker != asker:
            raise NotFound("没有这项代办。", "There is no such acting for others.")
        return row

    def _demand_matter(self, asker: str, matter: str) -> None:
        """A department has somebody act only in what it has rights for."""
        files = self.use_cases.querying.rights.files
        if not any(rule.matter == matter for file in files if file.department == asker for rule in file.asks):
            raise UnknownMatter

    @property
    def _powers(self) -> Powers:
        runtime = self.use_cases.runtime
        return Powers(runtime.sealed, runtime.catalogue, runtime.tz)


def _notice(session: Session, row: Row, day: date) -> dict[str, str]:
    department = session.get(Department, row.asker)
    zh, en = (department.name_zh, department.name_en) if department else (row.asker, row.asker)
    return {
        "zh": f"{day}，{zh}窗口核对身份后，准许有人凭此证照代为办理：{row.matter}（案件 {row.case_number}）。"
        "如非本人意愿，请立即终止委托并与该部门联系。",
        "en": f"On {day} a window of {en} saw somebody, who may now act through this certificate: "
        f"{row.matter} (case {row.case_number}). If that is not your will, end the mandate at once, and "
        "tell that department.",
    }
