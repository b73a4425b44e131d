"""The first run as a newcomer has it, and threats 1, 10, 22, 26 and 27 against the town as it serves."""

import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from api.oauth import ASSERTION
from registry import b64, bundle, credential, status
from registry.clients import register_client
from registry.credential import Kind
from registry.signing import SigningKey, sign_jws
from registry.verification import Expected, verify
from scripts import guessing
from tests.end_to_end.installation import GOOD, LICENCES, WRONG, Installation, by_login, eventually
from tests.end_to_end.playing import Played, playing
from tests.threats.traces import files, forms, traces
from wallet.claiming import Claiming, withdraw
from wallet.openid4vci import Refused
from wallet.presenting import present

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def played(installation: Installation) -> Iterator[Played]:
    with playing(installation) as town:
        yield town


def test_a_first_run_founds_issues_anchors_and_tells_the_whole_story(
    installation: Installation, played: Played
) -> None:
    lines, ask = played.printed.splitlines(), installation.ask
    issued = GOOD + LICENCES
    assert ask("select count(*) from certificate where state != 'taken_back'") == issued
    assert ask("select sum(size) from batch where state = 'final'") == issued
    assert ask("select sum(refused) from import_job") == WRONG
    assert ask("select count(*) from credential where kind = 'wallet'") == 4 + by_login(lines)
    assert ask("select count(*) from verification") == 17
    assert ask("select count(*) from verification where verdict = 'valid'") == 11
    assert ask("select count(*) from status_intent where value = 1 and state = 'final'") == 1
    assert sum("✔" in line or "✘" in line for line in lines) >= 20
    assert any("组成证照“营业执照”已被撤销" in line and "was revoked" in line for line in lines)
    assert any("materials not handed in again: 5 of 6" in line for line in lines)
    assert ask("select count(*) from stop") == 0, "who oversteps with an account of its own is no thief"


@pytest.fixture(scope="module")
def chain(played: Played) -> bytes:
    return guessing.written_on(played.chain_url)


class TestGuessing:
    """Threat 1: identities guessed from what is on the chain."""

    def test_no_known_number_name_or_code_is_on_the_chain(self, played: Played, chain: bytes) -> None:
        known = guessing.identities(played.data / "sample")
        assert len(known["citizen_number"]) >= 80
        assert len(chain) > 20_000
        assert guessing.found(known, chain) == []

    def test_what_the_chain_is_meant_to_say_is_found(self, played: Played, chain: bytes) -> None:
        departments = {"code": [each["code"] for each in played.plan["departments"]]}
        assert len(guessing.found(departments, chain)) == len(departments["code"])

    @pytest.mark.parametrize(
        "planted",
        [
            lambda number: number.encode(),
            lambda number: number.lower().encode().hex().encode(),
            lambda number: hashlib.sha256(number.encode()).digest(),
            lambda number: keccak(text=number),
            lambda number: keccak(text=number)[:20],
            lambda number: hashlib.sha256(f'["","citizen_number","{number}"]'.encode()).digest(),
            lambda number: hashlib.sha256(b"\0" + f'{{"citizen_number":"{number}"}}'.encode()).digest(),
        ],
    )
    def test_a_planted_one_is_found(self, played: Played, chain: bytes, planted: object) -> None:
        number = str(played.citizen(1)["citizen_number"])
        middle = len(chain) // 2
        spoilt = chain[:middle] + planted(number) + chain[middle:]  # type: ignore[operator]
        assert guessing.found({"citizen_number": [number]}, spoilt) == [f"citizen_number {number}"]


def test_after_a_revocation_is_acknowledged_no_check_says_valid(played: Played) -> None:
    """Threat 10, racing: the department revokes over the API while others go on checking."""
    certificate = played.identity(played.citizen(8))
    wallet, outcome = played.claim(certificate, "raced")
    department = _Department(played, certificate.issuer)
    acknowledged = threading.Event()
    answers: list[tuple[bool, str]] = []

    def check(_: int) -> None:
        shown = present(wallet, outcome.held[0], ["name"], now=played.cases.runtime.clock())
        before = acknowledged.is_set()
        answers.append((before, played.verdict(shown)[0]))

    def revoke() -> None:
        while not any(verdict == "valid" for _, verdict in list(answers)):
            threading.Event().wait(0.01)
        department.revoke(certificate.certificate_id)
        acknowledged.set()

    with ThreadPoolExecutor(5) as pool:
        revoking = pool.submit(revoke)
        checks = 0
        while checks < 12 or not acknowledged.is_set():
            list(pool.map(check, range(4)))
            checks += 4
            assert checks < 2_000
        revoking.result()
        list(pool.map(check, range(12)))
    assert (False, "valid") in answers
    late = [verdict for after, verdict in answers if after]
    assert len(late) >= 12
    assert set(late) == {"invalid"}


