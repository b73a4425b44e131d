"""Settings of one registry: read from the environment (`ZT_…`), with defaults that `make run` uses."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that differs from one installation to the next.

    The public origin is not here: it is fixed at founding and kept in the store (protocol.md, Credential).
    """

    model_config = SettingsConfigDict(env_prefix="ZT_", frozen=True)

    data: Path = Field(default=Path("data"), description="Folder of the store, key files and chain state.")
    database: str = Field(
        default="",
        repr=False,
        description="SQLAlchemy URL of the store, such as `postgresql://registry@db.example/registry`; "
        "empty: SQLite in the data folder (registry.sqlite).",
    )
    chain_url: str = Field(default="http://127.0.0.1:8545", description="JSON-RPC address of the chain node.")
    chain_id: int = Field(default=31337, description="Chain id that the node must report.")
    confirmations: int = Field(default=2, ge=1, description="Blocks above a transaction until it is final.")
    batch_after: float = Field(
        default=2.0,
        gt=0,
        description="Seconds after which an open batch is closed, unless an issuer has its own.",
    )
    batch_size: int = Field(default=16_384, ge=1, description="Certificates that close a batch at once.")
    heads_every: float = Field(
        default=60.0,
        gt=0,
        le=60,
        description="Seconds from one round of the access logs' heads on the chain to the next.",
    )
    timezone: str = Field(
        default="Asia/Shanghai", description="Time zone in which days of validity begin and end."
    )
    calendar: Path | None = Field(
        default=None,
        description="YAML file of holidays and of weekend days worked instead (调休); none: the one that "
        "comes with the registry (registry/holidays.yaml).",
    )
    clock_yellow: float = Field(
        default=2 / 3,
        gt=0,
        lt=1,
        description="Share of a step's working days after which its clock turns yellow.",
    )
    clock_escalated_after: int = Field(
        default=2,
        ge=0,
        description="Working days after its end until a red clock is escalated to the matter's supervisor.",
    )
    list_ttl: int = Field(default=60, description="Seconds a verifier may keep a status list token.")
    list_expiry: int = Field(default=43_200, description="Seconds after which a status list token is void.")
    head_age: int = Field(
        default=30,
        description="Seconds since the follower last reached the head until chain words are stale.",
    )
    bundle_expiry: int = Field(default=43_200, description="Seconds a trust bundle is good for.")
    credential_days: int = Field(default=30, le=30, description="Days a wallet credential lives.")
    answer_hours: int = Field(default=24, description="Hours an answer to a query lives.")
    query_clerk_hour: int = Field(default=100, ge=1, description="Most queries of one clerk in an hour.")
    query_clerk_day: int = Field(default=400, ge=1, description="Most queries of one clerk in 24 hours.")
    query_department_hour: int = Field(
        default=1_000, ge=1, description="Most queries of one department in an hour."
    )
    query_department_day: int = Field(
        default=5_000, ge=1, description="Most queries of one department in 24 hours."
    )
    query_batch_alone: int = Field(
        default=20,
        ge=0,
        description="Queries in batches of one clerk in 24 hours that need no second clerk's approval.",
    )
    query_batch_most: int = Field(default=1_000, ge=1, description="Most queries of one batch.")
    api_passphrase: str = Field(default="", repr=False, description="Opens the API's key file.")
    worker_passphrase: str = Field(default="", repr=False, description="Opens the worker's key file.")
    authority_passphrase: str = Field(default="", repr=False, description="Opens the authority's key file.")
    roots_passphrase: str = Field(
        default="",
        repr=False,
        description="Opens the offline root keys; given only to sign a new root document.",
    )
    sample_town: bool = Field(
        default=False, description="This is the sample town: the front page may revoke the story's licence."
    )
    heal: bool = Field(
        default=True,
        description="Whether the authority moves to new contracts by itself when the local chain (31337) was "
        "reset; on every other chain `registry authority heal` is run by hand.",
    )
    identity_type: str = Field(
        default="resident_identity",
        description="Alias of the certificate type that is the login (一人一档): offered at a window first.",
    )
    operator: str = Field(
        default="",
        description="Code of the department whose key signs for the registry itself (metadata, the login's "
        "requests); empty: the issuer of the identity type.",
    )
    require_par: bool = Field(
        default=True, description="Whether authorisation requests must be pushed (HAIP); false is looser."
    )
    vp_client_id: Literal["x509_hash", "x509_san_dns", "redirect_uri"] = Field(
        default="x509_hash",
        description="How requests to wallets name who asks: by the certificate's hash (HAIP); "
        "`x509_san_dns`, by host, and `redirect_uri`, unsigned, are looser.",
    )
    vp_response_mode: str = Field(
        default="direct_post.jwt",
        pattern=r"^direct_post(\.jwt)?$",
        description="How wallets answer requests: encrypted (HAIP), or `direct_post`, which is looser.",
    )
    attested_types: dict[str, list[str]] = Field(
        default={},
        description="Types (alias) whose credentials are bound only to keys that a wallet provider attests, "
        "each with the `key_storage` values that do; none: any. JSON. A browser cannot attest hardware.",
    )
    require_wallet_attestation: bool = Field(
        default=False,
        description="Whether only wallets that a wallet provider of the trust list attests get tokens; by "
        "default not, because a browser cannot attest hardware.",
    )
    statistics_least: int = Field(
        default=10, ge=2, description="Smallest count that the open statistics of queries tell."
    )
    kpi_thresholds: dict[str, tuple[float, float]] = Field(
        default={},
        description="Lights of measures (docs/measures.md): by name, the worst value that is green and the "
        "worst that is yellow; others have the plan's. JSON.",
    )
    metrics_token: str = Field(
        default="",
        repr=False,
        description="Bearer token with which `GET /metrics` is scraped; empty: there is no such address.",
    )
    metrics_days: int = Field(
        default=30, ge=1, description="Days up to now that the measures in `/metrics` are over."
    )
    metrics_every: float = Field(
        default=60.0, gt=0, description="Seconds after which the measures in `/metrics` are counted anew."
    )
    offer_days: int = Field(
        default=60,
        ge=1,
        le=366,
        description="Days before a certificate's end from which its holder is offered to renew it, where its "
        "type does not say.",
    )
    objection_days: int = Field(
        default=10, ge=1, le=90, description="Working days in which an issuer answers an objection (异议)."
    )
    partners: list[str] = Field(
        default=[],
        description="Origins of the other registries on this chain whose departments may be asked, ask, and "
        "be believed (跨省通办), each exactly as it serves. JSON.",
    )
    partners_every: float = Field(
        default=10.0, gt=0, description="Seconds between two looks at a partner's trust bundle."
    )
    rights: Path = Field(default=Path("rights"), description="Folder of the rights files (who may ask what).")

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the store."""
        return self.database or f"sqlite:///{self.data / 'registry.sqlite'}"

    @property
    def keys(self) -> Path:
        """Folder of the encrypted key files, one for each process."""
        return self.data / "keys"
