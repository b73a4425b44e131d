"""A department that issues with SM2 and SM3: offered, claimed, shown, revoked, rotated, like any other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import orjson
import pytest
from sqlmodel import col, select

from registry import certificate, credential, keys, requestobject, signing, status
from registry.cli.serve import say_what_is_missing
from registry.credential import Kind, Presentation
from registry.errors import NotAllowed
from registry.keys import KeyRing
from registry.provisioning import ASKING, OTHER_USES, Member, add_key, provision
from registry.requestobject import BadRequestObject
from registry.runtime import open_ring
from registry.signing import PublicKey, SigningKey, Use
from registry.sm import NoSm
from registry.store import open_store, tables
from registry.suites import ES256, SM, SUITES
from registry.verification import Expected, Report, verify
from tests.api.conftest import settings_in
from tests.api.test_claims import Wallet, offered
from tests.api.town import ISSUES, MARKET, NAMES, ORIGIN, POLICE, Town, certify
from tests.formats.test_signing import token
from wallet import presenting
from wallet.claiming import Claiming
from wallet.keyfile import WalletFile

NewWallet = Callable[[str], WalletFile]
SIGNED = Use.STATUS_LISTS | Use.ANSWERS


def keys_of(town: Town, issuer: str = POLICE) -> dict[tuple[int, str], str]:
    """Thumbprints by (uses, curve)."""
    with town.runtime.store.read() as session:
        rows = session.exec(
            select(tables.PublicKey)
            .where(tables.PublicKey.issuer == issuer)
            .order_by(col(tables.PublicKey.created))
        )
        return {(row.uses, orjson.loads(row.jwk)["crv"]): row.thumbprint for row in rows}


def registered(town: Town, made: str, *, ends: str = "") -> str:
    """What the authority does with a new key; the old one is retired."""
    with town.runtime.store.write() as session:
        certify(session)
    town.now += 1
    if ends:
        town.ended[ends] = town.now
    return made


def add(town: Town, uses: int, **more) -> str:
    settings = town.runtime.settings
    ring = KeyRing.open(settings.keys / "api.ring", settings.api_passphrase)
    return add_key(ring, town.runtime.store, POLICE, uses, town.now, **more)


def claimed(town: Town, http: httpx.Client, number: int = 7) -> Presentation:
    return claimed_of(town, http, POLICE, town.citizen(number))


def claimed_of(town: Town, http: httpx.Client, issuer: str, certificate_id: str) -> Presentation:
    assert town.services is not None
    offer = town.services.sharing.offer(issuer, certificate_id, made_by="clerk 7", seen="card")
    wallet = Wallet(town, http).start(offer)
    said = wallet.claim(offer, [wallet.key_proof(wallet.nonce())])
    assert said.is_success, said.text
    return credential.parse(said.json()["credentials"][0]["credential"])


def versions(town: Town) -> dict[str, int]:
    """The newest version of each issuer's list."""
    rows = sorted(town.rows(tables.ListToken), key=lambda row: row.version)
    return {row.issuer: row.version for row in rows}


def served_keys(http: httpx.Client, issuer: str = POLICE) -> dict[str, PublicKey]:
    keys = http.get(f"/.well-known/jwt-vc-issuer/issuers/{issuer}").json()["jwks"]["keys"]
    return {key["kid"]: PublicKey.from_jwk(key, suites=SUITES) for key in keys}


@pytest.fixture
def hers(town: Town, http: httpx.Client, new_wallet: NewWallet) -> WalletFile:
    """A wallet that holds an identity credential."""
    wallet = new_wallet("hers")
    offer = offered(town, town.citizen(9))
    Claiming(wallet, http, lambda: town.now).claim(offer.link(ORIGIN), offer.pin)
    return wallet


def shown(town: Town, wallet: WalletFile) -> Report:
    text = presenting.present(wallet, wallet.content.held[0], ["name"], now=town.now)
    return verify(text, town.trust(), Expected((Kind.CODE,)), town.now)


def test_what_it_issues_is_sm2_and_sm3_and_the_wallets_key_is_on_p256(town, http):
    text = claimed(town, http)
    assert (text.header.alg, text.payload.sd_alg) == ("SM2", "sm3")
    assert text.payload.cnf.jwk.crv == "P-256"
    assert text.header.kid == keys_of(town)[Use.CREDENTIALS, "SM2"]
    assert credential.verify_signature(text, served_keys(http)[text.header.kid])
    stored = town.stored(text.payload.core.certificate_id)
    assert certificate.parse_canonical(stored.canonical).sd_alg == "sm3"


def test_a_department_that_does_not_issue_with_it_is_as_before(town, http):
    certificate_id = town.issue(MARKET, "business_licence", town.licence_row(1))
    assert certificate.parse_canonical(town.stored(certificate_id).canonical).sd_alg == "sha-256"
    assert {key.suite for key in served_keys(http, MARKET).values()} == {ES256}


