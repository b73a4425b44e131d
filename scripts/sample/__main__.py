"""`python -m scripts.sample --seed 1 --out DIR`: writes the town."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from random import Random
from typing import Annotated, Literal, NamedTuple

import typer
from rich.progress import Progress

from registry.catalogue import load_catalogue
from registry.matters import load_matters
from scripts.sample import certificates, wrong
from scripts.sample.certificates import Row
from scripts.sample.enterprises import Enterprise, enterprises
from scripts.sample.people import Family, Person, families
from scripts.sample.portraits import portraits
from scripts.sample.town import DEPARTMENTS, write_offices, write_rights


class Size(NamedTuple):
    """How much to make: people, enterprises, rows in all, wrong ones, citizens of the story, faces."""

    people: int
    enterprises: int
    rows: int
    wrong: int
    story: int
    faces: int
    of_type: dict[str, int]


SIZES = {
    "full": Size(
        people=10_000,
        enterprises=2_000,
        rows=30_000,
        wrong=40,
        story=400,
        faces=300,
        of_type={
            "driving_licence": 3_500,
            "social_security": 3_500,
            "food_business_licence": 450,
            "construction_safety_licence": 250,
            "marriage": 1_600,
            "birth": 1_000,
            "real_estate_title": 1_900,
        },
    ),
    "small": Size(
        people=80,
        enterprises=40,
        rows=250,
        wrong=len(wrong.WAYS),
        story=12,
        faces=20,
        of_type={
            "driving_licence": 12,
            "social_security": 26,
            "food_business_licence": 10,
            "construction_safety_licence": 6,
            "marriage": 8,
            "birth": 6,
            "real_estate_title": 20,
        },
    ),
}


class Town(NamedTuple):
    """What a seed makes: rows by type, each in the order of its file, and what is wrong with which."""

    people: list[Person]
    enterprises: list[Enterprise]
    story: list[Enterprise]
    rows: dict[str, list[Row]]
    wrong: list[dict[str, str | int]]


def make_town(seed: int, size: Size, step: Callable[[str, int], None] = lambda name, rows: None) -> Town:
    """The town of a seed; step hears of each file that is made."""
    random = Random(seed)
    homes = list(families(random, size.people))
    people = [person for home in homes for person in home.members]
    adults = [person for person in people if 25 <= person.age() < 59]
    random.shuffle(adults)
    firms = enterprises(random, adults, size.enterprises, catering=size.story)
    rows: dict[str, list[Row]] = {}
    for name, made in _rows(random, size, homes, people, firms):
        rows[name] = list(made)
        step(name, len(rows[name]))
    room = size.rows - sum(len(made) for made in rows.values())
    first = [firm.representative for firm in firms[: size.story]]
    pages = islice(_first(first, people), room)
    rows["household_register_page"] = list(certificates.household_pages(random, pages))
    step("household_register_page", len(rows["household_register_page"]))
    story = firms[: size.story]
    return Town(people, firms, story, rows, _spoil(random, rows, story, size.wrong))


def _rows(
    random: Random, size: Size, homes: list[Family], people: list[Person], firms: list[Enterprise]
) -> Iterator[tuple[str, Iterator[Row]]]:
    faces = portraits(random, size.faces)
    drivers = [person for person in people if 20 <= person.age() < 70]
    story = firms[: size.story]
    workers = (person for person in people if person.age() >= 16)
    insured = list(_first([firm.representative for firm in story], workers))
    children = [child for home in homes for child in home.children if child.age() < 25]
    some = size.of_type
    yield "resident_identity", certificates.identities(random, people, faces)
    yield "business_licence", certificates.business_licences(random, firms)
    yield "driving_licence", certificates.driving_licences(random, drivers[: some["driving_licence"]], faces)
    yield (
        "social_security",
        certificates.social_security_cards(random, insured[: some["social_security"]], faces),
    )
    food = [firm for firm in firms[size.story :] if firm.licence == "food"][: some["food_business_licence"]]
    yield "food_business_licence", certificates.food_licences(random, food)
    building = [firm for firm in firms if firm.licence == "building"][: some["construction_safety_licence"]]
    yield "construction_safety_licence", certificates.safety_licences(random, building)
    yield "marriage", certificates.marriages([home for home in homes if home.couple][: some["marriage"]])
    yield "birth", certificates.births(random, children[: some["birth"]])
    homes = homes[: some["real_estate_title"] - size.story]
    yield (
        "real_estate_title",
        chain(certificates.titles(random, homes), certificates.shops(random, story, len(homes))),
    )


def _first(these: list[Person], people: Iterable[Person]) -> Iterator[Person]:
    """These people, then the others."""
    known = {person.number for person in these}
    yield from these
    yield from (person for person in people if person.number not in known)


def _spoil(
    random: Random, rows: dict[str, list[Row]], story: list[Enterprise], count: int
) -> list[dict[str, str | int]]:
    """Spoil so many rows, each in the next way, never one that the story needs."""
    kept = {firm.code for firm in story} | {firm.representative.number for firm in story}
    spoiled: set[tuple[str, int]] = set()
    manifest: list[dict[str, str | int]] = []
    ways = list(wrong.WAYS.items())
    for turn in range(count):
        way, (alias, field, spoil) = ways[turn % len(ways)]
        table = rows[alias]
        free = [
            at
            for at in range(1, len(table))
            if (alias, at) not in spoiled and not kept & set(table[at].values())
        ]
        at = random.choice(free)
        if spoil is None:
            original = random.choice([before for before in range(at) if (alias, before) not in spoiled])
            spoiled.add((alias, original))
            table[at] = {**table[original], field: table[at][field]}
        else:
            spoil(table[at], random)
        spoiled.add((alias, at))
        manifest.append({"type": alias, "row": at + 1, "field": field, "way": way})
    return manifest


def write_town(town: Town, out: Path, seed: int) -> None:
    """Write CSV files, town.json, wrong.json, the rights files and the offices by short name."""
    out.mkdir(parents=True, exist_ok=True)
    file_of = {
        alias: f"{each.alias}-{alias}.csv"
        for each in DEPARTMENTS
        for alias in each.issues
        if alias in town.rows
    }
    for alias, rows in town.rows.items():
        _write_csv(out / file_of[alias], rows)
    _write_csv(out / "people.csv", [_person(person) for person in town.people])
    _write_csv(out / "enterprises.csv", [_enterprise(firm) for firm in town.enterprises])
    row_of = {row["citizen_number"]: at for at, row in enumerate(town.rows["resident_identity"], 1)}
    story = [
        {
            "name": firm.representative.name,
            "citizen_number": firm.representative.number,
            "identity": {"file": file_of["resident_identity"], "row": row_of[firm.representative.number]},
            "licence": {
                "file": file_of["business_licence"],
                "row": at,
                "credit_code": firm.code,
                "premises": firm.premises,
            },
        }
        for at, firm in enumerate(town.story, 1)
    ]
    files = [
        {"file": file_of[alias], "department": each.code, "type": alias, "rows": len(town.rows[alias])}
        for each in DEPARTMENTS
        for alias in each.issues
        if alias in town.rows
    ]
    departments = [each.as_json() for each in DEPARTMENTS]
    _write_json(
        out / "town.json",
        {"seed": seed, "departments": departments, "files": files, "rights": "rights", "story": story},
    )
    _write_json(out / "wrong.json", [{"file": file_of[str(each["type"])], **each} for each in town.wrong])
    catalogue = load_catalogue()
    write_rights(out / "rights", catalogue, load_matters(catalogue))
    write_offices(out / "offices.yaml")


def _person(person: Person) -> Row:
    return {
        "name": person.name,
        "sex": person.sex,
        "birth_date": person.born.isoformat(),
        "citizen_number": person.number,
        "address": person.family.address,
    }


def _enterprise(firm: Enterprise) -> Row:
    return {
        "name": firm.name,
        "credit_code": firm.code,
        "kind": firm.kind,
        "representative_name": firm.representative.name,
        "representative_number": firm.representative.number,
        "premises": firm.premises,
    }


def _write_csv(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0])
        writer.writerows(row.values() for row in rows)


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


def main(
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same town, byte for byte.")] = 1,
    size: Annotated[Literal["full", "small"], typer.Option(help="30,000 rows, or some 200.")] = "full",
) -> None:
    """Make the sample town: departments, people, enterprises and the certificates they would hold."""
    chosen = SIZES[size]
    with Progress() as progress:
        task = progress.add_task("sample town 样例城市", total=chosen.rows)
        town = make_town(seed, chosen, lambda name, rows: progress.advance(task, rows))
        write_town(town, out, seed)
    rows = sum(len(made) for made in town.rows.values())
    typer.echo(f"{rows:,} rows, {len(town.wrong)} of them wrong, in {out}")


if __name__ == "__main__":
    typer.run(main)
