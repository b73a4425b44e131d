"""Offers: an issuer lets one holder claim one certificate, with a code in a link and a PIN told apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from sqlmodel import Session, col, select

from registry import jcs, secrets
from registry.definition import TypeDefinition
from registry.errors import NotAllowed, NotFound
from registry.standing import standing
from registry.store.tables import Certificate, CertificateState, Grant, Ground, HolderIndex, Offer

LIFE: Final = 15 * 60
"""Seconds an offer is open."""
PIN_TRIES: Final = 5
PRE_AUTHORISED: Final = "urn:ietf:params:oauth:grant-type:pre-authorized_code"


class Unseen(NotAllowed):
    """An identity certificate is offered at a window, by a clerk who saw the person: it becomes the login."""

    kind = "person-unseen"

    def __init__(self) -> None:
        super().__init__(
            "身份证照须在窗口当面核对本人后发出邀请：请写明经办人和核对方式（by、seen，如 card）。",
            "An identity certificate is offered to a person who was seen: say by whom (by) and how (seen).",
        )


@dataclass(frozen=True, slots=True, repr=False)
class MadeOffer:
    """An offer as its maker sees it, once.

    handle: the secret part of its address; pin: to be told to the holder by another way than the link.
    configuration: `<issuer>.<type>`; expires: Unix seconds. by_login: it may be taken up by logging in, too.
    """

    id: str
    handle: str
    pin: str
    configuration: str
    expires: int
    by_login: bool = False

    def address(self, origin: str) -> str:
        """Where a wallet fetches the offer."""
        return f"{origin}/offers/{self.handle}"

    def link(self, origin: str) -> str:
        """What the QR says (OpenID4VCI 1.0, section 4.1.3: by reference)."""
        return f"openid-credential-offer://?credential_offer_uri={quote(self.address(origin), safe='')}"

    def value(self, origin: str) -> str:
        """The same offer with everything in the link (OpenID4VCI 1.0, section 4.1.2: by value)."""
        offer = jcs.dumps(_document(origin, self.configuration, self.handle, by_login=self.by_login)).decode()
        return f"openid-credential-offer://?credential_offer={quote(offer, safe='')}"


def make_offer(
    session: Session,
    *,
    issuer: str,
    certificate_id: str,
    made_by: str,
    now: int,
    randomness: Callable[[int], bytes],
    roles: Mapping[str, Ground],
    holder: bytes | None = None,
    wallet: str | None = None,
    seen: str = "",
    identity_type: str = "",
    life: int = LIFE,
) -> MadeOffer:
    """Offer a certificate to its holder.

    roles: those who may be meant, with the ground on which they claim; holder: keyed index of the identifier
    of the one who is meant, where there are several.
    wallet: the wallet it is for, where that is known. seen: how the clerk `made_by` saw the person.
    identity_type: code of the type that is the login; an offer of it must say who saw the person, and how.

    Raises:
        NotFound: this issuer has no such certificate, or it has no such holder.
        NotAllowed: the certificate stands no more, or it is not said which holder is meant.
        Unseen: an identity certificate, and nobody says that they saw the person.
    """
    certificate = own_certificate(session, issuer, certificate_id)
    if certificate.state == CertificateState.TAKEN_BACK or standing(session, certificate) != 0:
        raise NotAllowed(
            "该证照目前不是有效状态，不能领取。", "The certificate is not valid now, so it cannot be claimed."
        )
    if certificate.type == identity_type and not (seen.strip() and made_by.strip()):
        raise Unseen
    found = _holder(session, certificate, roles, holder)
    ground = roles[found.role]
    handle, pin = secrets.handle(randomness), secrets.pin(randomness)
    by_login = certificate.type != identity_type
    row = Offer(
        id=secrets.derived(handle, "offer id")[:22],
        code_hash=secrets.hashed(code_of(handle)),
        pin_hash=pin_hash(code_of(handle), pin),
        state_hash=secrets.hashed(state_of(handle)) if by_login else None,
        certificate=certificate.id or 0,
        role=found.role,
        holder=found.holder,
        ground=ground,
        ground_certificate=None if ground == Ground.SELF else certificate.id,
        wallet=wallet,
        made_by=made_by,
        seen=seen,
        created=now,
        expires=now + life,
    )
    session.add(row)
    session.flush()
    return MadeOffer(row.id, handle, pin, f"{issuer}.{certificate.type}", row.expires, by_login)


def remake(
    session: Session,
    *,
    issuer: str,
    offer_id: str,
    made_by: str,
    seen: str,
    now: int,
    randomness: Callable[[int], bytes],
    identity_type: str = "",
) -> MadeOffer:
    """Make an offer anew, with another code and PIN: five wrong PINs killed it, it is over, its link is lost.

    The old one ends. made_by, seen: of the clerk who makes this one; seen may be "": as it was.

    Raises:
        NotFound: this issuer made no such offer, or its holder is none any more.
        NotAllowed: it was taken up, or the certificate stands no more.
        Unseen: as `make_offer`.
    """
    found = session.exec(
        select(Offer, Certificate)
        .join(Certificate, col(Certificate.id) == col(Offer.certificate))
        .where(Offer.id == offer_id, Certificate.issuer == issuer)
        .with_for_update(of=Offer)
    ).first()
    if found is None:
        raise NotFound("没有这份领取邀请。", "There is no such offer.")
    old, certificate = found
    if session.exec(select(Grant.id).where(Grant.offer == old.id)).first() is not None:
        raise NotAllowed(
            "该邀请已被领取；如需再次领取，请开具新的邀请。",
            "The offer was taken up; to claim once more, make a new one.",
        )
    old.ended_at = now if old.ended_at is None else old.ended_at
    session.add(old)
    return make_offer(
        session,
        issuer=issuer,
        certificate_id=certificate.certificate_id,
        made_by=made_by,
        now=now,
        randomness=randomness,
        roles={old.role: Ground(old.ground)},
        holder=old.holder,
        wallet=old.wallet,
        seen=seen or old.seen,
        identity_type=identity_type,
    )


def own_certificate(session: Session, issuer: str, certificate_id: str) -> Certificate:
    """A certificate of this issuer, and of no other.

    Raises:
        NotFound: there is none.
    """
    query = select(Certificate).where(
        Certificate.issuer == issuer, Certificate.certificate_id == certificate_id
    )
    certificate = session.exec(query).first()
    if certificate is None:
        raise NotFound("没有这份证照。", "There is no such certificate.")
    return certificate


def grounds(definition: TypeDefinition, role: str | None) -> dict[str, Ground]:
    """On which ground each role of a type claims: for itself, or for the one it acts for.

    role: the one that is meant; None: whoever holds the certificate.
    """
    by_name = {each.role: each for each in definition.holders}
    found = {}
    for each in definition.holders:
        if role == each.role or (role is None and not each.acts_for):
            acted_for = by_name.get(each.acts_for)
            ground = Ground.SELF
            if acted_for is not None:
                enterprise = acted_for.id_type == "credit_code"
                ground = Ground.REPRESENTATIVE if enterprise else Ground.GUARDIAN
            found[each.role] = ground
    return found


def offer_document(session: Session, handle: str, *, credential_issuer: str, now: int) -> dict[str, Any]:
    """The credential offer behind an address (OpenID4VCI 1.0, section 4.1.1).

    Raises:
        NotFound: there is none, or it has ended.
    """
    offer = session.get(Offer, secrets.derived(handle, "offer id")[:22])
    if offer is None or offer.ended_at is not None or offer.expires <= now:
        raise NotFound(
            "领取邀请不存在或已失效，请重新开具。",
            "There is no such offer, or it has ended; ask for a new one.",
        )
    certificate = session.get_one(Certificate, offer.certificate)
    configuration = f"{certificate.issuer}.{certificate.type}"
    return _document(credential_issuer, configuration, handle, by_login=offer.state_hash is not None)


def _document(credential_issuer: str, configuration: str, handle: str, *, by_login: bool) -> dict[str, Any]:
    grants: dict[str, Any] = {
        PRE_AUTHORISED: {
            "pre-authorized_code": code_of(handle),
            "tx_code": {
                "input_mode": "numeric",
                "length": 6,
                "description": "窗口告知的六位领取码 / the six digits told at the window",
            },
        }
    }
    if by_login:
        grants["authorization_code"] = {"issuer_state": state_of(handle)}
    return {
        "credential_issuer": credential_issuer,
        "credential_configuration_ids": [configuration],
        "grants": grants,
    }


def code_of(handle: str) -> str:
    """The pre-authorised code of an offer: only who was given the address can know it."""
    return secrets.derived(handle, "pre-authorised code")


def state_of(handle: str) -> str:
    """The `issuer_state` of an offer: whoever it is made to may log in instead of telling the PIN."""
    return secrets.derived(handle, "issuer state")


def pin_hash(code: str, pin: str) -> bytes:
    """Keyed by the code, which is not stored: six digits alone would be guessed from a stolen store."""
    return secrets.hashed(f"{code}\x00{pin}")


def _holder(
    session: Session, certificate: Certificate, roles: Mapping[str, Ground], holder: bytes | None
) -> HolderIndex:
    query = select(HolderIndex).where(HolderIndex.certificate == certificate.id)
    rows = [
        row for row in session.exec(query) if row.role in roles and (holder is None or row.holder == holder)
    ]
    if not rows:
        raise NotFound("该证照没有这样的持证主体。", "The certificate has no such holder.")
    if len(rows) > 1:
        raise NotAllowed(
            "该证照有多个持证主体，请指明是哪一位。", "The certificate has several holders; say which one."
        )
    return rows[0]
