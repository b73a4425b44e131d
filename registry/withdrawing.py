"""A lost phone: every credential of a wallet is withdrawn in one action, and the certificates stand.

In one transaction: its credentials' entries become 01 in newly signed lists; its authorisations end, and
with them grants, access and refresh tokens, deferred answers and open offers; its DPoP keys and `cnf` keys
are barred.
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
    Authorisation,
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
            .where(Grant.lineage == certificate.lineage, col(Wallet.withdrawn_at).is_(None))
            .distinct()
        )
        if holder is not None:
            query = query.where(Grant.holder == holder)
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
    authorisations = session.exec(
        select(Authorisation).where(col(Authorisation.wallet).in_(ids)).with_for_update()
    ).all()
    end_authorisations(session, [row.id for row in authorisations], now)
    credentials = session.exec(
        select(Credential).where(col(Credential.wallet).in_(ids), col(Credential.withdrawn_at).is_(None))
    ).all()
    for wallet_id in ids:
        keys = {row.cnf for row in credentials if row.wallet == wallet_id and row.cnf is not None}
        keys |= _earlier_keys(session, wallet_id)
        keys |= {row.dpop_thumbprint for row in authorisations if row.wallet == wallet_id}
        _bar(session, keys, wallet_id, now)
    _end_offers(session, ids, {row.certificate for row in grants}, now)
    return withdraw_credentials(session, lists, credentials, now)


def end_ground(session: Session, lists: Lists, grants: Iterable[str], now: int) -> None:
    """Grants whose ground is gone end, and every credential that was cut for them is withdrawn."""
    ids = list(grants)
    if not ids:
        return
    end_grants(session, ids, now)
    credentials = session.exec(
        select(Credential).where(col(Credential.grant).in_(ids), col(Credential.withdrawn_at).is_(None))
    ).all()
    withdraw_credentials(session, lists, credentials, now)


def end_grants(session: Session, grants: Iterable[str], now: int) -> None:
    """Grants end, with every deferred answer of theirs; and the authorisations that give nothing more."""
    ids = list(grants)
    connection = session.connection()
    connection.execute(
        update(Grant).where(col(Grant.id).in_(ids), col(Grant.ended_at).is_(None)).values(ended_at=now)
    )
    connection.execute(
        update(Deferred)
        .where(col(Deferred.grant).in_(ids), col(Deferred.ended_at).is_(None))
        .values(ended_at=now)
    )
    touched = set(session.exec(select(Grant.authorisation).where(col(Grant.id).in_(ids))))
    living = session.exec(
        select(Grant.authorisation).where(
            col(Grant.authorisation).in_(touched), col(Grant.ended_at).is_(None)
        )
    )
    empty = session.exec(
        select(Authorisation.id).where(
            col(Authorisation.id).in_(touched - set(living)), Authorisation.scope == ""
        )
    ).all()
    _end_tokens(session, empty, now)


def end_authorisations(session: Session, authorisations: Iterable[str], now: int) -> None:
    """Authorisations end, with their tokens, their grants, and every deferred answer of those."""
    ids = list(authorisations)
    if not ids:
        return
    _end_tokens(session, ids, now)
    end_grants(session, session.exec(select(Grant.id).where(col(Grant.authorisation).in_(ids))).all(), now)


def _end_tokens(session: Session, authorisations: Iterable[str], now: int) -> None:
    ids = list(authorisations)
    connection = session.connection()
    connection.execute(
        update(Authorisation)
        .where(col(Authorisation.id).in_(ids), col(Authorisation.ended_at).is_(None))
        .values(ended_at=now)
    )
    for row in (AccessToken, Refresh):
        living = update(row).where(col(row.authorisation).in_(ids), col(row.ended_at).is_(None))
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