def test_a_lost_phone_is_out_online_by_third_parties_and_with_the_next_bundle(
    played: Played, tmp_path: Path
) -> None:
    """Threat 26, end to end; the certificate stands and is claimed anew."""
    certificate = played.identity(played.citizen(9))
    lost, outcome = played.claim(certificate, "lost")
    clock = played.cases.runtime.clock
    entry = credential.parse(outcome.held[0].credential).payload.status
    assert entry

    def third_party() -> int:
        return status.parse_list(played.http.get(entry.status_list.uri).text).get(entry.status_list.idx)

    def offline() -> tuple[str, list[str]]:
        root = played.http.get(f"{played.origin}/trust/root.json").content
        signed = played.http.get(f"{played.origin}/trust/bundle.jws").content
        trust = bundle.load(None, signed, clock(), root)
        shown = present(lost, outcome.held[0], ["name"], now=clock())
        report = verify(shown, trust, Expected(kinds=frozenset({Kind.CODE})), clock())
        return report.verdict, report.failed

    shown = present(lost, outcome.held[0], ["name"], now=clock())
    assert played.verdict(shown) == ("valid", [])
    assert third_party() == 0
    assert eventually(lambda: offline() == ("valid", []))

    assert outcome.recovery_code is not None
    assert withdraw(played.http, played.origin, outcome.recovery_code) == 1
    shown = present(lost, outcome.held[0], ["name"], now=clock())
    assert played.verdict(shown) == ("invalid", ["status"])
    assert third_party() == 1
    assert eventually(lambda: offline() == ("invalid", ["status"]))

    anew, claimed = played.claim(certificate, "anew")
    shown = present(anew, claimed.held[0], ["name"], now=clock())
    assert played.verdict(shown) == ("valid", [])


def test_a_stolen_key_is_reported_and_replaced_while_everything_runs(played: Played) -> None:
    """Threat 27, by the commands alone; what a thief makes of such a key: test_stolen_signing_key.py."""
    certificate = played.identity(played.citizen(10))
    wallet, outcome = played.claim(certificate, "stolen key")
    clock, police = played.cases.runtime.clock, certificate.issuer
    stolen = credential.parse(outcome.held[0].credential).header.kid

    def shown() -> tuple[str, list[str]]:
        return played.verdict(present(wallet, wallet.content.held[0], ["name"], now=clock()))

    assert shown() == ("valid", [])
    played.command("authority", "compromise", police, stolen, role="authority")
    assert eventually(lambda: shown() == ("invalid", ["issuer_key"]))

    thumbprint = played.command("new-key", police, role="api").split()[0]
    played.command("authority", "key", police, thumbprint, role="authority")
    claiming = Claiming(wallet, played.http, clock)

    def renewed() -> bool:
        with suppress(Refused):
            claiming.renew(all=True)
        return shown() == ("valid", [])

    assert eventually(renewed)
    assert credential.parse(wallet.content.held[0].credential).header.kid == thumbprint


def test_no_page_open_in_a_browser_commands_the_local_chain(played: Played) -> None:
    asked = {"Origin": "http://elsewhere.example", "Access-Control-Request-Method": "POST"}
    answer = played.http.options(played.chain_url, headers=asked)
    assert not any(name.startswith("access-control") for name in answer.headers)


def _rows(store: Path) -> bytes:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as opened:
        return "\n".join(opened.iterdump()).encode("utf-8", "surrogateescape")


