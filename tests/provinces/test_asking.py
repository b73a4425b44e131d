"""Departments ask across registries: each side decides and logs, and nothing is taken for true."""

import gzip
import secrets
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import msgspec
import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from registry import clients
from registry.casefacts import KEY_BYTES
from registry.cases.numbers import new_number
from registry.provinces import answering, messages
from registry.provinces.partners import NoPartner
from registry.querying import NotShared, SourceUnknown, UnknownMatter
from registry.rights import load_rights
from registry.signing import SigningKey, Use
from registry.store.tables import AnsweredMessage, Case, CaseParty, MatterVersion, QueryCase
from tests.api.town import citizen_number
from tests.provinces.conftest import ANSWERER, ASKER, MATTER, Province, here, there


def ask(home: Province, number: int = 7, at: str = there.ORIGIN, **changed: Any) -> Any:
    (told,) = home.cases.elsewhere.ask(home.query(number, **changed), at)
    return told


def test_a_yes_from_another_province_is_proven_against_the_chain(home: Province, away: Province) -> None:
    away.town.citizen(7)
    told = ask(home)
    assert (told.issuer, told.outcome, told.verdict) == (ANSWERER, "yes", "proven")
    assert told.checked.report.claims["name"] == away.town.identity_row(7)["name"]


def test_it_is_asked_for_by_the_code_of_a_department_too(home: Province, away: Province) -> None:
    away.town.citizen(7)
    assert ask(home, at=ANSWERER).verdict == "proven"


def test_a_no_is_the_other_sides_word(home: Province, away: Province) -> None:
    told = ask(home)
    assert (told.outcome, told.verdict) == ("no", "stated")


def test_a_claim_that_is_not_in_the_certificate_there_is_a_no(home: Province, away: Province) -> None:
    child = citizen_number(7, "20150101")
    row = away.town.identity_row(7, citizen_number=child, birth_date="2015-01-01")
    away.town.issue(ANSWERER, "resident_identity", row)
    away.town.anchor(ANSWERER)
    told = ask(home, holder=("citizen_number", child), claims=("age_over_18",))
    assert (told.outcome, told.verdict) == ("no", "stated")
    assert ask(home, holder=("citizen_number", child)).verdict == "proven"


def test_what_cannot_be_learnt_is_unknown_never_no(home: Province, away: Province) -> None:
    away.town.citizen(7)
    away.down = True
    told = ask(home)
    assert (told.outcome, told.verdict) == ("unknown", "unknown")
    home.town.citizen(7)
    assert home.cases.querying.ask(home.query(7))[0].outcome == "yes"


def test_both_sides_log_who_asked_whom_for_what(home: Province, away: Province) -> None:
    away.town.citizen(7)
    ask(home)
    (asked,) = home.entries(ASKER)
    assert (asked.outcome, asked.rule, asked.purpose) == ("asked", "own-identity", MATTER)
    (answered,) = away.entries(ANSWERER)
    assert (answered.asker, answered.outcome, answered.rule) == (ASKER, "yes", "other-identity")
    assert asked.holder
    assert answered.holder
    assert asked.case == answered.case or not asked.case


def test_the_asking_side_decides_by_its_own_rights(home: Province, away: Province) -> None:
    away.town.citizen(7)
    with pytest.raises(NotShared):
        ask(home, claims=("address",))
    with pytest.raises(UnknownMatter):
        ask(home, matter="curiosity")
    assert not away.seen
    assert [each.outcome for each in home.entries(ASKER)] == ["refused", "refused"]


def test_the_answering_side_decides_by_its_own_rights(home: Province, away: Province) -> None:
    away.town.citizen(7)
    (away.town.runtime.settings.rights / "other.yaml").unlink()
    rights = load_rights(away.town.runtime.settings.rights, away.town.runtime.tz)
    cases = away.cases
    querying = replace(cases.querying, rights=rights)
    answering = replace(cases.answering, querying=querying)
    away.app.state.services = replace(
        away.app.state.services, cases=replace(cases, querying=querying, answering=answering)
    )
    told = ask(home)
    assert (told.outcome, told.refusal) == ("refused", "not-shared")
    assert [each.outcome for each in away.entries(ANSWERER)] == ["refused"]


def test_whoever_is_named_is_asked_and_nobody_else(home: Province, away: Province) -> None:
    with pytest.raises(NoPartner):
        ask(home, at="http://localhost:9999")
    with pytest.raises(NoPartner):
        ask(home, at=ASKER)
    assert not away.seen


def test_nothing_personal_is_in_an_address_a_header_or_a_log(home: Province, away: Province) -> None:
    away.town.citizen(7)
    row = away.town.identity_row(7)
    ask(home)
    secrets = (row["name"], citizen_number(7), "李")
    for request in away.seen:
        travelled = f"{request.url} {request.headers} {request.content!r}"
        assert not [each for each in secrets if each in travelled or each.encode() in request.content]
    assert not [each for each in secrets if each in home.written.text + away.written.text]


