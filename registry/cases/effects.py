"""What a grant brings about: an outbox, each effect once, carried out by its own issuer.

An effect is written with the grant, its claims fixed. The certificate and the note that it is done are
written in one transaction, in which the status of every fact is read again. One that its issuer refuses makes
the case red; those that are done stand.
"""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col, select

from registry import credential, lifecycle, status_changes
from registry.cases import clocks
from registry.cases.errors import NotStanding, WrongState
from registry.cases.standing import stands
from registry.cases.world import COUNTS, Known, World
from registry.cases.written import Granted, Referred, effects_named, finished
from registry.drafting import Request
from registry.errors import RegistryError
from registry.issuing import Issued, Outcome
from registry.lifecycle import Kind
from registry.matters import Effect, Matter
from registry.matters.loading import UnknownMatter
from registry.renewing import Renewal, renew
from registry.status_changes import Decision
from registry.store import again_if_overtaken
from registry.store.tables import (
    Case,
    CaseEffect,
    CaseFact,
    CaseLock,
    CaseState,
    Certificate,
    EffectState,
    TaskKind,
)

HELD: Final = "frozen"
"""Why the old version is suspended as the new one is issued: the two are never valid together."""
_UNDER_WAY: Final = frozenset({CaseState.GRANTED, CaseState.RED})


