"""A wallet that answers verifiers: what it shows, to whom, bound to what; and what it does not answer."""

import json
from typing import Any

import httpx
import pybase64
import pytest
from cryptography import x509

from registry import b64, credential, requestobject, transactiondata, verification
from registry.credential import Kind
from registry.fetching import BadAnswer
from registry.requestobject import BadRequestObject
from registry.signing import SigningKey, Use
from registry.verification import Expected
from tests.api.town import HOUSING, POLICE, Town
from tests.wallet.asking import ADDRESS, Verifier, certified
from tests.wallet.conftest import Authority, claim
from wallet.answering import CONSENT, Answering, NothingFits, UnknownTransaction
from wallet.claiming import Claiming
from wallet.exchange import VerifierRefused
from wallet.keyfile import WalletFile


def asks_for(town: Town, *claims: Any, id: str = "id", alias: str = "resident_identity", **more: Any) -> Any:
    """A credential query for a type of the town. claims: names, or claim queries."""
    definition = town.definition(alias)
    vct = credential.type_uri(town.origin, definition.type, definition.version)
    wanted = [each if isinstance(each, dict) else {"path": [each]} for each in claims]
    query = {"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}, **more}
    return query | ({"claims": wanted} if wanted else {})


def query(*credentials: Any, **more: Any) -> dict[str, Any]:
    return {"credentials": list(credentials), **more}


def answering(town: Town, http: httpx.Client, wallet: WalletFile, verifier: Verifier) -> Answering:
    return Answering(wallet, verifier.among(http), lambda: town.now)


def answered(town: Town, http: httpx.Client, wallet: WalletFile, verifier: Verifier, by: str = "get") -> Any:
    """What the verifier was told."""
    made = answering(town, http, wallet, verifier)
    made.send(made.consider(made.read(verifier.link(by=by))))
    (said,) = verifier.said
    return said


@pytest.fixture
def driving(town: Town, http: httpx.Client, wallet: WalletFile, authority: Authority) -> str:
    """A second certificate in the wallet."""
    assert town.services is not None
    certificate_id = town.issue(POLICE, "driving_licence", town.driving_row(7))
    town.anchor(POLICE)
    offer = town.services.sharing.offer(POLICE, certificate_id, made_by="clerk 7", seen="card")
    Claiming(wallet, http, lambda: town.now).claim(offer.link(town.origin), offer.pin)
    return certificate_id


@pytest.mark.parametrize("mode", ["direct_post.jwt", "direct_post"])
@pytest.mark.parametrize(
    ("prefix", "by"),
    [
        ("x509_hash", "get"), ("x509_hash", "post"), ("x509_hash", "value"), ("x509_san_dns", "get"),
        ("redirect_uri", "parameters"),
    ],
)  # fmt: skip
def test_what_it_shows_is_valid_for_that_verifier_and_says_no_more_than_was_asked(
    town: Town, http: httpx.Client, wallet: WalletFile, prefix: str, by: str, mode: str
) -> None:
    verifier = Verifier(query(asks_for(town, "name", "age_over_18")), prefix=prefix, mode=mode)
    said = answered(town, http, wallet, verifier, by)
    assert said["state"] == "its state"
    (shown,) = said["vp_token"]["id"]
    expected = Expected(frozenset({Kind.REQUEST}), verifier.client_id, "a nonce of the verifier")
    report = verification.verify(shown, town.trust(), expected, town.now)
    assert report.verdict == "valid"
    assert report.claims.keys() == {"name", "age_over_18"}


def test_one_request_is_answered_with_several_certificates(
    town: Town, http: httpx.Client, wallet: WalletFile, driving: str
) -> None:
    wanted = query(
        asks_for(town, "citizen_number"),
        asks_for(town, "vehicle_class", id="drives", alias="driving_licence"),
    )
    said = answered(town, http, wallet, Verifier(wanted))
    shown = {id: credential.parse(each[0]).claims for id, each in said["vp_token"].items()}
    assert shown["drives"] == {"vehicle_class": "C1"}
    assert shown["id"].keys() == {"citizen_number"}


def test_of_alternatives_it_takes_the_one_it_has_and_what_is_optional_only_when_told(
    town: Town, http: httpx.Client, wallet: WalletFile, driving: str
) -> None:
    wanted = query(
        asks_for(town, "company_name", id="trades", alias="business_licence"),
        asks_for(town, "name"),
        asks_for(town, "vehicle_class", id="drives", alias="driving_licence"),
        credential_sets=[{"options": [["trades"], ["id"]]}, {"options": [["drives"]], "required": False}],
    )
    assert answered(town, http, wallet, Verifier(wanted))["vp_token"].keys() == {"id"}
    verifier = Verifier(wanted)
    made = answering(town, http, wallet, verifier)
    made.send(made.consider(made.read(verifier.link())), optional=True)
    assert verifier.said[0]["vp_token"].keys() == {"id", "drives"}


def test_what_it_does_not_have_or_may_not_use_is_said_to_the_holder_alone(
    town: Town, http: httpx.Client, wallet: WalletFile
) -> None:
    no_such_value = asks_for(town, {"path": ["sex"], "values": ["其他"]})
    for wanted in (asks_for(town, "vehicle_class", alias="driving_licence"), no_such_value):
        verifier = Verifier(query(wanted))
        made = answering(town, http, wallet, verifier)
        with pytest.raises(NothingFits):
            made.consider(made.read(verifier.link()))
        assert verifier.said == []
    verifier = Verifier(query(asks_for(town, "name")))
    made = answering(town, http, wallet, verifier)
    with pytest.raises(NothingFits):
        made.consider(made.read(verifier.link()), only=["another certificate"])
    town.now += 31 * 86_400
    with pytest.raises(NothingFits):
        made.consider(requestobject.read(verifier.signed(exp=None), now=town.now))


def test_an_issuer_can_be_asked_for_by_its_ca(town: Town, http: httpx.Client, wallet: WalletFile) -> None:
    header = credential.parse(wallet.content.held[0].credential).header
    leaf = x509.load_der_x509_certificate(pybase64.b64decode(header.x5c[0]))
    above = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert above is not None
    for identifier, fits in ((above, True), (b"another", False)):
        authorities = [{"type": "aki", "values": [b64.encode(identifier)]}]
        verifier = Verifier(query(asks_for(town, "name", trusted_authorities=authorities)))
        made = answering(town, http, wallet, verifier)
        if fits:
            made.consider(made.read(verifier.link()))
        else:
            with pytest.raises(NothingFits):
                made.consider(made.read(verifier.link()))


def test_it_says_who_asks_before_it_sends(
    town: Town, http: httpx.Client, wallet: WalletFile, authority: Authority
) -> None:
    signer = town.runtime.ring.signing(HOUSING)
    key, thief = next(each.key for each in signer if each.uses & Use.REQUESTS), SigningKey.generate()
    x5c = town.trust().issuers[HOUSING].keys[key.public.thumbprint].x5c[0]
    wanted = query(asks_for(town, "name"))
    for verifier, known, name in (
        (Verifier(wanted, key=key, x5c=list(x5c)), True, "Housing"),
        (Verifier(wanted, key=thief, x5c=certified(thief, "Housing")), False, "Housing"),
        (Verifier(wanted, prefix="redirect_uri"), False, ""),
    ):
        made = answering(town, http, wallet, verifier)
        read = made.read(verifier.link(by="parameters" if not name else "get"))
        asking = made.verifier(read)
        assert (asking.known, asking.en) == (known, name)
        assert made.consider(read).host == "verifier.example"
        assert verifier.said == []


def test_it_says_what_would_be_shown(town: Town, http: httpx.Client, wallet: WalletFile) -> None:
    verifier = Verifier(query(asks_for(town, "name", "birth_date", "iss")))
    made = answering(town, http, wallet, verifier)
    asked = made.consider(made.read(verifier.link()))
    (showing,) = asked.showings
    assert str(showing.names.name) == "居民身份证 Resident identity card"
    assert showing.claims == ("name", "birth_date")
    assert asked.expires == town.now + 300


def test_a_request_fetched_by_post_answers_this_wallets_nonce(
    town: Town, http: httpx.Client, wallet: WalletFile
) -> None:
    verifier = Verifier(query(asks_for(town, "name")))
    answering(town, http, wallet, verifier).read(verifier.link(by="post"))
    ((method, form),) = verifier.fetched
    assert method == "POST" and len(form["wallet_nonce"]) >= 22
    assert "dc+sd-jwt" in json.loads(form["wallet_metadata"])["vp_formats_supported"]
    for stale in ("of another fetch", None):
        verifier.changed = {"wallet_nonce": stale}
        with pytest.raises(BadRequestObject):
            answering(town, http, wallet, verifier).read(verifier.link(by="post"))


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://another.example"}, {"exp": 1}, {"nonce": None}, {"response_uri": None},
        {"response_mode": "fragment"}, {"response_type": "code"}, {"dcql_query": {"credentials": []}},
        {"client_id": "x509_san_dns:another.example"}, {"client_id": "verifier.example"},
        {"client_metadata": {"jwks": {"keys": []}}}, {"redirect_uri": ADDRESS},
        {"client_metadata": {"vp_formats_supported": {"mso_mdoc": {}}}, "response_mode": "direct_post"},
    ],
)  # fmt: skip
def test_a_request_that_is_not_in_order_is_not_answered(
    town: Town, http: httpx.Client, wallet: WalletFile, changed: dict[str, Any]
) -> None:
    verifier = Verifier(query(asks_for(town, "name")), changed=changed)
    with pytest.raises(BadRequestObject):
        answering(town, http, wallet, verifier).read(verifier.link())
    assert verifier.said == []


