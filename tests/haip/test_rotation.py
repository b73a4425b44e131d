"""A department's keys are rotated while the API runs: nothing is restarted, nothing stops being right."""

from collections.abc import Callable

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlmodel import select

from registry import credential, signing, status
from registry.authority.ca import CertificateAuthority, make_ca_certificate
from registry.credential import Kind, Presentation
from registry.keys import KeyRing
from registry.provisioning import add_key
from registry.signing import PublicKey, Use
from registry.store import tables
from registry.verification import Expected, verify
from tests.api.test_claims import Wallet, offered
from tests.api.town import ORIGIN, POLICE, Town
from wallet import presenting
from wallet.claiming import Claiming
from wallet.keyfile import WalletFile

NewWallet = Callable[[str], WalletFile]
DAY = 86_400
CREDENTIALS = int(Use.CREDENTIALS)
OTHERS = int(Use.STATUS_LISTS | Use.ANSWERS | Use.REQUESTS | Use.MESSAGES)
"""The two keys that each issuer begins with."""


def keys_with(town: Town, uses: int) -> set[str]:
    with town.runtime.store.read() as session:
        rows = session.exec(select(tables.PublicKey).where(tables.PublicKey.issuer == POLICE)).all()
    return {row.thumbprint for row in rows if row.uses == uses}


def add(town: Town, uses: int) -> str:
    """What `registry new-key` and the authority do beside the running API."""
    ring = KeyRing.open(town.runtime.settings.keys / "api.ring", town.runtime.settings.api_passphrase)
    made = add_key(ring, town.runtime.store, POLICE, uses, town.now)
    key = ec.generate_private_key(ec.SECP256R1())
    ca = CertificateAuthority(key, make_ca_certificate(key, "Town CA", town.now))
    with town.runtime.store.write() as session:
        row = session.get_one(tables.PublicKey, (POLICE, made))
        public = PublicKey.from_jwk(orjson.loads(row.jwk)).imported
        chain = ca.certify(public, code=POLICE, name="Police", origins=[ORIGIN], now=town.now)
        row.x5c = orjson.dumps(chain).decode()
        session.add(row)
    return made


def rotate(town: Town, uses: int) -> str:
    """A new key, and the old ones retired."""
    old = keys_with(town, uses)
    made = add(town, uses)
    town.now += 1
    town.ended.update(dict.fromkeys(old, town.now))
    return made


def claimed(town: Town, http: httpx.Client, number: int = 7) -> Presentation:
    offer = offered(town, town.citizen(number))
    wallet = Wallet(town, http).start(offer)
    said = wallet.claim(offer, [wallet.key_proof(wallet.nonce())]).json()
    return credential.parse(said["credentials"][0]["credential"])


def served_keys(http: httpx.Client) -> dict[str, PublicKey]:
    keys = http.get(f"/.well-known/jwt-vc-issuer/issuers/{POLICE}").json()["jwks"]["keys"]
    return {key["kid"]: PublicKey.from_jwk(key) for key in keys}


def test_a_key_that_was_added_signs_at_once_and_its_key_is_served(town: Town, http: httpx.Client) -> None:
    before = claimed(town, http)
    made = add(town, CREDENTIALS)
    after = claimed(town, http, 8)
    assert (before.header.kid == made, after.header.kid == made) == (False, True)
    for each in (before, after):
        assert credential.verify_signature(each, served_keys(http)[each.header.kid])


def test_after_a_rotation_old_and_new_credentials_verify_with_what_is_served(
    town: Town, http: httpx.Client, new_wallet: NewWallet
) -> None:
    wallet = new_wallet("hers")
    offer = offered(town, town.citizen(9))
    Claiming(wallet, http, lambda: town.now).claim(offer.link(ORIGIN), offer.pin)
    old = claimed(town, http)
    made = rotate(town, CREDENTIALS)
    new = claimed(town, http, 8)
    assert new.header.kid == made != old.header.kid
    keys = served_keys(http)
    assert all(credential.verify_signature(each, keys[each.header.kid]) for each in (old, new))
    shown = presenting.present(wallet, wallet.content.held[0], ["name"], now=town.now)
    assert verify(shown, town.trust(), Expected((Kind.CODE,)), town.now).verdict == "valid"


def test_a_retired_key_is_served_for_thirty_days_more(town: Town, http: httpx.Client) -> None:
    lists = keys_with(town, OTHERS)
    old = keys_with(town, CREDENTIALS)
    made = rotate(town, CREDENTIALS)
    assert set(served_keys(http)) == {*lists, *old, made}
    town.now += 30 * DAY
    assert set(served_keys(http)) == {*lists, *old, made}
    town.now += 1
    assert set(served_keys(http)) == {*lists, made}


def test_lists_are_signed_by_the_new_key_and_answered_by_the_old_one_until_then(
    town: Town, http: httpx.Client
) -> None:
    entry = claimed(town, http).payload.status
    assert isinstance(entry, credential.Status)
    path = entry.status_list.uri.removeprefix(ORIGIN)
    (old,) = keys_with(town, OTHERS)
    assert status.parse_list(http.get(path).text).kid == old
    made = rotate(town, OTHERS)
    town.now += 31
    assert town.keep_lists() == 1
    token = status.parse_list(http.get(path).text)
    assert token.kid == made
    token.verify(served_keys(http)[made])
    assert entry.status_list.uri in town.trust().lists
    earlier = status.parse_list(http.get(path, params={"time": town.now - 31}).text)
    earlier.verify(served_keys(http)[earlier.kid])


def test_signed_metadata_follows(town: Town, http: httpx.Client) -> None:
    made = rotate(town, OTHERS)
    text = http.get("/.well-known/openid-credential-issuer", headers={"Accept": "application/jwt"}).text
    signing.verify_jws(text, served_keys(http)[made], typ="openidvci-issuer-metadata+jwt")


def test_a_compromised_key_is_served_no_more_and_signs_nothing(
    town: Town, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = claimed(town, http)
    made = add(town, CREDENTIALS)
    town.compromised.add(old.header.kid)
    assert old.header.kid not in served_keys(http)
    assert claimed(town, http, 8).header.kid == made


def test_another_rings_key_is_looked_for_once(
    town: Town, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with town.runtime.store.write() as session:
        stranger = signing.SigningKey.generate().public
        jwk = orjson.dumps(stranger.jwk).decode()
        session.add(
            tables.PublicKey(
                issuer=POLICE, thumbprint=stranger.thumbprint, jwk=jwk, uses=1, x5c="[]", created=town.now
            )
        )
    reads: list[int] = []
    monkeypatch.setattr(town.runtime.ring, "reload", lambda: reads.append(town.now))
    for number in (7, 8, 9):
        claimed(town, http, number)
    assert len(reads) == 1
