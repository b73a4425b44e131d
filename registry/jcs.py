"""Canonical JSON (RFC 8785) for what we make: texts, integers, booleans, lists, dicts, msgspec structs.

Floating-point numbers, integers beyond 2^53 - 1 and member names outside the basic plane would need special
rules of RFC 8785; nothing we sign has them. Everything else comes out as it asks (a test compares).
"""

from typing import Any

import msgspec
import orjson

from registry.errors import RegistryError

MAX_DEPTH = 16

_encoder = msgspec.json.Encoder(order="sorted")

dumps = _encoder.encode


class BadJson(RegistryError):
    """Not JSON, or nested too deep."""

    kind = "bad-json"

    def __init__(self) -> None:
        super().__init__("内容不是规定的 JSON。", "The content is not JSON as it should be.")


def loads(data: bytes, *, depth: int = MAX_DEPTH) -> Any:
    """Read JSON that others made.

    Raises:
        BadJson: not JSON, or nested deeper than `depth`.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise BadJson from None
    if not _fits(value, depth):
        raise BadJson
    return value


def _fits(value: object, depth: int) -> bool:
    if isinstance(value, dict):
        return depth > 0 and all(_fits(member, depth - 1) for member in value.values())
    if isinstance(value, list):
        return depth > 0 and all(_fits(member, depth - 1) for member in value)
    return True
