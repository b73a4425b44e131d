"""Departments: tokens by private_key_jwt, each under its own code (threats 12, 14, 19, 22)."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from api import departments
from api.oauth import ASSERTION
from registry.clients import register_client
from registry.signing import SigningKey, sign_jws
from registry.store.tables import Idempotency
from tests.api.town import HOUSING, MARKET, ORIGIN, POLICE, Town, citizen_number


@dataclass
class Desk:
    """A department's own system."""

    town: Town
    http: httpx.Client
    code: str
    key: SigningKey = field(default_factory=SigningKey.generate)
    count: int = 0
    token: str = ""

    def __post_init__(self) -> None:
        with self.town.runtime.store.write() as session:
            register_client(session, self.code, self.key.public)
        self.token = self.ask_token().json()["access_token"]

    def assertion(self, header: Any = None, key: SigningKey | None = None, **changed: Any) -> str:
        self.count += 1
        claims = {
            "iss": self.code,
            "sub": self.code,
            "aud": ORIGIN,
            "jti": f"assertion {self.count}",
            "exp": self.town.now + 60,
        }
        head = {"typ": "JWT", "kid": self.key.public.thumbprint} | (header or {})
        return sign_jws(head, claims | changed, key or self.key)

    def ask_token(self, assertion: str | None = None, **headers: str) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": assertion or self.assertion(),
        }
        return self.http.post("/departments/token", data=form, headers=headers)

    def post(self, path: str, body: Any = None, issuer: str | None = None, **headers: str) -> httpx.Response:
        return self.http.post(
            f"/issuers/{issuer or self.code}{path}",
            json=body if body is not None else {},
            headers={"Authorization": f"Bearer {self.token}", **headers},
        )

    def get(self, path: str, issuer: str | None = None) -> httpx.Response:
        return self.http.get(
            f"/issuers/{issuer or self.code}{path}", headers={"Authorization": f"Bearer {self.token}"}
        )

    def issue(self, row: dict[str, str], key: str = "1", type: str = "resident_identity") -> httpx.Response:
        return self.post("/certificates", {"type": type, "claims": row}, **{"Idempotency-Key": key})


@pytest.fixture
def desk(town: Town, http: httpx.Client) -> Callable[[str], Desk]:
    return lambda code: Desk(town, http, code)


@pytest.fixture
def police(desk: Callable[[str], Desk]) -> Iterator[Desk]:
    yield desk(POLICE)


def test_a_department_issues_revokes_and_finds(town: Town, police: Desk) -> None:
    issued = police.issue(town.identity_row(3))
    assert (issued.status_code, issued.json()["state"]) == (201, "open")
    certificate_id = issued.json()["certificate_id"]
    town.anchor(POLICE)
    decision = {"reason": "cancelled_on_request", "basis": "行政许可法 70", "by": "clerk 7"}
    changed = police.post(f"/certificates/{certificate_id}/revocation", decision)
    assert (changed.status_code, changed.json()["status"]) == (202, "revoked")
    shown = police.http.get(
        f"/issuers/{POLICE}/certificates/{certificate_id}",
        headers={"Authorization": f"Bearer {police.token}"},
    ).json()
    assert [event["zh"] for event in shown["history"]] == ["新办", "注销（依申请）"]
    body = {"holder": {"id_type": "citizen_number", "identifier": citizen_number(3)}}
    assert [row["certificate_id"] for row in police.post("/searches", body).json()] == [certificate_id]


def test_a_hundred_parallel_posts_of_one_request_make_one_certificate(town: Town, police: Desk) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: police.issue(town.identity_row(3), "same"), range(100)))
    assert {each.status_code for each in answers} == {201}
    assert len({each.json()["certificate_id"] for each in answers}) == 1
    other = police.issue(town.identity_row(4), "same")
    assert (other.status_code, other.json()["type"]) == (409, "urn:zt:problem:idempotency-key-reused")


def test_an_offer_and_a_copy_are_made_over_the_api(town: Town, police: Desk) -> None:
    certificate_id = town.citizen()
    offer = police.post(f"/certificates/{certificate_id}/offers", {"by": "clerk 7", "seen": "card"}).json()
    assert offer["link"].startswith("openid-credential-offer://?credential_offer_uri=")
    assert len(offer["pin"]) == 6
    copy = police.post(f"/certificates/{certificate_id}/copies").json()
    report = police.http.post("/verify", data={"text": copy["link"]}).json()
    assert report["verdict"] == "copy", report


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "https://elsewhere.example"},
        {"iss": MARKET},
        {"sub": MARKET, "iss": MARKET},
        {"exp": 1},
        {"exp": 9_999_999_999},
        {"exp": "soon"},
        {"jti": ""},
        {"nbf": 9_999_999_999},
        {"sub": None},
    ],
)
def test_an_assertion_that_does_not_fit_gives_nothing(police: Desk, change: Any) -> None:
    refused = police.ask_token(police.assertion(**change))
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "HS256"}, {"kid": "another"}, {"typ": "dpop+jwt"}, {"crit": ["b64"]}]
)
def test_no_other_algorithm_key_or_type_is_taken(police: Desk, header: Any) -> None:
    assert police.ask_token(police.assertion(header)).json()["error"] == "invalid_client"
    assert police.ask_token(police.assertion(key=SigningKey.generate())).json()["error"] == "invalid_client"


