"""SM2 and SM3 are the standards: their printed examples, plain integers, the OpenSSL command line."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from registry import sm
from registry.sm import NoSm, Sm2Point, Sm2Scalar
from tests.suites import textbook

# GB/T 32918.5-2017, appendix A.2: the example of a signature on the recommended curve.
SECRET = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
PUBLIC = (
    0x09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020,
    0xCCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13,
)
Z = 0xB2E14C5C79C6DF5B85F4FE7ED8DB7A262B9DA7E07CCB0EA9F4747B8CCDA8A4F3
E = 0xF0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640
K = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
MESSAGE = b"message digest"

KEY = Sm2Scalar(SECRET.to_bytes(32))
secrets = st.integers(1, textbook.N - 2)


def raw(r: int, s: int) -> bytes:
    return r.to_bytes(32) + s.to_bytes(32)


def point(public: tuple[int, int]) -> Sm2Point:
    return Sm2Point(public[0].to_bytes(32), public[1].to_bytes(32))


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_gives_the_digests_that_its_standard_prints(message, digest):
    assert sm.sm3(message).hex() == digest  # GB/T 32905-2016, appendix A


def test_the_standards_example_holds_at_every_step_that_it_prints():
    assert textbook.identity_digest(PUBLIC, sm.ID) == Z.to_bytes(32)
    assert textbook.message_digest(PUBLIC, MESSAGE, sm.ID) == E
    assert textbook.sign(SECRET, K, MESSAGE, sm.ID) == (R, S)
    assert KEY.point == point(PUBLIC)
    assert point(PUBLIC).verify(raw(R, S), MESSAGE)


@settings(max_examples=12, deadline=None)
@given(secrets, secrets, st.binary(max_size=400))
def test_binding_and_plain_integers_accept_each_others_signatures(secret, nonce, message):
    key, public = Sm2Scalar(secret.to_bytes(32)), textbook.times(secret, textbook.G)
    assert public is not None and key.point == point(public)
    assert key.point.verify(raw(*textbook.sign(secret, nonce, message, sm.ID)), message)
    made = key.sign(message)
    assert textbook.verify(public, message, int.from_bytes(made[:32]), int.from_bytes(made[32:]), sm.ID)


def test_a_signature_under_another_identity_does_not_count():
    assert not KEY.point.verify(raw(*textbook.sign(SECRET, K, MESSAGE, b"ALICE123@YAHOO.COM")), MESSAGE)


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param(raw(0, S), id="r is 0"),
        pytest.param(raw(R, 0), id="s is 0"),
        pytest.param(raw(textbook.N, S), id="r is n"),
        pytest.param(raw(R, textbook.N), id="s is n"),
        pytest.param(raw(R, textbook.N - S), id="the other s, which ECDSA would take"),
        pytest.param(raw(R, textbook.N - R), id="r + s is n"),
        pytest.param(raw(S, R), id="r and s exchanged"),
        pytest.param(b"\xff" * 64, id="far beyond n"),
        pytest.param(raw(R, S)[:-1], id="a byte short"),
        pytest.param(raw(R, S) + b"\0", id="a byte long"),
        pytest.param(encode_dss_signature(R, S), id="DER"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_only_r_and_s_below_n_in_64_bytes_are_a_signature(signature):
    assert not KEY.point.verify(signature, MESSAGE)


def test_every_changed_bit_of_a_signature_shows_and_nothing_is_written_anywhere(capfd):
    good = KEY.sign(MESSAGE)
    for bit in range(0, 512, 7):
        changed = int.from_bytes(good) ^ 1 << bit
        assert not KEY.point.verify(changed.to_bytes(64), MESSAGE)
    assert not KEY.point.verify(good, MESSAGE + b"!")
    assert capfd.readouterr() == ("", "")


def test_threads_sign_and_verify_with_one_key_at_once():
    def good(number: int) -> bool:
        message = str(number).encode()
        made = KEY.sign(message)
        return KEY.point.verify(made, message) and not KEY.point.verify(made, message + b"!")

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(good, range(400)))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        pytest.param(PUBLIC[0], PUBLIC[1] + 1, id="beside the curve"),
        pytest.param(0, 0, id="zero"),
        pytest.param(PUBLIC[1], PUBLIC[0], id="exchanged"),
    ],
)
def test_what_is_no_point_of_the_curve_is_no_key(x, y):
    with pytest.raises(ValueError, match="point"):
        Sm2Point(x.to_bytes(32), y.to_bytes(32))


def test_a_coordinate_beyond_p_is_refused_even_where_it_is_a_point_modulo_p():
    for x in range(1, 40):
        square = x**3 + textbook.A * x + textbook.B
        y = pow(square, (textbook.P + 1) // 4, textbook.P)
        if (y * y - square) % textbook.P == 0:
            break
    assert Sm2Point(x.to_bytes(32), y.to_bytes(32))
    with pytest.raises(ValueError, match="point"):
        Sm2Point((x + textbook.P).to_bytes(32), y.to_bytes(32))


@pytest.mark.parametrize("secret", [0, textbook.N - 1, textbook.N, 2**256 - 1])
def test_a_scalar_that_no_signature_can_come_from_is_no_key(secret):
    with pytest.raises(ValueError, match="private"):
        Sm2Scalar(secret.to_bytes(32))


def test_a_key_does_not_show_its_scalar():
    assert f"{SECRET:x}"[:8] not in repr(KEY) and "3945" not in str(KEY)


def test_without_the_binding_a_key_is_still_a_key_and_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tongsuopy.crypto.asymciphers", None)
    sm._binding.cache_clear()
    try:
        key = point(PUBLIC)
        with pytest.raises(NoSm, match="pip install tongsuopy") as refused:
            key.verify(raw(R, S), MESSAGE)
        assert "国密" in refused.value.zh
        with pytest.raises(NoSm):
            Sm2Scalar(SECRET.to_bytes(32)).sign(MESSAGE)
    finally:
        sm._binding.cache_clear()


def test_the_module_loads_no_binding_by_itself():
    loaded = "import sys, registry.sm; print([name for name in sys.modules if 'tongsuo' in name])"
    run = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def openssl_has_sm2() -> bool:
    if shutil.which("openssl") is None:
        return False
    curves = subprocess.run(
        ["openssl", "ecparam", "-list_curves"], capture_output=True, text=True, check=False
    )
    return "SM2" in curves.stdout


openssl = pytest.mark.skipif(not openssl_has_sm2(), reason="no openssl command here that has SM2")
AS_SM2 = ("-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{sm.ID.decode()}")


def run(*arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=check)


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    """The standard's key as OpenSSL reads it (RFC 5915, the curve's OID of GM/T 0006)."""
    key = bytes.fromhex("0420") + SECRET.to_bytes(32)
    curve = bytes.fromhex("a00a06082a811ccf5501822d")
    body = bytes.fromhex("020101") + key + curve
    (tmp_path / "key.der").write_bytes(bytes([0x30, len(body)]) + body)
    run("pkey", "-inform", "DER", "-in", tmp_path / "key.der", "-out", tmp_path / "key.pem")
    return tmp_path / "key.pem"


@openssl
@pytest.mark.parametrize("message", [MESSAGE, "统一社会信用代码".encode() * 90, b"\0"])
def test_openssl_signs_what_we_accept_and_accepts_what_we_sign(pem, tmp_path, message):
    document, signature, public = (tmp_path / name for name in ("message", "signature", "public.pem"))
    document.write_bytes(message)
    run("pkeyutl", "-sign", "-inkey", pem, "-in", document, "-out", signature, *AS_SM2)
    assert KEY.point.verify(raw(*decode_dss_signature(signature.read_bytes())), message)

    run("pkey", "-in", pem, "-pubout", "-out", public)
    made = KEY.sign(message)
    for text, accepted in ((message, True), (message + b"!", False)):
        document.write_bytes(text)
        signature.write_bytes(encode_dss_signature(int.from_bytes(made[:32]), int.from_bytes(made[32:])))
        verified = run(
            "pkeyutl", "-verify", "-pubin", "-inkey", public, "-in", document, "-sigfile", signature, *AS_SM2,
            check=False,
        )  # fmt: skip
        assert (verified.returncode == 0) is accepted, verified


@openssl
def test_openssl_gives_the_same_sm3(tmp_path):
    (tmp_path / "message").write_bytes(MESSAGE * 50)
    digest = run("dgst", "-sm3", "-binary", tmp_path / "message").stdout
    assert sm.sm3(MESSAGE * 50) == digest
