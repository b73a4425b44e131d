"""Two registries, each with its own store, keys and departments, as one chain lets both see them.

The second is another town of the API's tests under other codes; HTTP between them goes through both APIs.
"""

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import yaml
from fastapi.testclient import TestClient
from sqlmodel import select

import api
from api.logs import Log
from registry import accesslog
from registry.provinces.partners import Partners
from registry.querying import Query
from registry.runtime import Runtime
from registry.store import open_store
from registry.store.tables import AccessEntry
from registry.trust import Trust
from registry.usecases import UseCases
from tests.api import town as here
from tests.api.conftest import Written, settings_in
from tests.api.town import credit_code
from tests.queries.conftest import DAYS, GROUND, right, sharing

there: ModuleType = importlib.util.module_from_spec(importlib.util.find_spec("tests.api.town"))  # type: ignore[arg-type]
there.__spec__.loader.exec_module(there)  # type: ignore[union-attr]
there.POLICE, there.MARKET, there.HOUSING = (credit_code(f"11450100MB9B000{n}X") for n in (1, 3, 2))
there.NAMES = dict(zip((there.POLICE, there.MARKET, there.HOUSING), here.NAMES.values(), strict=True))
there.ISSUES = {there.POLICE: here.ISSUES[here.POLICE], there.MARKET: here.ISSUES[here.MARKET]}
there.ORIGIN = "http://localhost:8100"

ASKER, ANSWERER = here.HOUSING, there.POLICE
MATTER = "title_registration"


@dataclass
class Province:
    """One registry. down: it does not answer. seen: requests to it. spoil: what becomes of its answers."""

    module: ModuleType
    town: Any
    app: Any
    written: Written
    down: bool = False
    seen: list[httpx.Request] = field(default_factory=list)
    spoil: Callable[[httpx.Response], httpx.Response] = lambda answer: answer

    @property
    def cases(self) -> UseCases:
        cases: UseCases = self.app.state.services.cases
        return cases

    def query(self, number: int = 7, **changed: Any) -> Query:
        asked = {
            "asker": self.module.HOUSING,
            "clerk": "李",
            "matter": MATTER,
            "type": "resident_identity",
            "ask": "claims",
            "claims": ("name",),
            "holder": ("citizen_number", here.citizen_number(number)),
        }
        return Query(**(asked | changed))

    def entries(self, issuer: str) -> list[Any]:
        """An access log, opened."""
        with self.town.runtime.store.read() as session:
            rows = session.exec(select(AccessEntry).where(AccessEntry.issuer == issuer)).all()
            vault = self.town.runtime.sealed
            return [accesslog.read(accesslog.opened(session, vault, row)) for row in rows]


@dataclass
class Line(httpx.BaseTransport):
    """The network: to whichever province serves an origin."""

    provinces: dict[str, Province] = field(default_factory=dict)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        origin = f"{request.url.scheme}://{request.url.netloc.decode()}"
        province = self.provinces[origin]
        if province.down:
            raise httpx.ConnectError("down", request=request)
        province.seen.append(request)
        client = TestClient(province.app, base_url=origin, raise_server_exceptions=False)
        answer = client.request(
            request.method, str(request.url), headers=request.headers, content=request.read()
        )
        plain = httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        return province.spoil(plain)


def write_rights(folder: Path, own: ModuleType, other: ModuleType, catalogue: Any) -> None:
    """Both housing departments may ask, by the rights of both sides: each decides by its own."""
    folder.mkdir()
    identity = catalogue.by_alias("resident_identity")
    free = [name for name in identity.labels if name != "portrait"]
    issues = [
        {
            "type": identity.type,
            "basis": GROUND,
            **DAYS,
            "sharing": sharing(unconditional=free, never=["portrait"]),
        }
    ]
    documents = {"police": {"department": own.POLICE, "version": 1, "issues": issues}}
    for name, module in (("own", own), ("other", other)):
        documents[name] = {
            "department": module.HOUSING,
            "version": 1,
            "asks": [
                right(
                    f"{name}-identity",
                    identity.type,
                    questions=["has_valid", "claims", "status"],
                    claims=["name", "age_over_18"],
                    equals=["name"],
                    vouches=module is own,
                )
            ],
        }
    for name, document in documents.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(document), "utf-8")


@pytest.fixture(scope="session")
def foundations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Runtime]:
    """Both, founded and opened once: scrypt is slow on purpose."""
    opened = {}
    for name, module in (("here", here), ("there", there)):
        settings = settings_in(tmp_path_factory.mktemp(name))
        module.found(settings)
        opened[name] = Runtime.open(settings, "api")
        opened[name].store.close()
    return opened


@pytest.fixture
def network() -> Line:
    return Line()


@pytest.fixture
def provinces(
    foundations: dict[str, Runtime], tmp_path: Path, network: Line
) -> Iterator[tuple[Province, Province]]:
    made: list[Province] = []
    for name, module, other in (("here", here, there), ("there", there, here)):
        founded = foundations[name]
        shutil.copytree(founded.settings.data, tmp_path / name)
        settings = settings_in(tmp_path / name).model_copy(
            update={"rights": tmp_path / name / "rights", "partners": [other.ORIGIN]}
        )
        towns: list[Any] = []
        runtime = replace(
            founded,
            settings=settings,
            store=open_store(settings.database_url),
            clock=lambda towns=towns: towns[0].now,
        )
        towns.append(module.Town(runtime, origin=module.ORIGIN))
        write_rights(tmp_path / name / "rights", module, other, runtime.catalogue)
        made.append(Province(module, towns[0], None, Written()))
    for province, partner in (made, made[::-1]):
        _serve(province, partner, network)
    yield made[0], made[1]
    for province in made:
        province.town.runtime.close()


def _serve(province: Province, partner: Province, network: Line) -> None:
    def everywhere() -> Trust:
        own, others = province.town.trust(), partner.town.trust()
        return replace(own, issuers={**others.issuers, **own.issuers}, lists={**others.lists, **own.lists})

    town = province.town
    province.app = api.create_app(town.runtime, town.trust, Log(province.written))
    cases = UseCases.of(town.runtime, town.trust, everywhere)
    partners = Partners(
        town.runtime.store, (partner.module.ORIGIN,), 10, town.runtime.clock, lambda: _client(network)
    )
    cases = replace(cases, elsewhere=replace(cases.elsewhere, partners=partners))
    services = replace(province.app.state.services, cases=cases)
    town.services = province.app.state.services = services
    network.provinces[province.module.ORIGIN] = province


def _client(network: Line) -> httpx.Client:
    return httpx.Client(transport=network)


@pytest.fixture
def home(provinces: tuple[Province, Province]) -> Province:
    return provinces[0]


@pytest.fixture
def away(provinces: tuple[Province, Province]) -> Province:
    return provinces[1]
