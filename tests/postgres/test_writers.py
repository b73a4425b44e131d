"""What must hold however many write at once, where no writer waits for another by itself (PostgreSQL)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from registry import accesslog
from registry.drafting import Refused, Request
from registry.errors import RegistryError
from registry.issuing import SecondCertificate
from registry.lifecycle import Status
from registry.queries.batches import Batching
from registry.querying import Querying
from registry.renewing import Renewal
from registry.standing import standings
from registry.status_changes import Decision
from registry.store.tables import Certificate, StatusIntent, UniqueSubject
from registry.usecases import UseCases
from tests.api.test_departments import (
    Desk,
    desk,
    police,
    test_a_hundred_parallel_posts_of_one_request_make_one_certificate,
)
from tests.api.test_races import (
    test_of_racing_fetches_of_what_was_deferred_exactly_one_gets_it,
    test_of_racing_guesses_of_a_pin_no_more_than_five_are_heard,
    test_of_racing_proofs_with_one_nonce_exactly_one_counts,
    test_of_racing_uses_of_one_code_exactly_one_wins,
    test_of_racing_wallets_exactly_one_takes_up_an_offer,
    test_whatever_was_cut_while_its_certificate_was_revoked_shows_it,
)
from tests.api.town import POLICE, Town
from tests.cases.conftest import here
from tests.cases.test_decisions import (
    test_a_revocation_at_the_moment_of_the_grant_comes_before_it_or_after_it,
    test_many_at_once_carry_out_once,
    test_many_at_once_decide_once_and_hear_the_same,
)
from tests.queries.conftest import querying
from tests.queries.test_batches import posted
from tests.queries.test_querying import entries, query

__all__ = [
    "desk",
    "here",
    "police",
    "querying",
    "test_a_hundred_parallel_posts_of_one_request_make_one_certificate",
    "test_a_revocation_at_the_moment_of_the_grant_comes_before_it_or_after_it",
    "test_many_at_once_carry_out_once",
    "test_many_at_once_decide_once_and_hear_the_same",
    "test_of_racing_fetches_of_what_was_deferred_exactly_one_gets_it",
    "test_of_racing_guesses_of_a_pin_no_more_than_five_are_heard",
    "test_of_racing_proofs_with_one_nonce_exactly_one_counts",
    "test_of_racing_uses_of_one_code_exactly_one_wins",
    "test_of_racing_wallets_exactly_one_takes_up_an_offer",
    "test_whatever_was_cut_while_its_certificate_was_revoked_shows_it",
]


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each of them came to, all begun at the same moment; a refusal is what it came to as well."""
    gate = threading.Barrier(len(works))

    def attempt(work: Callable[[], Any]) -> Any:
        gate.wait(20)
        try:
            return work()
        except RegistryError as refusal:
            return refusal

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(attempt, works))


def test_of_two_that_stand_in_each_others_way_one_is_issued(town: Town) -> None:
    for number in range(1, 9):
        issue = partial(town.issue, POLICE, "resident_identity", town.identity_row(number))
        outcomes = at_once(*(partial(issue, serial=f"{number}N{n}") for n in range(4)))
        assert sum(isinstance(each, SecondCertificate) for each in outcomes) == 3, outcomes
    assert len(town.rows(Certificate)) == len(town.rows(UniqueSubject)) == 8


def test_of_many_revocations_and_suspensions_the_chain_is_told_one_last_word(town: Town) -> None:
    certificate_id = town.citizen()
    changing = UseCases.of(town.runtime, town.trust).changing
    revoke = partial(changing.revoke, POLICE, certificate_id, Decision("cancelled_on_request"))
    suspend = partial(changing.suspend, POLICE, certificate_id, Decision("withheld"))
    outcomes = at_once(*[revoke, suspend] * 4)
    assert len({type(each) for each in outcomes}) == 2
    said = [each.value for each in town.rows(StatusIntent)]
    assert said in ([1], [2, 1])


def test_the_access_log_neither_forks_nor_has_a_gap(town: Town, querying: Querying) -> None:
    town.citizen()
    answers = at_once(*[partial(querying.ask, query())] * 24)
    log = entries(town)
    assert [each.seq for each in log] == list(range(1, 25))
    assert accesslog.check(log) is None
    assert {each[0].outcome for each in answers} == {"yes"}


def test_batches_posted_at_the_same_moment_count_together(town: Town, querying: Querying) -> None:
    batching = Batching(querying, at_once=3, most=40)
    batching.post(posted(1, "first"))
    for clerk in range(6):
        posts = [
            partial(batching.post, posted(2, f"{clerk} {n}", clerk=f"clerk {'abcdef'[clerk]}"))
            for n in range(4)
        ]
        assert sorted(each.state for each in at_once(*posts)) == ["answered", *["waiting"] * 3]


def test_versions_of_one_number_are_changed_from_both_ends(town: Town) -> None:
    """Each locks its own version first, then the other one: neither is left standing."""
    changing = UseCases.of(town.runtime, town.trust).changing
    for number in range(1, 7):
        first = town.citizen(number)
        renewal = Renewal(Decision("replaced_damaged"), {}, f"renewal {number}")
        second = changing.renew(POLICE, first, renewal).certificate_id
        ends = [
            partial(changing.revoke, POLICE, each, Decision("cancelled_on_request"))
            for each in (first, second)
        ]
        assert any(not isinstance(each, RegistryError) for each in at_once(*ends))
        with town.runtime.store.read() as session:
            rows = [town.stored(each).id or 0 for each in (first, second)]
            assert set(standings(session, rows).values()) == {Status.REVOKED}


@pytest.mark.parametrize("key", ["k" * 201, "证" * 201, "two\nlines", "nothing\x00"])
def test_a_key_that_could_not_be_indexed_is_refused_at_the_desk(town: Town, key: str) -> None:
    use_cases = UseCases.of(town.runtime, town.trust)
    type_code = town.definition("resident_identity").type
    with pytest.raises(Refused, match="idempotency key"):
        use_cases.issuing.issue(POLICE, type_code, Request(town.identity_row(3), key))
    longest = Request(town.identity_row(3), "".join(chr(0x20000 + each) for each in range(200)))
    assert use_cases.issuing.issue(POLICE, type_code, longest).state == "open"


def test_what_postgresql_cannot_keep_is_the_askers_mistake(town: Town, police: Desk) -> None:
    certificate_id = town.citizen()
    decision = {"reason": "cancelled_on_request", "by": "clerk\x00"}
    refused = police.post(f"/certificates/{certificate_id}/revocation", decision)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:zt:problem:malformed")
    assert police.http.get("/wallets/%00").status_code in (404, 422)
