"""Taking up an offer: its code and its PIN for an authorisation to fetch the certificate, again and again."""

from collections.abc import Collection

from sqlmodel import Session, select

from registry import secrets
from registry.authorisations import BadGrant, Granting, Tokens, is_barred, open_authorisation
from registry.offers import PIN_TRIES, pin_hash
from registry.secrets import Randomness
from registry.store import Store
from registry.store.tables import AuthorisationKind, Offer, Wallet


def redeem(
    store: Store,
    *,
    code: str,
    pin: str | None,
    dpop_thumbprint: str,
    now: int,
    randomness: Randomness,
    client: str = "",
    attested: str = "",
    wanted: Collection[str] | None = None,
) -> Tokens:
    """Take up an offer: the code from its link, the PIN told apart, the key that the tokens are bound to.

    A wrong PIN is counted; at the fifth the offer is dead. A key of a living wallet joins that wallet.
    client, attested, wanted: as `open_authorisation` has them.

    Raises:
        BadGrant: there is no such open offer, the PIN is wrong, or the key is barred.
        BadDetails: the offer is of none of `wanted`; nothing was changed.
    """
    with store.write() as session:
        offer = _open_offer(session, code, now)
        if offer is not None and not _right_pin(offer, code, pin):
            _count(session, offer, now)
            offer = None
        if offer is not None and not is_barred(session, dpop_thumbprint):
            offer.ended_at = now
            session.add(offer)
            return open_authorisation(
                session,
                wallet=_living(session, offer.wallet),
                kind=AuthorisationKind.PRE_AUTHORISED,
                certificates=[granting(offer)],
                holder=offer.holder,
                identity_credential=None,
                client=client,
                attested=attested,
                dpop_thumbprint=dpop_thumbprint,
                now=now,
                randomness=randomness,
                wanted=wanted,
            )
    raise BadGrant(
        "领取码或邀请无效，请核对；多次输错后邀请作废，需重新开具。",
        "The code or the PIN is not right, or the offer has ended; after five wrong PINs ask for a new one.",
    )


def granting(offer: Offer) -> Granting:
    """The certificate that an offer gives to whoever takes it up."""
    return Granting(
        offer.certificate, offer.role, offer.holder, offer.ground, offer.ground_certificate, offer.id
    )


def _open_offer(session: Session, code: str, now: int) -> Offer | None:
    offer = session.exec(
        select(Offer).where(Offer.code_hash == secrets.hashed(code)).with_for_update()
    ).first()
    return offer if offer is not None and offer.ended_at is None and offer.expires > now else None


def _living(session: Session, wallet: str | None) -> str | None:
    """The wallet that an offer was made to, unless it was withdrawn since."""
    if wallet is None or session.get_one(Wallet, wallet).withdrawn_at is not None:
        return None
    return wallet


def _right_pin(offer: Offer, code: str, pin: str | None) -> bool:
    return offer.pin_hash is None or (pin is not None and offer.pin_hash == pin_hash(code, pin))


def _count(session: Session, offer: Offer, now: int) -> None:
    offer.pin_tries += 1
    if offer.pin_tries >= PIN_TRIES:
        offer.ended_at = now
    session.add(offer)
