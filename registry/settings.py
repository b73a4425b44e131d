"""Settings of one registry: read from the environment (`ZT_…`), with defaults that `make run` uses."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that differs from one installation to the next.

    The public origin is not here: it is fixed at founding and kept in the store (protocol.md, Credential).
    """

    model_config = SettingsConfigDict(env_prefix="ZT_", frozen=True)

    data: Path = Field(default=Path("data"), description="Folder of the store, key files and chain state.")
    database: str = Field(
        default="", description="SQLAlchemy URL; empty: SQLite in the data folder (registry.sqlite)."
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
    timezone: str = Field(
        default="Asia/Shanghai", description="Time zone in which days of validity begin and end."
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
    rights: Path = Field(default=Path("rights"), description="Folder of the rights files (who may ask what).")

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the store."""
        return self.database or f"sqlite:///{self.data / 'registry.sqlite'}"

    @property
    def keys(self) -> Path:
        """Folder of the encrypted key files, one for each process."""
        return self.data / "keys"