def test_the_answer_is_kept_sealed_for_who_checks_it_later(home: Province, away: Province) -> None:
    away.town.citizen(7)
    ask(home)
    with home.town.runtime.store.read() as session:
        (kept,) = session.exec(select(QueryCase)).all()
        assert (kept.asker, kept.outcome) == (ASKER, "yes")
    with away.town.runtime.store.read() as session:
        assert session.exec(select(QueryCase)).all() == []
        (answered,) = session.exec(select(AnsweredMessage)).all()
    assert citizen_number(7).encode() not in answered.body


Spoil = Callable[[httpx.Response], httpx.Response]


def without_signature(answer: httpx.Response) -> httpx.Response:
    headers = {name: value for name, value in answer.headers.items() if not name.startswith("signature")}
    return httpx.Response(answer.status_code, headers=headers, content=answer.content)


def naming_another_key(answer: httpx.Response) -> httpx.Response:
    key = SigningKey.generate()
    fields = dict(answer.headers)
    named = fields["signature-input"].split('keyid="')[1].split('"')[0]
    fields["signature-input"] = fields["signature-input"].replace(named, key.public.thumbprint)
    return httpx.Response(answer.status_code, headers=fields, content=answer.content)


def changed(answer: httpx.Response) -> httpx.Response:
    body = answer.content[:-1] + (b"A" if answer.content[-1:] != b"A" else b"B")
    headers = dict(answer.headers) | {"content-digest": messages.content_digest(body)}
    return httpx.Response(answer.status_code, headers=headers, content=body)


def signed_by_another_under_its_name(answer: httpx.Response) -> httpx.Response:
    fields = dict(answer.headers)
    forged = SigningKey.generate().sign(b"whatever")
    fields["signature"] = f"zt=:{b64encode(forged).decode()}:"
    return httpx.Response(answer.status_code, headers=fields, content=answer.content)


def refused_by_a_stranger(answer: httpx.Response) -> httpx.Response:
    """A refusal made up on the way: it would be told as the department's word."""
    body = b'{"type":"urn:zt:problem:not-shared","zh":"","en":"","status":403}'
    fields = dict(answer.headers) | {
        "content-type": messages.PROBLEM,
        "content-digest": messages.content_digest(body),
    }
    return httpx.Response(403, headers=fields, content=body)


def another_status(answer: httpx.Response) -> httpx.Response:
    return httpx.Response(201, headers=answer.headers, content=answer.content)


def packed(answer: httpx.Response) -> httpx.Response:
    """A body that unpacks to far more than may come."""
    headers = dict(answer.headers) | {"content-encoding": "gzip"}
    return httpx.Response(200, headers=headers, content=gzip.compress(b" " * (1 << 20)))


@pytest.mark.parametrize(
    "spoil",
    [
        without_signature,
        naming_another_key,
        signed_by_another_under_its_name,
        refused_by_a_stranger,
        changed,
        another_status,
        packed,
    ],
)
def test_an_answer_that_is_not_the_departments_tells_nothing(
    home: Province, away: Province, spoil: Spoil
) -> None:
    away.town.citizen(7)
    assert ask(home).verdict == "proven"

    def only_messages(answer: httpx.Response) -> httpx.Response:
        return spoil(answer) if "signature" in answer.headers else answer

    away.spoil = only_messages
    assert (ask(home).outcome, ask(home).verdict) == ("unknown", "unknown")


def test_an_answer_to_another_question_tells_nothing(home: Province, away: Province) -> None:
    away.town.citizen(7)
    kept: list[httpx.Response] = []

    def keep(answer: httpx.Response) -> httpx.Response:
        if "signature" not in answer.headers:
            return answer
        kept.append(answer)
        return kept[0]

    away.spoil = keep
    assert ask(home).outcome == "yes"
    assert ask(home, 8).outcome == "unknown"


