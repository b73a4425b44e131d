"""The one door: logins begun by a wallet or browser, proven by the identity credential, until their code; and
who may claim for an enterprise besides its representative."""

from sqlmodel import Field

from registry.store.tables.base import Table, big, refers


class Login(Table, table=True):
    """One authorisation request, from its beginning (pushed, at the page, or a challenge) to its code.

    id: hash of its handle (the request_uri or auth_session). details: authorization_details (JSON).
    browser_hash: of the cookie of the browser that began it. offer: bound by issuer_state.
    request: the presentation request that asks for the identity certificate; request_here: that for a wallet
    on the browser's own device. holder, wallet,
    identity_credential: what was proven. chosen: what the holder allows (JSON). code_hash: of the code;
    authorisation: what it was redeemed for.
    """

    id: bytes = Field(primary_key=True)
    client: str
    redirect_uri: str = ""
    state: str = ""
    code_challenge: str
    dpop_thumbprint: str | None = None
    scope: str = ""
    details: str = ""
    attested: str = ""
    offer: str | None = Field(default=None, foreign_key="offer.id")
    browser_hash: bytes | None = None
    request: str | None = Field(default=None, foreign_key="presentation_request.id", index=True)
    request_here: str | None = Field(default=None, foreign_key="presentation_request.id", index=True)
    holder: bytes | None = None
    wallet: str | None = Field(default=None, foreign_key="wallet.id")
    identity_credential: int | None = refers("credential.id", default=None)
    chosen: str = ""
    code_hash: bytes | None = Field(default=None, unique=True)
    authorisation: str | None = Field(default=None, foreign_key="authorisation.id")
    created: int = big()
    expires: int = big(index=True)
    ended_at: int | None = big(default=None)


class EnterpriseAgent(Table, table=True):
    """Whom a legal representative lets claim an enterprise's certificates (经办人).

    licence: lineage of the licence that names the representative. appointed_by, agent: keyed indexes.
    """

    __tablename__ = "enterprise_agent"

    id: str = Field(primary_key=True)
    licence: int = big(index=True)
    appointed_by: bytes
    agent: bytes = Field(index=True)
    created: int = big()
    expires: int = big(index=True)
    ended_at: int | None = big(default=None)
