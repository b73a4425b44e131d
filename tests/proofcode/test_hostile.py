"""Texts and pictures that an enemy made: refused quickly, and in little memory."""

import hashlib
import io
import struct
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import b45
import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from registry import cbor, pictures, proofcode
from registry.pictures import BadPicture, NoCode
from registry.proofcode import BadCode
from tests.proofcode.made import directory


@contextmanager
def in_no_time(seconds: float = 0.05, memory: int = 5_000_000) -> Iterator[None]:
    """Within the processor time (a busy machine is no failure) and the memory."""
    tracemalloc.start()
    began = time.process_time()
    yield
    taken = time.process_time() - began
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < seconds and most < memory, (taken, most)


def deflated(data: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    stream = deflater.compress(data) + deflater.flush()
    return b"\x00" + hashlib.sha256(stream).digest()[:4] + stream


HOSTILE = {
    "empty": "",
    "prefix only": "ZT1:",
    "bomb": "ZT1:" + b45.encode(deflated(bytes(1_600_000))),
    "nested bomb": "ZT1:" + b45.encode(deflated(b"\x81" * 30_000)),
    "endless arrays": "ZT1:" + b45.encode(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff" * 100),
    "huge string": "ZT1:" + b45.encode(b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff"),
    "deep": "ZT1:" + b45.encode(b"\x81" * 1_600),
    "big power": "ZT1:" + b45.encode(cbor2.dumps(cbor2.CBORTag(5, [10**9, 1]))),
    "pattern": "ZT1:" + b45.encode(cbor2.dumps(cbor2.CBORTag(35, "(a+)+$" * 100))),
    "cycle": "ZT1:" + b45.encode(bytes.fromhex("d81c81d81d00")),
    "indefinite": "ZT1:" + b45.encode(b"\x9f" * 1000),
    "very long": "ZT1:" + "A" * 50_000_000,
    "lower case": "zt1:abc",
    "not base45": "ZT1:" + "é" * 2000,
    "beyond two bytes": "ZT1::::",
    "long number": "https://x.example/c#" + "9" * 7_089,
    "longer number": "https://x.example/c#" + "9" * 5_000_000,
    "zeros": "https://x.example/c#" + "0" * 7_000,
    "slow pattern": "https://" + "/c#1" * 50_000,
    "no digits": "https://x.example/c#١٢٣",
    "many digests": "ZT1:" + b45.encode(deflated(cbor2.dumps([bytes(32)] * 900))),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_is_refused_in_no_time(text: str) -> None:
    with in_no_time(), pytest.raises(BadCode):
        proofcode.decode(text, directory)


@given(st.binary(max_size=300))
@settings(max_examples=2000, deadline=None)
def test_any_bytes_are_refused_or_read_without_a_crash(data: bytes) -> None:
    for packed in (data, deflated(data)):
        with pytest.raises(BadCode):
            proofcode.decode("ZT1:" + b45.encode(packed), directory)


plain = st.recursive(
    st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=300) | st.text(max_size=100),
    lambda inner: st.lists(inner, max_size=30),
    max_leaves=40,
)


def depth(item: object) -> int:
    return 1 + max(map(depth, item), default=0) if isinstance(item, list) else 0


@given(plain)
@settings(max_examples=500, deadline=None)
def test_the_strict_reader_agrees_with_a_general_one(item: cbor.Item) -> None:
    if depth(item) <= cbor.DEEPEST:
        assert cbor.loads(cbor2.dumps(item)) == item
    else:
        with pytest.raises(ValueError, match="deep"):
            cbor.loads(cbor2.dumps(item))


@given(st.binary(max_size=60))
@settings(max_examples=3000, deadline=None)
def test_whatever_the_strict_reader_takes_is_the_one_shortest_form(data: bytes) -> None:
    try:
        item = cbor.loads(data)
    except ValueError:
        return
    assert cbor2.dumps(item) == data


def png_of(width: int, height: int) -> bytes:
    """A PNG of that size, all of one colour, a few kilobytes long."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compressobj(9)
    data = b"".join(rows.compress(bytes(1 + width // 8)) for _ in range(min(height, 20_000))) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(8_000, 8_000), (20_000, 20_000), (65_000, 65_000), (2_000_000_000, 2)])
def test_a_picture_that_would_grow_is_refused_by_its_header(size: tuple[int, int]) -> None:
    bomb = (
        png_of(*size)
        if size[0] < 1_000_000
        else png_of(8, 8).replace(b"\0\0\0\x08\0\0\0\x08", struct.pack(">II", *size))
    )
    with in_no_time(), pytest.raises(BadPicture):
        pictures.read(bomb)


def test_only_png_and_jpeg_are_opened() -> None:
    out = io.BytesIO()
    Image.new("L", (100, 100)).save(out, "BMP")
    for data in (out.getvalue(), b"", b"GIF89a", b"%!PS-Adobe-3.0", b"<svg/>", bytes(13_000_000)):
        with in_no_time(), pytest.raises(BadPicture):
            pictures.read(data)


def test_a_torn_picture_is_refused() -> None:
    whole = pictures.draw("ZT1:ABC")
    with pytest.raises(BadPicture):
        pictures.read(whole[: len(whole) // 2])


def test_a_picture_without_a_code_says_so() -> None:
    with pytest.raises(NoCode):
        pictures.read(png_of(64, 64))
