"""Each measure, over a few rows that can be counted by hand."""

from datetime import date

from registry.measures import cases, certificates, sharing
from registry.measures.certificates import Covered
from registry.measures.counts import By, Counts, Ratio, Scope
from registry.store.tables import (
    AskedAgain,
    CaseDecision,
    CaseRating,
    Commitment,
    Credential,
    QueryReview,
    StatusEvent,
    StatusIntent,
)
from registry.workingdays import WorkingDays
from tests.measures.ledger import (
    HOUSING,
    MARKET,
    NOVEMBER,
    NOW,
    POLICE,
    VAULT,
    VERSION,
    ZONE,
    Ledger,
    at,
    scope,
)


def of_cases(ledger: Ledger, where: Scope | None = None) -> Counts:
    with ledger.store.read() as session:
        return cases.count(session, where or scope())


def of_certificates(ledger: Ledger, where: Scope | None = None) -> tuple[list[Covered], Counts]:
    where = where or scope()
    with ledger.store.read() as session:
        covered = certificates.coverage(session, where)
        return covered, certificates.count(session, where, covered)


def of_reviews(ledger: Ledger) -> Counts:
    with ledger.store.read() as session:
        return sharing.count(session, scope())


def only(by: By) -> Ratio:
    (ratio,) = by.values()
    return ratio


def decision(case: str, outcome: str = "grant", **more: object) -> CaseDecision:
    given = {"case": case, "rule_version": VERSION, "outcome": outcome, "digest": b"", "sealed": b"", "at": 0}
    return CaseDecision(**(given | more))


def test_what_wallets_and_departments_told_was_not_handed_in_again(ledger: Ledger) -> None:
    case = ledger.case()
    ledger.proven(case, "identity", "household")
    ledger.proven(case, "insurance", source="query")
    ledger.document(case, "floor_plan")
    found = of_cases(ledger)
    assert found["repeated_materials"] == {MARKET: Ratio(0, 4)}
    assert found["certificates_used"] == {MARKET: Ratio(3, 3)}


def test_a_second_document_of_a_kind_is_handed_in_again_and_one_used_again_is_not(ledger: Ledger) -> None:
    first, second, third = ledger.cases(3)
    plan = ledger.document(first, "floor_plan")
    ledger.stated(second, "floor_plan", plan)
    assert of_cases(ledger)["repeated_materials"] == {MARKET: Ratio(0, 2)}
    another = ledger.document(third, "floor_plan")
    assert of_cases(ledger)["repeated_materials"] == {MARKET: Ratio(1, 3)}
    ledger.stated(ledger.case(), "floor_plan", another)
    assert of_cases(ledger)["repeated_materials"] == {MARKET: Ratio(1, 4)}


def test_two_people_hand_in_each_their_own(ledger: Ledger) -> None:
    ledger.document(ledger.case(), "floor_plan")
    ledger.document(ledger.case(), "floor_plan", holder=b"he")
    assert of_cases(ledger)["repeated_materials"] == {MARKET: Ratio(0, 2)}


def test_paper_of_a_kind_that_a_department_certifies_is_handed_in_again_and_no_certificate_used(
    ledger: Ledger,
) -> None:
    case = ledger.case()
    ledger.proven(case, "identity")
    ledger.document(case, "birth")
    found = of_cases(ledger)
    assert found["repeated_materials"] == {MARKET: Ratio(1, 2)}
    assert found["certificates_used"] == {MARKET: Ratio(1, 2)}


def test_what_was_reported_is_a_material_handed_in_again_once(ledger: Ledger) -> None:
    case = ledger.case()
    ledger.proven(case, "identity")
    ledger.document(case, "birth")
    again = [
        AskedAgain(case=case, fact=name, department=MARKET, at=at(11, 4)) for name in ("household", "birth")
    ]
    ledger.add(*again)
    found = of_cases(ledger)
    assert found["repeated_materials"] == {MARKET: Ratio(2, 3)}
    assert found["certificates_used"] == {MARKET: Ratio(1, 3)}
    assert found["asked_again"] == {MARKET: Ratio(2, 0)}


def test_a_copy_or_an_answer_that_proves_nothing_is_no_certificate_used(ledger: Ledger) -> None:
    case = ledger.case()
    ledger.proven(case, "identity")
    ledger.proven(case, "household", verdict="copy")
    ledger.proven(case, "insurance", source="query", verdict="withheld")
    assert of_cases(ledger)["certificates_used"] == {MARKET: Ratio(1, 3)}


