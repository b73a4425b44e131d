"""Messages between registries, signed and read; and the same by a library that nobody here wrote."""

import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import http_sf
import pytest
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, InvalidSignature, algorithms
from http_message_signatures.resolvers import MappingKeyResolver
from hypothesis import given
from hypothesis import strategies as st

from registry.provinces import messages
from registry.provinces.messages import BadMessage, Signed, StaleMessage
from registry.signing import SigningKey

NOW = 1_795_492_800
URI = "https://b.example/issuers/11440200MB9B0007X1/messages"
BODY = b"a.b.c.d.e"
NONCE = "n" * 22
KEY, ANSWERER, STRANGER = (SigningKey.generate() for _ in range(3))


def request(**changed: Any) -> dict[str, str]:
    return messages.sign_request(
        URI,
        BODY,
        **{"key": KEY, "nonce": NONCE, "now": NOW, **changed},  # type: ignore[arg-type]
    )


def read(fields: dict[str, str], body: bytes = BODY, *, uri: str = URI, now: int = NOW) -> Signed:
    return messages.read_request(uri, fields, body, now)


def test_what_a_department_signed_stands_by_its_key_and_no_other() -> None:
    signed = read(request())
    assert signed.stands(KEY.public)
    assert not signed.stands(STRANGER.public)
    assert (signed.keyid, signed.nonce) == (KEY.public.thumbprint, NONCE)


def test_a_message_for_another_address_does_not_stand() -> None:
    assert not read(request(), uri=URI.replace("b.example", "c.example")).stands(KEY.public)


@given(st.binary(max_size=200))
def test_every_body_is_bound(body: bytes) -> None:
    fields = messages.sign_request(URI, body, key=KEY, nonce=NONCE, now=NOW)
    assert read(fields, body).stands(KEY.public)
    with pytest.raises(BadMessage):
        read(fields, body + b"x")


def spoilt(component: str) -> Callable[[str], str]:
    return lambda text: text.replace(component, "")


SPOILS: dict[str, Callable[[str], str]] = {
    **{f"without {name}": spoilt(f'"{name}" ') for name in ("@method", "@target-uri", "content-type")},
    "without content-digest": spoilt(' "content-digest"'),
    "without created": spoilt(f";created={NOW}"),
    "without expires": spoilt(f";expires={NOW + 60}"),
    "without nonce": spoilt(f';nonce="{NONCE}"'),
    "without keyid": spoilt(f';keyid="{KEY.public.thumbprint}"'),
    "without tag": spoilt(f';tag="{messages.TAG}"'),
    "with @authority": lambda text: text.replace('"@method"', '"@method" "@authority"'),
    "with another field": lambda text: text.replace('"@method"', '"@method" "date"'),
    "a component twice": lambda text: text.replace('"@method"', '"@method" "@method"'),
    "a component of a request": lambda text: text.replace('"content-digest"', '"content-digest";req'),
    "a component as a structure": lambda text: text.replace('"content-type"', '"content-type";sf'),
    "an algorithm named": lambda text: text + ';alg="ecdsa-p256-sha256"',
    "a parameter more": lambda text: text + ";more",
    "another tag": lambda text: text.replace(messages.TAG, "zt-query-2"),
    "a decimal time": lambda text: text.replace(f"created={NOW}", f"created={NOW}.0"),
    "a token as name": lambda text: text.replace('"@method"', "method"),
    "a second signature": lambda text: text + f", other={text.partition('=')[2]}",
    "the label twice": lambda text: text + f", {text}",
    "another label": lambda text: "x" + text,
    "no list": lambda text: "zt=1",
    "nothing": lambda text: "",
    "not ASCII": lambda text: text + "é",
    "a short nonce": lambda text: text.replace(NONCE, "n" * 15),
    "a long nonce": lambda text: text.replace(NONCE, "n" * 65),
}


