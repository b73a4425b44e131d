"""A mandate made in the grantor's wallet, and shown by the agent's, over HTTP."""

from typing import Any

import pytest

from registry.errors import RegistryError
from registry.mandates.making import Person
from registry.queries.refusals import MandateFallsShort
from tests.api.test_departments import Desk
from tests.api.town import HOUSING, MARKET, POLICE, citizen_number
from tests.mandates.conftest import CLERK, DAUGHTER, MOTHER, SECOND, STRANGER, Mandates, day, person
from wallet.consenting import AsksOtherwise
from wallet.exchange import Refused
from wallet.mandating import Mandating


def wish(here: Mandates, agent: int = DAUGHTER, **changed: Any) -> dict[str, Any]:
    return {
        "agent": named(person(agent)),
        "matters": ["housing_allowance"],
        "facts": ["resident_identity.address"],
        "first_day": day(here.town).isoformat(),
        "last_day": day(here.town, 30).isoformat(),
    } | changed


def named(one: Person) -> dict[str, str]:
    return {"name": one.name, "id_type": one.id_type, "identifier": one.identifier}


def made(here: Mandates, **changed: Any) -> str:
    mandate = Mandating(here.logged_in(MOTHER)).make(wish(here, **changed))
    here.town.anchor(POLICE)
    return mandate


def shown(here: Mandates, who: int, case: str = "C1") -> Any:
    """The person's phone shows identity and mandate to housing's window; what the window reads."""
    id, request = here.acting.ask(HOUSING, case, "housing_allowance", clerk="clerk 3")
    phone = here.phone(who)
    read = phone.read(request.link)
    assert phone.answer(read, phone.token(read)).is_success
    return here.acting.take(HOUSING, id)


def test_the_daughters_phone_shows_the_mandate_and_holds_nothing_of_her_mothers(here: Mandates) -> None:
    mandate = made(here)
    (said,) = Mandating(here.logged_in(MOTHER)).mine()
    assert (said["role"], said["status"], said["made"]) == ("grantor", "valid", "钱包")
    here.logged_in(DAUGHTER)
    ids = [each.payload.core.certificate_id for each in map(parsed, here.phone(DAUGHTER).credentials)]
    assert ids[1:] == [mandate]
    found = shown(here, DAUGHTER)
    assert (found.ground, found.identifier) == (mandate, citizen_number(MOTHER))
    assert found.scope.facts == ("resident_identity.address",)
    assert here.ask(mandate).outcome == "yes"
    assert here.refused(mandate, claims=("name",)) == "mandate-falls-short"


def parsed(held: tuple[str, Any]) -> Any:
    from registry import credential

    return credential.parse(held[0])


def test_the_grantor_does_not_pass_for_the_agent(here: Mandates) -> None:
    mandate = made(here)
    here.logged_in(MOTHER)
    with pytest.raises(MandateFallsShort):
        shown(here, MOTHER)
    assert here.refused(mandate) == "mandate-falls-short"


@pytest.mark.parametrize("who", [MOTHER, DAUGHTER])
def test_either_ends_it_in_the_wallet_and_both_are_told(here: Mandates, who: int) -> None:
    mandate = made(here)
    here.acts(mandate)
    Mandating(here.logged_in(who)).end(mandate)
    assert here.refused(mandate) == "mandate-falls-short"
    assert {each["status"] for each in Mandating(here.logged_in(DAUGHTER)).mine()} == {"revoked"}
    assert any("终止" in each["content"]["zh"] for each in here.logged_in(MOTHER).inbox())
    with pytest.raises(Refused):
        Mandating(here.logged_in(who)).end(mandate)


def test_nobody_else_ends_or_signs_it(here: Mandates) -> None:
    mandate = made(here)
    stranger = here.logged_in(STRANGER)
    with pytest.raises(Refused) as refused:
        Mandating(stranger).end(mandate)
    assert refused.value.http_status == 404
    mother = here.logged_in(MOTHER)
    asked = mother.write("mandates", wish(here))
    code = stranger.sign(asked, lambda _said: True, ("name", "citizen_number"))
    for who in (mother, stranger):
        with pytest.raises(Refused):
            who.write(f"mandates/{asked['id']}/signed", {"code": code})


