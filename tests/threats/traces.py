"""Looks for values in every file of a folder, in every form in which something might have written them."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

CODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")


def forms(value: str) -> Iterator[bytes]:
    """A value plain, in hexadecimal, in base64 wherever it begins, in an address, escaped as JSON escapes."""
    for coding in CODINGS:
        plain = value.encode(coding)
        yield plain
        yield plain.hex().encode()
        yield plain.hex().upper().encode()
        yield quote(plain).encode()
        for before in range(3):
            yield from _in_base64(plain, before)
    yield json.dumps(value)[1:-1].encode()


def _in_base64(plain: bytes, before: int) -> Iterator[bytes]:
    """The characters that stand for these bytes alone, `before` others standing in front."""
    start, end = -(-before * 8 // 6), (before + len(plain)) * 8 // 6
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(bytes(before) + plain)[start:end]


def traces(values: Iterable[str], places: Iterable[tuple[str, bytes]]) -> list[tuple[str, str]]:
    """(place, value) for every value found in some form."""
    pattern = {value: re.compile(b"|".join(map(re.escape, set(forms(value))))) for value in values}
    return [(name, value) for name, data in places for value in pattern if pattern[value].search(data)]


def files(folder: Path, but: Iterable[Path] = ()) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder: its name, and after it its bytes."""
    left_out = [each.resolve() for each in but]
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(path.resolve().is_relative_to(each) for each in left_out):
            yield str(path.relative_to(folder)), str(path).encode() + b"\n" + path.read_bytes()
