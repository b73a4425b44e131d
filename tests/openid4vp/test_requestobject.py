"""Requests as they travel: who asks is who signed, and a wallet reads no other."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from registry import b64, dcql, requestobject, signing, transactiondata
from registry.authority.ca import CertificateAuthority, make_ca_certificate
from registry.errors import RegistryError
from registry.requestobject import BadRequestObject, Key, Keys, Metadata, RequestObject
from registry.signing import SigningKey
from registry.transactiondata import BadTransactionData

NOW = 1_795_492_800
ASKER = SigningKey.generate()
ANSWERS = SigningKey.generate()
RESPONSE = "https://verifier.example/responses/1"
QUERY = {"credentials": [{"id": "p", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:t"]}}]}


def certified(key, origin="https://verifier.example"):
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = CertificateAuthority(ca_key, make_ca_certificate(ca_key, "CA", NOW))
    return ca.certify(key.public.imported, code="X", name="Verifier", origins=[origin], now=NOW)


X5C = certified(ASKER)


def request(prefix="x509_hash"):
    return RequestObject(
        client_id=requestobject.client_id(prefix, x5c=X5C, response_uri=RESPONSE),
        response_uri=RESPONSE,
        response_mode="direct_post.jwt",
        nonce="n",
        state="s",
        dcql_query=dcql.parse(QUERY),
        client_metadata=Metadata(
            jwks=Keys(keys=(Key.of(ANSWERS.public),)),
            encrypted_response_enc_values_supported=("A256GCM", "A128GCM"),
            vp_formats_supported=requestobject.FORMATS,
        ),
        iat=NOW,
        exp=NOW + 300,
    )


def signed(payload=None, key=ASKER, header=None, **changed):
    made = request().members() | {"aud": requestobject.AUDIENCE} | changed
    made = {name: value for name, value in made.items() if value is not None}
    return signing.sign_jws({"typ": requestobject.TYPE, "x5c": X5C} | (header or {}), payload or made, key)


@pytest.mark.parametrize("prefix", ["x509_hash", "x509_san_dns"])
def test_a_signed_request_reads_back_with_its_signer(prefix):
    asked = request(prefix)
    found = requestobject.read(
        requestobject.sign(asked, key=ASKER, x5c=X5C), now=NOW, client_id=asked.client_id
    )
    assert found.request == asked
    assert found.signer == ASKER.public
    assert found.request.encryption_key.jwk["kid"] == ANSWERS.public.thumbprint
    assert found.request.encryption == "A256GCM"


def test_an_unsigned_request_travels_as_parameters_and_shows_no_signer():
    asked = request("redirect_uri")
    found = requestobject.read_parameters(requestobject.parameters(asked))
    assert found.signer is None
    assert found.request.dcql_query == asked.dcql_query
    elsewhere = requestobject.parameters(asked) | {"response_uri": "https://elsewhere.example/"}
    with pytest.raises(BadRequestObject):
        requestobject.read_parameters(elsewhere)


def test_nobody_asks_in_anothers_name():
    thief = SigningKey.generate()
    with pytest.raises(BadRequestObject):
        requestobject.read(signed(key=thief), now=NOW)
    with pytest.raises(BadRequestObject) as refused:
        requestobject.read(signed(key=thief, header={"x5c": certified(thief)}), now=NOW)
    assert refused.value.error == "invalid_client"


def test_a_host_may_be_named_only_by_its_own_certificate_and_answered_at_itself():
    named = "x509_san_dns:verifier.example"
    requestobject.read(signed(client_id=named), now=NOW)
    for wrong in (
        {"client_id": "x509_san_dns:other.example", "response_uri": "https://other.example/"},
        {"client_id": named, "response_uri": "https://other.example/"},
        {"client_id": "redirect_uri:" + RESPONSE},
        {"client_id": "verifier.example"},
    ):
        with pytest.raises(BadRequestObject):
            requestobject.read(signed(**wrong), now=NOW)
    with pytest.raises(BadRequestObject):
        requestobject.client_id("x509_san_dns", x5c=X5C, response_uri="https://other.example/")


@pytest.mark.parametrize(
    "wrong",
    [
        {"response_type": "code"},
        {"response_mode": "fragment"},
        {"response_uri": None},
        {"redirect_uri": RESPONSE},
        {"nonce": None},
        {"nonce": ""},
        {"dcql_query": None},
        {"dcql_query": {"credentials": []}},
        {"client_metadata": None},
        {"client_metadata": {"jwks": {"keys": []}}},
        {"client_metadata": {"jwks": {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}}},
        {"aud": "https://somebody.else"},
        {"exp": NOW - 61},
    ],
)
def test_a_request_that_lacks_something_is_refused(wrong):
    with pytest.raises(BadRequestObject):
        requestobject.read(signed(**wrong), now=NOW)


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"alg": "none"},
        {"alg": "HS256"},
        {"crit": ["exp"]},
        {"x5c": None},
        {"x5c": []},
        {"x5c": ["AAAA"]},
        {"x5c": [1]},
    ],
)
def test_a_header_that_is_not_the_profiles_is_refused(header):
    with pytest.raises(BadRequestObject):
        requestobject.read(signed(header=header), now=NOW)


def test_a_certificate_out_of_force_names_nobody():
    with pytest.raises(BadRequestObject):
        requestobject.read(signed(iat=None, exp=None), now=NOW + 7 * 365 * 86_400)


def test_a_wallet_that_sent_a_nonce_takes_no_request_without_it():
    requestobject.read(signed(wallet_nonce="w"), now=NOW, wallet_nonce="w")
    for nonce in (None, "other"):
        with pytest.raises(BadRequestObject):
            requestobject.read(signed(wallet_nonce=nonce), now=NOW, wallet_nonce="w")


def test_the_link_and_the_request_name_the_same_verifier():
    with pytest.raises(BadRequestObject):
        requestobject.read(signed(), now=NOW, client_id="x509_hash:other")


def test_members_that_are_not_known_are_passed_over():
    requestobject.read(signed(iss="x", verifier_info=[{"format": "jwt", "data": "x"}], new=1), now=NOW)


def test_transaction_data_read_back_and_belong_to_what_is_asked():
    text = transactiondata.encode("urn:zt:consent", ["p"], {"matter": "过户"})
    assert transactiondata.members(text)["matter"] == "过户"
    found = requestobject.read(signed(transaction_data=[text]), now=NOW)
    assert found.request.transaction_data == (text,)
    for wrong in (transactiondata.encode("t", ["q"], {}), "AAAA", ""):
        with pytest.raises(BadRequestObject) as refused:
            requestobject.read(signed(transaction_data=[wrong]), now=NOW)
        assert refused.value.error == "invalid_transaction_data"


@pytest.mark.parametrize(
    "members",
    [
        {"type": "", "credential_ids": ["p"]},
        {"type": "t", "credential_ids": []},
        {"type": "t", "credential_ids": "p"},
        {"type": "t", "credential_ids": ["p"], "transaction_data_hashes_alg": ["sha-512"]},
        {"credential_ids": ["p"]},
    ],
)
def test_transaction_data_that_lack_something_are_refused(members):
    with pytest.raises(BadTransactionData):
        transactiondata.parse(b64.encode(json.dumps(members).encode()))


@given(st.text(max_size=50))
def test_any_text_is_refused_in_one_way(text):
    for read in (text, f"{text}.{text}.{text}", signed({"dcql_query": text})):
        with pytest.raises(BadRequestObject):
            requestobject.read(read, now=NOW)
    with pytest.raises(RegistryError):
        requestobject.read_parameters({"client_id": text, "dcql_query": text})
