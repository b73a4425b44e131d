"""The examples that the Token Status List specification prints, and what its section 8.3 has refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from registry import signing, status, statustoken
from registry.errors import RegistryError
from registry.lifecycle import Status
from registry.signing import SigningKey
from registry.status import StatusBits
from registry.statustoken import StatusToken

PRINTED = json.loads((Path(__file__).parent / "vectors" / "token_status_list.json").read_text("utf-8"))
URI, NOW = "https://example.com/statuslists/1", 1_790_000_000
KEY = SigningKey.from_secret(b"\x05" * 32)


@pytest.mark.parametrize("example", PRINTED["short"], ids=lambda example: f"{example['bits']} bit")
def test_the_short_examples_unpack_to_what_is_printed(example: dict[str, Any]) -> None:
    packed = status.inflate(example["lst"])
    read = StatusToken(example["bits"], packed, None)
    assert packed.hex() == example["bytes"]
    assert [read.get(idx) for idx in range(len(example["statuses"]))] == example["statuses"]


@pytest.mark.parametrize("example", PRINTED["long"], ids=lambda example: f"{example['bits']} bit")
def test_the_long_examples_have_these_entries_and_no_other(example: dict[str, Any]) -> None:
    read = StatusToken(example["bits"], status.inflate(example["lst"]), None)
    assert len(read.packed) * 8 == 2**20 * example["bits"]
    found = {str(idx): value for idx in range(2**20) if (value := read.get(idx))}
    assert found == example["statuses"]


def test_our_lists_pack_two_bits_as_the_examples_do() -> None:
    short, long = PRINTED["short"][1], PRINTED["long"][1]
    bits = StatusBits(12)
    for idx, value in enumerate(short["statuses"]):
        bits.set(idx, Status(value))
    assert bits.to_bytes().hex() == short["bytes"]
    bits = StatusBits(2**20)
    for idx, value in long["statuses"].items():
        bits.set(int(idx), Status(value))
    assert bits.to_bytes() == status.inflate(long["lst"])
    assert bits.get(1993) == 2


def token(key: SigningKey = KEY, typ: str = "statuslist+jwt", **changed: Any) -> str:
    payload = {
        "exp": NOW + 3600,
        "iat": NOW,
        "status_list": {
            "bits": 1,
            "lst": PRINTED["short"][0]["lst"],
            "aggregation_uri": "https://example.com/all",
        },
        "sub": URI,
        "ttl": 43200,
        "iss": "https://example.com",
        **changed,
    }
    return signing.sign_jws({"kid": "12", "typ": typ}, payload, key)


def test_a_foreign_list_of_one_bit_is_read() -> None:
    read = statustoken.read(token(), KEY.public, uri=URI, now=NOW)
    assert (read.get(0), read.get(1), read.ttl) == (1, 0, 43200)
    with pytest.raises(RegistryError):
        read.get(16)


def test_a_list_of_ours_is_a_list_to_others() -> None:
    bits = StatusBits()
    bits.set(70411, Status.SUSPENDED)
    signed = status.sign_list(bits, uri=URI, version=3, iat=NOW, exp=NOW + 60, ttl=60, key=KEY)
    assert statustoken.read(signed, KEY.public, uri=URI, now=NOW).get(70411) == 2


@pytest.mark.parametrize(
    "text",
    [
        token(SigningKey.from_secret(b"\x06" * 32)),
        token(typ="JWT"),
        token(sub="https://example.com/statuslists/2"),
        token(exp=NOW - 60),
        token(iat="now"),
        token(ttl=0),
        token(status_list={"bits": 3, "lst": "eNrbuRgAAhcBXQ"}),
        token(status_list={"bits": 1, "lst": "eNrbuRgAAhcBXR"}),
        token(status_list={"bits": 1, "lst": "AAAA"}),
        token(status_list={"bits": 1}),
        "a.b.c",
    ],
)
def test_what_the_specification_has_refused_is_refused(text: str) -> None:
    with pytest.raises(RegistryError):
        statustoken.read(text, KEY.public, uri=URI, now=NOW)


def test_a_credential_says_where_its_entry_is() -> None:
    assert statustoken.reference({"status": {"status_list": {"uri": URI, "idx": 7}}}) == (URI, 7)
    assert statustoken.reference({}) is None
    for status_member in ({}, {"status_list": {"uri": URI}}, {"status_list": {"uri": URI, "idx": -1}}, 7):
        with pytest.raises(RegistryError):
            statustoken.reference({"status": status_member})