def test_only_its_own_configurations_announce_the_private_name_and_wallets_prove_with_es256(town, http):
    metadata = http.get("/.well-known/openid-credential-issuer").json()
    for name, each in metadata["credential_configurations_supported"].items():
        algorithms = ["SM2"] if name.startswith(POLICE) else ["ES256"]
        assert each["credential_signing_alg_values_supported"] == algorithms
        assert each["proof_types_supported"]["jwt"]["proof_signing_alg_values_supported"] == ["ES256"]


def test_its_keys_are_served_with_their_private_names(town, http):
    keys = http.get(f"/.well-known/jwt-vc-issuer/issuers/{POLICE}").json()["jwks"]["keys"]
    assert {"SM2": "SM2"}.items() <= {key["crv"]: key["alg"] for key in keys}.items()
    assert all(key["alg"] == {"SM2": "SM2", "P-256": "ES256"}[key["crv"]] for key in keys)


def test_what_others_must_read_is_signed_on_p256(town, http):
    made = keys_of(town)
    assert set(made) == {(Use.CREDENTIALS, "SM2"), (SIGNED, "SM2"), (ASKING, "P-256")}
    text = http.get("/.well-known/openid-credential-issuer", headers={"Accept": "application/jwt"}).text
    key = town.trust().issuers[POLICE].keys[made[ASKING, "P-256"]]
    signing.verify_jws(text, key.public, typ="openidvci-issuer-metadata+jwt")


def test_a_wallet_claims_and_shows_it(town, hers):
    assert shown(town, hers).verdict == "valid"


def test_its_list_is_signed_with_sm2_and_a_revocation_shows(town, http, hers):
    entry = credential.parse(hers.content.held[0].credential).payload.status.status_list
    path = entry.uri.removeprefix(ORIGIN)
    before = status.parse_list(http.get(path).text)
    assert before.kid == keys_of(town)[SIGNED, "SM2"]
    before.verify(town.trust().issuers[POLICE].keys[before.kid].public)
    assert signing.parse_jws(http.get(path).text).header["alg"] == "SM2"

    town.revoke(POLICE, shown(town, hers).core.certificate_id)
    assert status.parse_list(http.get(path).text).get(entry.idx) == 1
    assert shown(town, hers).failed == ["status"]


def test_a_rotated_key_is_of_the_same_suite_and_the_old_credentials_stand(town, http, hers):
    old = keys_of(town)[Use.CREDENTIALS, "SM2"]
    made = registered(town, add(town, Use.CREDENTIALS), ends=old)
    text = claimed(town, http, 8)
    assert (text.header.alg, text.header.kid, made != old) == ("SM2", made, True)
    assert shown(town, hers).verdict == "valid"
    lists = registered(town, add(town, OTHER_USES), ends=keys_of(town)[SIGNED, "SM2"])
    town.now += 31
    assert town.keep_lists() == 1
    assert shown(town, hers).verdict == "valid"
    assert keys_of(town)[SIGNED, "SM2"] in {lists, *town.ended}


def test_a_compromised_sm2_key_ends_its_credentials_and_not_the_certificates(town, http, hers):
    old = keys_of(town)[Use.CREDENTIALS, "SM2"]
    town.compromised.add(old)
    assert shown(town, hers).failed == ["issuer_key"]
    registered(town, add(town, Use.CREDENTIALS))
    assert claimed(town, http, 8).header.kid != old


@pytest.mark.parametrize("suite", [ES256, SM], ids=["to P-256", "to SM2"])
def test_a_department_changes_its_suite_and_what_was_issued_goes_on(town, http, hers, suite):
    if suite is SM:
        registered(town, add(town, Use.CREDENTIALS, suite=ES256), ends=keys_of(town)[Use.CREDENTIALS, "SM2"])
    before = claimed(town, http, 5)
    ends = before.header.kid
    registered(town, add(town, Use.CREDENTIALS, suite=suite), ends=ends)
    after = claimed(town, http, 8)
    assert before.header.alg != after.header.alg == suite.alg
    assert after.payload.sd_alg == suite.sd_alg
    assert shown(town, hers).verdict == "valid"


def test_provisioning_again_with_another_suite_adds_its_keys_beside_the_old_ones(town):
    settings, store = town.runtime.settings, town.runtime.store
    provision(settings, store, [Member(MARKET, issues=True, suite=SM)])
    assert set(keys_of(town, MARKET)) == {
        (Use.CREDENTIALS, "P-256"),
        (OTHER_USES, "P-256"),
        (Use.CREDENTIALS, "SM2"),
        (SIGNED, "SM2"),
        (ASKING, "P-256"),
    }
    provision(settings, store, [Member(MARKET, issues=True, suite=SM)])
    assert len(open_ring(settings, "api").signing(MARKET)) == 5


