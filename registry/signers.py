"""Which key signs for an issuer now: of this process's ring, on the chain for that use, certified."""

from collections.abc import Callable, Iterator

import orjson
from sqlmodel import Session

from registry.errors import RegistryError
from registry.keys import KeyRing, Signing
from registry.signing import SigningKey, Use
from registry.store.tables import PublicKey
from registry.trust import MAX_SUCCESSIONS, Trust


class NoSigner(RegistryError):
    """This issuer has no key here that is registered for that use at this time."""

    kind = "no-signer"
    status = 503
    mender = "operator"

    def __init__(self) -> None:
        super().__init__(
            "颁发机构目前没有可用的签名密钥。", "The issuer has no usable signing key at this time."
        )


class Signer:
    """A key that signs for an issuer. issuer: its code; x5c: base64 DERs, the key's own first, no root."""

    __slots__ = ("issuer", "key", "x5c")

    def __init__(self, issuer: str, key: SigningKey, x5c: tuple[str, ...]) -> None:
        self.issuer = issuer
        self.key = key
        self.x5c = x5c


class Signers:
    """Finds signers for the issuers whose keys are in one ring, by the trust state of the moment."""

    def __init__(self, ring: KeyRing, trust: Callable[[], Trust]) -> None:
        self._ring = ring
        self._trust = trust
        self._chains: dict[str, tuple[str, ...]] = {}
        self._elsewhere: set[str] = set()

    def signer(self, session: Session, issuer: str, use: Use, now: int, *, type: str | None = None) -> Signer:
        """The newest usable key of the issuer, or, where it has none, of its successor.

        type: the certificate type it is for; None (a list serves every type): any successor.

        Raises:
            NoSigner: there is none, not even in the key file as it is by now.
            NoSm: its keys are on SM2, and this installation has no SM2.
        """
        trust = self._trust()
        found = self._usable(session, trust, issuer, use, now, type)
        if found is None or self._missing(trust, issuer, use, now):
            self._ring.reload()
            self._elsewhere |= self._missing(trust, issuer, use, now)
            found = self._usable(session, trust, issuer, use, now, type)
        if found is None:
            raise NoSigner
        return found

    def _missing(self, trust: Trust, issuer: str, use: Use, now: int) -> set[str]:
        """Registered keys that the ring has not, and that were not looked for in its file in vain."""
        trusted = trust.issuers.get(issuer)
        usable = {name for name, key in trusted.keys.items() if key.may(use, now)} if trusted else set()
        held = {each.key.public.thumbprint for each in self._held(issuer, use)}
        return usable - self._elsewhere - held

    def _held(self, issuer: str, use: Use) -> list[Signing]:
        # Keys for other uses are not touched: theirs may be a suite that this installation has not.
        return [each for each in self._ring.signing(issuer) if each.uses & use]

    def _usable(
        self, session: Session, trust: Trust, issuer: str, use: Use, now: int, type: str | None
    ) -> Signer | None:
        for code in _line(trust, issuer, type, now):
            trusted = trust.issuers.get(code)
            for held in reversed(self._held(code, use) if trusted is not None else []):
                thumbprint = held.key.public.thumbprint
                registered = trusted.keys.get(thumbprint) if trusted is not None else None
                chain = self._chain(session, code, thumbprint)
                if registered is not None and chain and registered.may(use, now):
                    return Signer(code, held.key, chain)
        return None

    def _chain(self, session: Session, issuer: str, thumbprint: str) -> tuple[str, ...]:
        known = self._chains.get(thumbprint)
        if known is None:
            row = session.get(PublicKey, (issuer, thumbprint))
            if row is None or row.x5c is None:
                return ()
            known = self._chains[thumbprint] = tuple(orjson.loads(row.x5c))
        return known


def _line(trust: Trust, issuer: str, type: str | None, now: int) -> Iterator[str]:
    yield issuer
    if type is not None:
        yield from trust.successors(issuer, type, now)
        return
    seen, step = {issuer}, [issuer]
    for _ in range(MAX_SUCCESSIONS):
        step = [
            successor.code
            for code in step
            if code in trust.issuers
            for successor in trust.issuers[code].successors.values()
            if successor.since <= now and successor.code not in seen
        ]
        seen.update(step)
        yield from step
