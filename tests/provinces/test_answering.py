"""What comes from other registries: only what is signed and sealed as it should be, and each message once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from registry.provinces import contents, messages
from registry.provinces.contents import HolderOf, Question
from registry.provinces.decryption import PERIOD
from registry.queries.limits import Caps
from registry.signing import SigningKey, Use
from registry.store.tables import AnsweredMessage
from tests.api.town import NOON, citizen_number
from tests.provinces.conftest import ANSWERER, ASKER, MATTER, Province, here, there

URI = f"{there.ORIGIN}/issuers/{ANSWERER}/messages"
NONCE = "0123456789abcdefghijkl"


@dataclass
class Sender:
    """A department of the first province, speaking for itself."""

    home: Province
    away: Province
    http: httpx.Client
    reply: SigningKey

    def key(self, code: str = ASKER, use: Use = Use.MESSAGES) -> SigningKey:
        return self.home.town.runtime.ring.signing_key(code, use)

    def sealed(self, *, to: str = ANSWERER, **changed: Any) -> bytes:
        token = self.http.get(f"/issuers/{to}/encryption-keys").text
        jwk, _ = contents.read_keys(token, self.away.town.trust(), to, NOON)
        members: dict[str, Any] = {
            "asker": ASKER,
            "issuer": ANSWERER,
            "reply_to": contents.public_jwk(self.reply),
            "clerk": "李",
            "matter": MATTER,
            "type": self.home.town.definition("resident_identity").type,
            "ask": "has_valid",
            "case": "c1",
            "holder": HolderOf(id_type="citizen_number", identifier=citizen_number(7)),
        }
        return contents.seal_question(Question(**(members | changed)), jwk)

    def post(
        self,
        body: bytes,
        *,
        key: SigningKey | None = None,
        nonce: str = NONCE,
        now: int = NOON,
        uri: str = URI,
        to: str = URI,
        **headers: str,
    ) -> httpx.Response:
        fields = messages.sign_request(uri, body, key=key or self.key(), nonce=nonce, now=now)
        return self.http.post(to, content=body, headers=fields | headers)

    def read(self, answer: httpx.Response, body: bytes) -> dict[str, Any]:
        return contents.open_answer(answer.content, self.reply)


@pytest.fixture
def sender(home: Province, away: Province) -> Iterator[Sender]:
    away.town.citizen(7)
    with_errors = TestClient(away.app, base_url=there.ORIGIN, raise_server_exceptions=False)
    yield Sender(home, away, with_errors, SigningKey.generate())
    with_errors.close()


def kind(answer: httpx.Response) -> str:
    assert answer.headers["content-type"].startswith("application/problem+json")
    return str(answer.json()["type"]).removeprefix("urn:zt:problem:")


def test_a_signed_and_sealed_question_is_answered(sender: Sender) -> None:
    body = sender.sealed()
    answer = sender.post(body)
    assert answer.status_code == 200
    assert sender.read(answer, body)["outcome"] == "yes"


def test_the_same_message_gets_the_same_answer_and_no_second_entry(sender: Sender) -> None:
    body = sender.sealed()
    first = sender.post(body)
    again, later = sender.post(body), sender.post(body, now=NOON - 30)
    assert first.content == again.content == later.content
    assert first.headers["signature"] != later.headers["signature"]
    assert len(sender.away.entries(ANSWERER)) == 1


def test_another_message_under_the_same_nonce_is_refused(sender: Sender) -> None:
    sender.post(sender.sealed())
    answer = sender.post(sender.sealed())
    assert (answer.status_code, kind(answer)) == (409, "nonce-used")
    assert "signature" in answer.headers
    assert len(sender.away.entries(ANSWERER)) == 1


def test_one_nonce_of_two_departments_is_two(sender: Sender) -> None:
    """A nonce is counted for each asker: nobody can use up another's."""
    sender.post(sender.sealed())
    body = sender.sealed(asker=here.POLICE)
    assert kind(sender.post(body, key=sender.key(here.POLICE))) == "not-shared"


def test_one_nonce_to_two_departments_is_two_and_neither_signs_the_others_answer(sender: Sender) -> None:
    """What one of them answered is never sent again, or refused, in the name of another."""
    other = there.HOUSING
    uri = URI.replace(ANSWERER, other)
    body = sender.sealed()
    first = sender.post(body)
    replayed = sender.post(body, uri=uri, to=uri)
    assert first.status_code == 200
    assert kind(replayed) == "bad-message-content"
    question, nonce = sender.sealed(to=other, issuer=other), NONCE[::-1]
    assert kind(sender.post(question, nonce=nonce, uri=uri, to=uri)) == "bad-query"
    assert sender.post(sender.sealed(), nonce=nonce).status_code == 200


def test_a_refusal_is_kept_by_its_message_too(sender: Sender) -> None:
    body = sender.sealed(matter="curiosity")
    first, again = sender.post(body), sender.post(body)
    assert (first.status_code, kind(first)) == (403, "unknown-matter")
    assert "signature" in first.headers
    assert first.content == again.content
    assert [each.outcome for each in sender.away.entries(ANSWERER)] == ["refused"]


