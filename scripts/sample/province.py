"""`python -m scripts.sample.province --beside DIR --out DIR`: writes a second town, in another province.

Small: four departments and some hundred certificates. Some of its insured people live in the first town now
(`--beside`, that town's folder): their pensions can move.
"""

import csv
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Annotated, Any

import typer
import yaml
from stdnum.cn import ric

from registry.catalogue import Catalogue, load_catalogue
from registry.matters import load_matters
from scripts.sample import certificates
from scripts.sample.certificates import Row
from scripts.sample.names import TOWN as FIRST
from scripts.sample.people import families
from scripts.sample.portraits import portraits
from scripts.sample.town import DEPARTMENTS as NEIGHBOURS
from scripts.sample.town import Department, rights_for, rights_of

TOWN, TOWN_EN, AREA = "邕江市", "Yongjiang", "450100"
PEOPLE, INSURED, MOVED = 60, 40, 400
"""Residents; insured residents; people of the first town who were insured here, at most half of those who
have a card there."""
MATTER = "transfer_pension"
DEPARTMENTS = (
    Department(
        "public_security",
        "11450100MB9B00015A",
        "公安局",
        "Public Security Bureau",
        ("resident_identity",),
    ),
    Department(
        "human_resources",
        "11450100MB9B000235",
        "人力资源和社会保障局",
        "Human Resources and Social Security Bureau",
        ("social_security",),
        ("resident_identity",),
    ),
    Department("taxation", "11450100MB9B000310", "税务局", "Tax Service", (), ("resident_identity",)),
    Department("education", "11450100MB9B0004XP", "教育局", "Education Bureau", (), ("resident_identity",)),
)


def write(beside: Path, out: Path, seed: int) -> int:
    """Write CSV files, town.json, offices.yaml and the rights files; how many rows."""
    random = Random(seed)
    faces = portraits(random, 8)
    people = [person for home in families(random, PEOPLE) for person in home.members][:PEOPLE]
    adults = [person for person in people if person.age() >= 16][:INSURED]
    cards = [_here(row) for row in certificates.social_security_cards(random, adults, faces)]
    rows = {
        "resident_identity": [_here(row) for row in certificates.identities(random, people, faces)],
        "social_security": [*cards, *_moved(beside, random, faces)],
    }
    out.mkdir(parents=True, exist_ok=True)
    issuer = {alias: each for each in DEPARTMENTS for alias in each.issues}
    files = []
    for alias, made in rows.items():
        name = f"{issuer[alias].alias}-{alias}.csv"
        _write_csv(out / name, made)
        files.append({"file": name, "department": issuer[alias].code, "type": alias, "rows": len(made)})
    departments = [_as_json(each) for each in DEPARTMENTS]
    plan = {"seed": seed, "departments": departments, "files": files, "rights": "rights"}
    (out / "town.json").write_text(json.dumps(plan, ensure_ascii=False, indent=1) + "\n", "utf-8")
    _write_rights(out, load_catalogue())
    return sum(map(len, rows.values()))


def _as_json(department: Department) -> dict[str, Any]:
    en = department.as_json()["en"].rpartition(",")[0]
    return department.as_json() | {"zh": TOWN + department.zh, "en": f"{en}, {TOWN_EN}"}


def _here(row: Row) -> Row:
    """A row of the first town's making, as this town has it: number, places and offices are its own."""
    number = AREA + row["citizen_number"][6:17]
    moved = {name: value.replace(FIRST, TOWN) for name, value in row.items()}
    return moved | {"citizen_number": number + ric.calc_check_digit(number + "0")}


def _moved(beside: Path, random: Random, faces: list[str]) -> Iterator[Row]:
    """Cards of people who live in the first town now, those of its story among them, first."""
    plan = json.loads((beside / "town.json").read_text("utf-8"))
    story = [each["citizen_number"] for each in plan["story"]]
    with (beside / "human_resources-social_security.csv").open(encoding="utf-8", newline="") as file:
        cards = {row["citizen_number"]: row for row in csv.DictReader(file)}
    chosen = [cards[number] for number in story if number in cards]
    chosen += [row for number, row in cards.items() if number not in story]
    for position, row in enumerate(islice(chosen, min(MOVED, len(chosen) // 2))):
        yield row | {
            "card_number": f"Y{position + 20_000_000:08d}",
            "insured_place": f"{TOWN}青秀区",
            "bank": "",
            "portrait": random.choice(faces),
            "issuing_authority": f"{TOWN}人力资源和社会保障局",
            "issued_on": "2020-03-02",
        }


def _write_rights(out: Path, catalogue: Catalogue) -> None:
    """This town's departments, and what the first town's may ask of them: its word, not theirs."""
    matters, folder = load_matters(catalogue), out / "rights"
    folder.mkdir(exist_ok=True)
    documents = {each.alias: rights_of(each, catalogue, matters) for each in DEPARTMENTS}
    neighbour = next(each for each in NEIGHBOURS if each.alias == "human_resources")
    asks = [each | {"id": f"neighbour-{each['id']}"} for each in rights_for(matters.named(MATTER), catalogue)]
    documents["neighbour-human_resources"] = {"department": neighbour.code, "version": 1, "asks": asks}
    for name, document in documents.items():
        text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=110)
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    offices = {each.alias: each.code for each in DEPARTMENTS}
    (out / "offices.yaml").write_text(yaml.safe_dump(offices), "utf-8")


def _write_csv(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(
    beside: Annotated[Path, typer.Option(help="Folder of the first town's sample.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same town.")] = 2,
) -> None:
    """Make the second town: departments, people, certificates and rights."""
    typer.echo(f"{write(beside, out, seed)} rows in {out}")


if __name__ == "__main__":
    typer.run(main)
