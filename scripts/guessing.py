"""Guess identities from what is on the chain: every known number, name and code, in every usual disguise.

Threat 1 of the design. Reads all calldata, logs and storage writes of a node, and says what it found there:
`python -m scripts.guessing data`. There must be nothing: every digest has 128 random bits of its own.
"""

import csv
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from eth_utils.crypto import keccak

CODINGS = ("utf-8", "gb18030", "utf-16-le")
_HASHES = ("sha256", "sha1", "md5", "sha3_256", "blake2s")
_WINDOW = 8
_ENOUGH = 16
"""Bytes of a digest by which it is known: one cut short is found too."""
_SHORTEST = 6
"""Bytes that are no accident in a few million."""


def written_on(chain_url: str) -> bytes:
    """All calldata, logs and storage writes of a chain, from its first block on."""
    with httpx.Client(timeout=60) as http:

        def ask(method: str, *params: Any) -> Any:
            call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            answer = http.post(chain_url, json=call).json()
            if "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']}")
            return answer["result"]

        pieces = []
        for number in range(int(ask("eth_blockNumber"), 16) + 1):
            for sent in ask("eth_getBlockByNumber", hex(number), True)["transactions"]:
                pieces.append(sent["input"])
                pieces += _logged(ask("eth_getTransactionReceipt", sent["hash"]))
                tracer = {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}
                pieces += _stored(ask("debug_traceTransaction", sent["hash"], tracer))
    return b"\n".join(bytes.fromhex(piece.removeprefix("0x")) for piece in pieces)


def identities(sample: Path) -> dict[str, set[str]]:
    """Names, numbers and codes of all people and enterprises of a sample town, by what they are called."""
    known: dict[str, set[str]] = {}
    for file in ("people.csv", "enterprises.csv"):
        with (sample / file).open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                for name, value in row.items():
                    if "name" in name or "number" in name or "code" in name:
                        known.setdefault(name, set()).add(value)
    return known


def disguises(name: str, value: str) -> Iterator[bytes]:
    """What somebody who does not salt would write of a claim: plain or as JSON, in hexadecimal, hashed."""
    for written in {value, value.upper(), value.lower(), value[::-1]}:
        shapes = [written, *_claim_shaped(name, written)]
        for shape in shapes:
            for coding in CODINGS:
                plain = shape.encode(coding)
                yield plain
                yield plain.hex().encode()
                for prefix in (b"", b"\x00"):
                    yield from _digests(prefix + plain)


def found(known: Mapping[str, Iterable[str]], corpus: bytes) -> list[str]:
    """The known values that show in the corpus in some disguise, each with its name."""
    windows = {corpus[at : at + _WINDOW] for at in range(len(corpus))}

    def shows(needle: bytes) -> bool:
        if len(needle) < _WINDOW:
            return len(needle) >= _SHORTEST and needle in corpus
        return needle[:_WINDOW] in windows and needle in corpus

    return [
        f"{name} {value}"
        for name, values in known.items()
        for value in sorted(values)
        if value and any(shows(each) for each in disguises(name, value))
    ]


def _claim_shaped(name: str, value: str) -> list[str]:
    return [
        json.dumps(shape, ensure_ascii=False, separators=(",", ":"))
        for shape in (value, [name, value], ["", name, value], {name: value}, {"name": name, "value": value})
    ]


def _digests(data: bytes) -> Iterator[bytes]:
    for name in _HASHES:
        once = hashlib.new(name, data, usedforsecurity=False).digest()
        yield once[:_ENOUGH]
        if name == "sha256":
            yield hashlib.sha256(once).digest()[:_ENOUGH]
    yield keccak(data)[:_ENOUGH]


def _logged(receipt: Mapping[str, Any]) -> list[str]:
    return [piece for log in receipt["logs"] for piece in (*log["topics"], log["data"])]


def _stored(difference: Mapping[str, Any]) -> list[str]:
    return [
        piece
        for side in ("pre", "post")
        for account in difference[side].values()
        for slot in account.get("storage", {}).items()
        for piece in slot
    ]


def main() -> None:
    """Say what of a sample town shows on its chain; exit 1 where anything does."""
    data = Path(sys.argv[1])
    chain_url = json.loads((data / "story.json").read_text("utf-8"))["chain_url"]
    known, corpus = identities(data / "sample"), written_on(chain_url)
    shown = found(known, corpus)
    count = sum(len(values) for values in known.values())
    print(f"{count:,} names, numbers and codes in {len(corpus):,} bytes of the chain: {len(shown)} found")
    sys.exit(1 if shown else 0)


if __name__ == "__main__":
    main()
