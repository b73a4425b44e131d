"""What is shared on conditions waits for the issuer, what needs consent waits for the holder."""

from dataclasses import replace

import pytest
import yaml
from sqlmodel import Session, select

from registry.answer_checking import check_answer
from registry.errors import NotAllowed, NotFound
from registry.queries import reviews
from registry.querying import Answer, MandateFallsShort, Query, Querying
from registry.rights import load_rights
from registry.store.tables import Consent, ConsentState
from tests.api.town import HOUSING, MARKET, POLICE, Town
from tests.queries.test_querying import entries, query

ETHNICITY = query(ask="claims", claims=("ethnicity",))
BIRTH = query(ask="claims", claims=("birth_date",), matter="rent_subsidy")


def verdict(town: Town, answer: Answer) -> str:
    return check_answer(answer.envelope(), answer.question, town.trust(), asker=HOUSING, now=town.now).verdict


def decide(town: Town, *, granted: bool) -> None:
    with town.runtime.store.write() as session:
        (row,) = reviews.waiting(session, POLICE, town.now)
        say(town, session, POLICE, row.id, granted=granted)


def say(town: Town, session: Session, issuer: str, id: str, *, granted: bool) -> None:
    vault = town.runtime.sealed
    reviews.decide(session, vault, issuer, id, granted=granted, reason="r", by="officer 1", now=town.now)


def test_a_conditional_claim_is_pending_until_its_issuer_grants_it(town: Town, querying: Querying) -> None:
    town.citizen()
    (pending,) = querying.ask(ETHNICITY)
    assert (pending.outcome, pending.presentation, verdict(town, pending)) == ("pending", None, "stated")
    decide(town, granted=True)
    (answer,) = querying.ask(ETHNICITY)
    assert (answer.outcome, verdict(town, answer)) == ("yes", "proven")


def test_a_granted_question_about_an_absent_claim_is_answered_no(town: Town, querying: Querying) -> None:
    town.issue(POLICE, "resident_identity", town.identity_row(7, last_day=""))
    town.anchor(POLICE)
    asked = query(ask="claims", claims=("ethnicity", "last_day"))
    querying.ask(asked)
    decide(town, granted=True)
    (answer,) = querying.ask(asked)
    assert (answer.outcome, answer.presentation, verdict(town, answer)) == ("no", None, "stated")


def test_an_answer_is_due_in_ten_working_days_and_withheld_afterwards(town: Town, querying: Querying) -> None:
    (pending,) = querying.ask(ETHNICITY)
    assert pending.due is not None
    assert 14 * 86_400 <= pending.due - town.now + 12 * 3_600 <= 15 * 86_400
    town.now = pending.due - 1
    assert querying.ask(ETHNICITY)[0].outcome == "pending"
    town.now += 1
    assert querying.ask(ETHNICITY)[0].outcome == "withheld"


def test_what_the_issuer_refuses_is_withheld(town: Town, querying: Querying) -> None:
    querying.ask(ETHNICITY)
    decide(town, granted=False)
    assert querying.ask(ETHNICITY)[0].outcome == "withheld"


def test_a_grant_is_for_one_question_of_one_asker_and_decided_once_by_its_issuer(
    town: Town, querying: Querying
) -> None:
    querying.ask(ETHNICITY)
    with town.runtime.store.write() as session:
        (row,) = reviews.waiting(session, POLICE, town.now)
        with pytest.raises(NotFound):
            say(town, session, MARKET, row.id, granted=True)
    decide(town, granted=True)
    with town.runtime.store.write() as session, pytest.raises(NotAllowed):
        say(town, session, POLICE, row.id, granted=False)
    other = replace(ETHNICITY, claims=("ethnicity", "name"))
    assert querying.ask(other)[0].outcome == "pending"


@pytest.mark.parametrize("asked", [ETHNICITY, BIRTH])
def test_pending_looks_the_same_with_a_holder_and_with_nobody(
    town: Town, querying: Querying, asked: Query
) -> None:
    (nobody,) = querying.ask(asked)
    town.citizen(8)
    holder = ("citizen_number", town.identity_row(8)["citizen_number"])
    (somebody,) = querying.ask(replace(asked, holder=holder))
    assert nobody.envelope().keys() == somebody.envelope().keys()
    assert (nobody.outcome, nobody.due) == ("pending", somebody.due)
    assert somebody.outcome == "pending"


