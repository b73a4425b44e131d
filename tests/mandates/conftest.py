"""A town whose police issue mandates too; housing asks about citizens; phones that are logged in."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from registry.errors import RegistryError
from registry.mandates.acting import Acting
from registry.mandates.making import Making, Person, Wish
from registry.mandates.scope import Scope
from registry.querying import Answer, Query
from registry.runtime import Runtime
from registry.store.tables import AccessEntry
from registry.usecases import UseCases
from tests.api import town as towns
from tests.api.conftest import founded, http, new_wallet, settings_in, written
from tests.api.town import HOUSING, MARKET, POLICE, Town, citizen_number
from tests.openid4vp.conftest import Phone
from wallet.consenting import Consenting
from wallet.keyfile import WalletFile
from wallet.logging_in import Door

__all__ = ["founded", "http", "new_wallet", "written"]

GROUND = {"zh": "法", "en": "law"}
DAYS = {"from": "2026-01-01", "until": "2036-01-01"}
ASKS = {
    HOUSING: {
        "housing_allowance": {
            "resident_identity": ["name", "address", "birth_date"],
            "business_licence": ["company_name"],
        },
        "rent_subsidy": {"resident_identity": ["address"], "marriage": ["registration_office"]},
    },
    MARKET: {"housing_allowance": {"resident_identity": ["name"]}},
}
MOTHER, DAUGHTER, STRANGER = 7, 8, 9


def write_rights(folder: Path, town: Town) -> None:
    """Everybody shares all they issue; who asks what stands above."""
    folder.mkdir()
    for code in (POLICE, MARKET, HOUSING):
        rules = [
            {
                "id": f"d{code}-{matter}-{alias}".lower().replace("_", "-"),
                "type": town.definition(alias).type,
                "questions": ["has_valid", "claims"],
                "claims": claims,
                "matter": matter,
                "purpose": GROUND,
                "basis": GROUND,
                "consent": matter == "rent_subsidy",
                **DAYS,
            }
            for matter, types in ASKS.get(code, {}).items()
            for alias, claims in types.items()
        ]
        issues = [
            {
                "type": town.definition(alias).type,
                "basis": GROUND,
                **DAYS,
                "sharing": [
                    {"as": "unconditional", "claims": list(town.definition(alias).labels), "ground": GROUND}
                ],
            }
            for alias in towns.ISSUES.get(code, ())
        ]
        document = {"department": code, "version": 1, "issues": issues, "asks": rules}
        (folder / f"{code}.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")


@pytest.fixture
def town(founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    more = ("mandate", "birth", "marriage", "household_register_page", "guardianship")
    monkeypatch.setitem(towns.ISSUES, POLICE, (*towns.ISSUES[POLICE], *more))
    shutil.copytree(founded, tmp_path / "data")
    made: list[Town] = []
    settings = settings_in(tmp_path / "data")
    settings = settings.model_copy(update={"rights": settings.data / "rights"})
    runtime = Runtime.open(settings, "api", clock=lambda: made[0].now)
    made.append(Town(runtime))
    write_rights(settings.rights, made[0])
    yield made[0]
    runtime.close()


def day(town: Town, days: int = 0) -> date:
    today = datetime.fromtimestamp(town.now, UTC).astimezone(town.runtime.tz).date()
    return today + timedelta(days=days)


def person(number: int) -> Person:
    return Person(f"买买提·艾力{chr(0x4E00 + number)}", "citizen_number", citizen_number(number))


CLERK, SECOND = person(91), person(92)


@dataclass
class Mandates:
    """The town as its people use it."""

    town: Town
    http: httpx.Client
    new_wallet: Callable[[str], WalletFile]
    phones: dict[int, Phone] = field(default_factory=dict)

    @property
    def use_cases(self) -> UseCases:
        assert self.town.services is not None
        return self.town.services.cases

    @property
    def making(self) -> Making:
        return Making(self.use_cases)

    @property
    def acting(self) -> Acting:
        return Acting(self.use_cases)

    def phone(self, number: int) -> Phone:
        """A phone with the citizen's identity credential, and whatever is claimed with it later."""
        if number not in self.phones:
            self.phones[number] = Phone(self.town, self.http, self.new_wallet(f"phone {number}"))
            self.phones[number].claim(POLICE, self.town.citizen(number))
        return self.phones[number]

    def logged_in(self, number: int) -> Consenting:
        """The same phone, logged in: everything that its holder may claim is on it."""
        from wallet.claiming import Claiming

        phone = self.phone(number)
        door = Door(Claiming(phone.wallet, self.http, lambda: self.town.now))
        before = len(phone.wallet.content.held)
        door.log_in(towns.ORIGIN)
        for held in phone.wallet.content.held[before:]:
            phone.credentials.append((held.credential, phone.wallet.key(held.key)))
        return Consenting(door, towns.ORIGIN)

    def index(self, number: int) -> bytes:
        return self.town.runtime.sealed.holder_index("citizen_number", citizen_number(number))

    def wish(self, agent: int = DAUGHTER, **changed: Any) -> Wish:
        given = {
            "agent": person(agent),
            "scope": Scope(("housing_allowance",), ("resident_identity.address",)),
            "first": day(self.town),
            "last": day(self.town, 30),
        }
        return Wish(**given | changed)

    def at_window(self, grantor: int = MOTHER, agent: int = DAUGHTER, **changed: Any) -> str:
        """A mandate made by two clerks; its identifier, once it is anchored."""
        id = self.making.write_down(POLICE, person(grantor), self.wish(agent, **changed), CLERK, "card")
        certificate_id = self.making.confirm(POLICE, id, SECOND)
        self.town.anchor(POLICE)
        return certificate_id

    def acts(
        self, ground: str, agent: int = DAUGHTER, *, asker: str = HOUSING, case: str = "C1",
        matter: str = "housing_allowance",
    ) -> str:  # fmt: skip
        """A clerk has seen the agent at a window; the ground."""
        given = ("citizen_number", citizen_number(agent))
        return self.acting.at_window(asker, case, matter, ground, given, clerk="c", seen="card").ground

    def ask(self, ground: str | None, **changed: Any) -> Answer:
        """Housing asks for the mother's address, for its case C1."""
        given = {
            "asker": HOUSING,
            "clerk": "clerk 3",
            "matter": "housing_allowance",
            "type": "resident_identity",
            "ask": "claims",
            "claims": ("address",),
            "holder": ("citizen_number", citizen_number(MOTHER)),
            "case": "C1",
            "on_behalf": ground,
        }
        return self.use_cases.querying.ask(Query(**given | changed))[0]

    def refused(self, ground: str, **changed: Any) -> str:
        """The kind of refusal; empty: it was answered."""
        try:
            self.ask(ground, **changed)
        except RegistryError as error:
            return error.kind
        return ""

    def log(self, issuer: str = POLICE) -> list[dict[str, Any]]:
        from registry import accesslog, jcs

        with self.town.runtime.store.read() as session:
            rows = [each for each in self.town.rows(AccessEntry) if each.issuer == issuer]  # type: ignore[attr-defined]
            return [jcs.loads(accesslog.opened(session, self.town.runtime.sealed, row)) for row in rows]


@pytest.fixture
def here(town: Town, http: httpx.Client, new_wallet: Callable[[str], WalletFile]) -> Mandates:
    return Mandates(town, http, new_wallet)
