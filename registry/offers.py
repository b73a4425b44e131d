"""Offers: an issuer lets one holder claim one certificate, with a code in a link and a PIN told apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from sqlmodel import Session, select

from registry import secrets
from registry.definition import TypeDefinition
from registry.errors import NotAllowed, NotFound
from registry.standing import standing
from registry.store.tables import Certificate, CertificateState, Ground, HolderIndex, Offer

LIFE: Final = 15 * 60
"""Seconds an offer is open."""
PIN_TRIES: Final = 5
PRE_AUTHORISED: Final = "urn:ietf:params:oauth:grant-type:pre-authorized_code"


@dataclass(frozen=True, slots=True, repr=False)
class MadeOffer:
    """An offer as its maker sees it, once.

    handle: the secret part of its address; pin: to be told to the holder by another way than the link.
    configuration: `<issuer>.<type>`; expires: Unix seconds.
    """

    id: str
    handle: str
    pin: str
    configuration: str
    expires: int

    def address(self, origin: str) -> str:
        """Where a wallet fetches the offer."""
        return f"{origin}/offers/{self.handle}"

    def link(self, origin: str) -> str:
        """What the QR says (OpenID4VCI 1.0, section 4.1.3: by reference)."""
        return f"openid-credential-offer://?credential_offer_uri={quote(self.address(origin), safe='')}"


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
    life: int = LIFE,
) -> MadeOffer:
    """Offer a certificate to its holder.

    roles: those who may be meant, with the ground on which they claim; holder: keyed index of the identifier
    of the one who is meant, where there are several.
    wallet: the wallet it is for, where that is known.

    Raises:
        NotFound: this issuer has no such certificate, or it has no such holder.
        NotAllowed: the certificate stands no more, or it is not said which holder is meant.
    """
    certificate = own_certificate(session, issuer, certificate_id)
    if certificate.state == CertificateState.TAKEN_BACK or standing(session, certificate) != 0:
        raise NotAllowed(
            "该证照目前不是有效状态，不能领取。", "The certificate is not valid now, so it cannot be claimed."
        )
    found = _holder(session, certificate, roles, holder)
    handle, pin = secrets.handle(randomness), secrets.pin(randomness)
    row = Offer(
        id=secrets.derived(handle, "offer id")[:22],
        code_hash=secrets.hashed(code_of(handle)),
        pin_hash=pin_hash(code_of(handle), pin),
        certificate=certificate.id or 0,
        role=found.role,
        holder=found.holder,
        ground=roles[found.role],
        wallet=wallet,
        made_by=made_by,
        created=now,
        expires=now + life,
    )
    session.add(row)
    session.flush()
    return MadeOffer(row.id, handle, pin, f"{issuer}.{certificate.type}", row.expires)


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
    return {
        "credential_issuer": credential_issuer,
        "credential_configuration_ids": [f"{certificate.issuer}.{certificate.type}"],
        "grants": {
            PRE_AUTHORISED: {
                "pre-authorized_code": code_of(handle),
                "tx_code": {
                    "input_mode": "numeric",
                    "length": 6,
                    "description": "窗口告知的六位领取码 / the six digits told at the window",
                },
            }
        },
    }


def code_of(handle: str) -> str:
    """The pre-authorised code of an offer: only who was given the address can know it."""
    return secrets.derived(handle, "pre-authorised code")


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