def test_a_promised_certificate_that_has_not_come_could_have_been_used_and_a_promised_plan_not(
    ledger: Ledger,
) -> None:
    case = ledger.case()
    ledger.proven(case, "identity")
    for name in ("insurance", "floor_plan"):
        ledger.add(Commitment(case=case, fact=name, state="open", request="r", due=NOW))
    ledger.add(Commitment(case=case, fact="household", state="asked", request="r", due=NOW))
    assert of_cases(ledger)["certificates_used"] == {MARKET: Ratio(1, 2)}
    ledger.proven(case, "insurance")
    assert of_cases(ledger)["certificates_used"] == {MARKET: Ratio(2, 2)}


def test_only_what_ended_in_the_period_counts(ledger: Ledger) -> None:
    for ended in (None, NOVEMBER[0] - 1, NOVEMBER[1]):
        case = ledger.case(ended=ended)
        ledger.proven(case, "identity")
        ledger.add(decision(case), AskedAgain(case=case, fact="household", department=MARKET, at=0))
    assert not any(of_cases(ledger).values())
    ledger.case(ended=NOVEMBER[0])
    ledger.case(ended=NOVEMBER[1] - 1)
    assert of_cases(ledger)["wholly_online"] == {MARKET: Ratio(2, 2)}


def test_a_case_opened_at_a_window_is_one_trip_and_not_online(ledger: Ledger) -> None:
    ledger.cases(3)
    ledger.case(clerk="clerk 3")
    ledger.case(POLICE, clerk="clerk 4")
    found = of_cases(ledger)
    assert found["wholly_online"] == {MARKET: Ratio(3, 4), POLICE: Ratio(0, 1)}
    assert found["trips"] == {MARKET: Ratio(1, 4), POLICE: Ratio(1, 1)}


def test_working_days_leave_out_the_first_day_weekends_and_holidays(ledger: Ledger) -> None:
    ledger.case(opened=at(11, 2), ended=at(11, 2, 18))  # a Monday
    ledger.case(opened=at(11, 2, 23), ended=at(11, 10, 1))
    holiday = WorkingDays(ZONE, frozenset({date(2026, 11, 4)}))
    assert of_cases(ledger)["working_days"] == {MARKET: Ratio(6, 2)}
    assert of_cases(ledger, scope(calendar=holiday))["working_days"] == {MARKET: Ratio(5, 2)}


def test_a_grant_that_a_person_turned_is_a_reversal_and_one_that_the_rule_made_alone_was_in_seconds(
    ledger: Ledger,
) -> None:
    alone, agreed, turned, asked = ledger.cases(4)
    ledger.add(
        decision(alone),
        decision(agreed, person="clerk 1", person_outcome="grant"),
        decision(turned, person="clerk 1", person_outcome="refuse", reversal=True),
        decision(asked, "person", person="clerk 1", person_outcome="grant"),
    )
    found = of_cases(ledger)
    assert found["decided_by_rule"] == {MARKET: Ratio(1, 4)}
    assert found["reversals"] == {MARKET: Ratio(1, 2)}


def test_promises_that_ended_were_kept_or_not(ledger: Ledger) -> None:
    case = ledger.case(ended=None)
    for name, state, ended in (
        ("a", "kept", at(11, 5)),
        ("b", "kept", at(11, 6)),
        ("c", "overdue", at(11, 7)),
        ("d", "open", None),
        ("e", "overdue", at(10, 7)),
    ):
        ledger.add(Commitment(case=case, fact=name, state=state, request="r", due=0, ended_at=ended))
    assert of_cases(ledger)["commitments_kept"] == {MARKET: Ratio(2, 3)}


def test_three_stars_are_satisfied_and_two_are_not(ledger: Ledger) -> None:
    for stars in (5, 4, 3, 2, 1):
        ledger.add(CaseRating(case=ledger.case(), stars=stars, at=at(11, 5)))
    ledger.add(CaseRating(case=ledger.case(), stars=5, at=at(10, 5)))
    assert of_cases(ledger)["satisfaction"] == {MARKET: Ratio(3, 5)}


def test_certificates_corrected_or_issued_in_error_were_wrong_each_once(ledger: Ledger) -> None:
    ids = ledger.batch(POLICE, [at(11, 2)] * 10, closed=at(11, 2), block=at(11, 2))
    (earlier,) = ledger.batch(POLICE, [at(10, 2)], closed=at(10, 2), block=at(10, 2))
    ledger.batch(POLICE, [at(11, 2)], closed=at(11, 2), block=None, state="voided")
    for certificate, reason in (
        (ids[0], "corrected"),
        (ids[1], "issued_in_error"),
        (ids[1], "corrected"),
        (ids[2], "changed"),
        (ids[3], "penalty"),
        (earlier, "corrected"),
    ):
        ledger.add(StatusEvent(certificate=certificate, reason=reason, effective_from=0, recorded=NOW))
    _, found = of_certificates(ledger)
    assert found["data_accuracy"] == {POLICE: Ratio(8, 10)}


