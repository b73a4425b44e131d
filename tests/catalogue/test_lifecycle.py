"""What may follow what: lifecycle.md's rules as tests, and laws over all histories."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import lifecycle
from registry.errors import NotAllowed
from registry.lifecycle import REASONS, Kind, Status, may_follow, may_renew, status_after

CODES = sorted(REASONS)


@st.composite
def histories(draw: st.DrawFn) -> list[str]:
    """A history that the rules allow."""
    history = ["issued"]
    for _ in range(draw(st.integers(0, 6))):
        allowed = [code for code in CODES if may_follow(history, code)]
        if not allowed:
            break
        history.append(draw(st.sampled_from(allowed)))
    return history


@given(histories(), st.sampled_from(CODES))
def test_revoked_never_comes_back(history: list[str], code: str) -> None:
    if status_after(history) is Status.REVOKED and may_follow(history, code):
        assert status_after([*history, code]) is Status.REVOKED


@given(histories(), st.sampled_from(CODES))
def test_every_move_is_one_that_the_contract_allows(history: list[str], code: str) -> None:
    allowed = {
        Status.VALID: {Status.REVOKED, Status.SUSPENDED, Status.SUPERSEDED},
        Status.SUSPENDED: {Status.VALID, Status.REVOKED, Status.SUPERSEDED},
        Status.SUPERSEDED: {Status.REVOKED},
        Status.REVOKED: {Status.REVOKED},
    }
    before = status_after(history)
    after = status_after([*history, code])
    if may_follow(history, code) and after is not None:
        assert before is not None
        assert after in allowed[before]


@given(st.lists(st.sampled_from([code for code in CODES if code != "taken_back"]), max_size=6))
def test_revoked_stays_revoked_whatever_is_written_after_it(later: list[str]) -> None:
    assert status_after(["issued", "penalty", *later]) is Status.REVOKED


@given(st.sampled_from(CODES))
def test_nothing_follows_taking_back(code: str) -> None:
    assert not may_follow(["issued", "taken_back"], code)
    assert not may_renew(["issued", "taken_back"], code)


@pytest.mark.parametrize(
    "code", [code for code in CODES if REASONS[code].kind in {Kind.SUSPEND, Kind.REVOKE}]
)
def test_a_superseded_version_can_only_be_annulled_or_issued_in_error(code: str) -> None:
    assert may_follow(["issued", "changed"], code) == (code in {"annulled", "issued_in_error"})


def test_a_cancellation_follows_a_penalty_once() -> None:
    assert may_follow(["issued", "penalty"], "cancelled_after_withdrawal")
    assert not may_follow(["issued", "penalty", "cancelled_after_withdrawal"], "cancelled_after_withdrawal")
    assert not may_follow(["issued", "cancelled_on_request"], "cancelled_on_request")
    assert not may_follow(["issued"], "cancelled_after_withdrawal")


@pytest.mark.parametrize("before", ["penalty", "withdrawn", "cancelled_on_request", "issued_in_error"])
def test_annulled_follows_any_revocation_once(before: str) -> None:
    assert may_follow(["issued", before], "annulled")
    assert not may_follow(["issued", before, "annulled"], "annulled")


def test_only_what_is_suspended_resumes() -> None:
    assert may_follow(["issued", "frozen"], "resumed")
    assert not may_follow(["issued"], "resumed")
    assert not may_follow(["issued", "frozen"], "withheld")


def test_a_version_that_a_renewal_made_stands_valid() -> None:
    assert status_after(["changed"]) is Status.VALID
    assert status_after(["changed", "extended"]) is Status.SUPERSEDED


def test_a_next_version_after_an_error_is_a_correction_and_after_a_theft_a_new_issue() -> None:
    assert may_renew(["issued", "issued_in_error"], "corrected")
    assert not may_renew(["issued", "issued_in_error"], "changed")
    assert may_renew(["issued", "penalty"], "reissued")
    assert not may_renew(["issued", "penalty"], "extended")
    assert not may_renew(["issued"], "frozen")


def test_a_decision_applies_to_every_version_that_stands_and_an_error_to_one() -> None:
    every = set(Status)
    assert {status for status in every if REASONS["penalty"].touches(status)} == {
        Status.VALID,
        Status.SUSPENDED,
    }
    assert {status for status in every if REASONS["annulled"].touches(status)} == every - {Status.REVOKED}
    assert {status for status in every if REASONS["frozen"].touches(status)} == {Status.VALID}
    assert {status for status in every if REASONS["resumed"].touches(status)} == {Status.SUSPENDED}
    assert not any(REASONS["issued_in_error"].touches(status) for status in every)


def test_what_is_void_from_the_beginning_says_so() -> None:
    assert {code for code in CODES if REASONS[code].from_beginning} == {
        "annulled",
        "issued_in_error",
        "corrected",
    }


def test_a_refusal_names_the_term_in_both_languages() -> None:
    with pytest.raises(NotAllowed) as refusal:
        lifecycle.require(["issued", "penalty"], "frozen")
    assert "冻结" in refusal.value.zh
    assert "frozen" in str(refusal.value)
    with pytest.raises(NotAllowed):
        lifecycle.require(["issued"], "no_such_code")
