"""What a stranger can send: refused with the right status, and the process lives (threats 14, 16, 24)."""

import json
import subprocess
import sys

import httpx
import pytest

from registry import b64, links
from registry.clients import register_client
from registry.signing import SigningKey, sign_jws
from tests.api.test_claims import Wallet, offered
from tests.api.test_departments import Desk
from tests.api.town import ORIGIN, POLICE, Town

JSON = {"content-type": "application/json"}


def signed(typ: str, claims: bytes, key: SigningKey) -> str:
    """A well signed token of bytes that our own writer would never make."""
    header = json.dumps({"alg": "ES256", "typ": typ, "jwk": key.public.jwk}).encode()
    signing_input = f"{b64.encode(header)}.{b64.encode(claims)}"
    return f"{signing_input}.{b64.encode(key.sign(signing_input.encode()))}"


def test_json_nested_without_end_is_refused_and_does_not_end_the_process() -> None:
    """A library of the chain's accounts lifts Python's own guard: once, this request killed the API."""
    program = (
        "import json, api\ntry:\n    json.loads(b'[' * 900_000)\nexcept RecursionError:\n    print('refused')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "refused"), done.stderr[-500:]


@pytest.mark.parametrize("body", [b"[" * 900_000, b'{"recovery_code":' * 50_000])
def test_a_deep_body_is_a_bad_request(http: httpx.Client, body: bytes) -> None:
    assert sys.getrecursionlimit() <= 10_000
    assert http.post("/withdrawals", content=body, headers=JSON).status_code == 400


@pytest.mark.parametrize("body", [b"a&" * 400_000, b"a=b&" * 200_000], ids=["names", "pairs"])
def test_a_form_of_very_many_fields_is_a_bad_request(http: httpx.Client, body: bytes) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert http.post("/token", content=body, headers=form).status_code == 400


@pytest.mark.parametrize(
    "claims",
    [
        b'{"htm":"POST","htu":"%b","iat":1e999,"jti":"1"}',
        b'{"htm":"POST","htu":"%b","iat":NaN,"jti":"1"}',
        b'{"htm":"POST","htu":"%b","iat":%d,"jti":"\\ud800"}',
        b'{"htm":"POST","htu":"http://[","iat":%d,"jti":"1"}',
        b'{"htm":["POST"],"htu":{},"iat":%d,"jti":1}',
        b"[]",
        b"[" * 5_000,
    ],
    ids=["infinite", "no number", "half a character", "no address", "other kinds", "no object", "deep"],
)
def test_a_proof_with_claims_of_another_kind_is_an_invalid_proof(
    town: Town, http: httpx.Client, claims: bytes
) -> None:
    filled = claims.replace(b"%b", f"{ORIGIN}/token".encode()).replace(b"%d", str(town.now).encode())
    key = SigningKey.generate()
    proof = signed("dpop+jwt", filled, key)
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    refused = http.post("/token", data=form, headers={"DPoP": proof})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_dpop_proof")


@pytest.mark.parametrize("nonce", [[], {}, 5, None, ["a"], "é", "\ud800"], ids=repr)
def test_a_key_proof_whose_nonce_is_no_text_is_an_invalid_nonce(
    town: Town, http: httpx.Client, nonce: object
) -> None:
    offer = offered(town, town.citizen())
    wallet = Wallet(town, http).start(offer)
    claims = json.dumps({"aud": ORIGIN, "iat": town.now, "nonce": nonce}).encode()
    refused = wallet.claim(offer, [signed("openid4vci-proof+jwt", claims, SigningKey.generate())])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_nonce")


@pytest.mark.parametrize("number", [-1, 1 << 40, 10**30])
def test_a_list_of_any_number_is_there_or_not(http: httpx.Client, number: int) -> None:
    assert http.get(f"/issuers/{POLICE}/status/{number}").status_code == 404


@pytest.mark.parametrize("when", [10**30, -(10**30), -1, 253_402_300_800])
def test_a_decision_of_no_possible_time_is_malformed(town: Town, http: httpx.Client, when: int) -> None:
    certificate_id = town.citizen()
    body = {"reason": "reported_lost", "effective_from": when}
    answer = Desk(town, http, POLICE).post(f"/certificates/{certificate_id}/suspension", body)
    assert (answer.status_code, answer.json()["fields"]) == (422, ["effective_from"])


def test_each_key_of_a_department_signs_also_without_naming_itself(town: Town, http: httpx.Client) -> None:
    desk, more = Desk(town, http, POLICE), [SigningKey.generate() for _ in range(2)]
    with town.runtime.store.write() as session:
        for key in more:
            register_client(session, POLICE, key.public)
    claims = {"iss": POLICE, "sub": POLICE, "aud": ORIGIN, "exp": town.now + 60}
    for number, key in enumerate((desk.key, *more, SigningKey.generate())):
        answer = desk.ask_token(sign_jws({"typ": "JWT"}, {**claims, "jti": f"unnamed {number}"}, key))
        assert answer.status_code == (200 if number < 3 else 401)


def test_links_fill_no_disk(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MOST_BYTES", 500)
    body = {"sealed": b64.encode(bytes(200))}
    assert [http.post("/p", json=body).status_code for _ in range(4)] == [201, 201, 429, 429]


@pytest.mark.parametrize("path", ["/token/", "/credential/", "/verify/"])
def test_nobody_is_sent_to_the_host_that_a_request_names(http: httpx.Client, path: str) -> None:
    answer = http.post(path, headers={"Host": "elsewhere.example"}, follow_redirects=False)
    assert answer.status_code == 404
    assert "location" not in answer.headers