@pytest.mark.parametrize("how", SPOILS)
def test_anything_else_than_the_profile_is_refused(how: str) -> None:
    fields = request()
    fields["signature-input"] = SPOILS[how](fields["signature-input"])
    with pytest.raises(BadMessage):
        read(fields)


RESIGNED = (
    "without @method",
    "without @target-uri",
    "without content-type",
    "without content-digest",
    "without created",
    "without expires",
    "without nonce",
    "without keyid",
    "without tag",
    "with @authority",
    "with another field",
    "an algorithm named",
    "a parameter more",
    "another tag",
    "a short nonce",
    "a long nonce",
)


@pytest.mark.parametrize("how", RESIGNED)
def test_it_is_refused_even_where_all_of_it_was_signed(how: str) -> None:
    """A department that signs something else has not signed this profile."""
    fields = request()
    said = SPOILS[how](fields["signature-input"])
    label, (components, parameters) = messages._only(said)
    more = {**fields, "date": "x", "@authority": "b.example"}
    signed = Signed(URI, more, BODY, None, label, tuple(components), parameters, b"")
    signature = str(http_sf.ser({label: (KEY.sign(signed.base), {})}))
    with pytest.raises(BadMessage):
        read({**fields, "signature-input": said, "signature": signature})


@pytest.mark.parametrize(
    ("made", "life", "read_at"),
    [
        (NOW, 60, NOW + 60),
        (NOW, 60, NOW + 3_600),
        (NOW + 6, 60, NOW),
        (NOW, 61, NOW),
        (NOW, 0, NOW),
        (NOW, -5, NOW),
    ],
)
def test_only_what_is_of_this_moment_is_taken(made: int, life: int, read_at: int) -> None:
    with pytest.raises(StaleMessage):
        read(request(now=made, life=life), now=read_at)


def test_a_clock_a_little_ahead_is_borne() -> None:
    assert read(request(now=NOW + 5)).stands(KEY.public)


@pytest.mark.parametrize("name", messages.FIELDS)
def test_a_field_is_there_once(name: str) -> None:
    lines = list(request().items())
    assert messages.fields_of(lines) == request() | dict(lines)
    with pytest.raises(BadMessage):
        messages.fields_of([*lines, (name.title(), "x")])
    with pytest.raises(BadMessage):
        messages.fields_of([line for line in lines if line[0] != name])


def test_nothing_compressed_is_taken() -> None:
    with pytest.raises(BadMessage):
        messages.fields_of([*request().items(), ("Content-Encoding", "gzip")])


@pytest.mark.parametrize("digest", ["sha-512=:AAAA:", "md5=:AAAA:", "sha-256=:AAAA:", "sha-256=1", "x"])
def test_another_digest_is_refused(digest: str) -> None:
    with pytest.raises(BadMessage):
        read(request() | {"content-digest": digest})


def test_another_media_type_is_refused() -> None:
    with pytest.raises(BadMessage):
        read(request() | {"content-type": "application/json"})


ASKED = read(request())
PLAIN = b"f.g.h.i.j"


def answer(
    of: Signed = ASKED, *, status: int = 200, key: SigningKey = ANSWERER, now: int = NOW + 1
) -> dict[str, str]:
    return messages.sign_answer(of, status, messages.SEALED, PLAIN, key=key, now=now)


def test_an_answer_stands_for_its_request() -> None:
    assert messages.read_answer(ASKED, 200, answer(), PLAIN, NOW + 2).stands(ANSWERER.public)


def test_an_answer_to_another_request_does_not_stand() -> None:
    """Not even to one of the same body: the answer is over the request's signature."""
    again = read(request())
    assert again.digest == ASKED.digest
    assert again.signature != ASKED.signature
    assert not messages.read_answer(again, 200, answer(), PLAIN, NOW + 2).stands(ANSWERER.public)


