"""Threat 27: a signing key and one presentation seen bind somebody's certificate to a thief's wallet."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

import api
from api.logs import Log
from registry import b64, credential, jcs
from registry.keys import KeyRing
from registry.provisioning import add_key
from registry.signing import SigningKey, Use
from registry.trust import Trust
from tests.api.conftest import Written
from tests.api.test_claims import offered
from tests.api.town import ORIGIN, POLICE, Town, certify
from tests.refusals import refused
from wallet.claiming import Claiming
from wallet.keyfile import WalletFile
from wallet.presenting import present


@dataclass
class Reported:
    """The town's trust, with what was reported stolen (the chain's side of it: tests/authority)."""

    town: Town
    stolen: dict[str, int] = field(default_factory=dict)

    def trust(self) -> Trust:
        trust = self.town.trust()
        issuers = dict(trust.issuers)
        for code, issuer in issuers.items():
            known = {
                thumbprint: replace(key, compromised=self.stolen.get(thumbprint))
                for thumbprint, key in issuer.keys.items()
            }
            issuers[code] = replace(issuer, keys=known)
        return replace(trust, issuers=issuers)


@pytest.fixture
def reported(town: Town) -> Reported:
    return Reported(town)


@pytest.fixture
def served(town: Town, reported: Reported, written: Written) -> Iterator[httpx.Client]:
    app = api.create_app(town.runtime, reported.trust, Log(written))  # type: ignore[arg-type]
    town.services = app.state.services
    client = TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)
    yield client
    client.close()


def check(http: httpx.Client, shown: str) -> tuple[str, list[str], list[str]]:
    """Verdict, what failed, and what passed of it."""
    report: dict[str, Any] = http.post("/verify", data={"text": shown}).json()
    by_outcome = {
        outcome: [each["id"] for each in report["checks"] if each["outcome"] == outcome]
        for outcome in ("fail", "pass")
    }
    return report["verdict"], by_outcome["fail"], by_outcome["pass"]


def rebound(seen: str, stolen: SigningKey, thief: SigningKey, now: int) -> str:
    """What was seen, bound to the thief's key by the issuer's own."""
    jwt, disclosures = credential.split(seen)
    header, payload, _ = jwt.split(".")
    claims = jcs.loads(b64.decode(payload))
    claims["cnf"] = {"jwk": thief.public.jwk}
    signing_input = f"{header}.{b64.encode(jcs.dumps(claims))}"
    forged = f"{signing_input}.{b64.encode(stolen.sign(signing_input.encode()))}"
    return credential.present(
        forged, disclosures, key=thief, aud=credential.CODE_AUDIENCE, nonce=f"thief {now}", iat=now
    )


def test_once_reported_every_credential_of_the_key_fails_and_the_certificate_is_claimed_anew(
    town: Town, served: httpx.Client, reported: Reported, new_wallet: Callable[[str], WalletFile]
) -> None:
    wallet, thief = new_wallet("hers"), SigningKey.generate()
    certificate_id = town.citizen()
    offer = offered(town, certificate_id)
    claiming = Claiming(wallet, served, lambda: town.now)
    [held] = claiming.claim(offer.link(ORIGIN), offer.pin).held
    stolen = next(each for each in town.runtime.ring.signing(POLICE) if each.uses & Use.CREDENTIALS).key
    seen = present(wallet, held, ["name"], now=town.now)
    assert check(served, seen)[0] == "valid"
    assert check(served, rebound(seen, stolen, thief, town.now))[0] == "valid", "the threat is real"

    reported.stolen[stolen.public.thumbprint] = town.now
    town.now += 1
    for shown in (
        present(wallet, held, ["name"], now=town.now),
        rebound(seen, stolen, thief, town.now),
        rebound(seen, stolen, SigningKey.generate(), town.now),
    ):
        verdict, failed, passed = check(served, shown)
        assert (verdict, failed) == ("invalid", ["issuer_key"])
        assert {"path", "anchor", "right", "status"} <= set(passed), "the certificate stands"

    _give_new_key(town)
    [anew] = claiming.renew(all=True).held
    assert check(served, present(wallet, anew, ["name"], now=town.now))[0] == "valid"
    assert check(served, rebound(seen, stolen, thief, town.now + 1))[0] == "invalid"


def test_without_a_good_key_nothing_is_cut(
    town: Town, served: httpx.Client, reported: Reported, new_wallet: Callable[[str], WalletFile]
) -> None:
    stolen = next(each for each in town.runtime.ring.signing(POLICE) if each.uses & Use.CREDENTIALS).key
    reported.stolen[stolen.public.thumbprint] = town.now
    offer = offered(town, town.citizen())
    with refused("no-signer"):
        Claiming(new_wallet("hers"), served, lambda: town.now).claim(offer.link(ORIGIN), offer.pin)


def _give_new_key(town: Town) -> None:
    """As `registry new-key` does it, in another process; the API opens its key file again by itself."""
    settings = town.runtime.settings
    ring = KeyRing.open(settings.keys / "api.ring", settings.api_passphrase)
    add_key(ring, town.runtime.store, POLICE, Use.CREDENTIALS, town.now)
    with town.runtime.store.write() as session:
        certify(session)
