"""One JSON line an event, and only what an allow-list names: nothing personal can slip into a log."""

import re
import sys
import time
from collections.abc import Callable
from typing import IO, Final

import orjson

ALLOWED: Final = frozenset(
    {"event", "time", "reference", "method", "route", "status", "milliseconds", "kind", "error", "at",
     "client", "issuer", "type", "configuration", "offer", "count", "address", "verdict"}
)  # fmt: skip
_HARMLESS: Final = re.compile(r"[A-Za-z0-9_./:{}<>\-]{0,120}")
_IDENTITY_NUMBER: Final = re.compile(r"(?<![0-9])[1-9][0-9]{16}[0-9Xx](?![0-9A-Za-z])")

Value = str | int | float | bool | None


class Log:
    """Writes events to a stream. A field outside `ALLOWED`, or text that is no plain token, is left out.

    clock: wall time in seconds, for the `time` field.
    """

    def __init__(self, stream: IO[str] | None = None, clock: Callable[[], float] = time.time) -> None:
        self._stream = stream
        self._clock = clock

    def __call__(self, event: str, **fields: Value) -> None:
        """Write one line."""
        line = {"event": event, "time": round(self._clock(), 3)}
        line.update({name: value for name, value in fields.items() if name in ALLOWED and _harmless(value)})
        stream = self._stream or sys.stderr
        stream.write(orjson.dumps(line).decode() + "\n")
        stream.flush()


def _harmless(value: Value) -> bool:
    """Tokens and numbers only: no free text, nothing that looks like somebody's identity number."""
    if not isinstance(value, str):
        return True
    return _HARMLESS.fullmatch(value) is not None and _IDENTITY_NUMBER.search(value) is None
