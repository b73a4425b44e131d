"""A registry with one department that issues: real key files, a real database, the real catalogue."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlmodel import select
from stdnum.cn import ric, uscc

from registry.definition import TypeDefinition
from registry.drafting import Request
from registry.issuing import Issued, Issuing
from registry.provisioning import Member, provision
from registry.runtime import Runtime
from registry.settings import Settings
from registry.store import open_store
from registry.store.tables import Certificate, Department

NOON = 1_795_492_800
"""24 November 2026, 12:00 in Shanghai."""


def credit_code(body: str) -> str:
    return body + uscc.calc_check_digit(body)


def citizen_number(number: int, born: str = "19900101") -> str:
    body = f"440106{born}{number:03d}"
    return body + ric.calc_check_digit(body + "0")


POLICE = credit_code("11440100MB9A0001X")
HOUSING = credit_code("11440100MB9A0002X")


@dataclass
class World:
    """One department's desk. now: the clock, moved by hand."""

    runtime: Runtime
    now: int = NOON
    refused_types: set[str] = field(default_factory=set)

    @property
    def issuing(self) -> Issuing:
        return replace(
            self.runtime.issuing(lambda _issuer, code, _version, _now: code not in self.refused_types),
            clock=lambda: self.now,
        )

    @property
    def identity(self) -> TypeDefinition:
        return self.runtime.catalogue.by_alias("resident_identity")

    def issue(self, row: dict[str, str], key: str, **more: str) -> Issued:
        return self.issuing.issue(POLICE, self.identity.type, Request(row, key, **more))

    def stored(self, certificate_id: str) -> Certificate:
        with self.runtime.store.read() as session:
            return session.exec(select(Certificate).where(Certificate.certificate_id == certificate_id)).one()


def settings_in(folder: Path) -> Settings:
    return Settings(data=folder, api_passphrase="api's", worker_passphrase="worker's")


def found(settings: Settings) -> None:
    store = open_store(settings.database_url)
    with store.write() as session:
        for code in (POLICE, HOUSING):
            session.add(Department(code=code, name_zh="公安局", name_en="Police", kind="issuer"))
    provision(settings, store, [Member(POLICE, issues=True), Member(HOUSING, issues=False)])
    store.close()


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Key files and an empty store, opened once and to be copied: scrypt is slow on purpose."""
    folder = tmp_path_factory.mktemp("founded")
    found(settings_in(folder))
    runtime = Runtime.open(settings_in(folder), "api")
    yield runtime
    runtime.close()


@pytest.fixture
def world(founded: Runtime, tmp_path: Path) -> Iterator[World]:
    shutil.copytree(founded.settings.data, tmp_path / "data")
    settings = settings_in(tmp_path / "data")
    runtime = replace(founded, settings=settings, store=open_store(settings.database_url))
    yield World(runtime)
    runtime.close()


@pytest.fixture
def row() -> Callable[[int], dict[str, str]]:
    """The row of the n-th citizen of the town."""

    def make(number: int, **changed: str) -> dict[str, str]:
        sex = "男" if number % 2 else "女"
        return {
            "name": f"买买提·艾力{chr(0x4E00 + number)}",
            "sex": sex,
            "ethnicity": "维吾尔",
            "birth_date": "1990-01-01",
            "address": f"羊城市珠江新城{chr(0x4E00 + number)}路 8 号",
            "citizen_number": citizen_number(number),
            "portrait": "iVBORw0KGgoAAAANSUhEUg==",
            "issuing_authority": "羊城市公安局",
            "first_day": "2026-01-01",
            "last_day": "2046-01-01",
        } | changed

    return make
