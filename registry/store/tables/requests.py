"""Requests for presentations (OpenID4VP): made by a department or by the login, answered once by a wallet."""

from enum import StrEnum

from sqlmodel import Field

from registry.store.tables.base import Table, big, one_of


class RequestPurpose(StrEnum):
    """department: asked for by a department under its own name. login: the door's own."""

    DEPARTMENT = "department"
    LOGIN = "login"


class RequestState(StrEnum):
    """open: waiting for a wallet. answered: once, for good. refused: the holder said no, or it was wrong."""

    OPEN = "open"
    ANSWERED = "answered"
    REFUSED = "refused"


class PresentationRequest(Table, table=True):
    """One request object and what was answered to it.

    id: the secret part of its address. asker: code of the department whose key signs. clerk, matter: who
    asks, and for what. sealed: nonce, DCQL, response key, transaction data: encrypted, since a query may
    compare with personal values. outcome: the reports, encrypted. code_hash: of the response code that
    the same device brings back to the verifier's page.
    """

    __tablename__ = "presentation_request"
    __table_args__ = (one_of("purpose", RequestPurpose), one_of("state", RequestState))

    id: str = Field(primary_key=True)
    purpose: str = RequestPurpose.DEPARTMENT
    asker: str = Field(index=True)
    clerk: str = ""
    matter: str = ""
    state: str = RequestState.OPEN
    sealed: bytes
    outcome: bytes | None = None
    code_hash: bytes | None = Field(default=None, unique=True)
    created: int = big()
    fetched_at: int | None = big(default=None)
    answered_at: int | None = big(default=None)
    expires: int = big(index=True)
