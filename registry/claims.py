"""Claims: a wallet with a grant proves its keys and gets credentials, now or once the batch is final."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqlmodel import Session, col, select

from registry import secrets
from registry.cutting import Cut, Cutter
from registry.errors import RegistryError
from registry.grants import is_barred
from registry.lists import read_entry
from registry.secrets import Randomness
from registry.signing import PublicKey
from registry.standing import standings
from registry.store import Store
from registry.store.tables import (
    Batch,
    BatchState,
    Certificate,
    CertificateState,
    Deferred,
    Grant,
    HolderIndex,
    Offer,
)

INTERVAL: Final = 3
"""Seconds after which a wallet may ask again for what was deferred."""
_DEFERRED_LIFE: Final = 86_400
MOST_KEYS: Final = 20


class Denied(RegistryError):
    """There is nothing to give any more: the certificate stands no more, or the wallet was withdrawn."""

    kind = "credential-request-denied"
    mender = "issuer"

    def __init__(self) -> None:
        super().__init__(
            "该证照目前不能发放凭证，请联系颁发机构。",
            "No credential of this certificate can be given now; ask its issuer.",
        )


class NoSuchTransaction(RegistryError):
    """The transaction id is unknown, used, or another grant's."""

    kind = "invalid-transaction-id"

    def __init__(self) -> None:
        super().__init__("没有这笔待领取的申请。", "There is no such deferred claim.")


@dataclass(frozen=True, slots=True, repr=False)
class Claimed:
    """credentials: SD-JWTs with their disclosures, for each key the version that has begun, then the next."""

    credentials: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Wait:
    """The batch is not final: ask again with `transaction` after `interval` seconds."""

    transaction: str
    interval: int = INTERVAL


@dataclass(frozen=True, slots=True)
class Claims:
    """Gives out credentials."""

    store: Store
    cutter: Cutter
    randomness: Randomness

    def claim(self, grant: Grant, keys: Sequence[PublicKey], now: int) -> Claimed | Wait:
        """Credentials for these keys, or a transaction to come back with.

        Raises:
            Denied: nothing of the grant's certificate stands, or the wallet or a key is barred.
        """
        with self.store.write() as session:
            versions = self._versions(session, grant, keys, now)
            if not versions:
                return self._defer(session, grant, keys, now)
            cuts = self._cut(session, versions, grant, keys, now)
        return self._release(cuts)

    def fetch(self, grant: Grant, transaction: str, now: int) -> Claimed | Wait:
        """What was deferred, if it is final by now.

        Raises:
            NoSuchTransaction, Denied: as they say.
        """
        with self.store.write() as session:
            row = session.get(Deferred, secrets.hashed(transaction))
            if row is None or row.grant != grant.id or row.ended_at is not None or row.expires <= now:
                raise NoSuchTransaction
            keys = [PublicKey.from_jwk(jwk) for jwk in orjson.loads(row.cnf)]
            versions = self._versions(session, grant, keys, now)
            if not versions:
                return Wait(transaction)
            cuts = self._cut(session, versions, grant, keys, now)
            row.ended_at = now
            session.add(row)
        return self._release(cuts)

    def _versions(
        self, session: Session, grant: Grant, keys: Sequence[PublicKey], now: int
    ) -> list[Certificate]:
        """The newest final version that has begun, beside it a final one that has not; empty: wait."""
        living = session.exec(select(Grant).where(Grant.id == grant.id).with_for_update()).one()
        if living.ended_at is not None or any(is_barred(session, key.thumbprint) for key in keys):
            raise Denied
        rows = session.exec(
            select(Certificate)
            .where(Certificate.lineage == grant.lineage, Certificate.state != CertificateState.TAKEN_BACK)
            .order_by(col(Certificate.id).desc())
            .with_for_update()
        ).all()
        words = standings(session, [row.id or 0 for row in rows])
        standing = [
            row
            for row in rows
            if words[row.id or 0] == 0
            and (row.valid_until is None or now < row.valid_until)
            and _still_theirs(session, row, living)
        ]
        if not standing:
            raise Denied
        final = [row for row in standing if _is_final(session, row)]
        begun = next((row for row in final if row.valid_from <= now), None)
        coming = next((row for row in final if row.valid_from > now), None)
        return [row for row in (begun, coming) if row is not None]

    def _cut(
        self,
        session: Session,
        versions: Sequence[Certificate],
        grant: Grant,
        keys: Sequence[PublicKey],
        now: int,
    ) -> list[Cut]:
        return [
            self.cutter.for_wallet(session, version, grant, key, now) for version in versions for key in keys
        ]

    def _release(self, cuts: Sequence[Cut]) -> Claimed:
        """Hand out what was cut, each only after its entry was read from the list as served."""
        with self.store.read() as session:
            for cut in cuts:
                if cut.place is None or read_entry(session, cut.place) != 0:
                    raise Denied
        return Claimed(tuple(cut.text for cut in cuts))

    def _defer(self, session: Session, grant: Grant, keys: Sequence[PublicKey], now: int) -> Wait:
        transaction = secrets.token(self.randomness)
        session.add(
            Deferred(
                hash=secrets.hashed(transaction),
                grant=grant.id,
                cnf=orjson.dumps([key.jwk for key in keys]).decode(),
                created=now,
                expires=now + _DEFERRED_LIFE,
            )
        )
        return Wait(transaction)


def _still_theirs(session: Session, certificate: Certificate, grant: Grant) -> bool:
    """Whether this version still names, in the same role, whoever the offer was made to.

    A change may name another representative or owner: who was one before gets no credential of it.
    """
    offer = session.get(Offer, grant.offer) if grant.offer is not None else None
    if offer is None or offer.holder is None:
        return False
    return session.get(HolderIndex, (certificate.id, grant.role, offer.holder)) is not None


def _is_final(session: Session, certificate: Certificate) -> bool:
    batch = session.get(Batch, certificate.batch) if certificate.batch is not None else None
    return batch is not None and batch.state == BatchState.FINAL
