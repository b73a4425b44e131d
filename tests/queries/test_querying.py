"""Departments ask each other: only what a right grants, proven or signed, and on the record."""

from dataclasses import replace

import pytest
from sqlmodel import select

from registry import accesslog
from registry.accesslog.proofs import of_holder
from registry.answer_checking import check_answer
from registry.identifiers import make_certificate_id
from registry.queries.finding import Finding
from registry.querying import (
    Answer,
    BadQuery,
    NotShared,
    Query,
    Querying,
    RightEnded,
    UnknownMatter,
)
from registry.status_changes import Decision
from registry.store.tables import AccessEntry, QueryCase
from registry.usecases import UseCases
from tests.api import town as towns
from tests.api.town import HOUSING, MARKET, POLICE, Town, citizen_number

NUMBER = citizen_number(7)


def query(**changed: object) -> Query:
    plain = Query(
        asker=HOUSING,
        clerk="clerk 3",
        matter="title_registration",
        type="resident_identity",
        ask="has_valid",
        holder=("citizen_number", NUMBER),
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


def verdict(town: Town, answer: Answer, *, asker: str = HOUSING, **changed: object) -> str:
    envelope = {**answer.envelope(), **changed}
    return check_answer(envelope, answer.question, town.trust(), asker=asker, now=town.now).verdict


def entries(town: Town, issuer: str = POLICE) -> list[AccessEntry]:
    with town.runtime.store.read() as session:
        found = session.exec(select(AccessEntry).where(AccessEntry.issuer == issuer).order_by("seq"))
        return list(found)


def test_a_yes_is_proven_against_the_chain_and_shows_the_identifier_and_nothing_else(
    town: Town, querying: Querying
) -> None:
    town.citizen()
    (answer,) = querying.ask(query())
    assert answer.outcome == "yes"
    assert verdict(town, answer) == "proven"
    checked = check_answer(answer.envelope(), answer.question, town.trust(), asker=HOUSING, now=town.now)
    assert checked.report is not None
    assert checked.report.claims == {"citizen_number": NUMBER}


def test_named_claims_come_with_the_answer_where_the_right_lists_them(town: Town, querying: Querying) -> None:
    town.citizen()
    (answer,) = querying.ask(query(ask="claims", claims=("name", "age_over_18")))
    checked = check_answer(answer.envelope(), answer.question, town.trust(), asker=HOUSING, now=town.now)
    assert checked.verdict == "proven"
    assert checked.report is not None
    assert checked.report.claims.keys() == {"name", "age_over_18", "citizen_number"}


@pytest.mark.parametrize("claims", [("age_over_18",), ("last_day",), ("name", "last_day")])
def test_a_claim_that_is_absent_or_not_yet_true_is_answered_no(
    town: Town, querying: Querying, claims: tuple[str, ...]
) -> None:
    child = citizen_number(7, "20150101")
    row = town.identity_row(7, citizen_number=child, birth_date="2015-01-01", last_day="")
    town.issue(POLICE, "resident_identity", row)
    town.anchor(POLICE)
    asked = query(ask="claims", claims=claims, holder=("citizen_number", child))
    (answer,) = querying.ask(asked)
    assert (answer.outcome, answer.presentation, verdict(town, answer)) == ("no", None, "stated")
    (entry,) = entries(town)
    with town.runtime.store.read() as session:
        written = accesslog.opened(session, town.runtime.sealed, entry)
    assert accesslog.read(written).outcome == "no"
    (named,) = querying.ask(replace(asked, claims=("name",)))
    assert (named.outcome, verdict(town, named)) == ("yes", "proven")


def test_a_no_is_the_issuers_signed_word_and_never_more(town: Town, querying: Querying) -> None:
    (answer,) = querying.ask(query())
    assert answer.outcome == "no"
    assert verdict(town, answer) == "stated"


def test_nobody_and_no_certificate_in_force_are_one_outcome(town: Town, querying: Querying) -> None:
    (nobody,) = querying.ask(query())
    certificate_id = town.citizen()
    UseCases.of(town.runtime, town.trust).changing.revoke(POLICE, certificate_id, Decision("penalty"))
    (revoked,) = querying.ask(query())
    assert nobody.envelope().keys() == revoked.envelope().keys()
    assert (nobody.outcome, revoked.outcome) == ("no", "no")


def test_the_status_of_a_certificate_is_told_even_when_it_is_revoked(town: Town, querying: Querying) -> None:
    certificate_id = town.citizen()
    UseCases.of(town.runtime, town.trust).changing.revoke(POLICE, certificate_id, Decision("penalty"))
    asked = query(ask="status", holder=None, certificate_id=certificate_id)
    (answer,) = querying.ask(asked)
    assert (answer.outcome, answer.status) == ("yes", "revoked")
    assert verdict(town, answer) == "proven"


@pytest.mark.parametrize(
    "changed",
    [
        {"asker": MARKET},
        {"ask": "claims", "claims": ("address",)},
        {"ask": "claims", "claims": ("name", "address")},
        {"type": "business_licence", "ask": "claims", "claims": ("capital",)},
    ],
)
def test_what_no_right_grants_is_denied_and_logged_without_looking_anybody_up(
    town: Town, querying: Querying, changed: dict[str, object]
) -> None:
    town.citizen()
    with pytest.raises(NotShared) as known:
        querying.ask(query(**changed))
    with pytest.raises(NotShared) as unknown:
        querying.ask(query(**{**changed, "holder": ("citizen_number", citizen_number(8))}))
    assert str(known.value) == str(unknown.value)
    issuer = MARKET if changed.get("type") == "business_licence" else POLICE
    assert len(entries(town, issuer)) == 2


def test_a_right_that_has_ended_grants_nothing(town: Town, querying: Querying) -> None:
    town.citizen()
    town.now += 60 * 86_400
    with pytest.raises(RightEnded):
        querying.ask(query())


def test_a_matter_that_no_rights_file_names_is_told_apart_and_logged(town: Town, querying: Querying) -> None:
    with pytest.raises(UnknownMatter):
        querying.ask(query(matter="curiosity"))
    assert len(entries(town)) == 1


@pytest.mark.parametrize(
    "changed",
    [{"holder": None}, {"certificate_id": "1.2"}, {"claims": ("name",)}, {"ask": "claims", "claims": ("x",)}],
)
def test_a_question_that_makes_no_sense_is_refused_before_anything_is_logged(
    town: Town, querying: Querying, changed: dict[str, object]
) -> None:
    with pytest.raises(BadQuery):
        querying.ask(query(**changed))
    assert entries(town) == []


def test_an_answer_is_for_its_asker_its_question_and_its_presentation(town: Town, querying: Querying) -> None:
    town.citizen()
    (answer,) = querying.ask(query())
    (other,) = querying.ask(query())
    assert verdict(town, answer, asker=MARKET) == "invalid"
    assert verdict(town, answer, statement=other.statement) == "invalid"
    assert verdict(town, answer, presentation=other.presentation) == "invalid"
    assert verdict(town, answer, outcome="no") == "invalid"
    assert verdict(town, answer, presentation=None) == "invalid"
    asked_of_another = {
        **answer.question,
        "holder": {"id_type": "citizen_number", "identifier": citizen_number(8)},
    }
    found = check_answer(answer.envelope(), asked_of_another, town.trust(), asker=HOUSING, now=town.now)
    assert found.verdict == "invalid"


def test_the_log_is_a_chain_that_every_edit_breaks(town: Town, querying: Querying) -> None:
    for _ in range(4):
        querying.ask(query())
    log = entries(town)
    assert accesslog.check(log) is None
    assert accesslog.check(log[:1] + log[2:]) == 2
    assert accesslog.check([log[0], log[2], log[1], log[3]]) == 2
    log[2].digest = bytes(32)
    assert accesslog.check(log) == 3


def test_what_is_kept_of_a_query_names_nobody_in_plain(town: Town, querying: Querying) -> None:
    town.citizen()
    querying.ask(query())
    with town.runtime.store.read() as session:
        (kept,) = session.exec(select(QueryCase)).all()
        (entry,) = entries(town)
        stored = kept.sealed_question + (kept.sealed_answer or b"") + entry.sealed
    assert NUMBER.encode() not in stored
    assert kept.outcome == "yes"


def test_a_no_about_one_person_is_no_word_about_another(town: Town, querying: Querying) -> None:
    (answer,) = querying.ask(query())
    holder = {"id_type": "citizen_number", "identifier": citizen_number(8)}
    found = check_answer(
        answer.envelope(), {**answer.question, "holder": holder}, town.trust(), asker=HOUSING, now=town.now
    )
    assert (found.verdict, found.statement.failed) == ("invalid", ("question",))


def test_a_question_by_a_certificates_identifier_stands_in_its_holders_log_too(
    town: Town, querying: Querying
) -> None:
    certificate = town.citizen()
    querying.ask(query(holder=None, certificate_id=certificate))
    querying.ask(query())
    vault = town.runtime.sealed
    finder = vault.log_index(vault.holder_index("citizen_number", NUMBER))
    with town.runtime.store.read() as session:
        rows = of_holder(session, finder, 10)
        told = [accesslog.read(accesslog.opened(session, vault, row)) for row in rows]
    identity = town.definition("resident_identity").type
    assert [(each.seq, each.type, each.outcome) for each in told] == [
        (2, identity, "yes"),
        (1, identity, "yes"),
    ]


def certificate_of(issuer: str, town: Town) -> str:
    """An identifier that nobody has."""
    return str(make_certificate_id(town.definition("resident_identity").type, issuer, "NOBODY", 1))


@pytest.fixture
def two_issuers(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """MARKET issues identities too, and shares nothing of them."""
    monkeypatch.setitem(towns.ISSUES, MARKET, (*towns.ISSUES[MARKET], "resident_identity"))


@pytest.mark.usefixtures("two_issuers")
def test_no_such_certificate_and_not_in_force_are_asked_of_the_same_and_answered_alike(
    town: Town, querying: Querying
) -> None:
    revoked = town.citizen()
    UseCases.of(town.runtime, town.trust).changing.revoke(POLICE, revoked, Decision("penalty"))
    told = [
        querying.ask(query(holder=None, certificate_id=each))
        for each in (revoked, certificate_of(POLICE, town))
    ]
    assert [[each.outcome for each in answers] for answers in told] == [["no"], ["no"]]
    assert [[each.question["issuer"] for each in answers] for answers in told] == [[POLICE], [POLICE]]
    assert len(entries(town)) == 2 and entries(town, MARKET) == []


@pytest.mark.usefixtures("two_issuers")
def test_not_shared_and_no_such_certificate_are_refused_alike(town: Town, querying: Querying) -> None:
    there = town.issue(MARKET, "resident_identity", town.identity_row(9))
    town.anchor(MARKET)
    refused = []
    for each in (there, certificate_of(MARKET, town)):
        with pytest.raises(NotShared) as refusal:
            querying.ask(query(holder=None, certificate_id=each, ask="claims", claims=("name",)))
        refused.append(str(refusal.value))
    assert refused[0] == refused[1]
    assert len(entries(town, MARKET)) == 2 and entries(town) == []


@pytest.mark.usefixtures("two_issuers")
def test_without_a_right_the_same_logs_are_written_whether_there_is_such_a_certificate(
    town: Town, querying: Querying
) -> None:
    for each in (town.citizen(), certificate_of(POLICE, town)):
        with pytest.raises(UnknownMatter):
            querying.ask(query(holder=None, certificate_id=each, matter="curiosity"))
    assert (len(entries(town)), len(entries(town, MARKET))) == (2, 0)


@pytest.mark.usefixtures("two_issuers")
def test_an_identifier_that_names_none_of_its_issuers_is_asked_of_all(town: Town, querying: Querying) -> None:
    answers = querying.ask(query(holder=None, certificate_id=certificate_of(HOUSING, town)))
    assert {each.question["issuer"] for each in answers} == {POLICE, MARKET}


def test_a_question_by_a_certificate_of_another_type_is_about_nobody(town: Town) -> None:
    driving = town.issue(POLICE, "driving_licence", town.driving_row(7))
    town.anchor(POLICE)
    vault = town.runtime.sealed
    finding = Finding(vault, town.runtime.catalogue)
    with town.runtime.store.read() as session:
        asked = query(holder=None, certificate_id=driving)
        found = finding.holders(session, asked, town.definition("resident_identity"))
    assert found == [vault.holder_index("certificate_id", driving)]
