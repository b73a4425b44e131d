"""What presentations are built from: QR texts, trees, identifiers, status lists."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from registry import identifiers, merkle, proofcode, status
from registry.errors import RegistryError
from registry.identifiers import CertificateId
from registry.lifecycle import Status
from registry.status import StatusBits
from registry.trust import Trust
from scripts.vectors.case import Case
from scripts.vectors.keys import NOW, key, stream
from scripts.vectors.place import ORIGIN, Place

COPIES: Final = ("copy", "copy-of-a-combined-licence")
CODES: Final = (
    "code",
    "code-nothing-disclosed",
    "code-everything-disclosed",
    "batch-of-one",
    "last-of-a-thousand",
    "another-type",
    "successor",
    "at-valid-then",
)
IDENTIFIERS: Final = (
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
    "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
    "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
    "1.2.156.3005.2.11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M",
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.V",
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.000.V",
    "1.2.156.3005.2.11100000000013338W01.11430000006122244L.20230000403.001.U",
    "1.2.156.3005.2.11100000000013338w011.11430000006122244L.20230000403.001.U",
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L..001.U",
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.1.U",
    "1.2.156.3005.1.11100000000013338W011.11430000006122244L.20230000403.001.U",
    "",
)
SIZES: Final = (1, 2, 3, 4, 5, 7, 8, 13, 64)


def codes(cases: Sequence[Case], trust: Trust) -> dict[str, Any]:
    """QR texts of presentations, and texts that hold none."""
    shown = {case.name: case.presentation for case in cases}
    made = [
        {"name": name, "code": proofcode.encode(shown[name], [ORIGIN]), "presentation": shown[name]}
        for name in CODES
    ]
    for name in COPIES:
        address = proofcode.encode_copy(shown[name], [ORIGIN], ORIGIN)
        made.append({"name": name, "code": address, "presentation": shown[name]})
    address = str(made[len(CODES)]["code"])
    first = str(made[0]["code"])
    wrong = {
        "empty": "",
        "nothing after the prefix": "ZT1:",
        "another version": first.replace("ZT1:", "ZT2:", 1),
        "lower case": first.lower(),
        "a character changed": first[:40] + ("A" if first[40] != "A" else "B") + first[41:],
        "a character cut off": first[:-1],
        "something behind": first + "00",
        "an address and nothing else": f"{ORIGIN}/c",
        "a copy with a zero in front": address.replace("#", "#0", 1),
        "a code as a copy": address.split("#")[0] + "#" + "1" * 40,
    }
    directory = proofcode.directory_of(trust)
    for name, text in wrong.items():
        _demand_refused(name, text, directory)
    return {"made": made, "refused": [{"name": name, "code": text} for name, text in wrong.items()]}


def _demand_refused(name: str, text: str, directory: proofcode.Directory) -> None:
    try:
        proofcode.find(text, directory)
    except RegistryError:
        return
    raise AssertionError(f"{name}: this is a code")


def trees() -> dict[str, Any]:
    """Roots and inclusion proofs of trees of several sizes (RFC 9162, section 2.1)."""
    made = []
    for size in SIZES:
        data = [stream(f"tree/{size}/{n}")(n % 5) for n in range(size)]
        leaves = [merkle.leaf_hash(each) for each in data]
        paths = merkle.proofs(leaves)
        chosen = sorted({0, size // 2, size - 1})
        made.append(
            {
                "data": [each.hex() for each in data],
                "leaves": [each.hex() for each in leaves],
                "root": merkle.root(leaves).hex(),
                "proofs": [{"index": n, "path": [each.hex() for each in paths[n]]} for n in chosen],
            }
        )
    return {"trees": made}


def certificate_ids() -> dict[str, Any]:
    """Identifiers with the faults that they have (GB/T 36904-2018)."""
    made = []
    for text in IDENTIFIERS:
        faults = identifiers.check_certificate_id(text)
        each: dict[str, Any] = {"identifier": text, "faults": [fault.field for fault in faults]}
        if "certificate_id" not in each["faults"]:
            parts = CertificateId.parse(text)
            each |= {
                "type": parts.type,
                "issuer": parts.issuer,
                "serial": parts.serial,
                "version": parts.version,
                "check": parts.check,
                "right_check": parts.right_check,
            }
        made.append(each)
    return {"certificate_ids": made}


def status_lists(place: Place) -> dict[str, Any]:
    """Entries, their bytes, the words of the contract, and a signed token."""
    entries = {
        0: Status.REVOKED,
        1: Status.SUSPENDED,
        127: Status.SUPERSEDED,
        128: Status.REVOKED,
        511: Status.SUSPENDED,
    }
    bits = StatusBits(512)
    for idx, value in entries.items():
        bits.set(idx, value)
    packed, owner = bits.to_bytes(), key("lists")
    uri = f"{ORIGIN}/issuers/{next(iter(place.issuers))}/status/1"
    times: dict[str, Any] = {"version": 9, "iat": NOW, "exp": NOW + 43_200, "ttl": 60}
    return {
        "size": 512,
        "entries": {str(idx): int(value) for idx, value in entries.items()},
        "packed": packed.hex(),
        "sha256": hashlib.sha256(packed).hexdigest(),
        "words": [f"{bits.word(number):064x}" for number in range(4)],
        "lst": status.deflate(packed),
        "uri": uri,
        "key": owner.public.jwk,
        "token": status.sign_list(bits, uri=uri, key=owner, **times),
    }