def test_consent_is_asked_first_and_its_answer_opens_the_question(town: Town, querying: Querying) -> None:
    town.citizen()
    (pending,) = querying.ask(BIRTH)
    assert (pending.outcome, verdict(town, pending)) == ("pending", "stated")
    with town.runtime.store.write() as session:
        consent = session.exec(select(Consent)).one()
        consent.state = ConsentState.YES
        session.add(consent)
    (answer,) = querying.ask(BIRTH)
    assert (answer.outcome, verdict(town, answer)) == ("yes", "proven")


def test_refused_unanswered_and_nobody_all_end_as_withheld_at_the_deadline(
    town: Town, querying: Querying
) -> None:
    town.citizen()
    (pending,) = querying.ask(BIRTH)
    with town.runtime.store.write() as session:
        consent = session.exec(select(Consent)).one()
        consent.state = ConsentState.NO
        session.add(consent)
    assert querying.ask(BIRTH)[0].outcome == "pending"
    assert pending.due is not None
    town.now = pending.due
    assert querying.ask(BIRTH)[0].outcome == "withheld"


def told(answers: list[Answer]) -> list[tuple[str, str]]:
    return [(each.kind, each.zh) for each in answers[0].conditions]


def test_why_it_is_withheld_is_told_alike_for_refused_unanswered_and_nobody(
    town: Town, querying: Querying
) -> None:
    """By the rights files alone; the issuer's own words, and what the holder said, are not in it."""
    town.citizen()
    (refused,) = querying.ask(ETHNICITY)
    decide(town, granted=False)
    nobody = replace(ETHNICITY, holder=("citizen_number", town.identity_row(8)["citizen_number"]))
    (unanswered,) = querying.ask(nobody)
    assert refused.due is not None
    town.now = refused.due
    why = [("review", "有条件共享，须经颁发部门同意（政务数据共享条例）")]
    for asked in (ETHNICITY, nobody):
        assert querying.ask(asked)[0].outcome == "withheld"
        assert told(querying.ask(asked)) == told([refused]) == told([unanswered]) == why
    (envelope,) = querying.ask(ETHNICITY)
    assert envelope.envelope()["conditions"][0]["en"].endswith("(Sharing of Government Data)")


def test_of_a_question_that_wants_consent_and_review_both_are_named_whichever_failed(
    town: Town, querying: Querying
) -> None:
    file = town.runtime.settings.rights / "housing.yaml"
    document = yaml.safe_load(file.read_text("utf-8"))
    consented = next(each for each in document["asks"] if each["id"] == "housing-consent")
    consented["claims"] = ["ethnicity"]
    file.write_text(yaml.safe_dump(document), "utf-8")
    both = replace(querying, rights=load_rights(file.parent, town.runtime.tz))
    asked = replace(ETHNICITY, matter="rent_subsidy")
    town.citizen()
    before = both.ask(asked)
    with town.runtime.store.write() as session:
        consent = session.exec(select(Consent)).one()
        consent.state = ConsentState.YES
        session.add(consent)
    after = both.ask(asked)
    assert told(before) == told(after)
    assert [kind for kind, _ in told(after)] == ["consent", "review"]


def test_an_answer_names_no_conditions(town: Town, querying: Querying) -> None:
    town.citizen()
    querying.ask(ETHNICITY)
    decide(town, granted=True)
    (answer,) = querying.ask(ETHNICITY)
    assert (answer.outcome, "conditions" in answer.envelope()) == ("yes", False)


def test_every_word_on_a_waiting_question_is_in_the_log(town: Town, querying: Querying) -> None:
    querying.ask(BIRTH)
    querying.ask(BIRTH)
    assert len(entries(town)) == 2


def test_an_agent_is_answered_within_the_mandate_only(town: Town, querying: Querying) -> None:
    class OnlyThisOne:
        def covers(self, session: Session, query: Query, type_code: str, now: int) -> bool:
            return query.on_behalf == "mandate 1"

        def manner(self, session: Session, query: Query) -> str:
            return "mandate"

        def principals(self, session: Session, query: Query, now: int) -> frozenset[bytes]:
            assert query.holder is not None
            return frozenset({town.runtime.sealed.holder_index(*query.holder)})

    town.citizen()
    acting = replace(BIRTH, on_behalf="mandate 1", case="C1")
    with pytest.raises(MandateFallsShort):
        querying.ask(acting)
    desk = replace(querying, mandates=OnlyThisOne())
    (answer,) = desk.ask(acting)
    assert answer.outcome == "yes"
    assert answer.question["on_behalf"] == "mandate 1"
    with pytest.raises(MandateFallsShort):
        desk.ask(replace(acting, on_behalf="mandate 2"))
