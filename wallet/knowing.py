"""Who asks: the departments of the trust lists that this wallet pinned; whoever else asks is a stranger.

At its first claim from a registry a wallet pins that registry's root document, over the same TLS by which it
takes the credential; from then on every trust list must follow from it, and none may be older than the last.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from cryptography import x509
from cryptography.x509.oid import NameOID

from registry import bundle, rootdocument
from registry.errors import RegistryError
from registry.signing import PublicKey, Use
from registry.trust import Trust
from wallet.exchange import checked_address
from wallet.keyfile import Pin, WalletFile

_LARGEST_ROOT = 1 << 20
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Verifier:
    """Who asks, as far as the wallet can tell.

    known: a department of a pinned trust list signed the request. code, zh, en: the department's; of a
    stranger, what its certificate says of itself, which nobody this wallet knows vouches for.
    """

    known: bool
    zh: str
    en: str
    code: str = ""


def pin_root(http: httpx.Client, wallet: WalletFile, issuer: str) -> None:
    """Pin the root document of the registry at this origin, if it has one and none is pinned."""
    if issuer in wallet.content.pins:
        return
    try:
        served = http.get(checked_address(http, f"{issuer}/trust/root.json")).raise_for_status().content
        rootdocument.read(served[:_LARGEST_ROOT])
    except (httpx.HTTPError, RegistryError):
        return
    wallet.content.pins[issuer] = Pin(root=served)
    wallet.save()


def verifier_of(
    http: httpx.Client, wallet: WalletFile, signer: PublicKey | None, certificate: bytes | None, now: int
) -> Verifier:
    """Who signed a request. signer, certificate (DER): None for an unsigned one."""
    if signer is None or certificate is None:
        return Verifier(False, "", "")
    for trust in _trust_lists(http, wallet, now):
        for issuer in trust.issuers.values():
            key = issuer.keys.get(signer.thumbprint)
            if key is not None and key.may(Use.REQUESTS, now):
                return Verifier(True, issuer.zh, issuer.en, issuer.code)
    said = _names_itself(certificate)
    return Verifier(False, said, said)


def trust_of(http: httpx.Client, wallet: WalletFile, issuer: str, now: int) -> Trust | None:
    """The newest trust list of the registry at an origin; None without a pinned root, or one that stands."""
    pinned = wallet.content.pins.get(issuer)
    return None if pinned is None else _trust_list(http, wallet, issuer, pinned, now)


def _trust_lists(http: httpx.Client, wallet: WalletFile, now: int) -> Iterator[Trust]:
    """The newest trust list under each pinned root; one that cannot be had or does not stand knows nobody."""
    for issuer, pinned in wallet.content.pins.items():
        trust = _trust_list(http, wallet, issuer, pinned, now)
        if trust is not None:
            yield trust


def _trust_list(http: httpx.Client, wallet: WalletFile, issuer: str, pinned: Pin, now: int) -> Trust | None:
    try:
        address = checked_address(http, f"{issuer}/trust/bundle.jws")
        served = http.get(address, extensions={"largest": bundle.MAX_BUNDLE}).raise_for_status().content
        trust = bundle.load(_last(pinned), served, now, pinned.root)
    except (httpx.HTTPError, RegistryError):
        return None
    root = bundle.newest_root(served, trust, pinned.root)
    if (trust.epoch, trust.version, root) != (pinned.epoch, pinned.version, pinned.root):
        pinned.epoch, pinned.version, pinned.root = trust.epoch, trust.version, root
        wallet.save()
    return trust


def _last(pinned: Pin) -> Trust:
    """What must be kept of the last trust list to refuse an older one, or one of another line."""
    root = rootdocument.read(pinned.root)
    return Trust(0, {}, pinned.epoch, pinned.version, 0, 0, {}, {}, root=root)


def _names_itself(certificate: bytes) -> str:
    subject = x509.load_der_x509_certificate(certificate).subject
    for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for attribute in subject.get_attributes_for_oid(kind):
            return str(attribute.value)[:_LONGEST_NAME]
    return ""
