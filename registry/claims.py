"""Claims: a wallet with a grant proves its keys and gets credentials, now or once the batch is final."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqlmodel import Session, col, func, select

from registry import secrets
from registry.authorisations import is_barred
from registry.cutting import Cut, Cutter
from registry.errors import RegistryError
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
    Credential,
    Deferred,
    Grant,
    HolderIndex,
)

INTERVAL: Final = 3
"""Seconds after which a wallet may ask again for what was deferred."""
_DEFERRED_LIFE: Final = 86_400
MOST_KEYS: Final = 20
MOST_LIVING: Final = 1_000
"""Credentials of one grant that have not expired: each is an entry in a list that everybody fetches."""
MOST_DEFERRED: Final = 20
"""Claims of one grant that wait at a time; another one ends the oldest."""


class Denied(RegistryError):
    """There is nothing to give any more: the certificate stands no more, or the wallet was withdrawn."""

    kind = "credential-request-denied"
    mender = "issuer"

    def __init__(self) -> None:
        super().__init__(
            "该证照目前不能发放凭证，请联系颁发机构。",
            "No credential of this certificate can be given now; ask its issuer.",
        )


class TooMany(Denied):
    """One grant has as many credentials as any wallet could use (threat 24)."""

    def __init__(self) -> None:
        RegistryError.__init__(
            self,
            "该证照的有效凭证过多，请待部分凭证到期后再领取。",
            "There are too many credentials of this grant; some must expire first.",
        )


class NoSuchTransaction(RegistryError):
    """The transaction id is unknown, used, or another authorisation's."""

    kind = "invalid-transaction-id"

    def __init__(self) -> None:
        super().__init__("没有这笔待领取的申请。", "There is no such deferred claim.")


@dataclass(frozen=True, slots=True)
class ProvenKey:
    """A wallet's key. assurance: what a wallet provider attested of it (JSON); "": nothing."""

    public: PublicKey
    assurance: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Claimed:
    """credentials: SD-JWTs with their disclosures, each key of a version in turn."""

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

    def claim(
        self, grant: Grant, keys: Sequence[ProvenKey], now: int, *, coming: bool = False
    ) -> Claimed | Wait:
        """A credential for each of these keys, or a transaction to come back with.

        coming: beside each, one of a version that has not begun, if there is one.

        Raises:
            Denied: nothing of the grant's certificate stands, or the wallet or a key is barred.
            TooMany: it has `MOST_LIVING` credentials already.
        """
        with self.store.write() as session:
            versions = self._versions(session, grant, keys, now)
            if not versions:
                return self._defer(session, grant, keys, now)
            self._bound(session, grant, len(keys), now)
            # OpenID4VCI 1.0, section 8.3: a key is bound to one credential at most, unless asked otherwise.
            cuts = self._cut(session, versions if coming else versions[:1], grant, keys, now)
        return self._release(cuts)

    def fetch(self, authorisation: str, transaction: str, now: int) -> Claimed | Wait:
        """What was deferred to this authorisation (its id), if it is final by now.

        Raises:
            NoSuchTransaction, Denied: as they say.
        """
        with self.store.write() as session:
            row = session.exec(
                select(Deferred).where(Deferred.hash == secrets.hashed(transaction)).with_for_update()
            ).first()
            if row is None or row.ended_at is not None or row.expires <= now:
                raise NoSuchTransaction
            grant = session.get_one(Grant, row.grant)
            if grant.authorisation != authorisation:
                raise NoSuchTransaction
            keys = [
                ProvenKey(PublicKey.from_jwk(jwk), jwk.get("assurance", "")) for jwk in orjson.loads(row.cnf)
            ]
            versions = self._versions(session, grant, keys, now)
            if not versions:
                return Wait(transaction)
            cuts = self._cut(session, versions[:1], grant, keys, now)
            row.ended_at = now
            session.add(row)
        return self._release(cuts)

    def _versions(
        self, session: Session, grant: Grant, keys: Sequence[ProvenKey], now: int
    ) -> list[Certificate]:
        """The newest final version that has begun, beside it a final one that has not; empty: wait."""
        living = session.exec(select(Grant).where(Grant.id == grant.id).with_for_update()).one()
        if living.ended_at is not None or any(is_barred(session, key.public.thumbprint) for key in keys):
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

    def _bound(self, session: Session, grant: Grant, more: int, now: int) -> None:
        living = session.exec(
            select(func.count())
            .select_from(Credential)
            .where(Credential.grant == grant.id, Credential.exp > now, col(Credential.withdrawn_at).is_(None))
        ).one()
        if living + more > MOST_LIVING:
            raise TooMany

    def _cut(
        self,
        session: Session,
        versions: Sequence[Certificate],
        grant: Grant,
        keys: Sequence[ProvenKey],
        now: int,
    ) -> list[Cut]:
        return [
            self.cutter.for_wallet(session, version, grant, key.public, now, assurance=key.assurance)
            for version in versions
            for key in keys
        ]

    def _release(self, cuts: Sequence[Cut]) -> Claimed:
        """Hand out what was cut, each only after its entry was read from the list as served."""
        with self.store.read() as session:
            for cut in cuts:
                if cut.place is None or read_entry(session, cut.place) != 0:
                    raise Denied
        return Claimed(tuple(cut.text for cut in cuts))

    def _defer(self, session: Session, grant: Grant, keys: Sequence[ProvenKey], now: int) -> Wait:
        waiting = session.exec(
            select(Deferred)
            .where(Deferred.grant == grant.id, col(Deferred.ended_at).is_(None))
            .order_by(col(Deferred.created).desc())
            .offset(MOST_DEFERRED - 1)
        ).all()
        for oldest in waiting:
            oldest.ended_at = now
            session.add(oldest)
        transaction = secrets.token(self.randomness)
        session.add(
            Deferred(
                hash=secrets.hashed(transaction),
                grant=grant.id,
                cnf=orjson.dumps([{**key.public.jwk, "assurance": key.assurance} for key in keys]).decode(),
                created=now,
                expires=now + _DEFERRED_LIFE,
            )
        )
        return Wait(transaction)


def _still_theirs(session: Session, certificate: Certificate, grant: Grant) -> bool:
    """Whether this version still names, in the same role, whoever the grant was given for.

    A change may name another representative or owner: who was one before gets no credential of it.
    """
    if grant.holder is None:
        return False
    return session.get(HolderIndex, (certificate.id, grant.role, grant.holder)) is not None


def _is_final(session: Session, certificate: Certificate) -> bool:
    batch = session.get(Batch, certificate.batch) if certificate.batch is not None else None
    return batch is not None and batch.state == BatchState.FINAL