def test_a_key_for_requests_is_never_on_sm2(town):
    with pytest.raises(NotAllowed, match="P-256"):
        add(town, ASKING, suite=SM)
    add(town, ASKING)
    assert (ASKING, "SM2") not in keys_of(town)


class TestWithoutTheBinding:
    def test_nothing_is_made_for_such_a_department(self, tmp_path, uninstalled):
        settings = settings_in(tmp_path)
        uninstalled()
        with pytest.raises(NoSm, match="pip install tongsuopy"), opened(settings) as store:
            provision(settings, store, [Member(POLICE, issues=True, suite=SM)])
        assert not settings.keys.exists()

    def test_who_starts_the_api_is_told_in_one_line(self, town, uninstalled, capsys):
        say_what_is_missing(town.runtime.ring)
        assert capsys.readouterr() == ("", "")
        uninstalled()
        say_what_is_missing(town.runtime.ring)
        told = capsys.readouterr()
        assert told.out == "" and told.err.count("\n") == 1
        assert "国密" in told.err and "pip install tongsuopy" in told.err

    def test_a_registry_without_such_departments_is_told_nothing(self, tmp_path, uninstalled, capsys):
        ring = KeyRing.create(tmp_path / "api.ring", "passphrase")
        ring.add(keys.new_signing(POLICE, Use.CREDENTIALS, 0))
        uninstalled()
        say_what_is_missing(ring)
        assert capsys.readouterr() == ("", "")

    def test_no_key_is_added_to_one(self, town, uninstalled):
        uninstalled()
        before = keys_of(town)
        with pytest.raises(NoSm):
            add(town, Use.CREDENTIALS)
        assert keys_of(town) == before

    def test_its_claims_are_refused_with_a_line_that_says_what_to_install(self, town, http, uninstalled):
        offer = offered(town, town.citizen())
        wallet = Wallet(town, http).start(offer)
        nonce = wallet.nonce()
        uninstalled()
        said = wallet.claim(offer, [wallet.key_proof(nonce)])
        assert said.status_code == 501
        assert "pip install tongsuopy" in said.text

    def test_the_lists_of_everybody_else_are_kept_and_mended(self, town, http, uninstalled):
        claimed(town, http)
        certificate_id = town.issue(MARKET, "business_licence", town.licence_row(1))
        town.anchor(MARKET)
        claimed_of(town, http, MARKET, certificate_id)
        town.revoke(MARKET, certificate_id)
        uninstalled()
        before = versions(town)
        town.now += 31
        with pytest.raises(NoSm):
            town.keep_lists()
        after = versions(town)
        assert (after[POLICE] - before[POLICE], after[MARKET] - before[MARKET]) == (0, 1)

    def test_everybody_else_goes_on(self, town, http, uninstalled):
        claimed(town, http)
        certificate_id = town.issue(MARKET, "business_licence", town.licence_row(1))
        town.anchor(MARKET)
        uninstalled()
        text = claimed_of(town, http, MARKET, certificate_id)
        assert credential.verify_signature(text, served_keys(http, MARKET)[text.header.kid])
        assert http.get("/.well-known/openid-credential-issuer").is_success
        text = http.get("/.well-known/openid-credential-issuer", headers={"Accept": "application/jwt"})
        assert text.is_success


@contextmanager
def opened(settings) -> Iterator:
    settings.data.mkdir(exist_ok=True)
    store = open_store(settings.database_url)
    with store.write() as session:
        for code, (zh, en) in NAMES.items():
            session.add(
                tables.Department(code=code, name_zh=zh, name_en=en, kind="issuer" if code in ISSUES else "")
            )
    yield store
    store.close()


class TestWhereOnlyP256IsTaken:
    """An SM2 key is an issuer's: wallets, clients and verifiers are refused in their protocol's words."""

    def test_a_wallet_proves_no_key_with_it(self, town, http):
        offer = offered(town, town.citizen())
        wallet = Wallet(town, http).start(offer)
        said = wallet.claim(offer, [wallet.key_proof(wallet.nonce(), SigningKey.generate(SM))])
        assert (said.status_code, said.json()["error"]) == (400, "invalid_proof")

    def test_no_token_is_bound_to_it(self, town, http):
        offer = offered(town, town.citizen())
        wallet = Wallet(town, http)
        wallet.dpop = SigningKey.generate(SM)
        said = wallet.token(offer)
        assert (said.status_code, said.json()["error"]) == (400, "invalid_dpop_proof")

    def test_a_request_signed_with_it_is_none(self, town, http):
        with town.runtime.store.read() as session:
            signer = town.services.sharing.signers.signer(session, POLICE, Use.CREDENTIALS, town.now)
        for alg in ("SM2", "ES256"):
            request = token({"alg": alg, "typ": requestobject.TYPE, "x5c": list(signer.x5c)}, {}, signer.key)
            with pytest.raises(BadRequestObject):
                requestobject.read(request, now=town.now)