def test_a_wallet_signs_no_other_agent_than_was_named(
    here: Mandates, monkeypatch: pytest.MonkeyPatch
) -> None:
    from registry.mandates.making import Making

    honest = Making._members
    monkeypatch.setattr(Making, "_members", lambda *args: {**honest(*args), "agent_number": "1"})
    with pytest.raises(AsksOtherwise):
        made(here)


def test_a_window_of_two_over_http(here: Mandates) -> None:
    police, housing = Desk(here.town, here.http, POLICE), Desk(here.town, here.http, HOUSING)
    sent = {**wish(here), "grantor": named(person(MOTHER)), "clerk": named(CLERK), "seen": "card"}
    assert housing.post("/mandates", sent).json()["type"].endswith("no-right")
    written = police.post("/mandates", sent)
    assert written.status_code == 201, written.text
    at = f"/mandates/{written.json()['id']}"
    assert housing.get(at).status_code == 404
    assert police.get(at).json()["agent_number"] == citizen_number(DAUGHTER)
    same = police.post(f"{at}/confirmation", {"clerk": named(CLERK)})
    assert same.json()["type"].endswith("bad-mandate")
    mandate = police.post(f"{at}/confirmation", {"clerk": named(SECOND)}).json()["certificate_id"]
    here.town.anchor(POLICE)
    acting = {
        "case": "C1", "matter": "housing_allowance", "clerk": "clerk 3", "seen": "card", "ground": mandate,
        "agent": {"id_type": "citizen_number", "identifier": citizen_number(DAUGHTER)},
    }  # fmt: skip
    found = housing.post("/acting/window", acting)
    assert found.json()["principal"]["identifier"] == citizen_number(MOTHER)
    market = Desk(here.town, here.http, MARKET)
    assert market.get(f"/acting/{found.json()['id']}").status_code == 404
    wrong = housing.post("/acting/window", {**acting, "ground": mandate[:-1] + "X"})
    other = {"id_type": "citizen_number", "identifier": citizen_number(STRANGER)}
    assert wrong.json()["type"].endswith("mandate-falls-short")
    assert housing.post("/acting/window", {**acting, "agent": other}).json()["type"] == wrong.json()["type"]
    here.phone(MOTHER)
    assert here.ask(mandate).outcome == "yes"
    assert housing.post(f"/mandates/{mandate}/ending", {"by": "c", "seen": "card"}).status_code == 404
    assert police.post(f"/mandates/{mandate}/ending", {"by": "c", "seen": "card"}).status_code == 204
    with pytest.raises(RegistryError):
        here.ask(mandate)


def test_whom_one_clerk_lets_act_at_a_window_the_principal_is_told(here: Mandates) -> None:
    mandate = here.at_window()
    housing = Desk(here.town, here.http, HOUSING)
    acting = {
        "case": "C1", "matter": "housing_allowance", "clerk": "clerk 3", "seen": "card", "ground": mandate,
        "agent": {"id_type": "citizen_number", "identifier": citizen_number(STRANGER)},
    }  # fmt: skip

    def told(who: int) -> list[Any]:
        return [each for each in here.logged_in(who).inbox() if each["kind"] == "acting"]

    assert housing.post("/acting/window", acting).status_code == 403
    assert (told(MOTHER), told(STRANGER)) == ([], [])
    acting["agent"] = {"id_type": "citizen_number", "identifier": citizen_number(DAUGHTER)}
    for _ in range(2):
        assert housing.post("/acting/window", acting).status_code == 201
    (notice,) = told(MOTHER)
    assert (notice["sender"], notice["reference"]) == (HOUSING, mandate)
    for said in notice["content"].values():
        assert all(each in said for each in ("housing_allowance", "C1", day(here.town).isoformat()))
        assert "clerk" not in said and citizen_number(DAUGHTER) not in said
    assert "住建局" in notice["content"]["zh"] and "Housing" in notice["content"]["en"]
    assert len(told(DAUGHTER)) == 1
