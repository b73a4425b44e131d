"""Certificates of issuers' keys."""

from base64 import b64decode

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from registry.authority.ca import CertificateAuthority, make_ca_certificate

NOW = 1_800_000_000
CODE = "11440101007499999X"


def authority() -> CertificateAuthority:
    key = ec.generate_private_key(ec.SECP256R1())
    return CertificateAuthority(key, make_ca_certificate(key, "证通 CA", NOW))


def certified(ca: CertificateAuthority, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    (der,) = ca.certify(
        key.public_key(), code=CODE, name="某市公安局", origins=["http://localhost:8000"], now=NOW
    )
    return x509.load_der_x509_certificate(b64decode(der))


def test_an_issuer_certificate_is_signed_by_the_ca_and_names_the_issuer() -> None:
    ca, key = authority(), ec.generate_private_key(ec.SECP256R1())
    certificate = certified(ca, key)
    certificate.verify_directly_issued_by(x509.load_der_x509_certificate(ca.certificate))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert certificate.public_key() == key.public_key()
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [
        f"http://localhost:8000/issuers/{CODE}"
    ]
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_IDENTIFIER)[0].value == CODE


def test_an_issuer_certificate_certifies_nothing_further() -> None:
    certificate = certified(authority(), ec.generate_private_key(ec.SECP256R1()))
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign


def test_another_ca_of_the_same_name_did_not_sign_it() -> None:
    certificate = certified(authority(), ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(InvalidSignature):
        certificate.verify_directly_issued_by(x509.load_der_x509_certificate(authority().certificate))
