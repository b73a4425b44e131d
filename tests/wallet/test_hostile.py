"""Whatever others answer, a wallet refuses it in words, asks nobody inside, and keeps what it has."""

import copy
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import process_time
from typing import Any

import httpx
import pytest

from registry import dcql, signing
from registry.dcql import Candidate
from registry.errors import RegistryError
from registry.fetching import guarded_client
from registry.signing import SigningKey
from tests.api.town import Town
from tests.threats.test_fetching import Inside, inside  # noqa: F401
from tests.wallet.asking import Verifier
from tests.wallet.test_answering import asks_for, query
from wallet.answering import Answering
from wallet.claiming import Claiming
from wallet.keyfile import Grant, Unit, WalletFile
from wallet.logging_in import Door
from wallet.receiving import receive

ISSUER = "https://issuer.example"
NOW = 1_795_492_800
NASTY: list[Any] = [
    None, True, 0, -1, 1e308, "", "\x1b[2J", "\u202e", "http://[", "https://\x00", "x" * 70_000,
    [], [None], [[]], [{}], {}, {"a": None}, [1] * 1000,
    json.loads("[" * 500 + "]" * 500),
]  # fmt: skip
BROKEN = [b"", b"{", b"[" * 100_000, b"\xff", b'{"a":NaN}', b'"\\ud800"', b"null", b"<html>", b"1" * 5_000]


def answers(issuer: str) -> dict[str, Any]:
    """What a good issuer says, by path."""
    configuration = {"format": "dc+sd-jwt", "proof_types_supported": {"jwt": {}}}
    return {
        "/offer": {
            "credential_issuer": issuer,
            "credential_configuration_ids": ["a.b"],
            "grants": {"urn:ietf:params:oauth:grant-type:pre-authorized_code": {"pre-authorized_code": "c"}},
        },
        "/.well-known/openid-credential-issuer": {
            "credential_issuer": issuer,
            "authorization_servers": [issuer],
            "credential_endpoint": f"{issuer}/credential",
            "deferred_credential_endpoint": f"{issuer}/deferred",
            "nonce_endpoint": f"{issuer}/nonce",
            "credential_configurations_supported": {"a.b": configuration},
        },
        "/.well-known/oauth-authorization-server": {
            "issuer": issuer,
            "token_endpoint": f"{issuer}/token",
            "authorization_challenge_endpoint": f"{issuer}/challenge",
            "token_endpoint_auth_methods_supported": ["none"],
        },
        "/token": {
            "access_token": "t",
            "token_type": "DPoP",
            "refresh_token": "r",
            "recovery_code": "code",
            "scope": "a.b",
            "authorization_details": [
                {
                    "type": "openid_credential",
                    "credential_configuration_id": "a.b",
                    "credential_identifiers": ["i"],
                }
            ],
        },
        "/nonce": {"c_nonce": "n"},
        "/credential": {"transaction_id": "t", "interval": 1},
        "/deferred": {"credentials": [{"credential": "no credential"}]},
        "/origins": {"origins": [issuer]},
        "/challenge": {
            "error": "insufficient_authorization",
            "auth_session": "s",
            "presentation": f"openid4vp://?client_id=x&request_uri={issuer}/request",
        },
    }


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield path
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, member in members:
        yield from places(member, (*path, name))


def changed(value: Any, path: tuple[Any, ...], to: Any) -> Any:
    if not path:
        return to
    made = copy.deepcopy(value)
    within = made
    for name in path[:-1]:
        within = within[name]
    within[path[-1]] = to
    return made


def meets(wallet: WalletFile, http: httpx.Client, issuer: str) -> None:
    """Do everything that a wallet does with an issuer; each may be refused, in words."""
    claiming = Claiming(wallet, http, lambda: NOW)
    deeds: list[Callable[[], object]] = [
        lambda: claiming.claim(f"openid-credential-offer://?credential_offer_uri={issuer}/offer"),
        claiming.fetch,
        lambda: claiming.renew(all=True),
        claiming.renew_unasked,
        lambda: Door(claiming).log_in(issuer),
        lambda: Door(claiming).wallets(issuer),
    ]
    for deed in deeds:
        with suppress(RegistryError, httpx.HTTPError):
            deed()


