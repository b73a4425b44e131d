"""What everybody reads: metadata, keys, trust files, links, the OpenAPI document."""

import hashlib
from collections.abc import Callable

import httpx
import pybase64
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry import b64, credential
from registry.pictures import draw
from registry.signing import PublicKey
from tests.api.test_claims import Wallet, offered
from tests.api.town import ORIGIN, POLICE, Town
from wallet import presenting
from wallet.claiming import Claiming
from wallet.keyfile import WalletFile

NewWallet = Callable[[str], WalletFile]


def held_by(town: Town, http: httpx.Client, wallet: WalletFile) -> WalletFile:
    offer = offered(town, town.citizen())
    Claiming(wallet, http, lambda: town.now).claim(offer.link(ORIGIN), offer.pin)
    return wallet


def test_a_third_party_finds_type_and_keys_where_the_credential_says(town: Town, http: httpx.Client) -> None:
    offer = offered(town, town.citizen())
    wallet = Wallet(town, http).start(offer)
    said = wallet.claim(offer, [wallet.key_proof(wallet.nonce())]).json()
    parsed = credential.parse(said["credentials"][0]["credential"])
    metadata = http.get(parsed.payload.vct.removeprefix(ORIGIN))
    digest = pybase64.b64encode(hashlib.sha256(metadata.content).digest()).decode()
    assert parsed.payload.integrity == f"sha256-{digest}"
    assert metadata.json()["vct"] == parsed.payload.vct
    assert {claim["path"][0] for claim in metadata.json()["claims"]} >= set(parsed.claims)
    keys = http.get(f"/.well-known/jwt-vc-issuer/issuers/{POLICE}").json()
    assert keys["issuer"] == parsed.payload.iss
    jwk = next(key for key in keys["jwks"]["keys"] if key["kid"] == parsed.header.kid)
    assert credential.verify_signature(parsed, PublicKey.from_jwk(jwk))


def test_the_metadata_names_a_configuration_for_every_right(town: Town, http: httpx.Client) -> None:
    metadata = http.get("/.well-known/openid-credential-issuer").json()
    assert metadata["credential_issuer"] == ORIGIN
    name = f"{POLICE}.{town.definition('resident_identity').type}"
    configuration = metadata["credential_configurations_supported"][name]
    assert configuration["scope"] == name
    assert configuration["format"] == "dc+sd-jwt"
    assert [each["locale"] for each in configuration["credential_metadata"]["display"]] == ["zh-CN", "en"]
    server = http.get("/.well-known/oauth-authorization-server").json()
    assert server["issuer"] == ORIGIN
    assert name in server["scopes_supported"]


def test_a_picture_of_a_proof_code_is_checked(town: Town, http: httpx.Client, new_wallet: NewWallet) -> None:
    wallet = held_by(town, http, new_wallet("hers"))
    held = wallet.content.held[0]
    shown = presenting.present(wallet, held, ["name", "sex", "age_over_18"], now=town.now)
    code = presenting.proof_code(wallet, held, shown)
    assert code.startswith("ZT1:")
    report = http.post("/verify", files={"picture": ("qr.png", draw(code), "image/png")}).json()
    assert (report["verdict"], report["kind"]) == ("valid", "code")


@pytest.mark.parametrize(("later", "verdict"), [(60, "valid"), (61, "invalid")])
def test_a_code_counts_for_sixty_seconds(
    town: Town, http: httpx.Client, new_wallet: NewWallet, later: int, verdict: str
) -> None:
    wallet = held_by(town, http, new_wallet("hers"))
    shown = presenting.present(wallet, wallet.content.held[0], ["name"], now=town.now)
    town.now += later
    town.keep_lists()
    assert http.post("/verify", data={"text": shown}).json()["verdict"] == verdict


def test_a_link_is_read_once_by_who_has_its_fragment(
    town: Town, http: httpx.Client, new_wallet: NewWallet
) -> None:
    wallet = held_by(town, http, new_wallet("hers"))
    held = wallet.content.held[0]
    shown = presenting.present(wallet, held, list(presenting.claims_of(held)), now=town.now)
    address, _, fragment = presenting.link(http, held, shown).partition("#")
    assert http.get(address.removeprefix(ORIGIN)).status_code == 200, "opening its page takes nothing yet"
    taken = http.post(address.removeprefix(ORIGIN))
    sealed = b64.decode(taken.json()["sealed"])
    assert AESGCM(b64.decode(fragment)).decrypt(sealed[:12], sealed[12:], b"zt-link").decode() == shown
    assert http.post(address.removeprefix(ORIGIN)).status_code == 404


def test_a_link_is_over_after_five_minutes(town: Town, http: httpx.Client) -> None:
    sealed = b64.encode(bytes(64))
    id = http.post("/p", json={"sealed": sealed}).json()["id"]
    town.now += 300
    assert http.post(f"/p/{id}").status_code == 404


@pytest.mark.parametrize("name", ["bundle.jws", "root.json", "..%2Fkeys%2Fapi.ring", "api.ring", "x.jws"])
def test_only_trust_files_are_served(town: Town, http: httpx.Client, name: str) -> None:
    folder = town.runtime.settings.data / "trust"
    folder.mkdir()
    (folder / "bundle.jws").write_bytes(b"signed")
    (folder / "root.json").write_bytes(b"{}")
    assert http.get(f"/trust/{name}").status_code == (200 if name in ("bundle.jws", "root.json") else 404)


def test_nonsense_is_refused_in_both_languages(http: httpx.Client) -> None:
    for body in ({"text": "hello"}, {"text": "ZT1:ABC"}, {}):
        refused = http.post("/verify", data=body)
        assert 400 <= refused.status_code < 500
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.json()["zh"]
        assert refused.json()["en"]


def test_the_openapi_document_describes_every_audience(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    tags = {tag for path in document["paths"].values() for route in path.values() for tag in route["tags"]}
    assert tags == {"Departments", "Registries", "Wallets", "Holders", "Operators", "Everybody"}
    undescribed = [
        f"{method} {path}"
        for path, routes in document["paths"].items()
        for method, route in routes.items()
        if not route.get("summary") or not route.get("description")
    ]
    assert undescribed == []


def test_health_says_when_the_words_are_old(town: Town, http: httpx.Client) -> None:
    assert http.get("/health").json()["status"] == "green"


def test_the_reference_page_shows_every_route_and_loads_nothing_from_elsewhere(http: httpx.Client) -> None:
    page = http.get("/docs")
    assert page.status_code == 200
    for path in http.get("/openapi.json").json()["paths"]:
        assert path in page.text
    assert "https://" not in page.text.replace("https://…", "")
    assert "<script" not in page.text
