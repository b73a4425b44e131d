"""Other registries on this chain: their signed trust bundles, fetched and kept.

What a partner says of itself is names, origins, public keys and status lists. None of it counts by that word
alone: a key counts where the chain has its thumbprint, with the uses and windows that the chain gives it;
rights, roots and status words are the chain's own (trusting.py). A partner that is down stays known as it
was last.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import httpx
from sqlmodel import Session, col, select

from registry import bundle, rootdocument
from registry.bundle import MAX_BUNDLE
from registry.errors import RegistryError
from registry.fetching import BadAnswer, FetchRefused, guarded_client
from registry.settings import Settings
from registry.store import Store
from registry.store.tables import Deployment, DeploymentState, Partner
from registry.trust import Trust

_LARGEST_ROOT: Final = 64 * 1024


class NoPartner(RegistryError):
    """No registry of that origin, or with that department, is listed in the settings."""

    kind = "no-such-partner"
    status = 404

    def __init__(self) -> None:
        super().__init__(
            "没有这个协作登记系统或部门，请核对（设置 ZT_PARTNERS）。",
            "No such partner registry or department (setting ZT_PARTNERS).",
        )


class PartnerUnreachable(RegistryError):
    """The partner does not answer, or not as it should; what was known of it stands."""

    kind = "partner-unreachable"
    status = 502
    mender = "operator"

    def __init__(self) -> None:
        super().__init__("协作登记系统暂时无法访问。", "The partner registry cannot be reached just now.")


@dataclass(frozen=True)
class Partners:
    """Keeps what is known of the registries in the setting `partners`.

    every: seconds between two looks at one. client: guarded, made for one use.
    """

    store: Store
    origins: tuple[str, ...]
    every: float
    clock: Callable[[], int]
    client: Callable[[], httpx.Client] = field(repr=False)
    _looked: dict[str, int] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, store: Store, settings: Settings, clock: Callable[[], int]) -> "Partners":
        """Over guarded connections to exactly the origins of the settings."""
        listed = tuple(origin.rstrip("/") for origin in settings.partners)
        return cls(store, listed, settings.partners_every, clock, lambda: guarded_client(listed))

    def look(self) -> None:
        """Refresh what is due, as an API process does every few seconds.

        Raises:
            PartnerUnreachable: one of them does not answer; the others were looked at all the same.
        """
        failure: PartnerUnreachable | None = None
        for origin in self._due():
            self._looked[origin] = self.clock()
            try:
                self.refresh(origin)
            except PartnerUnreachable as error:
                failure = error
        if failure is not None:
            raise failure

    def _due(self) -> list[str]:
        """Those that no process has looked at lately, nor this one in vain."""
        if not self.origins:
            return []
        with self.store.read() as session:
            fetched = dict(session.exec(select(Partner.origin, Partner.fetched_at)).all())
        since = self.clock() - self.every
        return [
            origin
            for origin in self.origins
            if max(fetched.get(origin, 0), self._looked.get(origin, 0)) <= since
        ]

    def refresh(self, origin: str) -> None:
        """Take in a partner's newest bundle, where there is another one.

        Raises:
            NoPartner: it is not listed. PartnerUnreachable: it does not answer, or not as it should.
        """
        if origin not in self.origins:
            raise NoPartner
        with self.store.read() as session:
            known = session.get(Partner, origin)
        try:
            with self.client() as client:
                pinned = known.root_document if known else _root(client, origin)
                etag, data = _bundle(client, origin, known.etag if known else "")
            self._keep(origin, known, pinned, etag, data)
        except (httpx.HTTPError, FetchRefused, BadAnswer, RegistryError) as wrong:
            raise PartnerUnreachable from wrong

    def _keep(self, origin: str, known: Partner | None, pinned: bytes, etag: str, data: bytes | None) -> None:
        now = self.clock()
        trust = None if data is None else bundle.load(previous(known), data, now, pinned)
        with self.store.write() as session:
            if trust is not None:
                _demand_same_chain(session, trust)
            row = session.get(Partner, origin) or Partner(
                origin=origin, root_document=pinned, bundle=b"", version=0, taken_at=now, fetched_at=now
            )
            row.fetched_at = now
            if data is not None and data != row.bundle:
                row.bundle, row.etag, row.taken_at = data, etag, now
                row.version += 1
            session.add(row)


def previous(known: Partner | None) -> Trust | None:
    """What was last taken in of a partner, as of then."""
    if known is None:
        return None
    return bundle.load(None, known.bundle, known.taken_at, known.root_document)


def origins_of(session: Session) -> list[str]:
    """Origins of the partners that are known."""
    return list(session.exec(select(Partner.origin).order_by(col(Partner.origin))))


def _root(client: httpx.Client, origin: str) -> bytes:
    found = _got(client, f"{origin}/trust/root.json", {}, _LARGEST_ROOT)
    rootdocument.read(found.content)
    return found.content


def _bundle(client: httpx.Client, origin: str, etag: str) -> tuple[str, bytes | None]:
    """The newest bundle and its ETag; None where it is the one that is known."""
    headers = {"If-None-Match": etag} if etag else {}
    found = _got(client, f"{origin}/trust/bundle.jws", headers, MAX_BUNDLE)
    if found.status_code == httpx.codes.NOT_MODIFIED:
        return etag, None
    return found.headers.get("ETag", ""), found.content


def _got(client: httpx.Client, url: str, headers: dict[str, str], largest: int) -> httpx.Response:
    found = client.get(url, headers=headers, extensions={"largest": largest})
    if found.status_code not in (httpx.codes.OK, httpx.codes.NOT_MODIFIED):
        raise BadAnswer
    return found


def _demand_same_chain(session: Session, trust: Trust) -> None:
    """Raises PartnerUnreachable where the partner's departments are in other contracts than ours."""
    live = session.exec(select(Deployment).where(Deployment.state == DeploymentState.LIVE)).first()
    if live is None or trust.chain_id != live.chain_id:
        raise PartnerUnreachable
    ours = (live.issuer_registry.lower(), live.certificate_registry.lower())
    theirs = tuple(
        trust.contracts.get(name, "").lower() for name in ("IssuerRegistry", "CertificateRegistry")
    )
    if ours != theirs:
        raise PartnerUnreachable
