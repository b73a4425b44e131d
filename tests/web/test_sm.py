"""SM2 and SM3 in JavaScript are the standards: printed examples, and Python's word on changed signatures."""

import base64
import random

import pytest

from registry import b64, sm
from registry.sm import ORDER, Sm2Point
from tests.suites.test_sm2 import KEY, MESSAGE, PUBLIC, R, S

pytest.importorskip("tongsuopy", reason="SM2 has no binding on this machine")


def verified(node, signature, message=MESSAGE, public=PUBLIC):
    parts = {
        "x": public[0].to_bytes(32),
        "y": public[1].to_bytes(32),
        "signature": signature,
        "data": message,
    }
    return node.ask("sm2", **{name: base64.b64encode(part).decode() for name, part in parts.items()})


def test_the_printed_signature_stands(node):
    assert verified(node, R.to_bytes(32) + S.to_bytes(32))
    assert not verified(node, R.to_bytes(32) + S.to_bytes(32), b"another message")


@pytest.mark.parametrize("r", [0, 1, R, ORDER - 1, ORDER, ORDER - S, 2**256 - 1])
@pytest.mark.parametrize("s", [0, 1, S, ORDER - 1, ORDER, ORDER - R, 2**256 - 1])
def test_values_at_the_edges_are_judged_as_in_python(node, r, s):
    signature = r.to_bytes(32) + s.to_bytes(32)
    point = Sm2Point(*(each.to_bytes(32) for each in PUBLIC))
    assert verified(node, signature) == point.verify(signature, MESSAGE) == ((r, s) == (R, S))


def test_what_python_signs_stands_and_not_with_a_bit_changed(node):
    chosen = random.Random(32918)
    public = KEY.point
    numbers = int.from_bytes(public.x), int.from_bytes(public.y)
    for length in (0, 1, 55, 64, 1000):
        message = chosen.randbytes(length)
        signature = KEY.sign(message)
        assert verified(node, signature, message, numbers)
        changed = int.from_bytes(signature) ^ 1 << chosen.randrange(512)
        assert not verified(node, changed.to_bytes(64), message, numbers)
        assert not verified(node, signature[:-1], message, numbers)


def test_digests_are_those_of_python(node):
    """Of the standard's example too (GB/T 32905-2016, A.1)."""
    for data in (b"abc", *(bytes(length) for length in (0, 55, 56, 63, 64, 65, 1000))):
        assert node.ask("sm3", data=base64.b64encode(data).decode()) == b64.encode(sm.sm3(data))
    assert sm.sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
