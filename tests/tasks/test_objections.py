"""Whoever holds a certificate, or was answered by it, can say that it is wrong, and reads what came of it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from registry import signing
from registry.querying import Query
from registry.renewing import Renewal
from registry.status_changes import Decision
from registry.store.tables import Objection, Task, TaskState
from registry.tasks.desk import TaskDesk
from tests.api.test_departments import Desk
from tests.api.town import HOUSING, MARKET, POLICE, Town, citizen_number
from tests.consents.conftest import logged_in
from tests.queries.conftest import querying
from tests.tasks.conftest import food_row
from wallet import presenting
from wallet.consenting import Consenting
from wallet.exchange import Refused
from wallet.keyfile import WalletFile

__all__ = ["querying"]
ADDRESS = "羊城市越秀区 1 号"


@pytest.fixture
def phone(here: Town, http: httpx.Client, new_wallet: Callable[[str], WalletFile]) -> Consenting:
    """Citizen 7's, logged in."""
    return logged_in(here, http, new_wallet("phone"), 7)


def identity(here: Town) -> str:
    return here.citizen(7)


def objects(phone: Consenting, certificate: str, **more: Any) -> dict[str, Any]:
    said = {"certificate": certificate, "claims": ["address"], "text": "I moved in 2020."} | more
    return phone.write("objections", said)


def corrected(here: Town, certificate: str) -> str:
    assert here.services is not None
    renewal = Renewal(Decision("corrected"), {"address": ADDRESS}, "corrected")
    return here.services.cases.changing.renew(POLICE, certificate, renewal).certificate_id


def end(system: Desk, **outcome: str) -> httpx.Response:
    (task,) = system.http.get(
        f"/issuers/{system.code}/tasks?kind=objection", headers={"Authorization": f"Bearer {system.token}"}
    ).json()
    return system.post(f"/tasks/{task['id']}/outcome", {"by": "clerk 3", **outcome})


def test_an_objection_is_a_task_of_the_issuer_with_a_date(
    here: Town, phone: Consenting, desk: TaskDesk
) -> None:
    made = objects(phone, identity(here))
    (task,) = desk.list(POLICE, TaskState.OPEN)
    assert (task.row.kind, task.row.certificate) == ("objection", identity(here))
    assert (task.content["text"], task.content["claims"]) == ("I moved in 2020.", ["address"])
    assert made["due"] == task.row.due == here.now + 14 * 86_400 + 12 * 3600
    assert [each["id"] for each in phone.objections()] == [made["id"]]
    assert made["outcome"] is None


def test_it_ends_in_a_correction_that_the_inbox_names(
    here: Town, phone: Consenting, system: Callable[[str], Desk]
) -> None:
    made = objects(phone, identity(here))
    new = corrected(here, identity(here))
    assert end(system(POLICE), outcome="corrected", correction=new).status_code == 201
    (item,) = phone.inbox()
    assert (item["kind"], item["reference"], item["sender"]) == ("objection", made["id"], POLICE)
    assert (item["content"]["outcome"], item["content"]["correction"]) == ("corrected", new)
    (mine,) = phone.objections()
    assert (mine["outcome"], mine["correction"]) == ("corrected", new)


def test_or_in_a_reason_that_the_inbox_tells(
    here: Town, phone: Consenting, system: Callable[[str], Desk]
) -> None:
    objects(phone, identity(here))
    assert end(system(POLICE), outcome="kept", reason="已核对户籍底册。").status_code == 201
    assert "已核对户籍底册。" in phone.inbox()[0]["content"]["zh"]
    (mine,) = phone.objections()
    assert (mine["outcome"], mine["reason"]) == ("kept", "已核对户籍底册。")
    assert "by" not in mine and "clerk 3" not in str(phone.inbox())


def test_only_a_version_issued_as_corrected_since_is_a_correction(
    here: Town, phone: Consenting, system: Callable[[str], Desk]
) -> None:
    licence = here.issue(POLICE, "driving_licence", here.driving_row(7))
    before = corrected(here, licence)
    here.now += 60
    objects(phone, before)
    police = system(POLICE)
    for wrong in (before, licence, here.citizen(8), "nothing"):
        refused = end(police, outcome="corrected", correction=wrong)
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:zt:problem:bad-correction")
    assert end(police, outcome="acted").status_code == 422
    assert phone.objections()[0]["outcome"] is None and not phone.inbox()


