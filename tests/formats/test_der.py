import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from registry import der
from registry.signing import SigningKey
from tests.formats.world import certified

KEY = SigningKey.from_secret(b"\x09" * 32)
CERTIFICATE = base64.b64decode(certified(KEY)[0])


def test_it_is_the_key_that_a_real_reader_finds():
    found = x509.load_der_x509_certificate(CERTIFICATE).public_key()
    spki = found.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert der.public_key_info(CERTIFICATE) == spki == KEY.public.spki


@pytest.mark.parametrize(
    "data",
    [
        b"",
        CERTIFICATE[:-1],
        CERTIFICATE + b"\0",
        CERTIFICATE[4:],
        b"\x31" + CERTIFICATE[1:],
        b"\x30\x80" + CERTIFICATE[4:],
        b"\x30\xff" + b"\xff" * 127,
        KEY.public.spki,
    ],
)
def test_what_has_no_such_outline_is_refused(data):
    with pytest.raises(ValueError, match=r".*"):
        der.public_key_info(data)


@given(st.binary(max_size=80), st.integers(0, len(CERTIFICATE)))
def test_any_bytes_are_read_or_refused_with_that_error(data, at):
    for each in (data, CERTIFICATE[:at] + data + CERTIFICATE[at + len(data) :]):
        try:
            der.public_key_info(each)
        except ValueError:
            continue
