"""Wallet providers: whose attestations of wallets and keys count. Decided here, in the trust list at once."""

from base64 import b64decode, b64encode

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from registry import certificatechain
from registry.authority.office import Office
from registry.certificatechain import BadChain
from registry.errors import NotAllowed, NotFound
from registry.store.tables import WalletProvider


def add_provider(office: Office, id: str, certificate: bytes, *, zh: str, en: str) -> None:
    """Let a wallet provider's word count from now on.

    certificate: of its CA, PEM or DER. What is there already, unchanged and not ended, stays as it is.

    Raises:
        BadChain: no certificate of a CA. NotAllowed: that name was given before, or to another CA.
    """
    der = _der(certificate)
    certificatechain.read_anchor(der)
    made = WalletProvider(
        id=id, name_zh=zh, name_en=en, certificate=b64encode(der).decode(), since=office.clock()
    )
    with office.store.write() as session:
        known = session.get(WalletProvider, id)
        if known is not None:
            if known.ended_at is not None or b64decode(known.certificate) != der:
                raise NotAllowed(
                    "该名称已用过，请另取名称。", "That name was used before: choose another one."
                )
            return
        session.add(made)


def end_provider(office: Office, id: str) -> None:
    """What this provider attests counts no more, from now on; what was recorded stays recorded.

    Raises:
        NotFound: there is none, or it has ended.
    """
    with office.store.write() as session:
        known = session.get(WalletProvider, id)
        if known is None or known.ended_at is not None:
            raise NotFound("没有这个钱包提供者。", "There is no such wallet provider.")
        known.ended_at = office.clock()
        session.add(known)


def _der(certificate: bytes) -> bytes:
    if not certificate.lstrip().startswith(b"-----BEGIN"):
        return certificate
    try:
        return x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    except ValueError:
        raise BadChain from None
