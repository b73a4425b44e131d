"""SM2 as GB/T 32918.2 writes it down, in plain integers: what the binding is compared with."""

from registry.sm import sm3

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
Point = tuple[int, int] | None


def add(left: Point, right: Point) -> Point:
    """Sum of two points; None is the point at infinity."""
    if left is None or right is None:
        return left or right
    (x1, y1), (x2, y2) = left, right
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) if left == right else (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def times(scalar: int, point: Point) -> Point:
    """A multiple of a point."""
    total = None
    while scalar:
        total = add(total, point) if scalar & 1 else total
        point, scalar = add(point, point), scalar >> 1
    return total


def identity_digest(public: tuple[int, int], identity: bytes) -> bytes:
    """Z (GB/T 32918.2, 5.5)."""
    numbers = (A, B, *G, *public)
    return sm3(
        (8 * len(identity)).to_bytes(2) + identity + b"".join(number.to_bytes(32) for number in numbers)
    )


def message_digest(public: tuple[int, int], message: bytes, identity: bytes) -> int:
    """e (GB/T 32918.2, 6.1, steps 1 and 2)."""
    return int.from_bytes(sm3(identity_digest(public, identity) + message))


def sign(secret: int, nonce: int, message: bytes, identity: bytes) -> tuple[int, int]:
    """(r, s) with a given k (6.1)."""
    public, point = times(secret, G), times(nonce, G)
    assert public is not None and point is not None
    r = (message_digest(public, message, identity) + point[0]) % N
    return r, pow(1 + secret, -1, N) * (nonce - r * secret) % N


def verify(public: tuple[int, int], message: bytes, r: int, s: int, identity: bytes) -> bool:
    """Whether (r, s) is a signature of that key (7.1)."""
    t = (r + s) % N
    if not (0 < r < N and 0 < s < N) or t == 0:
        return False
    point = add(times(s, G), times(t, public))
    return point is not None and (message_digest(public, message, identity) + point[0]) % N == r
