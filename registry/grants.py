"""Grants: what an accepted offer lets one wallet fetch again and again, by tokens bound to its DPoP key."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col, or_, select

from registry import secrets
from registry.errors import RegistryError
from registry.offers import PIN_TRIES, pin_hash
from registry.secrets import Randomness
from registry.store import Store
from registry.store.tables import AccessToken, BarredKey, Certificate, Grant, Offer, Refresh, Wallet

ACCESS_LIFE: Final = 600
REFRESH_LIFE: Final = 400 * 86_400
"""Seconds a refresh token outlives its last use."""


class BadGrant(RegistryError):
    """The code, PIN or token gives nothing (OAuth's invalid_grant); which of them is not said."""

    kind = "invalid-grant"


class BadAccessToken(RegistryError):
    """The access token is unknown, ended, or bound to another key (OAuth's invalid_token)."""

    kind = "invalid-token"
    status = 401


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """What a wallet gets for a code or a refresh token.

    scope: `<issuer>.<type>`; recovery_code: only for the first claim of a new wallet, and only this once.
    """

    access: str
    expires_in: int
    scope: str
    refresh: str | None = None
    recovery_code: str | None = None


def redeem(
    store: Store, *, code: str, pin: str | None, dpop_thumbprint: str, now: int, randomness: Randomness
) -> Tokens:
    """Take up an offer: the code from its link, the PIN told apart, the key that the tokens are bound to.

    A wrong PIN is counted; at the fifth the offer is dead. A key of a living wallet joins that wallet.

    Raises:
        BadGrant: there is no such open offer, the PIN is wrong, or the key is barred.
    """
    with store.write() as session:
        offer = _open_offer(session, code, now)
        if offer is not None and not _right_pin(offer, code, pin):
            _count(session, offer, now)
            offer = None
        if offer is not None and not is_barred(session, dpop_thumbprint):
            return _grant(session, offer, dpop_thumbprint, now, randomness)
    raise BadGrant(
        "领取码或邀请无效，请核对；多次输错后邀请作废，需重新开具。",
        "The code or the PIN is not right, or the offer has ended; after five wrong PINs ask for a new one.",
    )


def renew_tokens(
    store: Store, *, refresh: str, dpop_thumbprint: str, now: int, randomness: Randomness
) -> Tokens:
    """A new access token. The refresh token stays, being bound to a key (RFC 9700, section 4.14).

    Raises:
        BadGrant: unknown, expired, ended, or bound to another key.
    """
    with store.write() as session:
        row = session.get(Refresh, secrets.hashed(refresh))
        if row is not None and row.ended_at is None and row.expires > now:
            grant = session.get_one(Grant, row.grant)
            if row.dpop_thumbprint == dpop_thumbprint and grant.ended_at is None:
                row.expires = now + REFRESH_LIFE
                row.used_at = now
                session.add(row)
                return _access(session, grant, now, randomness)
    raise BadGrant("更新令牌无效，请重新领取。", "The refresh token is not good any more; claim anew.")


def grant_of(session: Session, access: str, dpop_thumbprint: str, now: int) -> Grant:
    """The living grant behind an access token.

    Raises:
        BadAccessToken: unknown, expired, ended, or bound to another key.
    """
    row = session.get(AccessToken, secrets.hashed(access))
    if (
        row is not None
        and row.grant is not None
        and row.ended_at is None
        and row.expires > now
        and row.dpop_thumbprint == dpop_thumbprint
    ):
        grant = session.get_one(Grant, row.grant)
        if grant.ended_at is None:
            return grant
    raise BadAccessToken("访问令牌无效或已过期。", "The access token is not good, or not any more.")


def is_barred(session: Session, thumbprint: str) -> bool:
    """Whether a key belonged to a wallet that was withdrawn."""
    return session.get(BarredKey, thumbprint) is not None


def forget_expired(session: Session, now: int) -> None:
    """Drop access tokens nobody can use any more."""
    session.connection().execute(
        delete(AccessToken).where(or_(col(AccessToken.expires) < now, col(AccessToken.ended_at).is_not(None)))
    )


def _open_offer(session: Session, code: str, now: int) -> Offer | None:
    offer = session.exec(
        select(Offer).where(Offer.code_hash == secrets.hashed(code)).with_for_update()
    ).first()
    return offer if offer is not None and offer.ended_at is None and offer.expires > now else None


def _right_pin(offer: Offer, code: str, pin: str | None) -> bool:
    return offer.pin_hash is None or (pin is not None and offer.pin_hash == pin_hash(code, pin))


def _count(session: Session, offer: Offer, now: int) -> None:
    offer.pin_tries += 1
    if offer.pin_tries >= PIN_TRIES:
        offer.ended_at = now
    session.add(offer)


def _grant(session: Session, offer: Offer, dpop_thumbprint: str, now: int, randomness: Randomness) -> Tokens:
    wallet, recovery_code = _wallet(session, offer, dpop_thumbprint, now, randomness)
    certificate = session.get_one(Certificate, offer.certificate)
    grant = Grant(
        id=secrets.handle(randomness),
        wallet=wallet,
        offer=offer.id,
        certificate=offer.certificate,
        lineage=certificate.lineage,
        role=offer.role,
        ground=offer.ground,
        ground_certificate=offer.ground_certificate,
        dpop_thumbprint=dpop_thumbprint,
        created=now,
    )
    offer.ended_at = now
    session.add_all([offer, grant])
    session.flush()
    refresh = secrets.token(randomness)
    session.add(
        Refresh(
            hash=secrets.hashed(refresh),
            grant=grant.id,
            dpop_thumbprint=dpop_thumbprint,
            expires=now + REFRESH_LIFE,
        )
    )
    tokens = _access(session, grant, now, randomness)
    return Tokens(tokens.access, tokens.expires_in, tokens.scope, refresh, recovery_code)


def _wallet(
    session: Session, offer: Offer, dpop_thumbprint: str, now: int, randomness: Randomness
) -> tuple[str, str | None]:
    """The wallet this grant is for, and the recovery code if it was made just now.

    The wallet that already holds a grant under the same DPoP key proved itself by that key.
    """
    known = (
        offer.wallet
        or session.exec(
            select(Grant.wallet).where(
                Grant.dpop_thumbprint == dpop_thumbprint, col(Grant.ended_at).is_(None)
            )
        ).first()
    )
    if known is not None and session.get_one(Wallet, known).withdrawn_at is None:
        return known, None
    code = secrets.recovery_code(randomness)
    wallet = Wallet(
        id=secrets.handle(randomness), holder=offer.holder, recovery_hash=secrets.hashed(code), created=now
    )
    session.add(wallet)
    session.flush()
    return wallet.id, code


def _access(session: Session, grant: Grant, now: int, randomness: Randomness) -> Tokens:
    certificate = session.get_one(Certificate, grant.certificate)
    scope = f"{certificate.issuer}.{certificate.type}"
    access = secrets.token(randomness)
    session.add(
        AccessToken(
            hash=secrets.hashed(access),
            grant=grant.id,
            scope=scope,
            dpop_thumbprint=grant.dpop_thumbprint,
            expires=now + ACCESS_LIFE,
        )
    )
    return Tokens(access, ACCESS_LIFE, scope)
