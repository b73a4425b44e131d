"""Mother Wang, 78, buys a flat near her daughter: from the window to the title on paper, which another office
accepts; with no phone at all, and with her daughter's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from sqlmodel import col, select
from stdnum.cn import ric

from api import create_app
from api.logs import Log
from registry import accesslog, jcs, pictures
from registry.cases.errors import AnotherPerson
from registry.checking import texts_in
from registry.mandates.making import Making, Person, Wish
from registry.mandates.scope import Scope
from registry.store.tables import (
    Acting,
    AskedQuery,
    Authorisation,
    CaseEffect,
    CaseFact,
    CaseState,
    Credential,
    CredentialKind,
    Grant,
    InboxItem,
)
from tests.api import town as towns
from tests.api.conftest import founded, http, new_wallet, town, written
from tests.api.test_cases import Office
from tests.api.town import HOUSING, ORIGIN, POLICE, Town, citizen_number
from tests.cases import conftest as cases
from tests.cases.conftest import CaseTown, here, title_row
from tests.cases.test_restaurant import PLAN, rows
from tests.mandates.conftest import CLERK, SECOND, day, person

__all__ = ["founded", "here", "http", "new_wallet", "town", "written"]

BODY = "44010619481001002"
WANG = Person("王淑芬", "citizen_number", BODY + ric.calc_check_digit(BODY + "0"))
DAUGHTER = 8
MATTER = "transfer_real_estate"


@dataclass
class WangTown:
    """The town, with a case that the seller (7) began and answered on a phone."""

    here: CaseTown
    number: str

    @property
    def town(self) -> Town:
        return self.here.town

    def finish(self) -> str:
        """Contract, tax, decision and what it brings about; the text of the title's copy, read off paper."""
        case = self.here.cases
        case.documents.put(self.number, "seller", "contract", PLAN, "application/pdf", clerk="clerk 5")
        case.deciding.step(self.number, "tax", HOUSING, "clerk 1", agreed=True, reason="paid")
        assert case.deciding.decide(self.number).outcome == "grant"
        assert case.effects.carry_out(self.number) == CaseState.ENDED
        self.town.anchor(POLICE)
        self.town.settle()
        (effect,) = rows(self.here, CaseEffect)
        copies = self.town.services.sharing.copies  # type: ignore[union-attr]
        paper = copies.copy(POLICE, self.made(effect.certificate_id), self.town.now).paper
        (text,) = texts_in(pictures.draw(paper.link))
        return text

    def made(self, certificate_id: str) -> str:
        """The newest version: the effect may name the one before it."""
        from registry.store.tables import Certificate

        lineage = self.town.stored(certificate_id).lineage
        with self.town.runtime.store.read() as session:
            ids = select(Certificate.certificate_id).where(Certificate.lineage == lineage)
            return session.exec(ids.order_by(col(Certificate.id).desc())).first() or ""

    def accepted(self, text: str) -> dict[str, object]:
        """What another office finds that reads the paper: the report."""
        report: dict[str, object] = self.here.http.post("/verify", data={"text": text}).json()
        return report

    def manners(self) -> list[tuple[str, str]]:
        """Clerk and manner of each entry about her in the log of the police."""
        vault = self.town.runtime.sealed
        from registry.accesslog.proofs import of_holder

        with self.town.runtime.store.read() as session:
            found = of_holder(session, vault.log_index(index(self.town)), 100, None)
            entries = [jcs.loads(accesslog.opened(session, vault, row)) for row in reversed(found)]
        return [(each["clerk"], each["manner"]) for each in entries]

    def has_wallet(self) -> bool:
        with self.town.runtime.store.read() as session:
            logins = select(Authorisation.id).where(Authorisation.holder == index(self.town))
            grants = select(Grant.id).where(Grant.holder == index(self.town))
            return session.exec(logins).first() is not None or session.exec(grants).first() is not None


def index(town: Town) -> bytes:
    return town.runtime.sealed.holder_index(WANG.id_type, WANG.identifier)


