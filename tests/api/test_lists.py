"""Credential lists: versions without gaps, races lost and won, what is served and kept (threats 10, 11)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
from sqlmodel import col, select

from registry import status
from registry.lists import Change, Place
from registry.signing import parse_jws
from registry.store.tables import ListToken
from tests.api.test_claims import Wallet, offered
from tests.api.town import MARKET, ORIGIN, POLICE, Town
from wallet.keyfile import WalletFile

NewWallet = Callable[[str], WalletFile]


def places(town: Town, count: int) -> list[Place]:
    assert town.services is not None
    with town.runtime.store.write() as session:
        return [town.services.sharing.lists.allocate(session, POLICE, town.now) for _ in range(count)]


def change(town: Town, place: Place, value: int) -> None:
    assert town.services is not None
    with town.runtime.store.write() as session:
        town.services.sharing.lists.after(
            session, [Change(place.issuer, place.list, place.idx, value)], town.now
        )


def versions(town: Town) -> list[ListToken]:
    with town.runtime.store.read() as session:
        return list(session.exec(select(ListToken).order_by(col(ListToken.version))))


def test_entries_are_scattered_and_never_given_twice(town: Town, http: httpx.Client) -> None:
    entries = [place.idx for place in places(town, 300)]
    assert len(set(entries)) == 300
    assert sorted(entries) != entries
    assert max(entries) > 100_000


def test_racing_changes_each_make_a_version_and_none_is_lost(town: Town, http: httpx.Client) -> None:
    given = places(town, 8)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda place: change(town, place, 1), given))
    stored = versions(town)
    assert [row.version for row in stored] == list(range(1, 10))
    newest = status.parse_list(stored[-1].token)
    assert [newest.get(place.idx) for place in given] == [1] * 8
    assert newest.version == 9


def test_a_list_is_served_with_its_type_an_etag_and_a_short_life(town: Town, http: httpx.Client) -> None:
    (place,) = places(town, 1)
    path = place.uri.removeprefix(ORIGIN)
    for headers in ({}, {"Accept": "application/statuslist+jwt"}, {"Accept": "text/html"}):
        first = http.get(path, headers=headers)
        assert first.headers["Content-Type"].startswith("application/statuslist+jwt")
    assert first.headers["Cache-Control"] == "public, max-age=60"
    same = http.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert same.status_code == 304
    change(town, place, 1)
    changed = http.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert status.parse_list(changed.text).get(place.idx) == 1
    assert http.get(f"/issuers/{POLICE}/status/7").status_code == 404


def test_a_list_travels_gzipped_to_who_takes_that(town: Town, http: httpx.Client) -> None:
    given = places(town, 400)
    with_bits = [Change(place.issuer, place.list, place.idx, 1) for place in given]
    assert town.services is not None
    with town.runtime.store.write() as session:
        town.services.sharing.lists.after(session, with_bits, town.now)
    path = given[0].uri.removeprefix(ORIGIN)
    plain = http.get(path, headers={"Accept-Encoding": "identity"})
    packed = http.get(path, headers={"Accept-Encoding": "br, gzip"})
    refused = http.get(path, headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in refused.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"])
    assert packed.text == plain.text, "the same token, whichever way it came"
    assert packed.headers["ETag"] != plain.headers["ETag"], "a strong ETag is of one form"
    assert "Accept-Encoding" in packed.headers["Vary"]
    for form in (plain, packed):
        same = {"If-None-Match": form.headers["ETag"], "Accept-Encoding": "gzip" if form is packed else ""}
        assert http.get(path, headers=same).status_code == 304


def test_any_page_may_read_a_list(town: Town, http: httpx.Client) -> None:
    (place,) = places(town, 1)
    said = http.get(place.uri.removeprefix(ORIGIN), headers={"Origin": "https://shop.example"})
    assert said.headers["Access-Control-Allow-Origin"] == "*"


def test_who_takes_no_jwt_is_told_so(town: Town, http: httpx.Client) -> None:
    (place,) = places(town, 1)
    path = place.uri.removeprefix(ORIGIN)
    cwt = "application/statuslist+cwt"
    assert http.get(path, headers={"Accept": cwt}).status_code == 406
    for accept in (f"{cwt}, application/statuslist+jwt;q=0.5", f"{cwt}, */*;q=0.1", "*/*"):
        assert http.get(path, headers={"Accept": accept}).status_code == 200


def test_every_list_is_found_from_any_of_them(town: Town, http: httpx.Client) -> None:
    (place,) = places(town, 1)
    token = http.get(place.uri.removeprefix(ORIGIN)).text
    aggregation = parse_jws(token).payload["status_list"]["aggregation_uri"]
    assert aggregation == f"{ORIGIN}/issuers/{POLICE}/status"
    assert http.get(aggregation.removeprefix(ORIGIN)).json() == {"status_lists": [place.uri]}
    endpoint = http.get("/.well-known/oauth-authorization-server").json()["status_list_aggregation_endpoint"]
    assert http.get(endpoint.removeprefix(ORIGIN)).json() == {"status_lists": [place.uri]}
    assert http.get(f"/issuers/{MARKET}/status").json() == {"status_lists": []}
    assert http.get("/issuers/nobody/status").status_code == 404
    town.now += 43_200
    assert http.get("/status").json() == {"status_lists": []}, "a list that has expired says nothing"


def test_a_version_never_changes_under_its_address(town: Town, http: httpx.Client) -> None:
    (place,) = places(town, 1)
    path = place.uri.removeprefix(ORIGIN)
    first = http.get(f"{path}/versions/1")
    assert "immutable" in first.headers["Cache-Control"]
    change(town, place, 1)
    assert http.get(f"{path}/versions/1").text == first.text
    second = http.get(f"{path}/versions/2").text
    assert second == http.get(path).text
    assert status.parse_list(second).get(place.idx) == 1
    for wrong in ("3", "0", "-1", str(1 << 63)):
        assert http.get(f"{path}/versions/{wrong}").status_code == 404


def test_an_earlier_time_is_answered_by_the_list_of_that_time(town: Town, http: httpx.Client) -> None:
    assert town.services is not None
    (place,) = places(town, 1)
    path = place.uri.removeprefix(ORIGIN)
    begun = town.now
    for step in range(1, 145):
        town.now += 300
        if step == 90:
            change(town, place, 2)
        with town.runtime.store.write() as session:
            town.services.sharing.lists.sign_again(session, POLICE, place.list, town.now)
    for hours in (0, 3, 7, 7.49, 7.5, 9, 12):
        then = begun + int(hours * 3600)
        said = http.get(path, params={"time": then})
        found = status.parse_list(said.text)
        assert found.iat <= then < found.exp
        assert found.get(place.idx) == (2 if hours >= 7.5 else 0)
    assert http.get(path, params={"time": begun - 1}).status_code == 404
    assert http.get(path, params={"time": town.now + 43_200}).status_code == 404
    assert http.get(path, params={"time": 1 << 80}).status_code == 404
    assert http.get(path, params={"time": "yesterday"}).status_code == 400


def test_a_list_is_kept_fresh_until_the_last_copy_that_points_at_it_has_expired(
    town: Town, http: httpx.Client
) -> None:
    offer = offered(town, town.citizen())
    wallet = Wallet(town, http).start(offer)
    wallet.claim(offer, [wallet.key_proof(wallet.nonce())])
    path = f"/issuers/{POLICE}/status/0"
    town.now += 30 * 86_400 - 60
    town.keep_lists()
    assert status.parse_list(http.get(path).text).iat == town.now
    last = town.now
    town.now += 3600
    assert town.keep_lists() == 0, "nothing that has not expired points at it"
    assert status.parse_list(http.get(path).text).iat == last


def test_versions_that_say_nothing_new_are_dropped_but_one_in_six_hours(
    town: Town, http: httpx.Client
) -> None:
    assert town.services is not None
    (place,) = places(town, 1)
    begun = town.now
    for _ in range(800):
        town.now += 30
        with town.runtime.store.write() as session:
            town.services.sharing.lists.sign_again(session, POLICE, place.list, town.now)
    kept = versions(town)
    assert kept[-1].version == 801
    assert kept[0].iat == begun
    assert len(kept) <= 4


def test_a_revoked_certificate_shows_in_every_credential_before_it_is_acknowledged(
    town: Town, http: httpx.Client
) -> None:
    certificate_id = town.citizen()
    entries = []
    for _ in range(3):
        offer = offered(town, certificate_id)
        wallet = Wallet(town, http).start(offer)
        nonce = wallet.nonce()
        said = wallet.claim(offer, [wallet.key_proof(nonce) for _ in range(2)]).json()
        from registry import credential

        entries += [credential.parse(each["credential"]).payload.status for each in said["credentials"]]
    town.revoke(POLICE, certificate_id)
    for entry in entries:
        assert entry.status_list is not None  # type: ignore[union-attr]
        served = http.get(entry.status_list.uri.removeprefix(ORIGIN)).text  # type: ignore[union-attr]
        assert status.parse_list(served).get(entry.status_list.idx) == 1  # type: ignore[union-attr]


def test_a_new_origin_begins_a_new_list_and_the_old_one_keeps_its_address(
    town: Town, http: httpx.Client
) -> None:
    from registry.store.tables import Origin

    (old,) = places(town, 1)
    with town.runtime.store.write() as session:
        session.add(Origin(index=1, origin="http://localhost:8001", since=town.now))
    (new,) = places(town, 1)
    assert old.uri == f"{ORIGIN}/issuers/{POLICE}/status/0"
    assert new.uri == f"http://localhost:8001/issuers/{POLICE}/status/1"
    change(town, old, 1)
    assert {status.parse_list(row.token).uri for row in versions(town)} == {old.uri, new.uri}