def test_an_answer_about_somebody_else_tells_nothing(
    home: Province, away: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed, sealed and proven as it should be, by a department that answers what it was not asked."""
    away.town.citizen(8)
    put = answering._query

    def of_somebody_else(question: Any) -> Any:
        return replace(put(question), holder=("citizen_number", citizen_number(8)))

    monkeypatch.setattr(answering, "_query", of_somebody_else)
    assert ask(home).outcome == "unknown"
    assert [each.outcome for each in away.entries(ANSWERER)] == ["yes"]


def test_a_key_of_the_answerer_without_the_use_for_messages_signs_nothing(
    home: Province, away: Province
) -> None:
    away.town.citizen(7)
    assert ask(home).outcome == "yes"  # its encryption key is known from now on
    trust = home.cases.everywhere

    def narrowed() -> Any:
        known = trust()
        issuer = known.issuers[ANSWERER]
        keys = {name: replace(key, uses=Use(key.uses & ~Use.MESSAGES)) for name, key in issuer.keys.items()}
        return replace(known, issuers={**known.issuers, ANSWERER: replace(issuer, keys=keys)})

    cases = home.cases
    elsewhere = replace(cases.elsewhere, everywhere=narrowed)
    (told,) = elsewhere.ask(home.query(7), there.ORIGIN)
    assert told.outcome == "unknown"


def test_where_our_rule_wants_consent_nothing_leaves_before_it(home: Province, away: Province) -> None:
    folder = home.town.runtime.settings.rights
    text = (
        (folder / "own.yaml")
        .read_text("utf-8")
        .replace("id: own-identity", "id: own-identity\n  consent: true")
    )
    (folder / "own.yaml").write_text(text, "utf-8")
    rights = load_rights(folder, home.town.runtime.tz)
    querying = replace(home.cases.querying, rights=rights)
    (told,) = replace(home.cases.elsewhere, querying=querying).ask(home.query(7), there.ORIGIN)
    assert (told.outcome, told.verdict) == ("pending", "stated")
    assert told.due > home.town.now
    assert not [each for each in away.seen if each.method == "POST"]
    assert [each.outcome for each in home.entries(ASKER)] == ["pending"]


def over_http(home: Province, **changed: Any) -> httpx.Response:
    token = clients.give_token(
        home.town.runtime.store,
        ASKER,
        dpop_thumbprint=None,
        now=home.town.now,
        randomness=home.town.runtime.randomness,
    )
    body = {
        "type": "resident_identity",
        "matter": MATTER,
        "clerk": "李",
        "ask": "claims",
        "claims": ["name"],
        "holder": {"id_type": "citizen_number", "identifier": citizen_number(7)},
        "at": there.ORIGIN,
    }
    http = TestClient(home.app, base_url=here.ORIGIN, raise_server_exceptions=False)
    headers = {"Authorization": f"Bearer {token}"}
    return http.post(f"/issuers/{ASKER}/queries", json=body | changed, headers=headers)


def test_the_api_asks_elsewhere_as_the_command_line_does(home: Province, away: Province) -> None:
    away.town.citizen(7)
    answered = over_http(home)
    (told,) = answered.json()["answers"]
    assert (told["issuer"], told["outcome"], told["verdict"]) == (ANSWERER, "yes", "proven")
    assert told["statement"]
    refused = over_http(home, at="http://localhost:9999")
    assert (refused.status_code, refused.json()["type"]) == (404, "urn:zt:problem:no-such-partner")
    away.down = True
    silent = over_http(home)
    assert silent.json()["answers"][0]["outcome"] == "unknown"
    assert len(silent.content) % 4_096 == len(answered.content) % 4_096 == 0


COMPARED = {"ask": "equals", "source": "stated", "case": "20261124K2QF0MZ3A"}


def opened_case(home: Province, name: str) -> str:
    """A case of the asker's about citizen 7, to whom somebody stated a name; its number."""
    runtime, number = home.town.runtime, new_number(date(2026, 11, 24), secrets.token_bytes)
    vault = runtime.sealed
    with runtime.store.write() as session:
        key = vault.issuer_key(session, ASKER, home.town.now)
        inputs = vault.seal(key, f"case/{number}", msgspec.msgpack.encode({"name": name}))
        session.add(MatterVersion(version="v", matter=MATTER, text="{}"))
        session.flush()
        session.add(
            Case(
                id=number,
                matter=MATTER,
                rule_version="v",
                office=ASKER,
                responsible=ASKER,
                sealed=key.id.to_bytes(KEY_BYTES) + inputs,
                created=home.town.now,
            )
        )
        session.flush()
        citizen = vault.holder_index("citizen_number", citizen_number(7))
        session.add(CaseParty(case=number, role="applicant", holder=citizen))
    return number


def test_the_asking_registry_looks_at_the_case_before_it_lets_a_comparison_go(
    home: Province, away: Province
) -> None:
    away.town.citizen(7)
    name = away.town.identity_row(7)["name"]
    with pytest.raises(SourceUnknown):
        ask(home, **COMPARED, value=name)
    case = opened_case(home, name)
    with pytest.raises(SourceUnknown):
        ask(home, **COMPARED | {"case": case}, value="somebody else")
    assert not away.seen
    told = ask(home, **COMPARED | {"case": case}, value=name)
    assert (told.outcome, told.verdict) == ("yes", "proven")
    assert (home.entries(ASKER)[-1].manner, away.entries(ANSWERER)[-1].manner) == ("stated", "stated")


def test_what_the_asker_only_vouches_for_the_answering_side_takes_by_its_own_rights(
    home: Province, away: Province
) -> None:
    away.town.citizen(7)
    told = ask(home, **COMPARED | {"source": "vouched"}, value=away.town.identity_row(7)["name"])
    assert (told.outcome, told.refusal) == ("refused", "source-unknown")
    assert away.entries(ANSWERER)[-1].outcome == "refused"