class TestTraces:
    """Threat 22: personal data in logs, database, key files, wallets, the story and what was printed.

    Last in this file: everything above was written by then. The samples' own files and the reports of refused
    rows are what it was made from. The chain's node is asked by threat 1.
    """

    def test_nobodys_name_or_number_is_in_any_byte_written(self, played: Played) -> None:
        _provoke(played)
        people = [played.citizen(number) for number in range(11)]
        numbers = guessing.identities(played.data / "sample")["citizen_number"]
        licences = [str(each["licence"]["credit_code"]) for each in people]
        names = [str(each["name"]) for each in people if len(each["name"]) > 2]
        values = [*numbers, *licences, *names]
        assert len(names) >= 3
        province = played.data / "province"
        places = [
            *files(played.data.parent, but=[played.data / "sample", province / "sample"]),
            ("every row of the store", _rows(played.data / "registry.sqlite")),
            ("every row of the other province's", _rows(province / "registry.sqlite")),
            ("what was printed", played.printed.encode()),
        ]
        read = {name for name, _ in places}
        expected = {"data/registry.sqlite", "data/logs/api.log", "data/story.json", "data/keys/api.ring"}
        assert read >= expected | {
            "data/province/registry.sqlite",
            "lost.wallet",
            "data/chain.json",
            "data/trust/bundle.jws",
        }
        assert traces(values, places) == []

    @pytest.mark.parametrize("value", ["440105199205037799", "夏俊飞"])
    def test_a_trace_is_found_in_every_form(self, value: str) -> None:
        for form in set(forms(value)):
            assert traces([value], [("planted", b"\x00\xff" + form + b"!")]) == [("planted", value)]
        for before in range(3):
            text = b64.encode(b"x" * before + value.encode() + b"yz").encode()
            assert traces([value], [("in base64", text)]) == [("in base64", value)]


class _Department:
    """A department's own system."""

    def __init__(self, played: Played, code: str) -> None:
        self.played, self.code, self.key = played, code, SigningKey.generate()
        store, now = played.cases.runtime.store, played.cases.runtime.clock()
        with store.write() as session:
            register_client(session, code, self.key.public)
        claims = {
            "iss": code,
            "sub": code,
            "aud": played.origin,
            "jti": self.key.public.thumbprint,
            "exp": now + 60,
        }
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": sign_jws({"typ": "JWT", "kid": self.key.public.thumbprint}, claims, self.key),
        }
        answer = played.http.post(f"{played.origin}/departments/token", data=form)
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def post(self, path: str, body: object) -> int:
        address = f"{self.played.origin}/issuers/{self.code}{path}"
        return self.played.http.post(
            address, json=body, headers={**self.headers, "Idempotency-Key": "1"}
        ).status_code

    def revoke(self, certificate_id: str) -> None:
        body = {"reason": "cancelled_on_request", "by": "clerk 7"}
        assert self.post(f"/certificates/{certificate_id}/revocation", body) == 202


def _provoke(played: Played) -> None:
    """Every way in that takes somebody's number, asked rightly and wrongly."""
    citizen = played.citizen(10)
    number, name = str(citizen["citizen_number"]), str(citizen["name"])
    police = _Department(played, played.code("public_security"))
    holder = {"id_type": "citizen_number", "identifier": number}
    assert police.post("/searches", {"holder": holder}) == 200
    assert police.post("/searches", {"holder": {**holder, "id_type": number}}) in (200, 404, 422)
    claims = {"name": name, "citizen_number": number, "unknown": name}
    assert police.post("/certificates", {"type": "resident_identity", "claims": claims}) == 422
    assert police.post("/certificates", {"type": name, "claims": claims}) in (404, 422)
    school = _Department(played, played.code("education"))
    query = {"type": "resident_identity", "ask": "has_valid", "clerk": "clerk 7", "holder": holder}
    assert school.post("/queries", {**query, "matter": "school_enrolment"}) == 200
    assert school.post("/queries", {**query, "matter": name}) in (403, 404, 422)
    for path in (f"/offers/{number}", f"/types/{name}/1", f"/{number}/{name}"):
        assert played.http.get(f"{played.origin}{path}").status_code == 404
    for text in (number, name, f"ZT1:{number}", f"{number}~{name}~"):
        assert played.http.post(f"{played.origin}/verify", data={"text": text}).status_code >= 400
        played.http.post(f"{played.origin}/check", data={"text": text})
