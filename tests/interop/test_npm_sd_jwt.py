"""npm `@sd-jwt/sd-jwt-vc` and `@sd-jwt/jwt-status-list` 0.19 both ways: holder, verifier, issuer, lists."""

import random
import time
from typing import Any

import pytest

from registry import sdjwt, status, statustoken
from registry.credential import Kind
from registry.lifecycle import Status
from registry.signing import BadToken, PublicKey, SigningKey
from registry.status import StatusBits
from registry.verification import Expected, verify
from tests.api.town import POLICE
from tests.interop.conftest import Interop
from tests.web.node import Node

AUDIENCE, NONCE = "x509_hash:a-verifier", "a-nonce-of-this-request"
NAMES = ["name", "age_over_18"]


def held(https: Interop, number: int) -> tuple[str, str]:
    """A certificate, and the presentation of its credential that the library's holder bound to us."""
    certificate_id = https.town.citizen(number)
    link, pin = https.offer(certificate_id, POLICE)
    said = https.node(
        "sdjwt.mjs", does="hold", link=link, pin=pin, names=NAMES, audience=AUDIENCE, nonce=NONCE
    )
    assert "ok" in said, said
    return certificate_id, said["ok"]["presentation"]


def verified(https: Interop, presentation: str, keys: str = "x5c", nonce: str = NONCE) -> dict[str, Any]:
    return https.node("sdjwt.mjs", does="verify", presentation=presentation, nonce=nonce, keys=keys)


def test_it_verifies_ours_with_binding_status_type_and_either_way_to_the_key(https_town: Interop) -> None:
    town = https_town.town
    certificate_id, presentation = held(https_town, 41)
    for keys in ("x5c", "metadata"):
        said = verified(https_town, presentation, keys)
        assert "ok" in said, said
        payload = said["ok"]["payload"]
        assert payload["core"]["certificate_id"] == certificate_id
        assert {name for name in town.identity_row(41) if name in payload} == {"name"}
        assert payload["age_over_18"] == "true"
        assert said["ok"]["kb"]["aud"] == AUDIENCE
        assert said["ok"]["type"]["vct"] == payload["vct"]
        [name] = [claim for claim in said["ok"]["type"]["claims"] if claim["path"] == ["name"]]
        assert name["sd"] == "always"
        for shown in (name["display"], said["ok"]["type"]["display"]):
            assert {each["locale"] for each in shown} == {"zh-CN", "en"}
    assert "nonce" in verified(https_town, presentation, nonce="another")["error"].lower()


def test_it_refuses_ours_as_soon_as_the_certificate_is_revoked(https_town: Interop) -> None:
    certificate_id, presentation = held(https_town, 42)
    https_town.town.revoke(POLICE, certificate_id)
    assert "Status is not valid" in verified(https_town, presentation)["error"]


def test_what_its_holder_presents_of_ours_both_our_verifiers_call_valid(https_town: Interop) -> None:
    _, presentation = held(https_town, 43)
    expected = Expected(kinds=frozenset({Kind.REQUEST}), audience=AUDIENCE, nonce=NONCE)
    now = int(time.time())
    https_town.town.now = now
    trust = https_town.town.trust()
    report = verify(presentation, trust, expected, now)
    assert report.verdict == "valid", report
    assert set(report.claims) == set(NAMES)
    with Node() as node:
        theirs, _ = node.verify(presentation, node.trust(trust), expected, now)
    assert theirs["verdict"] == "valid"


CLAIMS = {
    "iss": "https://issuer.example",
    "vct": "https://issuer.example/person/1",
    "given_name": "娜娜",
    "address": {"city": "东湖", "country": "CN", "lines": ["光明路 18 号", "3 楼"]},
    "nationalities": ["CN", {"code": "DE", "since": 1990}],
}
HIDDEN = {
    "_sd": ["given_name", "address"],
    "address": {"_sd": ["city"], "lines": {"_sd": [0]}},
    "nationalities": {"_sd": [0, 1]},
}
URI = "https://issuer.example/status/1"


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_we_verify_what_it_issues_with_binding_and_status(https_town: Interop, bits: int) -> None:
    chosen = random.Random(bits)
    statuses = [chosen.randrange(2**bits) for _ in range(40)]
    statuses[7] = 0
    said = https_town.node(
        "sdjwt.mjs", does="issue", claims=CLAIMS, hidden=HIDDEN,
        names={"address": {"city": True}, "nationalities": {"1": True}},
        audience=AUDIENCE, nonce=NONCE, uri=URI, statuses=statuses, bits=bits, idx=7, decoys=bits,
    )  # fmt: skip
    assert "ok" in said, said
    made, now = said["ok"], int(time.time())
    key = PublicKey.from_jwk(made["key"])
    shown = sdjwt.parse(made["presentation"])
    assert shown.verify_signature(key)
    assert sdjwt.check_vc(shown, now) == CLAIMS["vct"]
    sdjwt.check_binding(shown, audience=AUDIENCE, nonce=NONCE, now=now)
    assert shown.claims == made["claims"]
    assert shown.claims["address"]["city"] == "东湖"
    assert "given_name" not in shown.claims
    assert statustoken.reference(shown.claims) == (URI, 7)
    found = statustoken.read(made["list"], key, uri=URI, now=now)
    assert [found.get(idx) for idx in range(40)] == statuses
    assert found.get(7) == statustoken.VALID
    with pytest.raises(sdjwt.BadSdJwt):
        sdjwt.check_binding(shown, audience="another", nonce=NONCE, now=now)
    with pytest.raises(BadToken):
        statustoken.read(made["list"], SigningKey.generate().public, uri=URI, now=now)


def test_it_reads_our_lists_entry_by_entry(https_town: Interop) -> None:
    chosen, key = random.Random(19), SigningKey.from_secret(b"\x07" * 32)
    lists = [StatusBits(size) for size in (4, 1024, 4096)]
    for bits in lists:
        for _ in range(len(bits) // 4):
            bits.set(chosen.randrange(len(bits)), Status(chosen.randrange(4)))
    tokens = [status.sign_list(bits, uri=URI, key=key, version=1, iat=1, exp=2, ttl=1) for bits in lists]
    said = https_town.node("sdjwt.mjs", does="lists", tokens=tokens)
    assert said["ok"] == [[int(bits.get(idx)) for idx in range(len(bits))] for bits in lists]


def test_it_packs_as_we_do(https_town: Interop) -> None:
    chosen = random.Random(20)
    lists = [[chosen.randrange(4) for _ in range(size)] for size in (4, 64, 1000)]
    said = https_town.node("sdjwt.mjs", does="pack", lists=lists, bits=2)
    for statuses, packed in zip(lists, said["ok"], strict=True):
        bits = StatusBits(len(statuses))
        for idx, value in enumerate(statuses):
            bits.set(idx, Status(value))
        assert status.inflate(packed) == bits.to_bytes()