def test_anchor_lag_is_how_long_the_first_of_a_batch_waited_for_its_block(ledger: Ledger) -> None:
    noon = at(11, 2, 12)
    ledger.batch(POLICE, [noon, noon + 5], closed=noon + 6, block=noon + 10)
    ledger.batch(POLICE, [noon], closed=noon + 1, block=noon + 2)
    ledger.batch(HOUSING, [noon + 3], closed=noon + 3, block=noon)  # the chain's clock is behind
    ledger.batch(POLICE, [noon], closed=noon, block=None)
    ledger.batch(POLICE, [noon], closed=noon, block=NOVEMBER[1])
    _, found = of_certificates(ledger)
    assert found["anchor_lag"] == {POLICE: Ratio(12, 2), HOUSING: Ratio(0, 1)}


def test_coverage_counts_what_stands_and_what_wallets_hold(ledger: Ledger) -> None:
    ids = ledger.batch(POLICE, [0] * 5, closed=0, block=0)
    ledger.certificate(POLICE, "T", 0, state="taken_back")
    ledger.certificate(POLICE, "U", 0, state="taken_back")
    ledger.certificate(HOUSING, "V", 0)
    for value, certificate, state in ((1, ids[0], "pending"), (2, ids[1], "final"), (3, ids[2], "dropped")):
        ledger.add(
            StatusIntent(
                certificate=certificate, issuer=POLICE, type="T", list=0, idx=0, value=value, state=state
            )
        )
    for certificate, exp, withdrawn in (
        (ids[0], NOW + 1, None),
        (ids[1], NOW + 1, None),
        (ids[1], NOW + 1, None),
        (ids[2], NOW, None),
        (ids[3], NOW + 1, 5),
    ):
        ledger.add(
            Credential(
                certificate=certificate,
                kind="wallet",
                issuer=POLICE,
                key="k",
                iat=0,
                exp=exp,
                withdrawn_at=withdrawn,
            )
        )
    rights = {POLICE: frozenset({"T", "U", "W"}), MARKET: frozenset({"X"}), HOUSING: frozenset[str]()}
    covered, found = of_certificates(ledger, scope(may_issue=rights))
    assert covered == [Covered(POLICE, "T", 4, 1), Covered(POLICE, "U", 0, 0), Covered(HOUSING, "V", 1, 0)]
    assert found["types_issued"] == {POLICE: Ratio(1, 3), MARKET: Ratio(0, 1)}
    assert found["in_wallets"] == {HOUSING: Ratio(0, 1), POLICE: Ratio(1, 4)}


def test_departments_answer_others_in_working_days_and_in_time_or_not(ledger: Ledger) -> None:
    def review(created: int, decided: int | None, due: int, issuer: str = POLICE) -> QueryReview:
        return QueryReview(
            id=str(ledger.number()),
            issuer=issuer,
            asker=HOUSING,
            rule="r1",
            matching=b"",
            sealed=b"",
            data_key=900,
            created=created,
            due=due,
            decided_at=decided,
        )

    monday = at(11, 2)
    ledger.add(
        review(monday, at(11, 4), at(11, 16)),
        review(monday, at(11, 17), at(11, 16)),
        review(monday, None, at(11, 16)),
        review(monday, None, NOW + 1),
        review(at(9, 1), at(9, 2), at(9, 10)),
        review(monday, monday, at(11, 16), MARKET),
    )
    found = of_reviews(ledger)
    assert found["answer_days"] == {POLICE: Ratio(2 + 11, 2), MARKET: Ratio(0, 1)}
    assert found["answered_in_time"] == {POLICE: Ratio(1, 3), MARKET: Ratio(1, 1)}


def test_what_was_answered_among_what_should_have_been(ledger: Ledger) -> None:
    ledger.asked(POLICE, "yes", times=5)
    ledger.asked(POLICE, "no", times=2)
    ledger.asked(POLICE, "withheld", rule="r2")
    ledger.asked(POLICE, "refused", rule="not-shared", times=2)
    ledger.asked(POLICE, "refused", rule="too-many-queries", times=50)
    ledger.asked(POLICE, "pending", times=3)
    ledger.asked(POLICE, "yes", asker=POLICE, rule="document taken in", times=9)
    ledger.asked(POLICE, "yes", when=at(10, 1), times=9)
    ledger.asked(MARKET, "yes")
    with ledger.store.read() as session:
        counted = sharing.decisions(session, VAULT, scope())
    assert sharing.shared(counted) == {POLICE: Ratio(7, 10), MARKET: Ratio(1, 1)}
    assert sharing.refusals(counted) == [
        ("too-many-queries", "refused", 50),
        ("not-shared", "refused", 2),
        ("r2", "withheld", 1),
    ]
