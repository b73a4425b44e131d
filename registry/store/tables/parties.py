"""Departments, their keys, and what belongs to the registry as a whole."""

from sqlmodel import Field

from registry.store.tables.base import Table, big, row_id, unique_while


class Setting(Table, table=True):
    """A fact fixed at founding, or a small counter: one value a name."""

    name: str = Field(primary_key=True)
    value: str


class Origin(Table, table=True):
    """A public origin of this registry. Appended only: an index never changes its meaning."""

    index: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    origin: str = Field(unique=True)
    since: int = big()


class Department(Table, table=True):
    """A department: one that issues, or one that only asks.

    client_jwks: public keys (a JWK set) with which it signs its client assertions (RFC 7523).
    batch_after: seconds until its open batch is closed; None: the registry's setting.
    """

    code: str = Field(primary_key=True, max_length=18)
    name_zh: str
    name_en: str
    kind: str
    client_jwks: str | None = None
    batch_after: float | None = None


class PublicKey(Table, table=True):
    """Public half of a signing key, for the authority to register and to certify.

    thumbprint: RFC 7638. uses: bit set of protocol.md (1 credentials, 2 lists, 4 answers, 8 requests,
    16 messages). x5c: JSON list of base64 DER, leaf first, without the root; None until certified.
    """

    __tablename__ = "public_key"

    issuer: str = Field(primary_key=True)
    thumbprint: str = Field(primary_key=True)
    jwk: str
    uses: int
    x5c: str | None = None
    created: int = big()


class ChainAccount(Table, table=True):
    """Address of a chain account that the worker holds. issuer: a department's code, or `log`."""

    __tablename__ = "chain_account"

    issuer: str = Field(primary_key=True)
    address: str = Field(primary_key=True, unique=True)
    created: int = big()


class Lease(Table, table=True):
    """Who does a piece of work for the moment. Saves work, guards nothing."""

    name: str = Field(primary_key=True)
    owner: str
    until: int = big()


class DataKey(Table, table=True):
    """Key that seals one issuer's disclosures, wrapped by the master key (AES-256-GCM: nonce ‖ sealed)."""

    __tablename__ = "data_key"
    __table_args__ = (unique_while("uq_data_key_current", "issuer", condition="retired_at IS NULL"),)

    id: int | None = row_id()
    issuer: str
    wrapped: bytes
    created: int = big()
    retired_at: int | None = big(default=None)


class WalletProvider(Table, table=True):
    """Who vouches for wallets and their keys: its CA certificate (base64 DER) is in the trust list."""

    __tablename__ = "wallet_provider"

    id: str = Field(primary_key=True)
    name_zh: str
    name_en: str
    certificate: str
    since: int = big()
    ended_at: int | None = big(default=None)