@pytest.mark.parametrize("path", answers(ISSUER))
def test_no_answer_of_an_issuer_is_more_than_a_refusal(
    path: str, new_wallet: Callable[[str], WalletFile]
) -> None:
    good = answers(ISSUER)
    bodies = [json.dumps(changed(good[path], place, to)) for place in places(good[path]) for to in NASTY]
    for number, body in enumerate([*(each.encode() for each in bodies), *BROKEN]):
        wallet = new_wallet(str(number))

        def serve(request: httpx.Request, body: bytes = body) -> httpx.Response:
            status = 400 if request.url.path == "/challenge" else 200
            if request.url.path == path:
                return httpx.Response(status, content=body)
            said = good.get(request.url.path)
            return httpx.Response(404) if said is None else httpx.Response(status, json=said)

        meets(wallet, httpx.Client(transport=httpx.MockTransport(serve)), ISSUER)
        assert WalletFile.open(wallet.path, "phone").content == wallet.content
        assert wallet.content.held == []


class Hostile:
    """An issuer on this machine, which is listed, and whose answers lead elsewhere. say: by path."""

    def __init__(self) -> None:
        hostile = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers, body = hostile.say(self.path.partition("?")[0])
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.good = answers(self.origin)
        self.asked: list[str] = []
        self.changed: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def say(self, path: str) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(path)
        if path in self.changed:
            return self.changed[path]
        if path not in self.good:
            return 404, {}, b""
        return 400 if path == "/challenge" else 200, {}, json.dumps(self.good[path]).encode()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    made = Hostile()
    yield made
    made.close()


def test_no_address_that_an_issuer_names_leads_inside(
    hostile: Hostile,
    inside: Inside,  # noqa: F811
    new_wallet: Callable[[str], WalletFile],
) -> None:
    address = f"http://127.0.0.1:{inside.port}"
    good = copy.deepcopy(hostile.good)
    named = [
        (path, place)
        for path, said in good.items()
        for place in places(said)
        if hostile.origin in json.dumps(_at(said, place)) and isinstance(_at(said, place), str)
    ]
    assert len(named) == 11
    with guarded_client([hostile.origin]) as http:
        for number, (path, place) in enumerate(named):
            leads = _at(good[path], place).replace(hostile.origin, address)
            hostile.good = good | {path: changed(good[path], place, leads)}
            meets(new_wallet(f"named {number}"), http, hostile.origin)
        for number, path in enumerate(good):
            hostile.good = good
            hostile.changed = {path: (307, {"Location": f"{address}/x"}, b"")}
            meets(new_wallet(f"redirected {number}"), http, hostile.origin)
    assert set(hostile.asked) >= set(good) | {"/request"}
    assert inside.visitors == 0


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b" " * (5 << 20)),
        ({"Content-Encoding": "gzip"}, b"\x1f\x8b"),
        ({"Content-Type": "text/html"}, b"<html>"),
    ],
)
def test_a_body_that_is_too_large_packed_or_of_another_kind_is_refused(
    hostile: Hostile, new_wallet: Callable[[str], WalletFile], headers: dict[str, str], body: bytes
) -> None:
    with guarded_client([hostile.origin]) as http:
        for number, path in enumerate(hostile.good):
            hostile.changed = {path: (200, headers, body)}
            wallet = new_wallet(str(number))
            meets(wallet, http, hostile.origin)
            assert wallet.content.held == []


