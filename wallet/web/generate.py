"""Write what the JavaScript verifier says and looks up, from the registry: `python -m wallet.web.generate`.

One wording for both verifiers: lines of findings, terms of reasons, names of verdicts. And of the npm package
`sm-crypto-v2` one file with what is used of it, so that the folder works as it is. A test compares what is in
the folder with what this makes.
"""

import json
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from stdnum import numdb

from registry import findings, lifecycle, proofcode, wording
from registry.findings import Finding, Outcome
from registry.values import ID_TYPES

FOLDER = Path(__file__).parent / "verifier"
_PACKAGES = Path(__file__).parents[2] / "node_modules"
_SM_PACKAGES = ("sm-crypto-v2", "@noble/curves", "@noble/hashes", "@noble/ciphers")
_SM_LICENCES = ("sm-crypto-v2/LICENCE_MIT", "@noble/ciphers/LICENSE")  # the second names those of the others
_REFUSALS = (proofcode.BadCode, proofcode.UnknownOrigin, proofcode.OnlyALink)
_HEADING = "// Made by `python -m wallet.web.generate`; do not edit.\n"


def files() -> dict[str, str]:
    """Text of each file, by its name in the folder of the verifier."""
    return {
        "words.js": _words(),
        "places.js": _places(),
        "digits.js": _digits(),
        "vendor/sm-crypto.js": _sm_crypto(),
    }


def _sm_crypto() -> str:
    """SM3 and the verification of SM2 signatures out of `sm-crypto-v2`, with what that is made of."""
    wanted = """
        import { sm2, sm3 } from "sm-crypto-v2";
        export { sm3 };
        export const verify = sm2.doVerifySignature;
    """
    command = [str(_PACKAGES / ".bin" / "esbuild"), "--bundle", "--minify", "--format=esm", "--target=es2022"]
    made = subprocess.run(
        command, input=wanted, cwd=_PACKAGES.parent, check=True, capture_output=True, text=True, timeout=60
    )
    packages = [json.loads((_PACKAGES / name / "package.json").read_text("utf-8")) for name in _SM_PACKAGES]
    names = ", ".join(f"{each['name']} {each['version']}" for each in packages)
    terms = "\n\n".join((_PACKAGES / each).read_text("utf-8").strip() for each in _SM_LICENCES)
    return f"{_HEADING}// @ts-nocheck\n/*!\n{names}\n\n{terms}\n*/\n{made.stdout}"


def _words() -> str:
    lines = {name: _finding(each) for name, each in vars(findings).items() if isinstance(each, Finding)}
    return _HEADING + "".join(
        f"\n/** {comment} */\nexport const {name} = Object.freeze({_json(value)});\n"
        for name, comment, value in (
            ("FINDINGS", "Every finding of a check.", lines),
            (
                "STATUS_LINES",
                "What a certificate's status says, by status.",
                _by_status(findings.STATUS_LINES),
            ),
            (
                "ENTRY_LINES",
                "What a credential's own entry says, by status.",
                _by_status(findings.ENTRY_LINES),
            ),
            (
                "PART_LINES",
                "What the status of a part says, by status; {part} is its name.",
                _by_status(findings.PART_LINES),
            ),
            ("REASONS", "The departments' terms.", {c: _pair(r) for c, r in lifecycle.REASONS.items()}),
            ("VERDICTS", "Names of verdicts.", {k: _pair(w) for k, w in wording.VERDICTS.items()}),
            ("CHECKS", "Names of checks.", {k: _pair(w) for k, w in wording.CHECKS.items()}),
            ("OUTCOMES", "Names of outcomes.", {k: _pair(w) for k, w in wording.OUTCOMES.items()}),
            ("REFUSALS", "Why a code was not read.", {each.kind: _pair(each()) for each in _REFUSALS}),
            ("ID_TYPES", "Kinds of identifiers.", {k: {"zh": z, "en": e} for k, (z, e) in ID_TYPES.items()}),
        )
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _finding(finding: Finding) -> dict[str, Any]:
    advice = None if finding.advice is None else _pair(finding.advice)
    return {"outcome": Outcome(finding.outcome).value, **_pair(finding), "advice": advice}


def _by_status(lines: dict[lifecycle.Status, Finding]) -> dict[int, Any]:
    return {int(status): _finding(finding) for status, finding in lines.items()}


def _pair(said: Any) -> dict[str, str]:
    return {"zh": said.zh, "en": said.en}


def _places() -> str:
    """Area codes that were ever in use (GB/T 2260), as a citizen number begins with one."""
    known = numdb.get("cn/loc")
    by_city: dict[str, list[int]] = {}
    for city in (each for each in range(10_000) if known.info(f"{each // 100:02d}")[0][1]):
        codes = [
            number
            for number in range(100)
            if any("county" in properties for _, properties in known.info(f"{city:04d}{number:02d}"))
        ]
        if codes:
            by_city[f"{city:04d}"] = codes
    rows = "\n".join(f"{city} {' '.join(_ranges(codes))}" for city, codes in by_city.items())
    return (
        f"{_HEADING}\n/** Area codes ever in use: four digits, then the last two of those under them. */\n"
        f"export const PLACES = `\n{rows}\n`;\n"
    )


def _digits() -> str:
    """What Python's `str.isdigit` takes: JavaScript's classes know decimal digits alone."""
    found = [code for code in range(0x110000) if chr(code).isdigit()]
    spans = "".join(f"\\u{{{first:x}}}-\\u{{{last:x}}}" for first, last in _spans(found))
    comment = "Decimal digits of every script, and raised, circled and other such ones."
    return f"{_HEADING}\n/** {comment} */\nexport const DIGIT = /[{spans}]/u;\n"


def _ranges(codes: Iterable[int]) -> Iterator[str]:
    for first, last in _spans(codes):
        yield f"{first:02d}" if first == last else f"{first:02d}-{last:02d}"


def _spans(codes: Iterable[int]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for code in codes:
        if spans and spans[-1][1] == code - 1:
            spans[-1] = (spans[-1][0], code)
        else:
            spans.append((code, code))
    return spans


if __name__ == "__main__":
    (FOLDER / "vendor").mkdir(exist_ok=True)
    for _name, _text in files().items():
        (FOLDER / _name).write_text(_text, encoding="utf-8")
