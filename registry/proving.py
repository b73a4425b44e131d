"""Proving who logs in: the identity credential is asked for by OpenID4VP, and its answer is learned from."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session

from registry import asking, credential, door
from registry.catalogue import Catalogue
from registry.errors import NotFound
from registry.identity import identity_of
from registry.operating import operator
from registry.requesting import MadeRequest, Outcome, Requesting, RequestOver
from registry.settings import Settings
from registry.store.tables import Login, RequestPurpose, RequestState
from registry.trust import Trust
from registry.usecases import UseCases


class Progress(StrEnum):
    """waiting: for a wallet. proven: who it is. refused: the wallet said no, or showed what is no login."""

    WAITING = "waiting"
    PROVEN = "proven"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, repr=False)
class Links:
    """How a browser's page asks a wallet. across: for a QR; here: for a wallet on the same device."""

    across: str
    here: str


@dataclass(frozen=True, slots=True)
class Proving:
    """The door's own use of requests for presentations."""

    requesting: Requesting
    catalogue: Catalogue
    settings: Settings
    trust: Callable[[], Trust]
    clock: Callable[[], int]

    @classmethod
    def of(cls, cases: UseCases) -> "Proving":
        """Put together from a process's use cases."""
        runtime = cases.runtime
        return cls(cases.requesting, runtime.catalogue, runtime.settings, cases.trust, runtime.clock)

    @property
    def identity_type(self) -> str:
        """Code of the type that is the login."""
        return self.catalogue.by_alias(self.settings.identity_type).type

    def link(self, session: Session, login: Login) -> str:
        """What the wallet that logs in follows itself: it is told a response code, and brings it back.

        The request of before, until its time is over: while only its code is missing, it is that one.

        Raises:
            NoOperator, NoSigner, TooManyRequests: as they say.
        """
        if login.request is not None:
            try:
                return self.requesting.link(session, login.request)
            except (NotFound, RequestOver):
                pass
        made = self._make(session, tells=True)
        login.request = made.id
        session.add(login)
        return made.link

    def links(self, session: Session, login: Login, back: str) -> Links:
        """What a browser's page shows: for a wallet on another device, and for one on the same.

        back: the page to which the wallet on the same device sends its browser. Those of before, until their
        time is over.

        Raises:
            NoOperator, NoSigner, TooManyRequests: as they say.
        """
        if login.request is not None and login.request_here is not None:
            try:
                return Links(
                    self.requesting.link(session, login.request),
                    self.requesting.link(session, login.request_here),
                )
            except (NotFound, RequestOver):
                pass
        across, here = self._make(session), self._make(session, back=back)
        login.request, login.request_here = across.id, here.id
        session.add(login)
        return Links(across.link, here.link)

    def learn(self, session: Session, login: Login, response_code: str | None = None) -> Progress:
        """How far a login has come; once the answer is there, it is proven.

        response_code: what the wallet, or the page on its device, was told.

        Raises:
            NotFound: the response code is wrong.
        """
        if login.holder is not None:
            return Progress.PROVEN
        progress = Progress.WAITING
        for request in (login.request, login.request_here):
            if request is not None:
                outcome = self.requesting.outcome(request, response_code=response_code)
                if self._proven(session, login, outcome):
                    return Progress.PROVEN
                if outcome.state == RequestState.REFUSED or outcome.presented:
                    progress = Progress.REFUSED
        return progress

    def is_waiting(self, login: Login) -> bool:
        """Whether what a browser's page shows is still right: nobody has answered, and it is not over."""
        if login.holder is not None or login.request is None or login.request_here is None:
            return False
        across, here = (self.requesting.outcome(each) for each in (login.request, login.request_here))
        return across.state == RequestState.OPEN and here.state != RequestState.REFUSED

    def _make(self, session: Session, *, tells: bool = False, back: str | None = None) -> MadeRequest:
        """Ask for the identity credential, and for none of its claims."""
        return self.requesting.make(
            session,
            operator(self.trust(), self.catalogue, self.settings, self.clock()),
            asking.query_for(session, self.catalogue, [(self.settings.identity_type, ())]),
            purpose=RequestPurpose.LOGIN,
            tells=tells,
            same_device_return=back,
        )

    def _proven(self, session: Session, login: Login, outcome: Outcome) -> bool:
        if not outcome.satisfied or len(outcome.presented) != 1 or not outcome.presented[0].good:
            return False
        shown = credential.parse(outcome.presented[0].text)
        identity = identity_of(session, shown, self.identity_type, self.trust(), self.clock())
        if identity is None:
            return False
        door.prove(session, login, identity)
        return True