def test_an_answer_of_another_status_or_body_does_not_stand() -> None:
    assert not messages.read_answer(ASKED, 403, answer(), PLAIN, NOW + 2).stands(ANSWERER.public)
    with pytest.raises(BadMessage):
        messages.read_answer(ASKED, 200, answer(), PLAIN + b"x", NOW + 2)


@pytest.mark.parametrize("now", [NOW - 60, NOW + 60])
def test_an_answer_is_made_since_the_request(now: int) -> None:
    with pytest.raises(StaleMessage):
        messages.read_answer(ASKED, 200, answer(now=now), PLAIN, NOW + 2)


@pytest.mark.parametrize(
    "component",
    [
        '"@status" ',
        '"content-type" ',
        '"content-digest" ',
        '"@target-uri";req ',
        '"content-digest";req ',
        ' "signature";req;key="zt"',
    ],
)
def test_an_answer_that_covers_less_is_refused(component: str) -> None:
    fields = answer()
    assert component in fields["signature-input"]
    fields["signature-input"] = fields["signature-input"].replace(component, "", 1)
    with pytest.raises(BadMessage):
        messages.read_answer(ASKED, 200, fields, PLAIN, NOW + 2)


@dataclass
class Sent:
    """A request, as the library takes one."""

    method: str = "POST"
    url: str = URI
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": messages.SEALED})


@dataclass
class Got:
    """Its answer."""

    request: Sent
    headers: dict[str, str]
    status_code: int = 200


def keys(**public: SigningKey) -> MappingKeyResolver:
    return MappingKeyResolver(
        public_keys={key.public.thumbprint: key.public.imported for key in public.values()},
        private_keys={key.public.thumbprint: key.imported for key in public.values()},
    )


def moment(at: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at, datetime.UTC)


def test_what_a_library_of_others_signs_is_taken() -> None:
    sent = Sent()
    HTTPMessageSigner(signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=keys(a=KEY)).sign(
        sent,
        key_id=KEY.public.thumbprint,
        created=moment(NOW),
        expires=moment(NOW + 30),
        nonce=NONCE,
        tag=messages.TAG,
        include_alg=False,
        covered_component_ids=("@method", "@target-uri", "content-type"),
        body=BODY,
    )
    assert read(messages.fields_of(sent.headers.items())).stands(KEY.public)


def test_a_library_of_others_takes_what_is_signed_here() -> None:
    now = int(time.time())
    sent = Sent(headers=messages.sign_request(URI, BODY, key=KEY, nonce=NONCE, now=now))
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=keys(a=KEY, b=ANSWERER)
    )
    (found,) = verifier.verify(sent, expect_tag=messages.TAG, body=BODY)
    assert found.nonce == NONCE
    asked = messages.read_request(URI, sent.headers, BODY, now)
    fields = messages.sign_answer(asked, 200, messages.SEALED, PLAIN, key=ANSWERER, now=now)
    (found,) = verifier.verify(Got(sent, fields), expect_tag=messages.TAG, body=PLAIN)
    assert '"signature";req;key="zt"' in found.covered_components
    with pytest.raises(InvalidSignature):
        verifier.verify(Got(Sent(headers=request(now=now)), fields), expect_tag=messages.TAG, body=PLAIN)


def test_a_library_of_others_signs_answers_that_are_taken() -> None:
    got = Got(Sent(headers=request()), {"content-type": messages.SEALED})
    HTTPMessageSigner(signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=keys(b=ANSWERER)).sign(
        got,
        key_id=ANSWERER.public.thumbprint,
        created=moment(NOW),
        tag=messages.TAG,
        include_alg=False,
        covered_component_ids=(
            "@status",
            "content-type",
            '"@target-uri";req',
            '"content-digest";req',
            '"signature";req;key="zt"',
        ),
        body=PLAIN,
    )
    asked = read(got.request.headers)
    assert messages.read_answer(asked, 200, messages.fields_of(got.headers.items()), PLAIN, NOW).stands(
        ANSWERER.public
    )
