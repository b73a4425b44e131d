"""Asking a party's wallet: for everything at once that is not known of it yet, and for promises."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, select

from registry.cases.accepting import advance
from registry.cases.commitments import Commitments, identity_of, promises
from registry.cases.errors import AnotherPerson, WrongState
from registry.cases.taking import forget, keep, party_of, require_taking, still_taken
from registry.cases.world import GOOD, Identifier, Known, Verdict, World
from registry.matters import Fact
from registry.matters.asking import fact_of, query_of
from registry.requesting import MadeRequest
from registry.store.tables import Case, CaseFact, CaseParty, Commitment, CommitmentState
from registry.walletanswers import Presented

WALLET: Final = "wallet"


@dataclass(frozen=True)
class Wallets:
    """Asks wallets, and keeps what was verified."""

    world: World

    def request(
        self, number: str, role: str, position: int = 0, *, promise: Sequence[str] = (), clerk: str = ""
    ) -> MadeRequest | None:
        """A request to the wallet of one party, for what is not known of it yet; None: nothing to ask.

        promise: facts that are to come later, which the wallet signs with the same answer (告知承诺).

        Raises:
            NoSuchCase, WrongState: as they say; so do `Requesting.make`'s. BadInput: that cannot come later.
        """
        with self.world.store.write() as session:
            case = require_taking(self.world, session, number)
            matter = self.world.matter(case)
            party = party_of(session, case, role, position)
            known = {each.name for each in self._of(session, party) if each.verdict == GOOD}
            identity = identity_of(matter, role)
            standing = promises(session, number, CommitmentState.OPEN, CommitmentState.KEPT)
            promise = sorted(set(promise) - {each.fact for each in standing})
            facts = [
                each
                for each in matter.facts_of(role)
                if each.name not in known or (promise and each == identity)
            ]
            transactions = self._commitments.ask(matter, case, role, promise)
            query = query_of(session, self.world.catalogue, facts)
            if query is None:
                return None
            made = self.world.requesting.make(
                session,
                case.office,
                query,
                clerk=clerk,
                matter=case.matter,
                transaction_data=transactions,
            )
            party.request = made.id
            session.add(party)
            self._commitments.keep(session, case, matter, promise, made.id)
            return made

    def take(self, number: str, role: str, position: int = 0) -> str:
        """Take what the party's wallet answered: the request's state (`open`, `answered`, …).

        Taken once, however often it is called.

        Raises:
            NoSuchCase, WrongState: as they say.
            AnotherPerson: shown by somebody else than this party; nothing is taken.
            CertificateHeld: another case holds a certificate that this one would have to.
        """
        with self.world.store.read() as session:
            case = self.world.case(session, number)
            party = party_of(session, case, role, position)
        if party.request is None:
            raise WrongState
        if party.taken == party.request:
            return "answered"
        outcome = self.world.requesting.outcome(party.request, asker=case.office)
        if outcome.state == "answered":
            with self.world.store.write() as session:
                case = require_taking(self.world, session, number)
                party = party_of(session, case, role, position)
                if party.taken != outcome.id:
                    promised = self._promised(session, party)
                    self._take(session, case, party, outcome.presented)
                    self._commitments.take(session, case, party, promised, outcome.presented)
                    party.taken = outcome.id
                    session.add(party)
                    advance(self.world, session, case)
        return outcome.state

    @property
    def _commitments(self) -> Commitments:
        return Commitments(self.world)

    def _promised(self, session: Session, party: CaseParty) -> list[str]:
        """What the party's last request asks to promise, in its order."""
        rows = session.exec(select(Commitment).where(Commitment.request == party.request))
        return sorted(each.fact for each in rows)

    def _take(self, session: Session, case: Case, party: CaseParty, presented: Sequence[Presented]) -> None:
        matter, awaited = self.world.matter(case), still_taken(session, case)
        positions: dict[str, int] = {}
        for each in presented:
            fact = matter.fact(fact_of(each.query))
            position = positions.setdefault(fact.name, 0)
            positions[fact.name] += 1
            taken = awaited is None or fact.name in awaited
            if position == 0 and taken:
                forget(session, party, fact.name)
            if position >= fact.most:
                continue
            unproven: Verdict = "copy" if each.report["verdict"] == "copy" else "unverified"
            verdict: Verdict = GOOD if each.good else unproven
            core = each.report.get("core") or {}
            known = Known(dict(each.report["claims"]) if each.good else {}, each.text)
            self._identify(session, case, party, fact, known, core)
            if not taken:
                continue
            certificate_id = str(core.get("certificate_id", "")) if each.good else ""
            keep(self.world, session, case, party, fact, position, WALLET, verdict, certificate_id, known)

    def _identify(
        self, session: Session, case: Case, party: CaseParty, fact: Fact, known: Known, core: dict[str, str]
    ) -> None:
        if fact.identifies is None or fact.identifies not in known.claims:
            return
        definition = self.world.catalogue.named(str(core["type"]))
        role = next(each for each in definition.holders if each.identifier == fact.identifies)
        id_type = role.id_type or known.claims[role.id_type_claim]
        one = Identifier(id_type, known.claims[fact.identifies])
        index = self.world.vault.holder_index(one.id_type, one.identifier)
        if party.holder is not None and party.holder != index:
            raise AnotherPerson
        party.holder = index
        party.sealed = self.world.seal(
            session, case.office, f"party/{case.id}/{party.role}/{party.position}", one
        )
        session.add(party)

    def _of(self, session: Session, party: CaseParty) -> list[CaseFact]:
        return list(session.exec(select(CaseFact).where(CaseFact.party == party.id)))
