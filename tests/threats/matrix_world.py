"""A town in which police, housing and one citizen have something of every kind that an address names."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import yaml
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event, func
from sqlmodel import select

import api
from api.logs import Log
from registry import secrets
from registry.cases.numbers import new_number
from registry.identifiers import CertificateId, make_certificate_id, new_serial
from registry.mandates.acting import Acting
from registry.mandates.making import Making, Wish
from registry.mandates.scope import Scope
from registry.queries import limits
from registry.queries.batches import Posted
from registry.queries.question import Query
from registry.runtime import Runtime
from registry.store.tables import AccessEntry, CaseStep, MandateAlert, StepState, TaskKind
from tests.api import town as towns
from tests.api.conftest import Written, settings_in
from tests.api.test_departments import Desk
from tests.api.town import HOUSING, MARKET, ORIGIN, POLICE, Town, citizen_number
from tests.door.asking import Wallet
from tests.mandates.conftest import person
from tests.queries.conftest import write_rights
from tests.threats.matrix import PAPER, Row

THING = re.compile(r"<([a-z ]+)>")
OFFICES = dict.fromkeys(("natural_resources", "taxation"), POLICE)
HELD, NEIGHBOUR, GUEST = 7, 8, 9
"""Citizens: whose things they are, another one who is logged in, one whose wallet has no login."""


@dataclass
class World:
    """things: by name, the value and whose it is. statements: SQL of the request that ran last."""

    town: Town
    app: FastAPI
    http: httpx.Client
    things: dict[str, tuple[Any, str]] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)

    def build(self) -> None:
        town, http = self.town, self.http
        self.desks = {code: Desk(town, http, code) for code in (POLICE, HOUSING, MARKET)}
        identity = {number: town.citizen(number) for number in (HELD, NEIGHBOUR, GUEST)}
        licence = town.issue(MARKET, "business_licence", town.licence_row(HELD))
        town.anchor(MARKET)
        self.wallets = {number: Wallet(town, http).get_identity(identity[number]) for number in identity}
        self.spare = Wallet(town, http).get_identity(identity[HELD]).log_in()
        for number in (HELD, NEIGHBOUR):
            self.wallets[number].log_in()
        services = self.app.state.services
        offer = services.sharing.offer(POLICE, identity[HELD], made_by="clerk 7", seen="card")
        police = {"certificate": identity[HELD], "offer": offer.id, "row": town.driving_row(HELD)}
        self._own(POLICE, **police, review=self._review(), alert=self._alert())
        self._own(POLICE, task=self._task(identity[HELD]))
        self._own(HOUSING, request=self._request(), consent=self._consent("name"))
        self._own(HOUSING, batch=self._batch("1", 4), answered=self._batch("2", 1))
        self._own("", place=self._answered(), police=POLICE, card=identity[NEIGHBOUR])
        wallet = next(each["id"] for each in self.spare.get("/holder/wallets").json() if each["this"])
        self._own("holder", asked=self._consent("address"), wallet=wallet, agent=self._agent(licence))
        case = self._case()
        self._own(POLICE, case=case, document=self._document(case))
        self._own("", licence=licence, number=citizen_number(HELD), neighbour=citizen_number(NEIGHBOUR))
        self._own("", type=town.definition("resident_identity").type, soon=town.now + 86_400)
        self._mandates()

    def owner(self, row: Row) -> str:
        """The department whose things a line names; of none: housing, where it asks, else the police."""
        named = (self.things[name][1] for name in THING.findall(row.at) if name in self.things)
        return next(
            (owner for owner in named if owner in self.desks),
            HOUSING
            if any(word in row.at for word in ("quer", "acting")) or row.at.endswith("/objections")
            else POLICE,
        )

    def filled(self, value: Any, *, exists: bool = True) -> Any:
        """A request with its things; or with others of the same shape that do not exist."""
        if isinstance(value, dict):
            return {name: self.filled(each, exists=exists) for name, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each, exists=exists) for each in value]
        whole = THING.fullmatch(value) if isinstance(value, str) else None
        if whole is not None:
            return self._thing(whole[1], exists)
        if isinstance(value, str):
            return THING.sub(lambda found: str(self._thing(found[1], exists)), value)
        return value

    @property
    def secrets(self) -> list[str]:
        """What nobody but its owner is ever told."""
        row = self.town.identity_row(HELD)
        told = [str(value) for value, owner in self.things.values() if owner]
        return [
            row["name"],
            row["address"],
            row["citizen_number"],
            *(each for each in told if len(each) > 10),
        ]

    def _thing(self, name: str, exists: bool) -> Any:
        if name == "made up":
            return secrets.handle(os.urandom)
        value, owner = self.things[name]
        if exists or not owner or name == "row":
            return value
        if name in ("certificate", "mandate", "given"):
            known = CertificateId.parse(value)
            return str(make_certificate_id(known.type, known.issuer, new_serial(), known.version))
        if name == "case":
            return new_number(date(2026, 11, 24), os.urandom)
        return value + 1_000 if isinstance(value, int) else secrets.handle(os.urandom)

    def _own(self, owner: str, **things: Any) -> None:
        self.things |= {name: (value, owner) for name, value in things.items()}

    def _query(self, **changed: Any) -> Query:
        plain = Query(HOUSING, "clerk 3", "title_registration", "resident_identity", "has_valid",
                      holder=("citizen_number", citizen_number(HELD)))  # fmt: skip
        return replace(plain, **changed)

    def _review(self) -> str:
        services = self.app.state.services
        services.cases.querying.ask(self._query(ask="claims", claims=("ethnicity",)))
        return str(self.desks[POLICE].get("/reviews").json()[0]["id"])

    def _answered(self) -> int:
        """The place in the log of the police where housing was answered."""
        services = self.app.state.services
        services.cases.querying.ask(self._query())
        with services.store.read() as session:
            return int(
                session.exec(select(func.max(AccessEntry.seq)).where(AccessEntry.issuer == POLICE)).one()
            )

    def _alert(self) -> int:
        with self.town.runtime.store.write() as session:
            limits.alert(session, HOUSING, limits.CAP, "clerk 3", self.town.now)
            (alert,) = limits.standing(session)
        assert alert.id is not None
        return alert.id

    def _task(self, certificate_id: str) -> str:
        services = self.app.state.services
        with services.store.write() as session:
            services.cases.tasks.put(
                session, POLICE, TaskKind.LINKED, cause="matrix", content={"zh": "查", "en": "look"}, days=10,
                now=self.town.now, certificate=certificate_id,
            )  # fmt: skip
        return str(self.desks[POLICE].get("/tasks").json()[0]["id"])

    def _mandates(self) -> None:
        """Mandates of the citizen for somebody: two issued, one waiting at the window, one begun."""
        cases, today = self.app.state.services.cases, date(2026, 11, 24)
        clerks = [person(91), person(92)]
        wish = Wish(agent=person(10), scope=Scope(("title_registration",), ("*",)), first=today, last=today)
        making = Making(cases)
        made = [making.write_down(POLICE, person(HELD), wish, clerks[0], "card") for _ in range(3)]
        issued = [making.confirm(POLICE, id, clerks[1]) for id in made[:2]]
        self.town.anchor(POLICE)
        holder = self.town.runtime.sealed.holder_index("citizen_number", citizen_number(HELD))
        acting, _ = Acting(cases).ask(HOUSING, "C1", "title_registration", clerk="clerk 3")
        with self.town.runtime.store.write() as session:
            alert = secrets.handle(os.urandom)
            session.add(
                MandateAlert(id=alert, issuer=POLICE, agent=holder, mandate=issued[0], grantors=6,
                             created=self.town.now)
            )  # fmt: skip
        self._own(POLICE, mandate=issued[0], pending=made[2])
        self._own(POLICE, **{"mandate alert": alert})
        self._own(HOUSING, acting=acting)
        self._own("holder", given=issued[1], begun=making.begin(holder, wish)[0])
        clerk = {
            f"{word} clerk": each.identifier for word, each in zip(("first", "second"), clerks, strict=True)
        }
        self._own("", **clerk)

    def _request(self) -> str:
        asked = {"certificates": [{"type": "resident_identity", "claims": ["name"]}]}
        return str(self.desks[HOUSING].post("/requests", asked).json()["id"])

    def _consent(self, claim: str) -> str:
        from tests.consents.conftest import ask

        return ask(self.town, HELD, claims=(claim,)).id

    def _batch(self, name: str, size: int) -> str:
        posted = Posted(HOUSING, name, "title_registration", "clerk 3", (self._query(),) * size)
        return str(self.app.state.services.cases.batching.post(posted).id)

    def _case(self) -> str:
        """A transfer of a title: the police decide, and have its only step; its seller holds the identity."""
        parties = {"seller": [("citizen_number", citizen_number(HELD))]}
        number = str(
            self.app.state.services.handling.opening.open("transfer_real_estate", {}, parties=parties)
        )
        with self.app.state.services.store.write() as session:
            step = session.get_one(CaseStep, (number, "tax"))
            step.state = StepState.OPEN  # as it is once all facts have come
            session.add(step)
        return number

    def _document(self, case: str) -> str:
        """A contract of the seller's own, handed in."""
        documents = self.app.state.services.handling.documents
        return str(documents.put(case, "seller", "contract", PAPER, "application/pdf"))

    def _agent(self, licence: str) -> str:
        agent = {"id_type": "citizen_number", "identifier": citizen_number(GUEST)}
        body = {"licence": licence, "agent": agent, "until": self.town.now + 86_400}
        return str(self.spare.post("/holder/agents", body).json()["id"])


@contextmanager
def opened(founded: Path, folder: Path) -> Iterator[World]:
    shutil.copytree(founded, folder / "data")
    made: list[Town] = []
    settings = settings_in(folder / "data").model_copy(
        update={"rights": folder / "rights", "query_batch_alone": 3, "metrics_token": "scraper"}
    )
    runtime = Runtime.open(settings, "api", clock=lambda: made[0].now)
    town = Town(runtime)
    made.append(town)
    write_rights(folder / "rights", town)
    (folder / "offices.yaml").write_text(yaml.safe_dump(OFFICES), "utf-8")
    app = api.create_app(runtime, town.trust, Log(Written()))  # type: ignore[arg-type]
    town.services = app.state.services
    world = World(town, app, TestClient(app, base_url=ORIGIN, raise_server_exceptions=False))

    def seen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        world.statements.append(statement)

    event.listen(runtime.store.engine, "before_cursor_execute", seen)
    with mock.patch.dict(towns.ISSUES, {POLICE: (*towns.ISSUES[POLICE], "mandate")}):
        world.build()
        yield world
    world.http.close()
    runtime.close()
