"""`@openid4vc/openid4vci` 0.4, which nobody here wrote, claims from this registry as it stands."""

import time
from concurrent.futures import ThreadPoolExecutor

from registry import credential
from registry.store import tables
from tests.api.town import POLICE
from tests.interop.conftest import Interop


def test_a_foreign_wallet_claims_by_code_and_pin(https_town: Interop) -> None:
    link, pin = https_town.offer(https_town.town.citizen(1), POLICE)
    said = https_town.node("claim.mjs", link=link, pin=pin)
    assert "ok" in said, said
    (given,) = said["ok"]["response"]["credentials"]
    assert credential.parse(given["credential"]).payload.iss == f"{https_town.town.origin}/issuers/{POLICE}"
    assert said["ok"]["token"] == "DPoP"
    assert {each["locale"] for each in said["ok"]["configuration"]["credential_metadata"]["display"]} == {
        "zh-CN",
        "en",
    }


def test_a_foreign_wallet_claims_for_several_keys_at_once(https_town: Interop) -> None:
    link, pin = https_town.offer(https_town.town.citizen(2), POLICE)
    said = https_town.node("claim.mjs", link=link, pin=pin, keys=3)
    keys = [
        credential.parse(each["credential"]).payload.cnf for each in said["ok"]["response"]["credentials"]
    ]
    assert len({key.jwk.x for key in keys}) == 3  # type: ignore[union-attr]


def test_a_foreign_wallet_is_told_of_a_wrong_pin_as_the_specification_says(https_town: Interop) -> None:
    link, pin = https_town.offer(https_town.town.citizen(3), POLICE)
    said = https_town.node("claim.mjs", link=link, pin=f"{(int(pin) + 1) % 1_000_000:06d}")
    assert said["said"]["error"] == "invalid_grant"


def test_a_foreign_wallet_waits_for_an_anchor_and_fetches_what_was_deferred(https_town: Interop) -> None:
    town = https_town.town
    certificate_id = town.issue(POLICE, "resident_identity", town.identity_row(4))
    link, pin = https_town.offer(certificate_id, POLICE)
    before = len(town.rows(tables.Deferred))
    with ThreadPoolExecutor(1) as beside:
        claiming = beside.submit(https_town.node, "claim.mjs", link=link, pin=pin)
        while len(town.rows(tables.Deferred)) == before and not claiming.done():
            time.sleep(0.05)
        town.anchor(POLICE)
        said = claiming.result()
    assert said["ok"]["waited"] >= 1
    (given,) = said["ok"]["response"]["credentials"]
    assert credential.parse(given["credential"]).payload.core.certificate_id == certificate_id
