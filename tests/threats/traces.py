"""Looks for values in every file of a folder, in every form in which something might have written them."""

import base64
import json
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
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
    """(place, value) for every value found in some form.

    Every word of four bytes is looked up among the last four of each form: those of a number are its own,
    while many begin alike.
    """
    ending: dict[int, list[tuple[bytes, str]]] = {}
    for value in values:
        for form in set(forms(value)):
            ending.setdefault(int.from_bytes(form[-4:], "little"), []).append((form, value))
    words = np.array(sorted(ending), dtype="<u4")
    found = [(name, value) for name, data in places for value in _ends_in(data, ending, words)]
    return list(dict.fromkeys(found))


def _ends_in(data: bytes, ending: dict[int, list[tuple[bytes, str]]], words: Words) -> Iterator[str]:
    for shift in range(min(4, max(len(data) - 3, 0))):
        there = np.frombuffer(data, "<u4", offset=shift, count=(len(data) - shift) // 4)
        for at in np.flatnonzero(np.isin(there, words)):
            end = shift + 4 * int(at) + 4
            for form, value in ending[int(there[at])]:
                if data[max(end - len(form), 0) : end] == form:
                    yield value


def files(folder: Path, but: Iterable[Path] = ()) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder: its name, and after it its bytes.

    Read from a copy that another process makes: who opens and closes a database's file beside SQLite drops
    the locks that the whole process has on it ("How To Corrupt An SQLite Database File", 2.2).
    """
    left_out = [each.resolve() for each in but]
    with TemporaryDirectory() as made:
        copy = Path(made)
        subprocess.run(["cp", "-R", f"{folder}/.", made], check=False, capture_output=True)  # logs go on
        for path in sorted(copy.rglob("*")):
            there = folder / path.relative_to(copy)
            if path.is_file() and not any(there.resolve().is_relative_to(each) for each in left_out):
                yield str(there.relative_to(folder)), str(there).encode() + b"\n" + path.read_bytes()
