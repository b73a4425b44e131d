"""A lost phone: every credential of a wallet is withdrawn in one action, and the certificates stand.

In one transaction: its credentials' entries become 01 in newly signed lists; its grants end, and with them
access and refresh tokens, deferred answers and open offers; its DPoP keys and `cnf` keys are barred.
"""

from collections.abc import Iterable

from sqlmodel import Session, col, or_, select, update

from registry import secrets
from registry.errors import NotFound
from registry.lists import Lists, change_of
from registry.offers import own_certificate
from registry.standing import standings
from registry.store import Store
from registry.store.tables import (
    AccessToken,
    BarredKey,
    Credential,
    Deferred,
    Grant,
    Offer,
    Refresh,
    Wallet,
)

HOLDER = "holder"
"""Who withdrew, where it was the holder, by the recovery code."""


def withdraw_by_code(store: Store, lists: Lists, *, code: str, now: int) -> int:
    """Withdraw the wallet whose recovery code this is; how many credentials that ended.

    Raises:
        NotFound: no wallet has that code, or it was withdrawn before.
    """
    hashed = secrets.hashed(secrets.plain_recovery_code(code))
    with store.write() as session:
        wallet = session.exec(
            select(Wallet).where(Wallet.recovery_hash == hashed, col(Wallet.withdrawn_at).is_(None))
        ).first()
        if wallet is None:
            raise NotFound(
                "恢复码无效，或该钱包已经停用。",
                "No wallet has this recovery code, or it was withdrawn before.",
            )
        return withdraw(session, lists, [wallet], by=HOLDER, now=now)


def withdraw_by_clerk(
    store: Store, lists: Lists, *, issuer: str, certificate_id: str, holder: bytes | None, by: str, now: int
) -> int:
    """Withdraw every wallet in which a holder has this certificate; how many credentials that ended.

    holder: keyed index of the person whom the clerk saw; None: whoever holds the certificate.
    by: the clerk, recorded.

    Raises:
        NotFound: this issuer has no such certificate, or no wallet in use has it.
    """
    with store.write() as session:
        certificate = own_certificate(session, issuer, certificate_id)
        query = (
            select(Wallet)
            .join(Grant, col(Grant.wallet) == col(Wallet.id))
            .join(Offer, col(Offer.id) == col(Grant.offer), isouter=True)
            .where(Grant.lineage == certificate.lineage, col(Wallet.withdrawn_at).is_(None))
            .distinct()
        )
        if holder is not None:
            query = query.where(Offer.holder == holder)
        wallets = session.exec(query).all()
        if not wallets:
            raise NotFound(
                "没有钱包持有该证照的凭证。", "No wallet in use holds a credential of this certificate."
            )
        return withdraw(session, lists, wallets, by=by, now=now)


def withdraw(session: Session, lists: Lists, wallets: Iterable[Wallet], *, by: str, now: int) -> int:
    """End wallets for good, in the caller's transaction; how many unexpired credentials they had."""
    ids = [wallet.id for wallet in wallets]
    for wallet in wallets:
        wallet.withdrawn_at, wallet.withdrawn_by = now, by
        session.add(wallet)
    # A claim holds its grant's row: after this one either sees its credentials, or it sees the grant's end.
    grants = session.exec(select(Grant).where(col(Grant.wallet).in_(ids)).with_for_update()).all()
    end_grants(session, [row.id for row in grants], now)
    credentials = session.exec(
        select(Credential).where(col(Credential.wallet).in_(ids), col(Credential.withdrawn_at).is_(None))
    ).all()
    for wallet_id in ids:
        keys = {row.cnf for row in credentials if row.wallet == wallet_id and row.cnf is not None}
        keys |= _earlier_keys(session, wallet_id)
        keys |= {row.dpop_thumbprint for row in grants if row.wallet == wallet_id}
        _bar(session, keys, wallet_id, now)
    _end_offers(session, ids, {row.certificate for row in grants}, now)
    return withdraw_credentials(session, lists, credentials, now)


def end_ground(session: Session, lists: Lists, certificates: Iterable[int], now: int) -> None:
    """A certificate left 00: what was held through it as representative or guardian is withdrawn too."""
    gone = list(certificates)
    credentials = session.exec(
        select(Credential).where(
            col(Credential.ground_certificate).in_(gone), col(Credential.withdrawn_at).is_(None)
        )
    ).all()
    grants = session.exec(select(Grant.id).where(col(Grant.ground_certificate).in_(gone))).all()
    if grants:
        end_grants(session, grants, now)
    if credentials:
        withdraw_credentials(session, lists, credentials, now)


def end_grants(session: Session, grants: Iterable[str], now: int) -> None:
    """Grants end, with every token and deferred answer of theirs."""
    ids = list(grants)
    connection = session.connection()
    connection.execute(
        update(Grant).where(col(Grant.id).in_(ids), col(Grant.ended_at).is_(None)).values(ended_at=now)
    )
    for row in (AccessToken, Refresh, Deferred):
        living = update(row).where(col(row.grant).in_(ids), col(row.ended_at).is_(None))
        connection.execute(living.values(ended_at=now))


def withdraw_credentials(session: Session, lists: Lists, credentials: Iterable[Credential], now: int) -> int:
    """Mark credentials withdrawn and set their entries to 01; how many of them had not expired."""
    living = []
    for row in credentials:
        row.withdrawn_at = now
        session.add(row)
        if row.list is not None and row.exp > now:
            living.append(row)
    session.flush()
    words = standings(session, {row.certificate for row in living})
    lists.after(session, [change_of(row, words[row.certificate]) for row in living], now)
    return len(living)


def _earlier_keys(session: Session, wallet: str) -> set[str]:
    rows = session.exec(select(Credential.cnf).where(Credential.wallet == wallet))
    return {cnf for cnf in rows if cnf is not None}


def _bar(session: Session, keys: Iterable[str], wallet: str, now: int) -> None:
    for thumbprint in sorted(keys):
        if session.get(BarredKey, thumbprint) is None:
            session.add(BarredKey(thumbprint=thumbprint, wallet=wallet, since=now))


def _end_offers(session: Session, wallets: Iterable[str], certificates: Iterable[int], now: int) -> None:
    """Open offers to these wallets, and of what they held: the phone that is gone may have them too."""
    statement = update(Offer).where(
        col(Offer.ended_at).is_(None),
        or_(col(Offer.wallet).in_(list(wallets)), col(Offer.certificate).in_(list(certificates))),
    )
    session.connection().execute(statement.values(ended_at=now))
