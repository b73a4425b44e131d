"""The police's old system: a SQLite file with odd names and ugly data, and the mapping that reads it."""

import base64
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlmodel import select

from registry.certificate import parse_disclosure
from registry.importing import Importing, Summary, load_mapping
from registry.importing.sources import open_source
from registry.store.tables import Certificate, ImportedRow
from registry.usecases import UseCases
from tests.api.conftest import founded, town
from tests.api.town import POLICE, PORTRAIT, Town, citizen_number

__all__ = ["founded", "town"]

MAPPING: dict[str, Any] = {
    "name": "police_2008",
    "type": "resident_identity",
    "source": {
        "sqlite": "old.db",
        "table": "T_证件 1",
        "join": [{"table": "T-RY", "as": "person", "by": {"人员ID": "ID"}}],
    },
    "key": ["XH"],
    "identifier": "ZZBS",
    "status": {
        "column": "ZT",
        "valid": ["1", "有效"],
        "ended": {"2": "cancelled_holder_deceased", "9": "reported_lost"},
    },
    "changed_at": {"column": "GXSJ", "date": "%Y%m%d%H%M%S"},
    "absent": ["无", "/", "NULL"],
    "claims": {
        "name": "person.XM",
        "sex": {"column": "person.XB", "codes": {"1": "男", "2": "女"}},
        "ethnicity": "person.MZ",
        "birth_date": {"column": "person.CSRQ", "date": ["%Y%m%d", "%Y/%m/%d"]},
        "address": {"columns": ["person.SHENG", "person.DZ"], "between": ""},
        "citizen_number": {"column": "person.SFZH", "half_width": True},
        "portrait": "ZP",
        "issuing_authority": {"always": "羊城市公安局"},
        "first_day": {"column": "YXQ起", "date": ["%Y-%m-%d"]},
        "last_day": {"column": "YXQ止", "date": ["%Y-%m-%d"]},
    },
}
CREATE = """
create table "T-RY" (ID integer primary key, XM, XB, MZ, CSRQ, SHENG, DZ, SFZH);
create table "T_证件 1" (XH text, "人员ID" integer, ZZBS, ZT, GXSJ, ZP blob, "YXQ起", "YXQ止");
"""


@dataclass
class OldSystem:
    """The old system and what takes it over."""

    town: Town
    folder: Path
    mapping: dict[str, Any]
    cases: UseCases
    issuer: str = POLICE

    @property
    def importing(self) -> Importing:
        return Importing(self.cases.issuing, self.cases.changing)

    def sql(self, statement: str, *values: Any) -> None:
        connection = sqlite3.connect(self.folder / "old.db")
        with connection:
            connection.execute(statement, values)
        connection.close()

    def person(self, number: int, **changed: Any) -> None:
        """A person with a card; columns by name, of either table."""
        row = {
            "ID": number,
            "XM": f"买买提·艾力{chr(0x4E00 + number)} ",
            "XB": 1 if number % 2 else 2,
            "MZ": "维吾尔",
            "CSRQ": "19900101",
            "SHENG": "无",
            "DZ": "羊城市珠江新城 8 号",
            "SFZH": citizen_number(number),
            "XH": f"K{number:04}",
            "人员ID": number,
            "ZZBS": None,
            "ZT": "1",
            "GXSJ": "20261101080000",
            "ZP": base64.b64decode(PORTRAIT),
            "YXQ起": "2026-01-01",
            "YXQ止": "2046-01-01",
        } | changed
        for table, columns in (
            ("T-RY", ("ID", "XM", "XB", "MZ", "CSRQ", "SHENG", "DZ", "SFZH")),
            ("T_证件 1", ("XH", "人员ID", "ZZBS", "ZT", "GXSJ", "ZP", "YXQ起", "YXQ止")),
        ):
            places = ", ".join("?" * len(columns))
            self.sql(f'insert into "{table}" values ({places})', *(row[name] for name in columns))

    def set(self, number: int, changed: str = "20261120000000", **values: Any) -> None:
        """Something changes there."""
        for name, value in values.items():
            table, key = ('"T_证件 1"', "人员ID") if name in {"XH", "ZZBS", "ZT", "ZP"} else ('"T-RY"', "ID")
            self.sql(f'update {table} set "{name}" = ? where "{key}" = ?', value, number)
        self.sql('update "T_证件 1" set GXSJ = ? where "人员ID" = ?', changed, number)

    def run(self, **more: Any) -> Summary:
        path = self.folder / "police.yaml"
        path.write_text(yaml.safe_dump(self.mapping, allow_unicode=True), "utf-8")
        mapping = load_mapping(path)
        with open_source(mapping, self.folder) as source:
            return self.importing.run(mapping, self.issuer, source, self.folder / "refused.csv", **more)

    def certificates(self) -> list[Certificate]:
        with self.town.runtime.store.read() as session:
            return list(session.exec(select(Certificate).order_by(Certificate.id)))  # type: ignore[arg-type]

    def notes(self) -> list[ImportedRow]:
        with self.town.runtime.store.read() as session:
            return list(session.exec(select(ImportedRow)))

    def claims(self, row: Certificate) -> dict[str, str]:
        with self.town.runtime.store.read() as session:
            contents = self.town.runtime.sealed.contents(
                session, row.data_key, row.certificate_id, row.disclosures
            )
        return {each.name: each.value for each in map(parse_disclosure, contents.disclosures)}


@pytest.fixture
def old(town: Town, tmp_path: Path) -> OldSystem:
    folder = tmp_path / "old"
    folder.mkdir()
    connection = sqlite3.connect(folder / "old.db")
    connection.executescript(CREATE)
    connection.close()
    return OldSystem(town, folder, MAPPING | {}, UseCases.of(town.runtime, town.trust))
