"""Deciding on a consent: by the wallet's key (OpenID4VP transaction data), or at a window by two clerks.

Every decision, also a no and a withdrawal, is a presentation of the identity credential that agrees to it in
words; it is kept, sealed, as evidence. A decision that comes after the deadline changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from sqlmodel import Session

from registry import asking, clerks, credential, jcs, transactiondata
from registry.catalogue import Catalogue
from registry.consents import consents, inbox
from registry.errors import NotAllowed, NotFound
from registry.identity import identity_of
from registry.requesting import MadeRequest, Requesting
from registry.runtime import Runtime
from registry.secrets import Randomness
from registry.store import Store
from registry.store.tables import Consent, ConsentState
from registry.trust import Trust
from registry.vault import Vault

TYPE: Final = "urn:zt:consent"
"""Of the transaction data."""
Answer = Literal["yes", "no", "withdraw"]
_STATES: Final[dict[Answer, ConsentState]] = {
    "yes": ConsentState.YES,
    "no": ConsentState.NO,
    "withdraw": ConsentState.WITHDRAWN,
}
_WORDS: Final[dict[Answer, str]] = {"yes": "同意 yes", "no": "不同意 no", "withdraw": "撤回同意 withdraw"}


class _Deciding(msgspec.Struct, frozen=True, kw_only=True):
    """A request that a wallet of the holder answers. transaction: as it travels."""

    request: str
    answer: Answer
    transaction: str


@dataclass(frozen=True, slots=True)
class AtWindow:
    """Who took a decision down from a person without a phone (帮办), and how they knew the person.

    clerk, second: two people. paper: SHA-256 of what the person signed, hexadecimal.
    """

    clerk: str
    second: str
    seen: str
    paper: str


@dataclass(frozen=True, slots=True)
class Deciding:
    """The use cases of a holder's decision. identity: alias of the type that is the login."""

    store: Store
    vault: Vault
    catalogue: Catalogue
    requesting: Requesting
    trust: Callable[[], Trust]
    clock: Callable[[], int]
    randomness: Randomness
    identity: str

    @classmethod
    def of(cls, runtime: Runtime, trust: Callable[[], Trust], requesting: Requesting) -> "Deciding":
        """Put together from what an API process has opened."""
        return cls(
            runtime.store,
            runtime.sealed,
            runtime.catalogue,
            requesting,
            trust,
            runtime.clock,
            runtime.randomness,
            runtime.settings.identity_type,
        )

    def begin(self, id: str, holder: bytes, answer: Answer) -> MadeRequest:
        """Ask the holder's wallet to sign this answer: a request in the name of the department that asks.

        Raises:
            NotFound: the person is asked for no such consent.
            NotAllowed: it cannot be answered like that any more.
        """
        now = self.clock()
        with self.store.write() as session:
            row = consents.of_holder(session, id, holder)
            _demand_open(row, answer, now)
            words = consents.content(session, self.vault, row)
            members = {name: words[name] for name in ("who", "what", "why", "until")}
            query = asking.query_for(session, self.catalogue, [(self.identity, ())])
            transaction = transactiondata.encode(
                TYPE, [self.identity], members | {"answer": _WORDS[answer], "consent": id}
            )
            made = self.requesting.make(
                session, row.asker, query, matter="consent", transaction_data=[transaction], tells=True
            )
            deciding = _Deciding(request=made.id, answer=answer, transaction=transaction)
            row.deciding = self._seal(session, row, msgspec.to_builtins(deciding), now)
            session.add(row)
        return made

    def settle(self, id: str, holder: bytes, code: str) -> Consent:
        """Take what the wallet answered; the consent as it stands then.

        code: what the wallet got for its answer (`presentation_during_issuance_session`).

        Raises:
            NotFound: the person is asked for no such consent, or the code belongs to another answer.
            NotAllowed: it was not signed by this person, or too late.
        """
        now = self.clock()
        with self.store.read() as session:
            row = consents.of_holder(session, id, holder)
            deciding = self._deciding(session, row)
        if deciding is None:
            return row
        outcome = self.requesting.outcome(deciding.request, response_code=code)
        if not outcome.satisfied or not outcome.presented:
            raise _not_signed()
        (shown,) = outcome.presented
        with self.store.write() as session:
            row = consents.of_holder(session, id, holder)
            if self._deciding(session, row) != deciding:
                raise _not_signed()
            signer = identity_of(
                session,
                credential.parse(shown.text),
                self.catalogue.by_alias(self.identity).type,
                self.trust(),
                now,
            )
            if signer is None or signer.holder != holder:
                raise _not_signed()
            _demand_open(row, deciding.answer, now)
            evidence = {"transaction": deciding.transaction, "presentation": shown.text}
            self._decide(session, row, deciding.answer, evidence, now)
        return row

    def at_window(self, id: str, asker: str, answer: Answer, how: AtWindow) -> Consent:
        """Take down the decision of a person at a window of the department that asks (帮办).

        By two clerks, on paper that the person signed; every wallet of the person is told.

        Raises:
            NotFound: this department asked for no such consent.
            NotAllowed: it takes two people, or cannot be answered like that any more.
        """
        now = self.clock()
        if clerks.same_person(how.clerk, how.second):
            raise NotAllowed(
                "窗口代办须由两名工作人员经手。", "At a window, two people take a decision down."
            )
        with self.store.write() as session:
            row = consents.of_asker(session, id, asker)
            _demand_open(row, answer, now)
            evidence = {"clerk": how.clerk, "second": how.second, "seen": how.seen, "paper": how.paper}
            self._decide(session, row, answer, evidence, now)
            words = consents.content(session, self.vault, row)
            inbox.put(
                session,
                self.vault,
                asker,
                row.holder,
                kind="notice",
                reference=row.id,
                content={
                    "zh": f"窗口代您登记：{_WORDS[answer]}。{words['zh']}如非本人意愿，请撤回。",
                    "en": f"Taken down for you at a window: {_WORDS[answer]}. {words['en']} "
                    "If that was not your will, withdraw it.",
                },
                now=now,
                randomness=self.randomness,
            )
        return row

    def _decide(
        self, session: Session, row: Consent, answer: Answer, evidence: dict[str, str], now: int
    ) -> None:
        row.state, row.decided_at, row.deciding = _STATES[answer], now, None
        row.evidence = self._seal(session, row, evidence, now)
        session.add(row)

    def _seal(self, session: Session, row: Consent, value: dict[str, str], now: int) -> bytes:
        key = self.vault.issuer_key(session, row.asker, now)
        # The row says under which data key its content lies; what comes later may lie under a newer one.
        return key.id.to_bytes(8) + self.vault.seal(key, f"deciding/{row.id}", jcs.dumps(value))

    def _deciding(self, session: Session, row: Consent) -> _Deciding | None:
        if row.deciding is None:
            return None
        key, sealed = int.from_bytes(row.deciding[:8]), row.deciding[8:]
        plain = self.vault.open(session, key, f"deciding/{row.id}", sealed)
        return msgspec.convert(jcs.loads(plain), _Deciding)


def _demand_open(row: Consent, answer: Answer, now: int) -> None:
    """Yes and no until the deadline; a yes is withdrawn for as long as it stands."""
    late = now >= row.due
    if answer == "withdraw":
        late = row.state != ConsentState.YES or now >= row.until
    elif row.state == ConsentState.YES:
        late = True
    if late:
        raise NotAllowed(
            "该征询已不能这样答复。", "This consent cannot be answered like that, or not any more."
        )


def _not_signed() -> NotFound:
    return NotFound(
        "没有收到本人对该征询的答复。", "There is no answer to this consent by the person who was asked."
    )