@dataclass(frozen=True)
class Effects:
    """Prepares and carries out what was granted."""

    world: World

    def prepare(
        self, session: Session, case: Case, matter: Matter, values: Mapping[str, Sequence[str]], day: date
    ) -> None:
        """Write the outbox of a grant, in its transaction."""
        facts = [each for each in self.world.facts(session, case) if each.verdict in COUNTS]
        granted = Granted(values, self._referred(session, facts), day, self.world.secret, case.id)
        for effect in matter.effects:
            about = [each for each in facts if each.name == effect.fact]
            claims = granted.claims(effect.claims)
            targets = [each.certificate_id for each in about] if effect.fact else [""]
            for position, target in enumerate(targets):
                bound = f"effect/{case.id}/{effect.name}/{position}"
                session.add(
                    CaseEffect(
                        case=case.id,
                        name=effect.name,
                        position=position,
                        issuer=self.world.office(effect.issuer),
                        certificate_id=target,
                        sealed=self.world.seal(session, case.office, bound, claims),
                    )
                )
        session.flush()
        self._clocks(session, case)

    def _referred(self, session: Session, facts: Iterable[CaseFact]) -> dict[str, Referred]:
        """The certificate of each fact: the first, where there are several."""
        found: dict[str, Referred] = {}
        for each in facts:
            if each.certificate_id and each.name not in found:
                core = credential.parse(self.world.known(session, each).text).payload.core
                found[each.name] = Referred.shown(core, self.world.tz)
        return found

    def carry_out(self, number: str) -> str:
        """Carry out all that can be, in order; the case's state afterwards.

        May be called again at any time, by several processes at once: each effect happens once, and none
        while a person looks at the case again.

        Raises:
            NoSuchCase: there is none.
            WrongState: nothing was granted, or a person has it.
        """
        with self.world.store.read() as session:
            case = self.world.case(session, number)
            matter = self.world.matter(case)
        if case.state == CaseState.ENDED:
            return case.state
        if case.state not in _UNDER_WAY:
            raise WrongState
        tried: set[tuple[str, int]] = set()
        while ready := [
            each for each in self._ready(case, matter) if (each.name, each.position) not in tried
        ]:
            for each in ready:
                tried.add((each.name, each.position))
                self._try(case, matter, each)
        return self._settle(number)

    def carry_on(self) -> None:
        """Carry out what a grant left undone, because a process ended or nobody asked for it."""
        with self.world.store.read() as session:
            rows = session.exec(
                select(Case.id).where(Case.state == CaseState.GRANTED).order_by(col(Case.created))
            )
            numbers = list(rows)
        for number in numbers:
            with contextlib.suppress(WrongState, UnknownMatter):  # another has it; its clock goes on
                self.carry_out(number)

    def retry(self, number: str) -> str:
        """Try again what was refused. Raises NoSuchCase, WrongState."""
        with self.world.store.write() as session:
            case = self.world.case(session, number, lock=True)
            if case.state != CaseState.RED:
                raise WrongState
            case.state = CaseState.GRANTED
            session.add(case)
            for each in self._rows(session, case):
                if each.state == EffectState.REFUSED:
                    each.state, each.problem = EffectState.WAITING, ""
                    session.add(each)
        return self.carry_out(number)

    def go_on(self, session: Session, case: Case) -> bool:
        """After a review let what is left of a grant go on; whether anything is."""
        left = any(each.state != EffectState.DONE for each in self._rows(session, case))
        if left:
            self._clocks(session, case)
        return left

    def end(self, session: Session, case: Case) -> None:
        """A case ends: the certificates that it held are free."""
        case.ended_at = self.world.clock()
        session.add(case)
        clocks.stop_all(self.world, session, case.id)
        session.connection().execute(delete(CaseLock).where(col(CaseLock.case) == case.id))

    def _ready(self, case: Case, matter: Matter) -> list[CaseEffect]:
        with self.world.store.read() as session:
            rows = self._rows(session, case)
        undone = {each.name for each in rows if each.state != EffectState.DONE}
        after = {each.name: set(each.after) for each in matter.effects}
        return [each for each in rows if each.state == EffectState.WAITING and not after[each.name] & undone]

    def _try(self, case: Case, matter: Matter, row: CaseEffect) -> None:
        effect = next(each for each in matter.effects if each.name == row.name)

        def work() -> None:
            match effect.do:
                case "issue":
                    self._issue(case, effect, row)
                case "supersede":
                    self._supersede(case, effect, row)
                case "revoke":
                    self._revoke(case, effect, row)
                case "task":
                    self._give(case, matter, effect, row)

        try:
            again_if_overtaken(work)
        except WrongState:  # a person has the case
            return
        except RegistryError as refusal:
            self._refused(row, refusal)

    def _issue(self, case: Case, effect: Effect, row: CaseEffect) -> None:
        definition = self.world.issuing.definition(
            self.world.catalogue.named(effect.type or "").type, self.world.clock()
        )
        request = Request(self._claims(case, row), _key(row), by=f"case {case.id}")

        def beside(session: Session, outcomes: Sequence[Outcome]) -> None:
            (outcome,) = outcomes
            if isinstance(outcome, Issued):
                self._require_under_way(session, case)
                self._require_standing(session, case)
                self._require_named_standing(session, case, effect)
                self._done(session, row, outcome.certificate_id)

        (outcome,) = self.world.issuing.issue_chunk(row.issuer, definition, [request], beside)
        if isinstance(outcome, RegistryError):
            raise outcome

    def _supersede(self, case: Case, effect: Effect, row: CaseEffect) -> None:
        """Suspend the old version and issue the new one, in one transaction: neither without the other."""
        old = row.certificate_id

        def hold(session: Session, certificates: Iterable[int], now: int) -> None:
            self._require_under_way(session, case)
            self._require_standing(session, case)
            (id,) = certificates
            reason = lifecycle.reason(HELD)
            status_changes.record(
                session, session.get_one(Certificate, id), reason, _decided(case, HELD), now
            )
            self.world.changing.publish(session, [id], now)

        def review(session: Session, certificates: Iterable[int], now: int) -> None:
            (id,) = certificates
            self._done(session, row, session.get_one(Certificate, id).certificate_id)
            self.world.changing.review(session, [id], now)

        renewal = Renewal(_decided(case, effect.reason), self._claims(case, row), _key(row))
        made = renew(self.world.issuing, row.issuer, old, renewal, review=review, hold=hold)
        if made.repeated:
            with self.world.store.write() as session:
                self._done(session, row, made.certificate_id)

    def _revoke(self, case: Case, effect: Effect, row: CaseEffect) -> None:
        with self.world.store.write() as session:
            self._require_under_way(session, case)
            if self._is_done(session, row):
                return
            self._require_standing(session, case)
            status_changes.change(
                session,
                row.certificate_id,
                _decided(case, effect.reason),
                Kind.REVOKE,
                issuers=(row.issuer,),
                publish=self.world.changing.publish,
                now=self.world.clock(),
            )
            self._done(session, row, row.certificate_id)

    def _give(self, case: Case, matter: Matter, effect: Effect, row: CaseEffect) -> None:
        """A task for the issuer, about what it names or comes after, and the note that it was given."""
        with self.world.store.write() as session:
            stored = self._require_under_way(session, case)
            before = [each for each in self._rows(session, case) if each.name in effect.after]
            about = row.certificate_id or next((each.certificate_id for each in before), "")
            self.world.tasks.put(
                session,
                row.issuer,
                TaskKind.EFFECT,
                cause=f"effect/{row.case}/{row.name}/{row.position}",
                content={
                    "zh": f"{matter.zh}：{effect.zh}",
                    "en": f"{matter.en}: {effect.en}",
                    "effect": effect.name,
                },
                days=effect.days,
                now=self.world.clock(),
                certificate=about,
                case=case.id,
            )
            part = f"{clocks.TASK}.{row.name}"
            clocks.start(self.world, session, stored, part, row.issuer, effect.days)
            self._done(session, row, "")

    def _clocks(self, session: Session, case: Case) -> None:
        """An issuer's time begins with the last effect before its own, and ends with its own."""
        rows, matter = self._rows(session, case), self.world.matter(case)
        undone = {each.name for each in rows if each.state != EffectState.DONE}
        for effect in matter.effects:
            part = f"{clocks.EFFECT}.{effect.name}"
            if effect.name not in undone:
                clocks.stop(self.world, session, case.id, part)
            elif not undone & set(effect.after):
                clocks.start(self.world, session, case, part, self.world.office(effect.issuer), effect.days)

    def _require_under_way(self, session: Session, case: Case) -> Case:
        """The case, locked: nobody takes it away before this is done. Raises WrongState: somebody has."""
        stored = self.world.case(session, case.id, lock=True)
        if stored.state not in _UNDER_WAY:
            raise WrongState
        return stored

    def _require_standing(self, session: Session, case: Case) -> None:
        """Every fact's status, read again; what this case itself has ended is apart. Raises NotStanding."""
        own = {each.certificate_id for each in self._rows(session, case) if each.state == EffectState.DONE}
        own |= self._superseded(session, case)
        trust, now = self.world.trust(), self.world.clock()
        for fact in self.world.facts(session, case):
            if fact.verdict not in COUNTS or not fact.certificate_id or fact.certificate_id in own:
                continue
            if not stands(session, fact.certificate_id, self.world.known(session, fact), trust, now):
                raise NotStanding

    def _require_named_standing(self, session: Session, case: Case, effect: Effect) -> None:
        """What it names of other effects' certificates is read again too. Raises NotStanding."""
        named = effects_named(effect.claims.values())
        trust, now = self.world.trust(), self.world.clock()
        for each in self._rows(session, case):
            if each.name in named and not stands(session, each.certificate_id, Known({}, ""), trust, now):
                raise NotStanding

    def _superseded(self, session: Session, case: Case) -> set[str]:
        """Certificates whose place something took that this case has issued."""
        rows = [each.certificate_id for each in self._rows(session, case) if each.state == EffectState.DONE]
        new = session.exec(select(Certificate.renews).where(col(Certificate.certificate_id).in_(rows))).all()
        old = [each for each in new if each is not None]
        return set(session.exec(select(Certificate.certificate_id).where(col(Certificate.id).in_(old))))

    def _claims(self, case: Case, row: CaseEffect) -> dict[str, str]:
        with self.world.store.read() as session:
            bound = f"effect/{row.case}/{row.name}/{row.position}"
            claims = self.world.unseal(session, bound, row.sealed, dict[str, str])
            made = {
                each.certificate_id: each.name for each in self._rows(session, case) if each.certificate_id
            }
            rows = session.exec(select(Certificate).where(col(Certificate.certificate_id).in_(made))).all()
            issued = {made[each.certificate_id]: Referred.stored(each, self.world.tz) for each in rows}
        return finished(claims, issued)

    def _done(self, session: Session, row: CaseEffect, certificate_id: str) -> None:
        case = self.world.case(session, row.case, lock=True)
        if self._is_done(session, row):
            return
        stored = session.get_one(CaseEffect, (row.case, row.name, row.position))
        stored.state, stored.problem = EffectState.DONE, ""
        stored.certificate_id, stored.done_at = certificate_id, self.world.clock()
        session.add(stored)
        session.flush()
        self._clocks(session, case)

    def _refused(self, row: CaseEffect, refusal: RegistryError) -> None:
        """Note why an issuer did not; not over what another process has done meanwhile."""
        with self.world.store.write() as session:
            case = self.world.case(session, row.case, lock=True)
            stored = session.get_one(CaseEffect, (row.case, row.name, row.position), populate_existing=True)
            if case.state in _UNDER_WAY and stored.state == EffectState.WAITING:
                stored.state, stored.problem = EffectState.REFUSED, refusal.kind
                session.add(stored)

    def _is_done(self, session: Session, row: CaseEffect) -> bool:
        """Whether another process has done it. The case is locked."""
        key = (row.case, row.name, row.position)
        return session.get_one(CaseEffect, key, populate_existing=True).state == EffectState.DONE

    def _settle(self, number: str) -> str:
        with self.world.store.write() as session:
            case = self.world.case(session, number, lock=True)
            states = {each.state for each in self._rows(session, case)}
            if case.state not in _UNDER_WAY:  # a person has it, or it has ended
                return case.state
            if EffectState.REFUSED in states:
                case.state = CaseState.RED
            elif states <= {EffectState.DONE}:
                case.state = CaseState.ENDED
                self.end(session, case)
            session.add(case)
            return case.state

    def _rows(self, session: Session, case: Case) -> Sequence[CaseEffect]:
        rows = select(CaseEffect).where(CaseEffect.case == case.id)
        return session.exec(rows.order_by(col(CaseEffect.name), col(CaseEffect.position))).all()


def _decided(case: Case, reason: str) -> Decision:
    return Decision(reason, number=case.id, by=f"case {case.id}")


def _key(row: CaseEffect) -> str:
    """What keeps an effect from happening twice."""
    return f"case {row.case} {row.name} {row.position}"