def test_a_link_that_says_a_thing_twice_or_names_another_verifier_is_none(
    town: Town, http: httpx.Client, wallet: WalletFile
) -> None:
    verifier = Verifier(query(asks_for(town, "name")))
    link = verifier.link()
    for bad in (
        link + "&client_id=another",
        link.replace("?", "?client_id=another&"),
        link.replace("x509_hash", "x509_san_dns"),
        link + "&request=a.b.c",
        link + "&request_uri_method=put",
        "openid4vp://?request_uri=" + ADDRESS,
        "openid4vp://",
    ):
        with pytest.raises(BadRequestObject):
            answering(town, http, wallet, verifier).read(bad)
    verifier.content_type = "text/html"
    with pytest.raises(BadAnswer):
        answering(town, http, wallet, verifier).read(link)


def test_the_holder_agrees_to_what_was_shown(town: Town, http: httpx.Client, wallet: WalletFile) -> None:
    text = transactiondata.encode(CONSENT, ["id"], {"matter": "过户 transfer of a flat"})
    verifier = Verifier(query(asks_for(town, "name")), transaction_data=(text,))
    made = answering(town, http, wallet, verifier)
    asked = made.consider(made.read(verifier.link()))
    assert asked.agreeing == ({"matter": "过户 transfer of a flat"},)
    made.send(asked)
    binding = credential.parse(verifier.said[0]["vp_token"]["id"][0]).binding
    assert binding is not None
    assert binding.payload.transaction_data_hashes == (transactiondata.digest(text),)


