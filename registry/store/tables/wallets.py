"""Wallets, offers, tokens and credentials. Codes, PINs and tokens are stored as hashes only."""

from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from registry.store.tables.base import Table, big, one_of, refers, row_id


class CredentialKind(StrEnum):
    """wallet: bound to a wallet's key. answer: to a query. copy: for paper."""

    WALLET = "wallet"
    ANSWER = "answer"
    COPY = "copy"


class Ground(StrEnum):
    """Why somebody may hold a credential: about themselves, or through another certificate."""

    SELF = "self"
    REPRESENTATIVE = "representative"
    GUARDIAN = "guardian"


class AuthorisationKind(StrEnum):
    """How a wallet was let in: an offer's code and PIN, the authorisation page, a login without browser."""

    PRE_AUTHORISED = "pre_authorised"
    CODE = "code"
    CHALLENGE = "challenge"


class Wallet(Table, table=True):
    """A wallet: made at the first claim of an identity certificate, or for a grant that presented nothing.

    holder: keyed index of the person, where the wallet proved one.
    """

    id: str = Field(primary_key=True)
    holder: bytes | None = Field(default=None, index=True)
    recovery_hash: bytes | None = Field(default=None, unique=True)
    created: int = big()
    withdrawn_at: int | None = big(default=None)
    withdrawn_by: str | None = None


class BarredKey(Table, table=True):
    """A wallet's key (`cnf` or DPoP) that never gets a credential again."""

    __tablename__ = "barred_key"

    thumbprint: str = Field(primary_key=True)
    wallet: str = Field(foreign_key="wallet.id")
    since: int = big()


class Offer(Table, table=True):
    """An issuer's offer of one certificate to one holder: a pre-authorised code with a PIN.

    seen: how the clerk `made_by` knew the person (an identity certificate's offer must say); recorded.
    state_hash: of the `issuer_state` that binds the offer to a login by authorisation code.
    """

    __table_args__ = (one_of("ground", Ground),)

    id: str = Field(primary_key=True)
    code_hash: bytes = Field(unique=True)
    pin_hash: bytes | None = None
    pin_tries: int = 0
    certificate: int = refers("certificate.id", index=True)
    role: str
    holder: bytes | None = None
    ground: str = Ground.SELF
    ground_certificate: int | None = refers("certificate.id", default=None)
    wallet: str | None = Field(default=None, foreign_key="wallet.id")
    made_by: str = ""
    seen: str = ""
    state_hash: bytes | None = Field(default=None, unique=True)
    created: int = big()
    expires: int = big()
    ended_at: int | None = big(default=None)


class Authorisation(Table, table=True):
    """What one login or one accepted offer gave a wallet: tokens hang on it, grants belong to it.

    kind: how it came about. holder: keyed index of the person who was proven; scope `holder` needs it.
    identity_credential: row of the login's credential; the authorisation is dead with it. (No foreign key:
    credential, grant and authorisation would refer to each other in a circle.)
    client: the wallet's client_id, as it says. attested: what a wallet provider vouched for (JSON), if any.
    """

    __table_args__ = (one_of("kind", AuthorisationKind),)

    id: str = Field(primary_key=True)
    wallet: str = Field(foreign_key="wallet.id", index=True)
    kind: str = AuthorisationKind.PRE_AUTHORISED
    holder: bytes | None = None
    identity_credential: int | None = big(default=None, index=True)
    scope: str = ""
    client: str = ""
    attested: str = ""
    dpop_thumbprint: str = Field(index=True)
    created: int = big()
    ended_at: int | None = big(default=None)


class Grant(Table, table=True):
    """One certificate that one wallet may fetch again and again, bound to its DPoP key, until it ends.

    id: opaque; OpenID4VCI's `credential_identifier`. role, holder: whom in the certificate it was given for
    (a keyed index): a version that names somebody else is not for this wallet.
    """

    __table_args__ = (one_of("ground", Ground),)

    id: str = Field(primary_key=True)
    authorisation: str = Field(foreign_key="authorisation.id", index=True)
    wallet: str = Field(foreign_key="wallet.id", index=True)
    offer: str | None = Field(default=None, foreign_key="offer.id")
    certificate: int = refers("certificate.id", index=True)
    lineage: int = big(index=True)
    role: str
    holder: bytes | None = None
    ground: str = Ground.SELF
    ground_certificate: int | None = refers("certificate.id", default=None, index=True)
    dpop_thumbprint: str = Field(index=True)
    created: int = big()
    ended_at: int | None = big(default=None)


class AccessToken(Table, table=True):
    """A short-lived token: of a wallet's authorisation, or of a department (its code in `department`)."""

    __tablename__ = "access_token"

    hash: bytes = Field(primary_key=True)
    authorisation: str | None = Field(default=None, foreign_key="authorisation.id", index=True)
    department: str | None = Field(default=None, foreign_key="department.code")
    scope: str = ""
    dpop_thumbprint: str | None = None
    expires: int = big(index=True)
    ended_at: int | None = big(default=None)


class Refresh(Table, table=True):
    """A refresh token, bound to the authorisation's DPoP key."""

    hash: bytes = Field(primary_key=True)
    authorisation: str = Field(foreign_key="authorisation.id", index=True)
    dpop_thumbprint: str
    expires: int = big()
    used_at: int | None = big(default=None)
    ended_at: int | None = big(default=None)


class Deferred(Table, table=True):
    """A claim made before its batch was final (OpenID4VCI's transaction_id, hashed).

    cnf: JSON list of JWKs, each with its `assurance`.
    """

    hash: bytes = Field(primary_key=True)
    grant: str = Field(foreign_key="grant.id", index=True)
    cnf: str
    created: int = big()
    expires: int = big()
    ended_at: int | None = big(default=None)


class UsedNonce(Table, table=True):
    """A (audience, nonce) that was used up; kept until a presentation with it is too old anyway."""

    __tablename__ = "used_nonce"

    aud: str = Field(primary_key=True)
    nonce: str = Field(primary_key=True)
    exp: int = big(index=True)


class Credential(Table, table=True):
    """A credential that was cut: for a wallet's key, an answer, a copy.

    cnf: thumbprint of the wallet's key. key: thumbprint of the issuer's key that signed.
    list, idx: its own entry; None for an answer. ground, ground_certificate: why this wallet may hold it.
    assurance: what a wallet provider attested of its key (JSON), "" where nothing was attested.
    """

    __table_args__ = (
        UniqueConstraint("issuer", "list", "idx"),
        one_of("kind", CredentialKind),
        one_of("ground", Ground),
        Index(None, "issuer", "list"),
    )

    id: int | None = row_id()
    certificate: int = refers("certificate.id", index=True)
    wallet: str | None = Field(default=None, foreign_key="wallet.id", index=True)
    grant: str | None = Field(default=None, foreign_key="grant.id", index=True)
    kind: str
    role: str = ""
    cnf: str | None = Field(default=None, index=True)
    issuer: str
    key: str
    list: int | None = None
    idx: int | None = None
    iat: int = big()
    exp: int = big(index=True)
    ground: str = Ground.SELF
    ground_certificate: int | None = refers("certificate.id", default=None, index=True)
    withdrawn_at: int | None = big(default=None)
    assurance: str = ""


class Link(Table, table=True):
    """A long presentation behind a link, encrypted by a key that only the link's fragment has. One use."""

    id: str = Field(primary_key=True)
    sealed: bytes
    expires: int = big(index=True)
    used_at: int | None = big(default=None)
