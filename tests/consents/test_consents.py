"""A holder is asked in the wallet, answers with its key, and nobody who does not answer is found out."""

from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import event

from registry import jcs
from registry.consents.deciding import AtWindow, Deciding
from registry.errors import NotAllowed, NotFound
from registry.store.tables import Consent
from tests.api.test_departments import Desk
from tests.api.town import HOUSING, MARKET, Town, citizen_number
from tests.consents.conftest import ask, logged_in, word
from wallet import consenting
from wallet.consenting import AsksOtherwise, Consenting
from wallet.exchange import Refused
from wallet.keyfile import WalletFile

DAY = 86_400


def row(town: Town, id: str) -> Consent:
    with town.runtime.store.read() as session:
        return session.get_one(Consent, id)


def test_the_holder_reads_who_asks_what_why_and_until_when(town: Town, phone: Consenting) -> None:
    asked = ask(town, 7)
    (item,) = phone.inbox()
    assert (item["kind"], item["reference"], item["sender"]) == ("consent", asked.id, HOUSING)
    content = item["content"]
    assert content["who"] == f"住建局 Housing {HOUSING}"
    assert "住址" in content["what"] and "Address" in content["what"]
    assert "住房补贴" in content["why"] and "art. 9" in content["why"]
    assert content["until"] == "2027-11-24"
    assert [each["content"] for each in phone.consents()] == [content]


def test_a_yes_is_signed_by_the_wallets_key_and_kept(town: Town, phone: Consenting) -> None:
    asked = ask(town, 7)
    assert word(town, asked.id) == "pending"
    assert phone.decide(asked.id, "yes")["state"] == "yes"
    assert word(town, asked.id) == "granted"
    kept = row(town, asked.id).evidence
    assert kept is not None
    with town.runtime.store.read() as session:
        plain = town.runtime.sealed.open(session, int.from_bytes(kept[:8]), f"deciding/{asked.id}", kept[8:])
    assert {"transaction", "presentation"} == jcs.loads(plain).keys()


def test_a_yes_ends_with_its_time(town: Town, phone: Consenting) -> None:
    asked = ask(town, 7)
    phone.decide(asked.id, "yes")
    town.now = asked.until - 1
    assert word(town, asked.id) == "granted"
    town.now = asked.until
    assert word(town, asked.id) == "withheld"


def test_a_yes_can_be_withdrawn(town: Town, phone: Consenting) -> None:
    asked = ask(town, 7)
    phone.decide(asked.id, "yes")
    assert phone.decide(asked.id, "withdraw")["state"] == "withdrawn"
    assert word(town, asked.id) == "pending"
    town.now = asked.due
    assert word(town, asked.id) == "withheld"


def test_refused_unanswered_and_nobody_look_alike_until_the_end(town: Town, phone: Consenting) -> None:
    refused, unanswered, nobody = ask(town, 7), ask(town, 7, claims=("name",)), ask(town, 99)
    phone.decide(refused.id, "no")
    for moment, expected in ((town.now, "pending"), (refused.due - 1, "pending"), (refused.due, "withheld")):
        town.now = moment
        assert {word(town, each.id) for each in (refused, unanswered, nobody)} == {expected}


def test_the_deadline_is_the_end_of_the_tenth_working_day(town: Town) -> None:
    # 24 November 2026 is a Tuesday; the tenth working day after it is 8 December.
    assert ask(town, 7).due == town.now + 14 * DAY + 12 * 3600


def test_no_answer_counts_after_the_deadline(town: Town, phone: Consenting) -> None:
    asked = ask(town, 7)
    town.now = asked.due
    with pytest.raises(Refused):
        phone.decide(asked.id, "yes")
    assert row(town, asked.id).state == "open"


def test_the_same_question_is_put_once(town: Town, phone: Consenting) -> None:
    first = ask(town, 7)
    assert ask(town, 7, clerk="clerk 4").id == first.id
    assert ask(town, 7, claims=("name",)).id != first.id
    assert ask(town, 7, asker=MARKET).id != first.id
    town.now = first.due + 10
    assert ask(town, 7).id == first.id
    town.now = first.due + 31 * DAY
    assert ask(town, 7).id != first.id


