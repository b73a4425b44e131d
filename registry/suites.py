"""What an issuer signs and digests with: P-256 and SHA-256, or SM2 and SM3 where the law asks for them.

The names of the second suite are private (no registry of JOSE or of SD-JWT has them): it is outside HAIP, and
no third party reads it. Wallets' keys, leaves and paths of batches, and proof codes stay with the first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

from registry import sm


@dataclass(frozen=True, slots=True)
class Suite:
    """An algorithm for signatures with one for digests.

    name: as settings have it. alg, crv: of JWS headers and JWKs. sd_alg: the digest's name (RFC 9901,
    section 4.1.1). scalars: private keys are the integers from 1 to this.
    """

    name: str
    alg: Literal["ES256", "SM2"]
    crv: str
    sd_alg: Literal["sha-256", "sm3"]
    scalars: int

    def secret(self, randomness: Callable[[int], bytes]) -> bytes:
        """A new private scalar, 32 bytes (drawn with 128 bits to spare, FIPS 186-5, A.2.1)."""
        return (int.from_bytes(randomness(48)) % self.scalars + 1).to_bytes(32)


_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

ES256: Final = Suite("es256", "ES256", "P-256", "sha-256", _P256_ORDER - 1)
SM: Final = Suite("sm", "SM2", "SM2", "sm3", sm.ORDER - 2)
SUITES: Final = (ES256, SM)


def _sha256(data: bytes) -> bytes:
    return sha256(data).digest()


DIGESTS: Final[Mapping[str, Callable[[bytes], bytes]]] = {ES256.sd_alg: _sha256, SM.sd_alg: sm.sm3}
"""Digest functions, 32 bytes each, by `_sd_alg`."""


def suite_named(name: str) -> Suite:
    """The suite that a setting names. Raises KeyError."""
    return {each.name: each for each in SUITES}[name]
