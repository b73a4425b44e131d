"""Runs inside the library's own environment: the published vectors, and the quick start of its documentation.

python alone.py VECTORS DOCUMENT
"""

import importlib.util
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import zhengtong_verifier
from zhengtong_verifier import Expected, Kind, load_trust, read_code, verify
from zhengtong_verifier.trust import TrustedRoot

ABSENT = (
    "registry",
    "api",
    "sqlmodel",
    "sqlalchemy",
    "web3",
    "fastapi",
    "httpx",
    "pydantic",
    "yaml",
    "tongsuopy",
)


def asked(expected: dict) -> Expected:
    given = dict(expected, kinds=frozenset(map(Kind, expected["kinds"])))
    return Expected(**given | ({"holder": tuple(given["holder"])} if "holder" in given else {}))


def presentations(folder: Path) -> int:
    file = json.loads((folder / "presentations.json").read_text("utf-8"))
    bundle, root = (
        (folder / "trust" / "bundle.jws").read_bytes(),
        (folder / "trust" / "root.json").read_bytes(),
    )
    trust = load_trust(bundle, root, now=file["now"])
    for case in file["cases"]:
        state = trust
        if node := case.get("node"):
            issuer = trust.issuers[node["issuer"]]
            known = TrustedRoot(bytes.fromhex(node["root"]), node["size"], node["time"], final=node["final"])
            issuer = replace(issuer, roots={**issuer.roots, node["seq"]: known})
            state = replace(trust, issuers={**trust.issuers, issuer.code: issuer})
        now = case.get("now", file["now"])
        report = verify(case["presentation"], state, asked(case["expected"]), now, case.get("at"))
        assert json.loads(json.dumps(report.to_dict())) == case["report"], case["name"]
    for case in json.loads((folder / "proof_codes.json").read_text("utf-8"))["made"]:
        assert read_code(case["code"], trust) == case["presentation"], case["name"]
    return len(file["cases"])


def quick_start(document: Path, folder: Path) -> None:
    """The document's Python, with what it says that the caller has."""
    [code] = re.findall(r"^```python\n(.*?)^```", document.read_text("utf-8"), re.MULTILINE | re.DOTALL)[:1]
    now = json.loads((folder / "presentations.json").read_text("utf-8"))["now"]
    codes = json.loads((folder / "proof_codes.json").read_text("utf-8"))["made"]
    given = {
        "bundle": (folder / "trust" / "bundle.jws").read_bytes(),
        "root": (folder / "trust" / "root.json").read_bytes(),
        "now": now,
        "text": codes[0]["code"],
    }
    exec(code, given)
    assert given["report"].verdict == "valid"


if __name__ == "__main__":
    vectors, document = Path(sys.argv[1]), Path(sys.argv[2])
    there = [name for name in ABSENT if importlib.util.find_spec(name) is not None]
    assert not there, there
    assert all(getattr(zhengtong_verifier, name) for name in zhengtong_verifier.__all__)
    quick_start(document, vectors)
    print(presentations(vectors), "cases")