def test_nobody_else_can_answer(
    town: Town, http: httpx.Client, phone: Consenting, new_wallet: Callable[[str], WalletFile]
) -> None:
    asked = ask(town, 7)
    other = logged_in(town, http, new_wallet("other"), 8)
    with pytest.raises(consenting.UnknownConsent):
        other.decide(asked.id, "yes")
    with pytest.raises(Refused) as refused:
        other.write(f"consents/{asked.id}/decision", {"answer": "yes"})
    assert refused.value.http_status == 404
    made = phone.write(f"consents/{asked.id}/decision", {"answer": "yes"})
    code = other.sign(made, lambda _said: True, ())
    with pytest.raises(Refused):
        phone.write(f"consents/{asked.id}/signed", {"code": code})
    assert word(town, asked.id) == "pending"


def test_a_wallet_signs_nothing_but_what_it_showed(town: Town, phone: Consenting) -> None:
    small, large = ask(town, 7), ask(town, 7, claims=("address", "portrait"))
    shown = next(each for each in phone.consents() if each["id"] == small.id)["content"]
    made = phone.write(f"consents/{large.id}/decision", {"answer": "yes"})
    with pytest.raises(AsksOtherwise):
        phone.sign(made, lambda said: said.items() >= {"what": shown["what"]}.items(), ())
    assert row(town, large.id).state == "open"


def test_a_clerk_takes_it_down_for_who_has_no_phone(
    town: Town, http: httpx.Client, new_wallet: Callable[[str], WalletFile]
) -> None:
    asked = ask(town, 7)
    assert town.services is not None
    deciding = Deciding.of(town.runtime, town.trust, town.services.cases.requesting)
    for same in ("clerk 3", "Clerk 3", "clerk  3", "clerk\u200b3", "."):
        with pytest.raises(NotAllowed):
            deciding.at_window(asked.id, HOUSING, "yes", AtWindow("clerk 3", same, "card", "00" * 32))
    by_two = AtWindow("clerk 3", "clerk 4", "card", "00" * 32)
    with pytest.raises(NotFound):
        deciding.at_window(asked.id, MARKET, "yes", by_two)
    deciding.at_window(asked.id, HOUSING, "yes", by_two)
    assert word(town, asked.id) == "granted"
    later = logged_in(town, http, new_wallet("later"), 7)
    (notice,) = [each for each in later.inbox() if each["kind"] == "notice"]
    assert "窗口" in notice["content"]["zh"]
    later.decide(asked.id, "withdraw")
    assert word(town, asked.id) == "pending"


def test_the_department_reads_the_same_of_who_has_a_wallet_who_has_none_and_nobody(
    town: Town, http: httpx.Client, phone: Consenting
) -> None:
    """Byte by byte, by the same statements to the store, from the question to the deadline."""
    town.citizen(8)
    numbers = {"refused": 7, "without a wallet": 8, "nobody": 99}
    asked = {who: ask(town, number) for who, number in numbers.items()}
    phone.decide(asked["refused"].id, "no")
    housing, said = Desk(town, http, HOUSING), list[str]()
    event.listen(town.runtime.store.engine, "before_cursor_execute", lambda *heard: said.append(heard[2]))
    for moment, expected in ((town.now, "pending"), (asked["nobody"].due, "withheld")):
        town.now = moment
        housing.token, seen = housing.ask_token().json()["access_token"], []
        for who, number in numbers.items():
            holder = {"id_type": "citizen_number", "identifier": citizen_number(number)}
            del said[:]
            one = housing.get(f"/consents/{asked[who].id}")
            (found,) = housing.post("/consents/searches", {"holder": holder}).json()
            assert (one.json()["word"], found.pop("id")) == (expected, asked[who].id)
            seen.append((found, one.text.replace(asked[who].id, ""), dict(one.headers), tuple(said)))
        assert seen[0] == seen[1] == seen[2]
    assert Desk(town, http, MARKET).post("/consents/searches", {"holder": holder}).json() == []
