"""What messages hold: sealed for one department, padded, and read strictly."""

import zlib
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from joserfc import jwe as joserfc_jwe
from joserfc.jwk import ECKey

from registry import jcs, jwe
from registry.provinces import contents
from registry.provinces.contents import BadContent, HolderOf, Question
from registry.signing import SigningKey, Use
from registry.trust import Trust, TrustedIssuer, TrustedKey, Window

NOW = 1_795_492_800
A, B = "11440100MB9A00073K", "11450100MB9B00073K"
ORIGIN = "https://b.example"
RECIPIENT, OTHER, REPLY, SIGNER = (SigningKey.generate() for _ in range(4))
QUESTION = Question(
    asker=A,
    issuer=B,
    reply_to=contents.public_jwk(REPLY),
    clerk="李",
    matter="transfer_pension",
    type="11100000000013127D011",
    ask="claims",
    case="c1",
    claims=("insured_place",),
    holder=HolderOf(id_type="citizen_number", identifier="44010619900101007X"),
)


def test_only_the_recipient_reads_a_question() -> None:
    body = contents.seal_question(QUESTION, contents.public_jwk(RECIPIENT))
    assert contents.key_named(body) == RECIPIENT.public.thumbprint
    assert contents.open_question(body, RECIPIENT) == QUESTION
    with pytest.raises(BadContent):
        contents.open_question(body, OTHER)


def test_sizes_say_nothing() -> None:
    small = {"question": {}, "outcome": "no"}
    large = small | {"presentation": "x" * 3_000}
    assert len(contents.seal_answer(small, contents.public_jwk(REPLY))) == len(
        contents.seal_answer(large, contents.public_jwk(REPLY))
    )
    assert "44010619900101007X" not in repr(QUESTION)


@pytest.mark.parametrize(
    "changed",
    [
        {"more": 1},
        {"asker": "x"},
        {"ask": "everything"},
        {"clerk": ""},
        {"claims": ["x"] * 61},
        {"holder": {"id_type": "citizen_number", "identifier": "x", "name": "y"}},
        {"value": "x" * 2_001},
    ],
)
def test_a_question_is_read_strictly(changed: dict[str, Any]) -> None:
    members = msgspec.to_builtins(QUESTION) | changed
    body = jwe.encrypt(jcs.dumps(members), contents.public_jwk(RECIPIENT)).encode()
    with pytest.raises(BadContent):
        contents.open_question(body, RECIPIENT)


def test_a_compressed_bomb_is_not_opened() -> None:
    key = ECKey.import_key(RECIPIENT.imported)
    packed = zlib.compress(b" " * (50 << 20))
    assert len(packed) < 100_000
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "zip": "DEF"}
    body = joserfc_jwe.encrypt_compact(
        header, b" " * (50 << 20), key, algorithms=["ECDH-ES", "A256GCM", "DEF"]
    )
    assert len(body) < 200_000
    with pytest.raises(BadContent):
        contents.open_question(body.encode(), RECIPIENT)


def trust(
    *, uses: int = int(Use.MESSAGES), compromised: int | None = None, until: int | None = None
) -> Trust:
    key = TrustedKey(SIGNER.public, Use(uses), (Window(NOW - 1_000, until),), compromised)
    issuer = TrustedIssuer(B, "乙", "B", (ORIGIN,), {SIGNER.public.thumbprint: key})
    return Trust(1, {}, 1, 1, NOW, NOW + 10, {B: issuer}, {})


def published() -> str:
    return contents.publish_keys(ORIGIN, B, (RECIPIENT, OTHER), signer=SIGNER, x5c=(), now=NOW)


def test_keys_are_taken_from_who_may_sign_messages() -> None:
    jwk, until = contents.read_keys(published(), trust(), B, NOW + 10)
    assert (jwk["kid"], until) == (RECIPIENT.public.thumbprint, NOW + contents.KEYS_LIFE)


@pytest.mark.parametrize(
    ("known", "code", "now"),
    [
        (trust(uses=15), B, NOW),
        (trust(compromised=NOW + 500), B, NOW),
        (trust(until=NOW - 1), B, NOW),
        (trust(), A, NOW),
        (trust(), B, NOW + contents.KEYS_LIFE),
        (trust(), B, NOW - 61),
        (replace(trust(), issuers={}), B, NOW),
    ],
)
def test_keys_of_anybody_else_are_not(known: Trust, code: str, now: int) -> None:
    with pytest.raises(BadContent):
        contents.read_keys(published(), known, code, now)
