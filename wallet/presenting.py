"""Presenting: chosen claims, bound by the wallet's key to a moment, as a proof code or behind a link."""

import json
import os
from collections.abc import Callable, Iterable

import httpx
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry import b64, certificate, credential, proofcode
from registry.credential import CODE_AUDIENCE
from registry.errors import RegistryError
from wallet.exchange import answer, checked_address, text
from wallet.keyfile import Held, WalletFile
from wallet.type_names import is_called, names

Randomness = Callable[[int], bytes]


class NoSuchClaim(RegistryError):
    """The credential has no such claim to show. The names are the type's, not values."""

    kind = "no-such-claim"
    mender = "holder"


class NothingHeld(RegistryError):
    """The wallet holds nothing by that name, or several things."""

    kind = "nothing-held"
    mender = "holder"


def claims_of(held: Held) -> dict[str, str]:
    """The claims that a credential can show, by name."""
    shown = (certificate.parse_disclosure(text) for text in credential.split(held.credential)[1])
    return {each.name: each.value for each in shown}


def find(wallet: WalletFile, name: str) -> Held:
    """The newest credential that a name means: of its certificate or type, or a part (`is_called`).

    Raises:
        NothingHeld: none, or credentials of several certificates.
    """
    found = [each for each in wallet.content.held if is_called(wallet.content, each, name)]
    certificates = {credential.parse(each.credential).payload.core.certificate_id for each in found}
    if len(certificates) != 1:
        raise NothingHeld(
            f"钱包里有 {len(certificates)} 份证照符合该名称，请用 wallet list 查看编号。",
            f"{len(certificates)} certificates fit that name; wallet list shows their identifiers.",
        )
    return max(found, key=lambda each: each.received)


def present(
    wallet: WalletFile,
    held: Held,
    claims: Iterable[str],
    *,
    now: int,
    audience: str = CODE_AUDIENCE,
    nonce: str | None = None,
    randomness: Randomness = os.urandom,
) -> str:
    """A presentation (SD-JWT+KB) of these claims, for the moment `now` or a verifier's audience and nonce.

    Besides, of those that its type is always shown with.

    Raises:
        NoSuchClaim: the credential does not have one of them.
    """
    jwt, disclosures = credential.split(held.credential)
    by_name = {certificate.parse_disclosure(text).name: text for text in disclosures}
    always = names(wallet.content, credential.parse(held.credential).payload).always_shown
    wanted = list(dict.fromkeys([*claims, *(each for each in always if each in by_name)]))
    missing = [name for name in wanted if name not in by_name]
    if missing:
        raise NoSuchClaim(
            f"证照没有这些信息项：{'、'.join(missing)}。", f"No such claims: {', '.join(missing)}."
        )
    return credential.present(
        jwt,
        [by_name[name] for name in wanted],
        key=wallet.key(held.key),
        aud=audience,
        nonce=nonce or b64.encode(randomness(16)),
        iat=now,
    )


def proof_code(wallet: WalletFile, held: Held, presentation: str) -> str:
    """The presentation as QR text.

    Raises:
        NeedsLink: it does not fit a QR, or would not come back byte for byte.
    """
    return proofcode.encode(presentation, wallet.content.origins.get(held.issuer, [held.issuer]))


def link(http: httpx.Client, held: Held, presentation: str, *, randomness: Randomness = os.urandom) -> str:
    """Store the presentation sealed, for one use in five minutes; the key stays in the link's fragment."""
    key, nonce = randomness(32), randomness(12)
    sealed = nonce + AESGCM(key).encrypt(nonce, presentation.encode(), b"zt-link")
    said = answer(
        http.post(
            checked_address(http, f"{held.issuer}/p"),
            content=json.dumps({"sealed": b64.encode(sealed)}),
            headers={"Content-Type": "application/json"},
        )
    )
    return f"{held.issuer}/p/{text(said, 'id')}#{b64.encode(key)}"
