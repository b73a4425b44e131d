"""A holder sees who asked, when, why and what was answered, and checks it against the chain alone."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import httpx
import pytest

import wallet.access_log as reading
from registry.chain.contracts import ACCESS_LOG, interface
from registry.store.tables import AccessEntry
from tests.accesslog.conftest import Ask
from tests.accesslog.test_heads import round_of_heads
from tests.authority.conftest import HOUSING, MARKET, POLICE
from tests.chain.town import citizen_number
from tests.faults.whole import Whole
from wallet.access_log import BadLog, Node, NodeUnclear, Shown, Standing
from wallet.knowing import trust_of
from wallet.logging_in import Door


@pytest.fixture
def told(whole: Whole, asking: Ask) -> Any:
    """What the registry tells the holder of the only identity certificate; asked anew with every call."""
    [identity] = whole.issue()
    whole.settle()
    holder = whole.claim(identity)
    door = Door(holder.claiming)
    door.log_in(str(holder.held.issuer))

    def ask() -> Any:
        origin = str(holder.held.issuer)
        return door.asked(origin, lambda client, access: client.read(f"{origin}/holder/log", access))

    ask.holder = whole.runtime.vault.holder_index("citizen_number", citizen_number(0))  # type: ignore[attr-defined]
    ask.trust = lambda: trust_of(  # type: ignore[attr-defined]
        holder.claiming.http, holder.claiming.wallet, str(holder.held.issuer), whole.clock()
    )
    return ask


def node(whole: Whole) -> Node:
    return Node(httpx.Client(), whole.node.url, whole.office.trust.current())


def checked(served: object, node: Node | None) -> list[Shown]:
    return [each for page in reading.pages(lambda _: served) for each in reading.shown(page, node)]


def test_who_asked_when_why_and_what_was_answered_is_shown_and_nobody_elses(
    whole: Whole, asking: Ask, told: Any
) -> None:
    asking(POLICE, holder=told.holder, manner="assisted")
    asking(MARKET, holder=told.holder, outcome="no")
    asking(POLICE, holder=bytes(32))
    found = {each["issuer"]: each for each in told()["entries"]}
    assert set(found) == {POLICE, MARKET} and len(told()["entries"]) == 2
    first = found[POLICE]
    assert (first["asker"], first["clerk"], first["matter"], first["outcome"], first["manner"]) == (
        HOUSING,
        "clerk 3",
        "title_registration",
        "yes",
        "assisted",
    )
    assert first["asker_name"]["en"] == "Housing" and first["claims"] == ["name"]


def test_an_entry_is_not_anchored_yet_and_then_proven_against_the_node_alone(
    whole: Whole, asking: Ask, told: Any
) -> None:
    asking(POLICE, holder=bytes(32))
    asking(POLICE, holder=told.holder)
    assert [each.standing for each in checked(told(), node(whole))] == [Standing.WAITING]
    round_of_heads(whole, later=61)
    served = told()
    assert [each.standing for each in checked(served, node(whole))] == [Standing.PROVEN]
    assert [each.standing for each in checked(served, None)] == [Standing.UNCHECKED]


def test_an_entry_that_was_changed_after_it_was_anchored_does_not_hold(
    whole: Whole, asking: Ask, told: Any
) -> None:
    asking(POLICE, holder=told.holder)
    round_of_heads(whole, later=61)
    served, anchored = told(), node(whole)
    assert [each.standing for each in checked(served, anchored)] == [Standing.PROVEN]
    for what in ("outcome", "salt", "number", "blinding", "issuer", "block"):
        changed = deepcopy(served)
        [entry] = changed["entries"]
        if what == "outcome":
            entry["entry"] = entry["entry"].replace('"outcome":"yes"', '"outcome":"no"')
        elif what == "salt":
            entry["salt"] = "A" * 22
        elif what == "issuer":
            entry["issuer"] = MARKET
        elif what == "blinding":
            entry["proof"]["blinding"] = "A" * 43
        else:
            entry["proof"][what] += 1
        assert [each.standing for each in checked(changed, anchored)] == [Standing.WRONG], what


def test_a_log_with_an_entry_gone_proves_nothing(whole: Whole, asking: Ask, told: Any) -> None:
    asking(POLICE, holder=told.holder)
    asking(POLICE, holder=bytes(32))
    round_of_heads(whole, later=61)
    with whole.store.write() as session:
        session.delete(session.get_one(AccessEntry, (POLICE, 2)))
    assert [each.standing for each in checked(told(), node(whole))] == [Standing.WAITING]


def test_the_trust_list_names_the_contract(whole: Whole) -> None:
    assert whole.office.trust.current().contracts["AccessLog"] == whole.deployment().access_log


def test_a_node_of_another_chain_is_not_believed(whole: Whole) -> None:
    asked = node(whole)
    asked.trust = replace(asked.trust, chain_id=1)
    with pytest.raises(NodeUnclear):
        asked.check()


def test_the_wallets_topic_is_the_contracts_event() -> None:
    assert bytes.fromhex(reading.TOPIC[2:]) in interface(ACCESS_LOG)._events


def test_data_that_is_no_event_is_refused() -> None:
    for data in (b"", bytes(31), (2**255).to_bytes(32, "big") * 4):
        with pytest.raises(ValueError):
            reading.anchored_heads(data)


def test_the_log_needs_a_login(whole: Whole) -> None:
    assert whole.http.get("/holder/log").status_code == 401


@pytest.mark.parametrize("served", [{}, [], {"entries": [{}]}, {"entries": [1], "more": False}])
def test_an_answer_that_is_no_log_is_refused(served: object) -> None:
    with pytest.raises(BadLog):
        checked(served, None)