def test_the_same_is_objected_to_once_at_a_time(
    here: Town, phone: Consenting, system: Callable[[str], Desk]
) -> None:
    objects(phone, identity(here))
    with pytest.raises(Refused) as refused:
        objects(phone, identity(here), text="again")
    assert (refused.value.http_status, refused.value.code) == (409, "objection-open")
    end(system(POLICE), outcome="kept", reason="no")
    objects(phone, identity(here), text="again")
    assert len(here.rows(Objection)) == 2


def test_nobody_objects_to_what_is_anothers_or_in_words_that_do_not_fit(
    here: Town, phone: Consenting
) -> None:
    for certificate in (here.citizen(8), "1.2.156.3005.2.nothing"):
        with pytest.raises(Refused) as refused:
            objects(phone, certificate)
        assert (refused.value.http_status, refused.value.code) == (404, "nothing-to-object")
    for wrong in ({"text": "=HYPERLINK()"}, {"text": "a\u202eb"}, {"claims": ["fax"]}):
        with pytest.raises(Refused) as refused:
            objects(phone, identity(here), **wrong)
        assert refused.value.http_status == 422
    assert not here.rows(Objection) and not here.rows(Task)


def test_who_represents_an_enterprise_objects_to_what_it_holds(here: Town, phone: Consenting) -> None:
    here.issue(MARKET, "business_licence", here.licence_row(7))
    food = here.issue(MARKET, "food_business_licence", food_row(7))
    here.anchor(MARKET)
    assert objects(phone, food, claims=["items"])["issuer"] == MARKET


def test_whoever_verifies_sees_nothing_of_an_open_objection(
    here: Town, phone: Consenting, http: httpx.Client
) -> None:
    wallet = phone.door.claiming.wallet
    held = presenting.find(wallet, identity(here))

    def shown() -> Any:
        presented = presenting.present(wallet, held, ["name"], now=here.now)
        return http.post("/verify", data={"text": presented}).json()

    before = shown()
    objects(phone, identity(here))
    here.now += 1
    after = shown()
    assert before["verdict"] == after["verdict"] == "valid"
    assert before.keys() == after.keys() and "objection" not in str(after)


def asked(here: Town, querying: Any, **more: Any) -> tuple[str, int]:
    """Housing asks for citizen 7's name; who answered, and where its log says so."""
    query = Query(
        HOUSING,
        "clerk 3",
        "title_registration",
        "resident_identity",
        "claims",
        ("name",),
        ("citizen_number", citizen_number(7)),
        None,
        **more,
    )
    (answer,) = querying.ask(query)
    said: Any = signing.parse_jws(answer.statement).payload
    return POLICE, said["log"]["seq"]


def body(answer: tuple[str, int], **more: Any) -> dict[str, Any]:
    given = {"issuer": answer[0], "seq": answer[1]}
    return {"answer": given, "claims": ["name"], "text": "Its name differs.", "by": "clerk 3"} | more


def test_a_department_objects_to_what_it_was_answered(
    here: Town,
    querying: Any,
    system: Callable[[str], Desk],
    desk: TaskDesk,
) -> None:
    certificate = identity(here)
    answer, housing = asked(here, querying), system(HOUSING)
    made = housing.post("/objections", body(answer, certificate=certificate))
    assert made.status_code == 201
    (task,) = desk.list(POLICE, TaskState.OPEN)
    assert (task.content["asker"], task.content["text"]) == (HOUSING, "Its name differs.")
    assert end(system(POLICE), outcome="kept", reason="as on the card").status_code == 201
    (ours,) = housing.http.get(
        f"/issuers/{HOUSING}/objections", headers={"Authorization": f"Bearer {housing.token}"}
    ).json()
    assert (ours["outcome"], ours["reason"]) == ("kept", "as on the card")


def test_a_department_objects_to_no_answer_but_its_own(
    here: Town,
    querying: Any,
    system: Callable[[str], Desk],
) -> None:
    certificate = identity(here)
    answer, housing, market = asked(here, querying), system(HOUSING), system(MARKET)
    elsewhere = here.citizen(8)
    tried = [
        market.post("/objections", body(answer)),
        housing.post("/objections", body((POLICE, 99))),
        housing.post("/objections", body(answer, certificate=elsewhere)),
        housing.post("/objections", body(answer, certificate="1.2.156.3005.2.nothing")),
    ]
    said = {(each.status_code, each.json()["type"], each.json()["en"]) for each in tried}
    assert len(said) == 1 and {each.status_code for each in tried} == {404}
    assert housing.post("/objections", body(answer, certificate=certificate)).status_code == 201
    assert housing.post("/objections", body(answer)).status_code == 409
