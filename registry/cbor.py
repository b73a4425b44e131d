"""A reader of the little CBOR (RFC 8949) that proof codes are made of, for bytes that an enemy wrote.

Integers below 2^64, byte strings, text and arrays, all of definite length and in their shortest form
(section 4.2.1). No tags, maps, floats or simple values: a general decoder would build dates, fractions,
patterns and cycles from them before anybody could look.
"""

from collections.abc import Callable
from typing import TypeAlias, Union

Item: TypeAlias = Union[int, bytes, str, "list[Item]"]

DEEPEST = 4
_SHORTEST = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}
_ENDS = "ends early"


def loads(data: bytes) -> Item:
    """The one item that the bytes hold.

    Raises:
        ValueError: more or fewer bytes than one item, another kind of item, deeper than four arrays.
    """
    item, end = _item(data, 0, DEEPEST)
    if end != len(data):
        raise ValueError("bytes left over")
    return item


def _item(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    if at >= len(data):
        raise ValueError(_ENDS)
    major, argument = data[at] >> 5, data[at] & 31
    number, at = (argument, at + 1) if argument < 24 else _number(data, at, argument)
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if major == 4:
        return _array(data, at, number, depth)
    if major not in _STRINGS or number > len(data) - at:
        raise ValueError("unknown item, or a string that ends early")
    return _STRINGS[major](data[at : at + number]), at + number


def _number(data: bytes, at: int, argument: int) -> tuple[int, int]:
    if argument not in _SHORTEST:
        raise ValueError("indefinite length")
    end = at + 1 + (1 << (argument - 24))
    number = int.from_bytes(data[at + 1 : end])
    if end > len(data) or number < _SHORTEST[argument]:
        raise ValueError("ends early, or not the shortest form")
    return number, end


def _array(data: bytes, at: int, length: int, depth: int) -> tuple[Item, int]:
    if length > len(data) - at or depth == 0:
        raise ValueError("an array that ends early, or too deep")
    items: list[Item] = []
    for _ in range(length):
        item, at = _item(data, at, depth - 1)
        items.append(item)
    return items, at


def _text(data: bytes) -> str:
    return data.decode("utf-8")


_STRINGS: dict[int, Callable[[bytes], bytes | str]] = {2: bytes, 3: _text}
