"""Recompute what stands on the chain for one certificate, with nothing but Python.

    python recompute.py certificate.json      (from the front page)

The leaf is SHA-256 of a zero byte and the certificate's canonical JSON; the path leads to the root as in
RFC 9162, section 2.1.3.2. The root printed last must be the one in the issuer's transaction.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


certificate = json.loads(Path(sys.argv[1]).read_text("utf-8"))
for disclosure in certificate["disclosures"]:
    digest = base64.urlsafe_b64encode(sha256(disclosure.encode())).decode().rstrip("=")
    _, name, value = json.loads(from_base64url(disclosure))
    print(f"{name}: {value} {'belongs to it' if digest in certificate['_sd'] else 'DOES NOT BELONG TO IT'}")

anchored = {name: certificate[name] for name in ("core", "_sd", "_sd_alg")}
canonical = json.dumps(anchored, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
leaf = node = sha256(b"\x00" + canonical.encode())
index, last = certificate["anchor"]["index"], certificate["anchor"]["size"] - 1
path = from_base64url(certificate["anchor"]["path"])
for sibling in (path[at : at + 32] for at in range(0, len(path), 32)):
    if index % 2 or index == last:
        node = sha256(b"\x01" + sibling + node)
        while index and not index % 2:
            index, last = index // 2, last // 2
    else:
        node = sha256(b"\x01" + node + sibling)
    index, last = index // 2, last // 2
print("leaf", leaf.hex())
print("root", node.hex() if last == 0 else "NONE: the path does not fit the position")