def test_a_credential_in_another_issuers_name_is_not_kept(wallet: WalletFile) -> None:
    (genuine,) = wallet.content.held
    grant, unit = Grant(issuer=ISSUER, refresh_token="r", configurations=["a.b"]), Unit("a.b", None)
    for text, complaint in (
        (genuine.credential, "name of another issuer"),
        ("no credential", None),
        (genuine.credential.replace("~", "~~"), None),
    ):
        with pytest.raises(RegistryError, match=complaint):
            receive(wallet, grant, unit, [text], wallet.key(genuine.key), NOW)
    assert wallet.content.held == [genuine]


def test_what_a_verifier_asks_and_answers_is_refused_in_words(
    town: Town, http: httpx.Client, wallet: WalletFile
) -> None:
    """Each member of a signed request, and each answer to what is shown, replaced by anything."""
    good = Verifier(query(asks_for(town, "name")), now=town.now)
    members = good.request.members()
    answers_to_it = [json.dumps(each).encode() for each in [*NASTY, {"redirect_uri": "\x1b[2J"}]] + BROKEN
    for place, to in [(place, to) for place in places(members) if place for to in NASTY[:-1]]:
        good.changed = changed(members, place, to)
        reads(good, town, http, wallet)
    good.changed = {}
    for body in answers_to_it:
        for status in (200, 302, 400, 500):
            reads(good, town, http, wallet, httpx.Response(status, content=body))
    assert all(each.keys() <= {"vp_token", "state", "error"} for each in good.said)
    assert len(wallet.content.held) == 1


def reads(
    verifier: Verifier,
    town: Town,
    http: httpx.Client,
    wallet: WalletFile,
    told: httpx.Response | None = None,
) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        return told if told is not None and "/responses/" in request.url.path else verifier.serve(request)

    between = httpx.Client(transport=httpx.MockTransport(serve))
    answering = Answering(wallet, between, lambda: town.now)
    with suppress(RegistryError, httpx.HTTPError):
        answering.send(answering.consider(answering.read(verifier.link())), optional=True)


@pytest.mark.parametrize("member", ["request_uri", "response_uri", "redirected"])
def test_no_address_that_a_verifier_names_leads_inside(
    hostile: Hostile,
    inside: Inside,  # noqa: F811
    town: Town,
    wallet: WalletFile,
    member: str,
) -> None:
    address = f"http://127.0.0.1:{inside.port}"
    key = SigningKey.generate()
    verifier = Verifier(query(asks_for(town, "name")), prefix="x509_hash", key=key, now=town.now)
    verifier.address = address if member != "redirected" else hostile.origin
    link = verifier.link() if member == "request_uri" else verifier.link(by="value")
    hostile.changed = {"/responses/1": (307, {"Location": f"{address}/x"}, b"")}
    with guarded_client([hostile.origin]) as http:
        answering = Answering(wallet, http, lambda: town.now)
        with pytest.raises(RegistryError):
            answering.send(answering.consider(answering.read(link)))
    assert inside.visitors == 0


def test_a_query_as_slow_as_a_request_may_be_large_is_answered_soon() -> None:
    claims = [{"id": f"c{i}", "path": ["name"]} for i in range(20)]
    sets = [[f"c{i}" for i in range(20)] for _ in range(110)]
    one = {"format": "dc+sd-jwt", "meta": {"vct_values": ["x"]}, "claims": claims, "claim_sets": sets}
    options = [[f"q{i}" for i in range(15)] for _ in range(50)]
    slow = {
        "credentials": [one | {"id": f"q{i}"} for i in range(15)],
        "credential_sets": [{"options": options} for _ in range(10)],
    }
    assert len(json.dumps(slow)) > signing.MAX_JWS
    began = process_time()
    with suppress(RegistryError):
        dcql.match(dcql.parse(slow), [Candidate("x", {"name": "a"}) for _ in range(200)])
    assert process_time() - began < 2


def _at(value: Any, place: tuple[Any, ...]) -> Any:
    for name in place:
        value = value[name]
    return value