def test_the_same_message_many_times_at_once_is_one_entry(sender: Sender) -> None:
    body = sender.sealed()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: sender.post(body), range(6)))
    assert {each.status_code for each in answers} == {200}
    assert len({each.content for each in answers}) == 1
    assert len(sender.away.entries(ANSWERER)) == 1


def undecided(sender: Sender, answer: httpx.Response, status: int, problem: str) -> None:
    assert (answer.status_code, kind(answer)) == (status, problem)
    assert "signature" not in answer.headers
    assert sender.away.entries(ANSWERER) == []
    with sender.away.town.runtime.store.read() as session:
        assert session.exec(select(AnsweredMessage)).all() == []


def test_a_foreign_key_is_refused(sender: Sender) -> None:
    undecided(sender, sender.post(sender.sealed(), key=SigningKey.generate()), 401, "bad-message")


def test_a_key_without_the_use_for_messages_is_refused(sender: Sender) -> None:
    key = sender.key(here.POLICE, Use.CREDENTIALS)
    undecided(sender, sender.post(sender.sealed(asker=here.POLICE), key=key), 401, "bad-message")


def test_a_retired_key_is_refused(sender: Sender) -> None:
    sender.home.town.ended[sender.key().public.thumbprint] = NOON - 1
    undecided(sender, sender.post(sender.sealed()), 401, "bad-message")


def test_a_compromised_key_is_refused(sender: Sender) -> None:
    sender.home.town.compromised.add(sender.key().public.thumbprint)
    undecided(sender, sender.post(sender.sealed()), 401, "bad-message")


@pytest.mark.parametrize("now", [NOON - 60, NOON + 6, NOON - 3_600])
def test_what_is_not_of_this_moment_is_refused(sender: Sender, now: int) -> None:
    undecided(sender, sender.post(sender.sealed(), now=now), 401, "stale-message")


def test_a_message_signed_for_another_address_is_refused(sender: Sender) -> None:
    elsewhere = URI.replace("8100", "8101")
    undecided(sender, sender.post(sender.sealed(), uri=elsewhere), 401, "bad-message")
    undecided(sender, sender.post(sender.sealed(), to=f"{URI}?x=1"), 401, "bad-message")


def test_a_department_that_is_not_here_answers_nothing(sender: Sender) -> None:
    uri = URI.replace(ANSWERER, ASKER)
    undecided(sender, sender.post(sender.sealed(), uri=uri, to=uri), 404, "not-found")


@pytest.mark.parametrize("name", ["signature", "signature-input", "content-digest", "content-type"])
def test_an_unsigned_message_is_refused(sender: Sender, name: str) -> None:
    body = sender.sealed()
    fields = messages.sign_request(URI, body, key=sender.key(), nonce=NONCE, now=NOON)
    del fields[name]
    undecided(sender, sender.http.post(URI, content=body, headers=fields), 401, "bad-message")


def test_compressed_content_is_not_unpacked(sender: Sender) -> None:
    answer = sender.post(sender.sealed(), **{"content-encoding": "gzip"})
    undecided(sender, answer, 401, "bad-message")


def test_a_question_for_another_department_is_not_read(sender: Sender) -> None:
    answer = sender.post(sender.sealed(to=there.MARKET))
    assert (answer.status_code, kind(answer)) == (422, "bad-message-content")
    assert sender.away.entries(ANSWERER) == []


def test_what_another_department_sealed_cannot_be_signed_as_ones_own(sender: Sender) -> None:
    """Who takes a sealed question off the wire and signs it himself gets no answer to it."""
    answer = sender.post(sender.sealed(), key=sender.key(here.POLICE))
    assert (answer.status_code, kind(answer)) == (422, "bad-message-content")
    assert sender.away.entries(ANSWERER) == []


def test_the_encryption_key_changes_and_the_one_before_still_opens(sender: Sender) -> None:
    before = sender.sealed()
    keys = sender.away.cases.answering.keys
    assert keys.newest(ANSWERER, NOON) != keys.newest(ANSWERER, NOON + PERIOD)
    named = contents.key_named(before)
    assert keys.named(ANSWERER, named, NOON + PERIOD) is not None
    assert keys.named(ANSWERER, named, NOON + 2 * PERIOD) is None
    assert keys.named(there.MARKET, named, NOON) is None


def test_caps_hold_for_departments_of_other_registries(sender: Sender) -> None:
    away, cases = sender.away, sender.away.cases
    querying = replace(cases.querying, caps=Caps(clerk_hour=2))
    cases = replace(cases, answering=replace(cases.answering, querying=querying))
    away.app.state.services = replace(away.app.state.services, cases=cases)
    answers = [sender.post(sender.sealed(), nonce=f"{NONCE}{number}") for number in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert kind(answers[2]) == "too-many-queries"
