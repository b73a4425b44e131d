"""What became of a claim: new credentials take the place of those of the same certificates."""

from collections.abc import Iterable

from registry import credential
from registry.signing import SigningKey
from wallet.exchange import BadOffer
from wallet.keyfile import Grant, Held, Unit, WalletFile


def receive(
    wallet: WalletFile, grant: Grant, unit: Unit, texts: Iterable[str], key: SigningKey, now: int
) -> list[Held]:
    """Keep new credentials instead of the old ones of the same certificates, and drop the old ones' keys.

    Raises:
        BadOffer: a credential that this wallet's key does not fit, or in the name of somebody else.
    """
    received = []
    for text in texts:
        parsed = credential.parse(text)
        if not parsed.payload.iss.startswith(f"{grant.issuer.rstrip('/')}/"):
            raise BadOffer("凭证的颁发者另有其人。", "The credential is in the name of another issuer.")
        if parsed.holder_key != key.public:
            raise BadOffer("凭证没有绑定本钱包的密钥。", "The credential is not bound to this wallet's key.")
        received.append(
            Held(
                issuer=grant.issuer,
                configuration=unit.configuration,
                credential=text,
                key=key.public.thumbprint,
                received=now,
            )
        )
    content = wallet.content
    certificates = {serial_of(each) for each in received}
    old = [
        each
        for each in content.held
        if (each.issuer, each.configuration) == (grant.issuer, unit.configuration)
        and serial_of(each) in certificates
    ]
    content.held = [each for each in content.held if each not in old] + received
    for thumbprint in {each.key for each in old} - {each.key for each in content.held}:
        del content.keys[thumbprint]
    grant.gave[unit.name] = sorted(certificates)
    wallet.save()
    return received


def held_by(wallet: WalletFile, grant: Grant, unit: Unit) -> list[Held]:
    """The credentials of what a unit of a grant gave, wherever the newest of them came from."""
    gave = grant.gave.get(unit.name)
    return [
        each
        for each in wallet.content.held
        if (each.issuer, each.configuration) == (grant.issuer, unit.configuration)
        and (gave is None or serial_of(each) in gave)
    ]


def serial_of(held: Held) -> str:
    """What the versions of one certificate have in common: type and serial of its identifier."""
    parts = credential.parse(held.credential).payload.core.certificate_id.split(".")
    return ".".join((parts[-5], parts[-3]))
