"""A clerk writes down what a person without a wallet says is wrong: on the record, and within the caps."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlmodel import select

from registry import accesslog, clerks, jcs
from registry.errors import RegistryError
from registry.queries.limits import Caps
from registry.store.tables import AccessEntry, AskedQuery, Objection, QueryAlert, TaskState
from registry.tasks.desk import TaskDesk
from registry.tasks.objections import Wrong
from tests.api.test_departments import Desk
from tests.api.town import HOUSING, MARKET, POLICE, Town, citizen_number
from tests.consents.conftest import logged_in
from tests.tasks.conftest import food_row
from tests.tasks.test_objections import corrected, end, objects
from wallet.keyfile import WalletFile

NUMBER = 7

CLERK_3 = clerks.counted("clerk 3")


def said(certificate: str, number: int = NUMBER, **more: Any) -> dict[str, Any]:
    person = {"id_type": "citizen_number", "identifier": citizen_number(number)}
    words = {"text": "I moved in 2020.", "claims": ["address"], "by": "clerk 3", "seen": "card"}
    return {"holder": person, "certificate": certificate} | words | more


def log(here: Town, issuer: str) -> list[tuple[str, ...]]:
    """Clerk, rule, outcome and manner of each entry in a department's log."""
    with here.runtime.store.read() as session:
        rows = session.exec(select(AccessEntry).where(AccessEntry.issuer == issuer).order_by("seq"))
        entries = [jcs.loads(accesslog.opened(session, here.runtime.sealed, each)) for each in rows]
    return [tuple(each[name] for name in ("clerk", "rule", "outcome", "manner")) for each in entries]


def counted(here: Town) -> list[tuple[str, str, str]]:
    return [(each.asker, each.clerk, each.outcome) for each in here.rows(AskedQuery)]


def test_it_is_a_task_and_who_took_it_down_reads_what_came_of_it(
    here: Town, system: Callable[[str], Desk], desk: TaskDesk
) -> None:
    certificate, police = here.citizen(NUMBER), system(POLICE)
    made = police.post("/objections/window", said(certificate))
    assert made.status_code == 201, made.text
    assert (made.json()["issuer"], made.json()["assisted"]) == (POLICE, True)
    (task,) = desk.list(POLICE, TaskState.OPEN)
    assert (task.row.kind, task.row.certificate) == ("objection", certificate)
    assert (task.content["text"], task.content["clerk"]) == ("I moved in 2020.", "clerk 3")
    assert "A holder objects" in task.content["en"]
    assert log(here, POLICE) == [("clerk 3", "taken down, seen card", "yes", "assisted")]
    assert counted(here) == [(POLICE, CLERK_3, "yes")]
    new = corrected(here, certificate)
    assert end(police, outcome="corrected", correction=new).status_code == 201
    (ours,) = police.get("/objections").json()
    assert (ours["id"], ours["outcome"], ours["correction"]) == (made.json()["id"], "corrected", new)


def test_it_is_the_persons_own_in_a_wallet_too_and_open_once(
    here: Town,
    http: httpx.Client,
    new_wallet: Callable[[str], WalletFile],
    system: Callable[[str], Desk],
) -> None:
    phone, certificate = logged_in(here, http, new_wallet("phone"), NUMBER), here.citizen(NUMBER)
    made = objects(phone, certificate)
    assert made["assisted"] is False
    police = system(POLICE)
    again = police.post("/objections/window", said(certificate))
    assert (again.status_code, again.json()["type"]) == (409, "urn:zt:problem:objection-open")
    end(police, outcome="kept", reason="no")
    assert police.post("/objections/window", said(certificate)).status_code == 201
    assert {each["assisted"] for each in phone.objections()} == {True, False}
    assert "clerk 3" not in str(phone.objections())


def test_what_is_not_theirs_is_refused_in_the_same_words_and_on_the_record(
    here: Town, system: Callable[[str], Desk]
) -> None:
    certificate, police, market = here.citizen(NUMBER), system(POLICE), system(MARKET)
    tried = [
        police.post("/objections/window", said(here.citizen(8))),
        police.post("/objections/window", said("1.2.156.3005.2.nothing")),
        market.post("/objections/window", said(certificate)),
    ]
    words = {(each.status_code, each.json()["type"], each.json()["en"]) for each in tried}
    assert len(words) == 1 and tried[0].status_code == 404
    wrong = police.post("/objections/window", said(certificate, claims=["fax"]))
    assert (wrong.status_code, wrong.json()["type"]) == (422, "urn:zt:problem:bad-objection")
    assert not here.rows(Objection)
    refused = [
        ("clerk 3", rule, "refused", "assisted")
        for rule in ("nothing-to-object", "nothing-to-object", "bad-objection")
    ]
    assert log(here, POLICE) == refused
    assert log(here, MARKET) == refused[:1]
    assert sorted(counted(here)) == sorted(
        [(POLICE, CLERK_3, "refused")] * 3 + [(MARKET, CLERK_3, "refused")]
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"seen": " "},
        {"by": " "},
        {"holder": {"id_type": "citizen_number", "identifier": "440106199001010070"}},
    ],
    ids=["nobody says how", "nobody says who", "no such number"],
)
def test_somebody_says_who_was_seen_and_how(
    here: Town, system: Callable[[str], Desk], changed: dict[str, Any]
) -> None:
    answered = system(POLICE).post("/objections/window", said(here.citizen(NUMBER)) | changed)
    assert (answered.status_code, answered.json()["type"]) == (422, "urn:zt:problem:bad-objection")
    assert not here.rows(Objection) and not log(here, POLICE)


def test_it_stops_at_the_clerks_cap_and_the_registry_hears_of_it(here: Town, desk: TaskDesk) -> None:
    window = replace(desk.window, caps=Caps(clerk_hour=2))
    one, wrong = ("citizen_number", citizen_number(NUMBER)), Wrong("It is wrong.")

    def refusal(certificate: str, clerk: str = "clerk 3") -> str:
        try:
            window.take_down(POLICE, one, certificate, wrong, clerk=clerk, seen="card")
        except RegistryError as error:
            return error.kind
        return ""

    certificate = here.citizen(NUMBER)
    assert [refusal("guessed"), refusal("guessed again")] == ["nothing-to-object"] * 2
    assert refusal(certificate, "Clerk-3") == "too-many-queries"
    assert [(each.asker, each.kind) for each in here.rows(QueryAlert)] == [(POLICE, "cap")]
    assert log(here, POLICE)[-1] == ("Clerk-3", "too-many-queries", "refused", "assisted")
    assert refusal(certificate, "clerk 4") == ""


def test_who_represents_an_enterprise_is_helped_where_its_licence_is_from(
    here: Town, system: Callable[[str], Desk]
) -> None:
    here.issue(MARKET, "business_licence", here.licence_row(NUMBER))
    food = here.issue(MARKET, "food_business_licence", food_row(NUMBER))
    here.anchor(MARKET)
    assert system(MARKET).post("/objections/window", said(food, claims=["items"])).status_code == 201
    assert system(HOUSING).post("/objections/window", said(food, 8, claims=[])).status_code == 404
