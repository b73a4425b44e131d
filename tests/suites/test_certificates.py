"""The authority's CA on P-256 certifies an SM2 key, in a way that tools which know the curve can read."""

import shutil
import subprocess
from base64 import b64decode, b64encode
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from registry import certificatechain, requestobject, signing
from registry.authority.ca import CertificateAuthority, make_ca_certificate
from registry.certificatechain import BadChain
from registry.requestobject import BadRequestObject
from registry.signing import PublicKey, SigningKey
from registry.suites import ES256, SM
from registry.walletanswers import authority_key

NOW = 1_795_492_800
CODE = "11440101007499999X"


@pytest.fixture(scope="module")
def ca():
    key = ec.generate_private_key(ec.SECP256R1())
    return CertificateAuthority(key, make_ca_certificate(key, "证通 CA", NOW))


def certified(ca, key, name="某市公安局"):
    (der,) = ca.certify(key, code=CODE, name=name, origins=["http://localhost:8000"], now=NOW)
    return x509.load_der_x509_certificate(b64decode(der))


def test_it_is_the_certificate_of_a_p256_key_in_everything_but_the_key(ca):
    keys = [SigningKey.generate(suite).public for suite in (ES256, SM)]
    first, second = (certified(ca, key) for key in keys)
    second.verify_directly_issued_by(x509.load_der_x509_certificate(ca.certificate))
    assert (first.subject, first.issuer) == (second.subject, second.issuer)
    assert first.not_valid_after_utc == second.not_valid_after_utc
    assert [each.oid for each in first.extensions] == [each.oid for each in second.extensions]
    assert first.tbs_certificate_bytes.count(keys[0].spki) == 1
    assert second.tbs_certificate_bytes.count(keys[1].spki) == 1
    identifiers = [
        each.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        for each in (first, second)
    ]
    assert identifiers[0] == x509.SubjectKeyIdentifier.from_public_key(keys[0].imported).digest
    assert identifiers[0] != identifiers[1]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not here")
@pytest.mark.parametrize("name", ["局", "某市市场监督管理局" * 7], ids=["short", "long"])
def test_openssl_follows_it_to_the_ca_and_finds_the_very_key(ca, tmp_path, name):
    key = SigningKey.generate(SM).public
    (tmp_path / "leaf.pem").write_bytes(certified(ca, key, name).public_bytes(Encoding.PEM))
    root = x509.load_der_x509_certificate(ca.certificate)
    (tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))

    def openssl(*arguments):
        return subprocess.run(["openssl", *arguments], cwd=tmp_path, capture_output=True, check=True).stdout

    assert b"OK" in openssl("verify", "-attime", str(NOW), "-CAfile", "root.pem", "leaf.pem")
    openssl("x509", "-in", "leaf.pem", "-noout", "-pubkey", "-out", "key.pem")
    assert openssl("pkey", "-pubin", "-in", "key.pem", "-outform", "DER") == key.spki
    assert b"id-ecPublicKey" in openssl("x509", "-in", "leaf.pem", "-noout", "-text")


def test_a_p256_key_may_come_as_its_library_has_it(ca):
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    assert PublicKey(certified(ca, key).public_key()) == PublicKey(key)


class TestStrangers:
    """Certificates come from anybody, in attestations, requests and answers."""

    def chains(self, ca):
        """A certificate for a key on SM2, and one for P-256 with every byte that was signed changed once."""
        yield b64encode(certified(ca, SigningKey.generate(SM).public).public_bytes(Encoding.DER)).decode()
        genuine = certified(ca, SigningKey.generate().public)
        der, signed = genuine.public_bytes(Encoding.DER), genuine.tbs_certificate_bytes
        start = der.index(signed)
        for at in range(start, start + len(signed)):
            changed = der[:at] + bytes([der[at] ^ (1 << at % 8)]) + der[at + 1 :]
            yield b64encode(changed).decode()

    def test_none_leads_to_the_ca(self, ca):
        for text in self.chains(ca):
            with pytest.raises(BadChain):
                certificatechain.leaf_key([text], ca.certificate, NOW)

    def test_no_chain_is_followed_through_them(self, ca):
        leaf = b64encode(certified(ca, SigningKey.generate().public).public_bytes(Encoding.DER)).decode()
        for text in self.chains(ca):
            with pytest.raises(BadChain):
                certificatechain.leaf_key([leaf, text], ca.certificate, NOW)

    def test_a_request_with_one_is_refused_or_its_signature_does_not_stand(self, ca):
        key = SigningKey.generate()
        for text in self.chains(ca):
            request = signing.sign_jws({"typ": requestobject.TYPE, "x5c": [text]}, {}, key)
            with pytest.raises(BadRequestObject):
                requestobject.read(request, now=NOW)

    def test_a_presentation_with_one_names_an_authority_or_none(self, ca):
        for text in self.chains(ca):
            assert isinstance(authority_key(text), str | None)

    def test_extensions_that_no_library_reads_name_nobody(self):
        named = x509.SubjectAlternativeName([x509.DNSName("verifier.example")])
        key = ec.generate_private_key(ec.SECP256R1())
        der = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(x509.Name([]))
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(datetime(2026, 1, 1))
            .not_valid_after(datetime(2027, 1, 1))
            .add_extension(named, critical=False)
            .add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.18"), b"\x30\x00"), False)
            .sign(key, hashes.SHA256())
            .public_bytes(Encoding.DER)
        )
        twice = der.replace(bytes.fromhex("0603551d12"), bytes.fromhex("0603551d11"))
        assert requestobject._names(x509.load_der_x509_certificate(der)) == ["verifier.example"]
        assert requestobject._names(x509.load_der_x509_certificate(twice)) == []
        assert authority_key(b64encode(twice).decode()) is None