def test_an_assertion_counts_once_and_a_token_for_five_minutes(town: Town, police: Desk) -> None:
    assertion = police.assertion()
    assert police.ask_token(assertion).is_success
    assert police.ask_token(assertion).json()["error"] == "invalid_client"
    town.now += 300
    refused = police.issue(town.identity_row(3))
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:zt:problem:invalid-token")


def routes() -> list[tuple[str, str]]:
    found = []
    for route in departments.router.routes:
        assert isinstance(route, APIRoute)
        found += [(method, route.path) for method in sorted(route.methods)]
    return found


@pytest.mark.parametrize(("method", "path"), routes())
def test_no_route_says_whether_another_department_has_something(
    town: Town, police: Desk, desk: Callable[[str], Desk], method: str, path: str
) -> None:
    certificate_id, other = town.citizen(), desk(MARKET)
    bodies: dict[str, Any] = {
        "certificates": {"type": "resident_identity", "claims": {}},
        "renewal": {"reason": "changed"},
        "revocation": {"reason": "cancelled_on_request"},
        "suspension": {"reason": "withheld"},
        "resumption": {"reason": "resumed"},
        "withdrawal": {"by": "clerk 7"},
        "searches": {"number": "1"},
        "queries": {"type": "resident_identity", "matter": "m", "clerk": "c", "ask": "has_valid"},
    }
    answers = []
    for issuer, wanted in ((POLICE, certificate_id), (POLICE, certificate_id[:-1] + "*"), ("X" * 18, "none")):
        answer = other.http.request(
            method,
            path.replace("{issuer}", issuer).replace("{certificate_id}", wanted),
            json=None if method == "GET" else bodies.get(path.rpartition("/")[2], {}),
            headers={"Authorization": f"Bearer {other.token}", "Idempotency-Key": "1"},
        )
        document = answer.json()
        document.pop("reference")
        answers.append((answer.status_code, document))
    assert answers[0][0] == 404
    assert answers[0] == answers[1] == answers[2]
    assert not town.changed(certificate_id)


@pytest.mark.parametrize(("method", "path"), routes())
def test_no_route_answers_without_a_token(http: httpx.Client, method: str, path: str) -> None:
    address = path.replace("{issuer}", POLICE).replace("{certificate_id}", "1")
    body = None if method == "GET" else {}
    refused = http.request(method, address, json=body, headers={"Idempotency-Key": "1"})
    assert refused.status_code in (401, 422)
    assert refused.headers["Content-Type"] == "application/problem+json"


def test_under_its_own_code_a_department_finds_nothing_of_others(
    town: Town, police: Desk, desk: Callable[[str], Desk]
) -> None:
    certificate_id, other = town.citizen(), desk(HOUSING)
    for wanted in (certificate_id, "1.2.156.3005.2.none"):
        refused = other.post(f"/certificates/{wanted}/offers")
        assert refused.status_code == 404
    body = {"holder": {"id_type": "citizen_number", "identifier": citizen_number(7)}}
    assert other.post("/searches", body).json() == []


def test_nothing_personal_is_logged_or_said_in_an_error(town: Town, police: Desk, written: Any) -> None:
    row = town.identity_row(3, birth_date="1991-01-01")
    refused = police.issue(row)
    assert (refused.status_code, refused.json()["fields"]) == (422, ["birth_date"]), refused.text
    assert refused.headers["Content-Type"] == "application/problem+json"
    police.issue(town.identity_row(3))
    number = citizen_number(3)
    police.http.get(f"/issuers/{number}/certificates/{number}")
    police.http.get(f"/{number}?name={row['name']}")
    police.post("/searches", {"holder": {"id_type": "citizen_number", "identifier": number, "x": number}})
    said = written.text + refused.text
    assert '"event":"request"' in said
    for secret in (number, row["name"], row["address"], police.token):
        assert secret not in said


def test_a_refusals_reference_finds_its_log_line(police: Desk, written: Any) -> None:
    refused = police.http.get("/nothing/here")
    document = refused.json()
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert document["status"] == 404
    assert {"zh", "en", "title", "mender", "type"} <= document.keys()
    assert document["reference"] in written.text


def test_a_body_beyond_the_cap_is_refused(police: Desk) -> None:
    refused = police.post("/searches", {"number": "1" * (1 << 20)})
    assert (refused.status_code, refused.json()["type"]) == (413, "urn:zt:problem:too-large")


def test_what_breaks_on_our_side_says_so_and_no_more(
    town: Town, police: Desk, written: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError(citizen_number(3))

    monkeypatch.setattr("registry.finding.by_number", broken)
    refused = police.post("/searches", {"number": "1"})
    assert (refused.status_code, refused.json()["type"]) == (500, "urn:zt:problem:internal")
    assert citizen_number(3) not in refused.text + written.text
    assert '"error":"ValueError"' in written.text


def test_an_idempotency_key_with_somebodys_number_in_it_is_stored_as_a_keyed_hash(
    town: Town, police: Desk
) -> None:
    key = f"card of {citizen_number(7)}"
    first, again = (police.issue(town.identity_row(7), key) for _ in range(2))
    assert (first.status_code, again.json()["repeated"]) == (201, True)
    (kept,) = town.rows(Idempotency)
    vault = town.runtime.sealed
    assert kept.key == vault.request_index("certificates", POLICE, key)  # type: ignore[attr-defined]
    others = {vault.request_index("cases", POLICE, key), vault.request_index("certificates", MARKET, key)}
    assert len({*others, kept.key}) == 3  # type: ignore[attr-defined]
