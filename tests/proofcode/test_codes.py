"""What a proof code carries, and that only the very presentation comes out of it."""

import base64
import contextlib
import random
import re
import string
from collections.abc import Callable

import b45
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from registry import packing, proofcode
from registry.packing import Code
from registry.pictures import version
from registry.proofcode import BadCode, NeedsLink, UnknownOrigin
from tests.proofcode.made import CHAIN, ISSUER, NOW, ORIGINS, Made, b64u, directory

PAGE = "https://registry.example"

values = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
names = st.from_regex(r"[a-z][a-z0-9_]{0,40}", fullmatch=True)
made = st.builds(
    Made,
    shown=st.lists(st.tuples(names, values), max_size=12),
    hidden=st.integers(0, 20),
    path=st.integers(0, 20),
    valid_until=st.none() | st.integers(1_767_196_801, 2**40),
    bound=st.booleans(),
    high=st.booleans(),
    origin=st.integers(0, 1),
    serial=st.text(string.digits + string.ascii_uppercase, min_size=1, max_size=32),
    version=st.integers(1, 999),
    nonce=st.binary(max_size=64),
)


def code_of(one: Made) -> str:
    if one.bound:
        return proofcode.encode(one.presentation(), ORIGINS)
    return proofcode.encode_copy(one.presentation(), ORIGINS, PAGE)


@given(made)
@settings(max_examples=300, deadline=None)
def test_a_presentation_comes_back_byte_for_byte_or_is_told_to_need_a_link(one: Made) -> None:
    try:
        text = code_of(one)
    except NeedsLink:
        large = sum(len(name) + len(value.encode()) + 20 for name, value in one.shown)
        assert large + 32 * (one.hidden + one.path) > 900, "only size may be in the way"
        return
    assert proofcode.decode(text, directory) == one.presentation()
    assert proofcode.is_code(text)


def test_three_of_twelve_claims_from_a_batch_of_16384_keep_the_budget() -> None:
    text = proofcode.encode(Made().presentation(), ORIGINS)
    assert len(b45.decode(text.removeprefix("ZT1:"))) <= 1_300
    assert version(text) <= 26


def test_a_copy_with_eight_of_twelve_claims_fits_version_26() -> None:
    lines = [
        ("name", "临江市云和机械设备有限公司"),
        ("credit_code", "91440101MA5CXQ3D4C"),
        ("kind", "有限责任公司（自然人投资或控股）"),
        ("address", "临江市东湖区解放大道一百二十八号三楼"),
        ("representative", "阿依古丽·买买提"),
        ("capital", "5000000.00"),
        ("founded_on", "2019-03-08"),
        ("registered_on", "2026-01-01"),
    ]
    text = code_of(Made(shown=lines, hidden=4, bound=False))
    assert version(text) <= 26


def test_many_like_values_are_deflated() -> None:
    one = Made(shown=[(f"yearly_review_{n}", "合格，" * 20) for n in range(10)], hidden=2, path=4)
    text = code_of(one)
    assert b45.decode(text.removeprefix("ZT1:"))[0] == 0
    assert proofcode.decode(text, directory) == one.presentation()


@pytest.mark.parametrize("high", [False, True])
def test_both_values_of_s_travel(high: bool) -> None:
    one = Made(high=high)
    assert proofcode.decode(code_of(one), directory) == one.presentation()


@pytest.mark.parametrize(
    "one",
    [
        Made(identifier="1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9"),
        Made(identifier=Made().certificate_id()[:-1] + "*"),
        Made(core_issuer="11440101MB2C00012H"),
        Made(version=0),
    ],
    ids=["imported issuer", "wrong check", "issued by a predecessor", "version 0"],
)
def test_an_identifier_that_follows_no_rule_travels_whole(one: Made) -> None:
    assert proofcode.decode(code_of(one), directory) == one.presentation()


@pytest.mark.parametrize(
    "one",
    [
        Made(payload={"extra": 1}),
        Made(payload={"aud": ISSUER}),
        Made(payload={"cnf": {"jwk": {"kty": "EC"}}}),
        Made(payload={"_sd_alg": "sha-512"}),
        Made(payload={"vct": "https://elsewhere.example/types/x/1"}),
        Made(payload={"iss": f"https://elsewhere.example/issuers/{ISSUER}"}),
        Made(payload={"iat": True}),
        Made(payload={"iat": 1.5}),
        Made(payload={"_sd": []}),
        Made(core={"v": 2}),
        Made(core={"note": "more"}),
        Made(core={"valid_until": None}),
        Made(core={"valid_until": 1_767_196_800}),
        Made(header={"alg": "none"}),
        Made(header={"kid": None}),
        Made(header={"x5c": []}),
        Made(header={"x5c": ["?"]}),
        Made(header={"jku": "https://x.example"}),
        Made(proof={"aud": "https://verifier.example"}),
        Made(proof={"nonce": "not base64url!"}),
        Made(proof={"sd_hash": b64u(bytes(32))}),
        Made(proof={"extra": 1}),
        Made(shown=[("n" * 65, "x")]),
        Made(shown=[("a", 1)]),  # type: ignore[list-item]
        Made(hidden=60),
    ],
    ids=lambda one: str(one.payload or one.core or one.header or one.proof or "other")[:40],
)
def test_what_could_not_come_back_needs_a_link(one: Made) -> None:
    with pytest.raises(NeedsLink):
        code_of(one)