@pytest.mark.parametrize(
    "text",
    [
        transactiondata.encode("urn:another:payment", ["id"], {"amount": "100"}),
        transactiondata.encode(CONSENT, ["id"], {}),
        transactiondata.encode(CONSENT, ["id"], {"matter": {"hidden": "deep"}}),
        transactiondata.encode(CONSENT, ["nobody"], {"matter": "过户"}),
        "AAAA",
    ],
)
def test_what_cannot_be_shown_is_not_agreed_to(
    town: Town, http: httpx.Client, wallet: WalletFile, text: str
) -> None:
    verifier = Verifier(query(asks_for(town, "name")), transaction_data=(text,))
    made = answering(town, http, wallet, verifier)
    with pytest.raises((UnknownTransaction, BadRequestObject)):
        made.consider(made.read(verifier.link()))
    assert verifier.said == [{"error": "invalid_transaction_data", "state": "its state"}]


def test_a_no_says_nothing_else(town: Town, http: httpx.Client, wallet: WalletFile) -> None:
    verifier = Verifier(query(asks_for(town, "name")), redirect=f"{ADDRESS}/bye")
    made = answering(town, http, wallet, verifier)
    assert made.refuse(made.read(verifier.link())) == f"{ADDRESS}/bye"
    assert verifier.said == [{"error": "access_denied", "state": "its state"}]


def test_the_newest_credential_of_a_certificate_is_shown(
    town: Town, http: httpx.Client, wallet: WalletFile
) -> None:
    claim(town, http, wallet, 8)
    verifier = Verifier(query(asks_for(town, "name", multiple=True)))
    said = answered(town, http, wallet, verifier)
    ids = [credential.parse(each).payload.core.certificate_id for each in said["vp_token"]["id"]]
    assert len(ids) == len(set(ids)) == 2


def test_a_verifier_that_refuses_is_named_by_its_error(
    town: Town, http: httpx.Client, wallet: WalletFile
) -> None:
    verifier = Verifier(query(asks_for(town, "name")))
    made = answering(town, http, wallet, verifier)
    asked = made.consider(made.read(verifier.link()))
    refusing = httpx.MockTransport(lambda _: httpx.Response(400, json={"error": "invalid_request"}))
    late = Answering(wallet, httpx.Client(transport=refusing), lambda: town.now)
    with pytest.raises(VerifierRefused, match="Have them ask again") as refused:
        late.send(asked)
    assert refused.value.code == "invalid_request"
