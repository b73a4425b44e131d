"""Canonical JSON (RFC 8785) for what we make: texts, integers, booleans, lists, dicts, msgspec structs.

Floating-point numbers, integers beyond 2^53 - 1 and member names outside the basic plane would need special
rules of RFC 8785; nothing we sign has them. Everything else comes out as it asks (a test compares).
"""

import json
from typing import Any

import msgspec
import orjson

from registry.errors import RegistryError

MAX_DEPTH = 16

_encoder = msgspec.json.Encoder(order="sorted")

dumps = _encoder.encode


class BadJson(RegistryError):
    """Not JSON, nested too deep, or an object with a name twice."""

    kind = "bad-json"

    def __init__(self) -> None:
        super().__init__("内容不是规定的 JSON。", "The content is not JSON as it should be.")


def loads(data: bytes, *, depth: int = MAX_DEPTH) -> Any:
    """Read JSON that others made.

    Raises:
        BadJson: not JSON, nested deeper than `depth`, or an object with a name twice.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise BadJson from None
    if not _fits(value, depth):
        raise BadJson
    demand_names_once(data, value)
    return value


def demand_names_once(data: bytes, value: object) -> None:
    """Refuse JSON of which two readers may read different things (RFC 8259, section 4).

    value: what it was read as, a msgspec struct too. What is canonical, as ours is, costs only its writing.

    Raises:
        BadJson: a name stands twice in an object.
    """
    if dumps(value) != data:
        json.loads(data.decode("utf-8"), object_pairs_hook=_members, parse_int=str, parse_float=str)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadJson
    return members


def _fits(value: object, depth: int) -> bool:
    if isinstance(value, dict):
        return depth > 0 and all(_fits(member, depth - 1) for member in value.values())
    if isinstance(value, list):
        return depth > 0 and all(_fits(member, depth - 1) for member in value)
    return True