def test_neither_form_takes_the_others_kind() -> None:
    with pytest.raises(NeedsLink):
        proofcode.encode(Made(bound=False).presentation(), ORIGINS)
    with pytest.raises(NeedsLink):
        proofcode.encode_copy(Made().presentation(), ORIGINS, PAGE)


def test_a_payload_that_is_not_canonical_needs_a_link() -> None:
    one = Made()
    header, payload, rest = one.presentation().split(".", 2)
    spaced = base64.urlsafe_b64decode(payload + "==").replace(b'":', b'": ')
    with pytest.raises(NeedsLink):
        proofcode.encode(f"{header}.{b64u(spaced)}.{rest}", ORIGINS)


@pytest.mark.parametrize(
    "directory",
    [
        lambda code: None,
        lambda code: proofcode.KnownIssuer(ORIGINS[:1], {CHAIN.short: CHAIN}),
        lambda code: proofcode.KnownIssuer(ORIGINS, {}),
    ],
    ids=["issuer", "origin", "chain"],
)
def test_what_the_bundle_does_not_know_is_said_to_be_unknown(directory: proofcode.Directory) -> None:
    with pytest.raises(UnknownOrigin):
        proofcode.decode(code_of(Made()), directory)


@given(st.data())
@settings(max_examples=1500, deadline=None)
def test_no_change_to_a_code_leads_to_the_same_presentation(data: st.DataObject) -> None:
    one, text = data.draw(st.sampled_from(SAMPLES))
    start = re.match(r"ZT1:|.*#", text).end()  # type: ignore[union-attr]
    letters = string.digits if "#" in text else "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
    body = list(text[start:])
    at = data.draw(st.integers(0, len(body) - 1))
    match data.draw(st.sampled_from(["change", "cut", "drop", "add", "swap"])):
        case "change":
            body[at] = data.draw(st.sampled_from(letters))
        case "cut":
            body = body[:at]
        case "drop":
            del body[at]
        case "add":
            body.insert(at, data.draw(st.sampled_from(letters)))
        case _:
            body[at - 1], body[at] = body[at], body[at - 1]
    mutant = text[:start] + "".join(body)
    if mutant == text:
        return
    with contextlib.suppress(BadCode):
        assert proofcode.decode(mutant, directory) != one


def test_every_truncation_is_refused() -> None:
    for _, text in SAMPLES:
        for length in range(len(text)):
            with pytest.raises(BadCode):
                proofcode.decode(text[:length], directory)


def test_every_changed_bit_is_refused_or_leads_elsewhere() -> None:
    picked = random.Random(5)
    for one, text in SAMPLES:
        if not text.startswith("ZT1:"):
            continue
        data = b45.decode(text.removeprefix("ZT1:"))
        for bit in picked.sample(range(len(data) * 8), 1_500):
            changed = bytearray(data)
            changed[bit // 8] ^= 1 << bit % 8
            with contextlib.suppress(BadCode):
                assert proofcode.decode("ZT1:" + b45.encode(bytes(changed)), directory) != one


@pytest.mark.parametrize(
    "change",
    [
        lambda code: replace(code, hidden=code.hidden[32:] + code.hidden[:32]),
        lambda code: replace(code, core=replace(code.core, issuer=code.signer)),
        lambda code: replace(code, core=replace(code.core, serial=Made().certificate_id(), version=0)),
    ],
    ids=["digests in another order", "issuer said twice", "identifier whole"],
)
def test_another_code_for_the_same_presentation_is_refused(change: Callable[[Code], Code]) -> None:
    one = Made().presentation()
    code = packing.read(one, ORIGINS)
    other = packing.dumps(change(code))
    assert packing.restore(packing.loads(other), ORIGINS[code.origin], CHAIN) == one
    with pytest.raises(BadCode):
        proofcode.decode("ZT1:" + b45.encode(other), directory)


def test_three_letters_beyond_two_bytes_are_refused() -> None:
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
    body = proofcode.encode(Made().presentation(), ORIGINS).removeprefix("ZT1:")
    at = next(at for at in range(0, len(body) - 3, 3) if b45.decode(body[at : at + 3]) < bytes([90, 0]))
    number = int.from_bytes(b45.decode(body[at : at + 3])) + 65_536
    triple = alphabet[number % 45] + alphabet[number // 45 % 45] + alphabet[number // 2025]
    with pytest.raises(BadCode):
        proofcode.decode(f"ZT1:{body[:at]}{triple}{body[at + 3 :]}", directory)


def test_a_presentation_of_a_copy_in_a_code_is_refused() -> None:
    digits = code_of(Made(bound=False)).partition("#")[2]
    packed = int(digits).to_bytes(2000).lstrip(b"\0")[1:]
    with pytest.raises(BadCode):
        proofcode.decode("ZT1:" + b45.encode(packed), directory)


SAMPLES = [
    (one.presentation(), code_of(one))
    for one in (
        Made(),
        Made(shown=[(f"yearly_review_{n}", "合格，" * 20) for n in range(10)], hidden=2, path=4),
        Made(bound=False, valid_until=NOW + 5),
    )
]