@pytest.fixture
def with_wang(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> CaseTown:
    """The town, of whose police she is known, and which issue mandates and ask for a transfer."""
    honest: Callable[[Town], None] = cases.write_rights

    def with_transfers(town: Town) -> None:
        honest(town)
        path = town.runtime.settings.rights / f"{POLICE}.yaml"
        document = yaml.safe_load(path.read_text("utf-8"))
        rule = {
            "id": "police-transfer-identity", "type": town.definition("resident_identity").type,
            "questions": ["has_valid", "claims"], "claims": ["name", "citizen_number", "age_over_18"],
            "matter": MATTER, "purpose": cases.GROUND, "basis": cases.GROUND, **cases.DAYS,
        }  # fmt: skip
        path.write_text(yaml.safe_dump(document | {"asks": [rule]}, allow_unicode=True), "utf-8")

    monkeypatch.setattr(cases, "write_rights", with_transfers)
    monkeypatch.setitem(towns.ISSUES, POLICE, (*towns.ISSUES[POLICE], "mandate"))
    here: CaseTown = request.getfixturevalue("here")
    card = here.town.identity_row(
        2, name=WANG.name, citizen_number=WANG.identifier, birth_date="1948-10-01", sex="女"
    )
    here.issued(POLICE, "resident_identity", card)
    return here


@pytest.fixture
def wang(with_wang: CaseTown) -> WangTown:
    here = with_wang
    seller = here.phone(7, here.issued(POLICE, "real_estate_title", title_row(7)))
    number = here.cases.opening.open(MATTER, {})
    here.answer(number, "seller", seller)
    return WangTown(here, number)


def test_with_no_phone(wang: WangTown) -> None:
    case, card = wang.here.cases, (WANG.id_type, WANG.identifier)
    case.at_window.identify(wang.number, "buyer", card, clerk="clerk 5", seen="card")
    assert case.collecting.ask(wang.number, clerk="clerk 5", assisted=True) == ["buyer_identity"]
    report = wang.accepted(wang.finish())
    assert report["verdict"] == "copy", report
    assert report["claims"]["owner_name"] == WANG.name  # type: ignore[index]
    assert wang.manners() == [("clerk 5", "assisted"), ("clerk 5", "assisted")]
    assert not wang.has_wallet()


def test_with_her_daughters_phone(wang: WangTown) -> None:
    making = Making(wang.here.cases.world.acting.use_cases)
    wish = Wish(
        agent=person(DAUGHTER),
        scope=Scope((MATTER,), ("resident_identity.name", "resident_identity.citizen_number",
                                "resident_identity.age_over_18")),
        first=day(wang.town),
        last=day(wang.town, 30),
    )  # fmt: skip
    written = making.write_down(POLICE, WANG, wish, CLERK, "card")
    mandate = making.confirm(POLICE, written, SECOND)
    wang.town.anchor(POLICE)
    phone = wang.here.phone(DAUGHTER)
    phone.claim(POLICE, mandate, role="agent")
    case = wang.here.cases
    acting, request = case.at_window.ask_agent(wang.number, clerk="clerk 5")
    read = phone.read(request.link)
    assert phone.answer(read, phone.token(read)).is_success
    with pytest.raises(AnotherPerson):
        case.at_window.take_agent(wang.number, "seller", acting)
    found = case.at_window.take_agent(wang.number, "buyer", acting)
    assert found is not None and found.name == WANG.name
    assert case.collecting.ask(wang.number) == ["buyer_identity"]
    report = wang.accepted(wang.finish())
    assert report["verdict"] == "copy", report
    assert {manner for _, manner in wang.manners()} == {"mandate"}
    assert not wang.has_wallet()
    with wang.town.runtime.store.read() as session:
        held = session.exec(
            select(Credential.role)
            .where(Credential.kind == CredentialKind.WALLET)
            .order_by(col(Credential.id))
        ).all()
    assert held[-2:] == ["holder", "agent"]


def test_a_mandate_for_less_leaves_the_fact_missing(wang: WangTown) -> None:
    making = Making(wang.here.cases.world.acting.use_cases)
    scope = Scope((MATTER,), ("resident_identity.name",))
    wish = Wish(agent=person(DAUGHTER), scope=scope, first=day(wang.town), last=day(wang.town, 30))
    mandate = making.confirm(POLICE, making.write_down(POLICE, WANG, wish, CLERK, "card"), SECOND)
    wang.town.anchor(POLICE)
    case, agent = wang.here.cases, (person(DAUGHTER).id_type, person(DAUGHTER).identifier)
    case.at_window.see_agent(wang.number, "buyer", mandate, agent, clerk="clerk 5", seen="card")
    assert case.collecting.ask(wang.number) == []
    assert {each.name for each in case.deciding.missing(wang.number)} >= {"buyer_identity"}
    assert "buyer_identity" not in {each.name for each in rows(wang.here, CaseFact)}


def test_an_agent_of_another_party_is_refused_at_a_window_acts_for_nobody_and_nobody_is_told(
    wang: WangTown,
) -> None:
    making = Making(wang.here.cases.world.acting.use_cases)
    scope = Scope((MATTER,), ("resident_identity.name",))
    wish = Wish(agent=person(DAUGHTER), scope=scope, first=day(wang.town), last=day(wang.town, 30))
    mandate = making.confirm(POLICE, making.write_down(POLICE, WANG, wish, CLERK, "card"), SECOND)
    wang.town.anchor(POLICE)
    case, agent = wang.here.cases, (person(DAUGHTER).id_type, person(DAUGHTER).identifier)
    with pytest.raises(AnotherPerson):
        case.at_window.see_agent(wang.number, "seller", mandate, agent, clerk="clerk 5", seen="card")
    assert rows(wang.here, Acting) == []
    assert "acting" not in {each.kind for each in rows(wang.here, InboxItem)}
    assert [each.outcome for each in rows(wang.here, AskedQuery)][-1] == "refused"
    case.at_window.see_agent(wang.number, "buyer", mandate, agent, clerk="clerk 5", seen="card")
    told = {each.holder for each in rows(wang.here, InboxItem) if each.kind == "acting"}
    assert index(wang.town) in told


SELLER, BUYER = {"role": "seller"}, {"role": "buyer"}
SEEN = {"clerk": "clerk 5", "seen": "card"}


def test_a_whole_case_at_a_window_with_no_phone_on_either_side(with_wang: CaseTown, written: Any) -> None:
    """Opened, shown on paper, asked for, decided by another clerk, and printed: all by the window."""
    here, town = with_wang, with_wang.town
    town.citizen(7)
    old = here.issued(POLICE, "real_estate_title", title_row(7))
    town.settle()
    app = create_app(town.runtime, town.trust, Log(written))
    town.services = app.state.services
    client = TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)
    window, tax = Office(town, client, POLICE), Office(town, client, HOUSING)
    number = window.open(MATTER, inputs={})
    case = f"/cases/{number}"
    for party, identifier in ((SELLER, citizen_number(7)), (BUYER, WANG.identifier)):
        holder = {"id_type": "citizen_number", "identifier": identifier}
        window.post(f"{case}/parties", party | SEEN | {"holder": holder})
    copies = town.services.sharing.copies
    text = copies.copy(*old, town.now).paper.link
    window.post(f"{case}/copies", SELLER | SEEN | {"fact": "title", "text": text})
    contract = {"Content-Type": "application/pdf", "Clerk": "clerk%205"}
    assert window.send("PUT", f"{case}/documents/seller/contract", PLAN, **contract).status_code == 201
    asked = window.post(f"{case}/queries", {"clerk": "clerk 5", "assisted": True})
    assert sorted(asked["asked"]) == ["buyer_identity", "seller_identity"]
    tax.post(f"{case}/steps/tax", {"clerk": "clerk 1", "agreed": True, "reason": "paid"})
    assert window.post(f"{case}/decision")["outcome"] == "person"
    decided = {"outcome": "grant", "reason": "seen"}
    refused = window.send("POST", f"{case}/person", {"clerk": "clerk 5"} | decided)
    assert refused.json()["type"] == "urn:zt:problem:took-the-copy"
    window.post(f"{case}/person", {"clerk": "clerk 6"} | decided)
    assert window.post(f"{case}/effects") == {"state": "ended"}
    town.anchor(POLICE)
    town.settle()
    wang = WangTown(here, number)
    (effect,) = rows(here, CaseEffect)
    paper = copies.copy(POLICE, wang.made(effect.certificate_id), town.now).paper
    (read,) = texts_in(pictures.draw(paper.link))
    report = client.post("/verify", data={"text": read}).json()
    assert report["verdict"] == "copy", report
    assert report["claims"]["owner_name"] == WANG.name
    assert client.post("/verify", data={"text": text}).json()["verdict"] == "invalid"
    assert {manner for _, manner in wang.manners()} == {"assisted"}
    assert not wang.has_wallet()
