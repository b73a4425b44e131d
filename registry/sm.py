"""SM2 signatures (GB/T 32918.2-2016) and SM3 digests (GB/T 32905-2016): the one module that knows a binding.

The curve is the recommended one (GB/T 32918.5-2017), the signer's identity the default of GM/T 0009-2012.
SM3 comes with `cryptography`. SM2 does not: it is `tongsuopy`, the extra `sm`, loaded when something is first
signed or verified. Whether a point or a scalar is one at all is decided here, without it.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from types import ModuleType
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from registry.errors import RegistryError

ID = b"1234567812345678"
"""Identity in the digest Z of every signature; the binding knows no other."""
SIGNATURE_BYTES = 64

SPKI: Final = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
"""What stands before the point in a SubjectPublicKeyInfo: id-ecPublicKey on the curve of GM/T 0006-2012."""
_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A = _P - 3
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
"""Order of the base point, n; a private scalar is in [1, n - 2]."""


class NoSm(RegistryError):
    """This installation has no SM2."""

    kind = "no-sm"
    status = 501
    mender = "operator"

    def __init__(self) -> None:
        super().__init__(
            "本机没有安装国密算法库，不能签发或核验 SM2 签名；请安装：pip install tongsuopy",
            "This installation has no SM2 and can neither sign nor verify with it: pip install tongsuopy",
        )


def require() -> None:
    """Before the first SM2 key of an issuer is made or used. Raises NoSm."""
    _binding()


def installed() -> bool:
    """Whether this installation has SM2."""
    try:
        _binding()
    except NoSm:
        return False
    return True


def sm3(data: bytes) -> bytes:
    """SM3 digest, 32 bytes."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


@dataclass(frozen=True)
class Sm2Point:
    """An SM2 public key: affine coordinates, 32 bytes each, big-endian.

    Raises:
        ValueError: wrong length, or not a point of the curve.
    """

    x: bytes
    y: bytes

    def __post_init__(self) -> None:
        x, y = int.from_bytes(self.x), int.from_bytes(self.y)
        on_curve = max(x, y) < _P and (y * y - (x * x * x + _A * x + _B)) % _P == 0
        if not len(self.x) == len(self.y) == 32 or not on_curve:
            raise ValueError("not a point of the SM2 curve")

    @cached_property
    def _imported(self) -> Any:
        ec = _binding().ec
        return ec.EllipticCurvePublicNumbers(
            int.from_bytes(self.x), int.from_bytes(self.y), ec.SM2()
        ).public_key()

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` (r ‖ s, 64 bytes) is this key's over `data`. Raises NoSm."""
        binding = _binding()
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        if len(signature) != SIGNATURE_BYTES or not (0 < r < ORDER and 0 < s < ORDER):
            return False
        try:
            self._imported.verify(encode_dss_signature(r, s), data, binding.algorithm)
        except binding.invalid:
            return False
        return True


class Sm2Scalar:
    """An SM2 private key. It shows nothing of itself.

    secret: the scalar, 32 bytes, big-endian.

    Raises:
        ValueError: not in [1, n - 2]; the binding would sign with n - 1 for ever.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32 or not 0 < int.from_bytes(secret) < ORDER - 1:
            raise ValueError("not a private key of the SM2 curve")
        self.secret = secret

    @cached_property
    def _imported(self) -> Any:
        ec = _binding().ec
        return ec.derive_private_key(int.from_bytes(self.secret), ec.SM2())

    @cached_property
    def point(self) -> Sm2Point:
        """The public half. Raises NoSm."""
        numbers = self._imported.public_key().public_numbers()
        return Sm2Point(numbers.x.to_bytes(32), numbers.y.to_bytes(32))

    def sign(self, data: bytes) -> bytes:
        """Signature over `data`: r ‖ s, 64 bytes. Raises NoSm."""
        r, s = decode_dss_signature(self._imported.sign(data, _binding().algorithm))
        return r.to_bytes(32) + s.to_bytes(32)


class _Binding(NamedTuple):
    ec: ModuleType
    algorithm: Any
    invalid: type[Exception]


@cache
def _binding() -> _Binding:
    try:
        from tongsuopy.crypto import hashes as tongsuo_hashes
        from tongsuopy.crypto.asymciphers import ec
        from tongsuopy.crypto.exceptions import InvalidSignature
    except ImportError:
        raise NoSm from None
    return _Binding(ec, ec.ECDSA(tongsuo_hashes.SM3()), InvalidSignature)
