import json
from contextlib import suppress

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from registry import b64, jcs

NAMES = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
DATA = st.recursive(
    TEXTS | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(DATA)
def test_what_we_make_is_what_rfc_8785_asks_for(value):
    assert jcs.dumps(value) == rfc8785.dumps(value)


@given(DATA)
def test_canonical_json_reads_back(value):
    assert jcs.loads(jcs.dumps(value), depth=50) == value


@pytest.mark.parametrize(
    "text", [b'{"a":1,"a":1}', b'[{"b":{"a":1,"\\u0061":2}}]', b'{"a":1, "a":' + b"9" * 5000 + b"}"]
)
def test_a_name_twice_in_an_object_is_refused(text):
    """Readers differ in which of the two they take (RFC 8259, section 4)."""
    with pytest.raises(jcs.BadJson):
        jcs.loads(text)


@pytest.mark.parametrize("text", [b'[{"a":1},{"a":1}]', b'{"a":{"a":1}}', b' { "b" : 1.50, "a" : [] } '])
def test_a_name_in_several_objects_is_read(text):
    assert jcs.loads(text) == json.loads(text)


@pytest.mark.parametrize(
    "text", [b"", b"{", b"nan", b'{"a":NaN}', b"\xff", b'"\xff"', b"[1,]", b"[" * 200_000]
)
def test_what_is_no_json_is_refused(text):
    with pytest.raises(jcs.BadJson):
        jcs.loads(text)


def test_sixteen_levels_are_read_and_seventeen_are_not():
    assert jcs.loads(b"[" * 16 + b"]" * 16)
    with pytest.raises(jcs.BadJson):
        jcs.loads(b"[" * 17 + b"]" * 17)
    with pytest.raises(jcs.BadJson):
        jcs.loads(b'{"a":' * 17 + b"1" + b"}" * 17)


@given(st.binary(max_size=100))
def test_base64url_reads_back(data):
    assert b64.decode(b64.encode(data)) == data


@given(st.binary(min_size=1, max_size=40), st.integers(0, 60), st.sampled_from("+/= \n\t.~é😀A_-"))
def test_bytes_have_one_text_only(data, place, character):
    text = b64.encode(data)
    place %= len(text)
    for changed in (
        text[:place] + character + text[place + 1 :],
        text[:place] + character + text[place:],
        text + character,
    ):
        if changed != text:
            with suppress(b64.BadBase64):
                assert b64.decode(changed) != data


@pytest.mark.parametrize(
    "text", ["A", "AB=", "AA==", "AB", "AAB", "+A", "a/8", "AA A", "AA\n", "ＡＡ", "A" * 5]
)
def test_loose_base64url_is_refused(text):
    with pytest.raises(b64.BadBase64):
        b64.decode(text)
