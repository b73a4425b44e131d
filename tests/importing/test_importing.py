"""Rows of another system become certificates, each once; what does not fit is said, and nothing personal."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from registry.artefacts import Inspection
from registry.identifiers import make_certificate_id
from registry.importing import BadMapping, load_mapping
from registry.importing.mapping import check_against
from registry.importing.run import NotIncremental
from registry.importing.sources import DatabaseSource, NoSource, open_source
from registry.issuing import NoRight
from registry.status_changes import history
from registry.store.tables import Certificate, HolderIndex, Idempotency, ImportRun, StatusEvent
from tests.api import town as towns
from tests.api.town import HOUSING, MARKET, POLICE, PORTRAIT, citizen_number
from tests.importing.conftest import MAPPING, OldSystem

ROOT = Path(__file__).resolve().parents[2]


def identity_of(old: OldSystem) -> str:
    return old.town.definition("resident_identity").type


def identifier(old: OldSystem, serial: str = "20080000403", version: int = 1) -> str:
    return str(make_certificate_id(identity_of(old), POLICE, serial, version))


def reasons(old: OldSystem, row: Certificate) -> list[str]:
    with old.town.runtime.store.read() as session:
        return history(session, row)


def steps(summary: Any) -> dict[str, int]:
    return dict(summary.steps)


def test_ugly_rows_become_certificates_that_fit(old: OldSystem) -> None:
    old.person(1, SFZH=f"　{''.join(chr(ord(one) + 0xFEE0) for one in citizen_number(1))}")
    old.person(2, CSRQ="1990/1/1", DZ="羊城市".encode("gb18030"), SHENG="粤", XM="艾力".encode("gb18030"))
    old.sql('update "T-RY" set DZ = cast(DZ as text)')  # text by name, GB 18030 by its bytes
    old.person(3, ZP=PORTRAIT, XB="1", ZT="有效")
    assert steps(old.run()) == {"new": 3}
    first, second, third = map(old.claims, old.certificates())
    assert first["citizen_number"] == citizen_number(1)
    assert (first["name"], first["address"]) == (f"买买提·艾力{chr(0x4E01)}", "羊城市珠江新城 8 号")
    assert (second["name"], second["address"], second["birth_date"]) == ("艾力", "粤羊城市", "1990-01-01")
    assert (second["sex"], third["sex"]) == ("女", "男")
    assert {first["portrait"], second["portrait"], third["portrait"]} == {PORTRAIT}
    holder = old.town.runtime.sealed.holder_index("citizen_number", citizen_number(1))
    with old.town.runtime.store.read() as session:
        assert session.exec(select(HolderIndex).where(HolderIndex.holder == holder)).one()


def test_a_dry_run_says_the_same_and_writes_nothing(old: OldSystem) -> None:
    old.person(1)
    old.person(2, MZ="火星")
    old.person(3, SFZH=citizen_number(1))
    old.person(4, ZT="2")
    dry = old.run(dry_run=True)
    assert (old.certificates(), old.notes()) == ([], [])
    done = old.run()
    assert steps(dry) == steps(done) == {"new": 1, "refused": 2, "left_out": 1}
    assert [replace(each, first=0) for each in dry.unfitting] == [
        replace(each, first=0) for each in done.unfitting
    ]
    old.set(1, DZ="新址 1 号")
    assert steps(old.run(dry_run=True)) == {"changed": 1, "refused": 2, "left_out": 1}
    assert len(old.certificates()) == 1


def test_what_does_not_fit_is_said_by_data_element_and_its_rows_are_in_the_report(old: OldSystem) -> None:
    for number in range(1, 4):
        old.person(number, MZ="火星")
    old.person(4, CSRQ="1990年", XB=7)
    old.person(5, SFZH="110101199003070000", XM="=cmd|' /C calc'!A0")
    done = old.run()
    assert steps(done) == {"refused": 5}
    said = {(each.field, each.columns): each.rows for each in done.unfitting}
    assert said[("ethnicity", ("person.MZ",))] == 3
    assert said[("birth_date", ("person.CSRQ",))] == 1
    assert said[("sex", ("person.XB",))] == 1
    assert said[("citizen_number", ("person.SFZH",))] == 1
    assert done.unfitting[0].rows == 3
    words = "".join(each.zh + each.en for each in done.unfitting)
    assert not [value for value in ("火星", "1990年", "110101199003070000", "cmd") if value in words]
    assert done.report is not None
    assert done.report.stat().st_mode & 0o077 == 0
    rows = list(csv.DictReader(done.report.open(encoding="utf-8-sig")))
    assert [row["XH"] for row in rows] == ["K0001", "K0002", "K0003", "K0004", "K0005"]
    assert rows[4]["person.XM"].startswith("'=")


def test_run_again_each_row_is_the_same(old: OldSystem) -> None:
    for number in range(1, 6):
        old.person(number)
    assert steps(old.run()) == {"new": 5}
    old.person(6)
    assert steps(old.run()) == {"same": 5, "new": 1}
    assert len(old.certificates()) == 6


def test_killed_in_the_middle_it_goes_on_and_no_row_is_twice(
    old: OldSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.importing.run.CHUNK", 2)
    for number in range(1, 8):
        old.person(number)

    def killed(at: Any) -> None:
        if at.position == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        old.run(progress=killed)
    assert len(old.certificates()) == 4
    assert steps(old.run()) == {"same": 4, "new": 3}
    numbers = [old.claims(row)["citizen_number"] for row in old.certificates()]
    assert sorted(numbers) == [citizen_number(number) for number in range(1, 8)]


def test_an_identifier_stays_as_it_is_right_or_wrong(old: OldSystem) -> None:
    right = identifier(old)
    other = identifier(old, "20080000404")
    wrong = other[:-1] + ("1" if other[-1] == "0" else "0")
    by_place = f"1.2.156.3005.2.{identity_of(old)}.340100.000000016.003.9"
    personal = identifier(old, citizen_number(4))
    for number, given in enumerate((right, wrong, by_place, personal), 1):
        old.person(number, ZZBS=given)
    old.person(5, ZZBS="/")
    done = old.run()
    assert steps(done) == {"new": 5}
    made = old.certificates()
    assert [row.certificate_id for row in made[:4]] == [right, wrong, by_place, personal]
    assert (made[2].serial, made[2].version, made[2].issuer) == ("000000016", 3, POLICE)
    assert made[4].certificate_id.startswith(f"1.2.156.3005.2.{identity_of(old)}.{POLICE}.")
    notes = {note.certificate: note.faults for note in old.notes()}
    assert [notes[row.id or 0] for row in made] == ["", "check", "issuer check", "", ""]
    assert done.remarks == {"check": 2, "issuer": 1}
    inspection = Inspection(old.town.runtime.sealed, old.town.runtime.catalogue)
    with old.town.runtime.store.read() as session:
        assert inspection.mismatches(session, made) == {}, "the worker anchors them"


def test_an_identifier_that_names_another_issuer_of_the_type_does_not_fit(
    old: OldSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(towns.ISSUES, MARKET, (*towns.ISSUES[MARKET], "resident_identity"))
    old.person(1, ZZBS=str(make_certificate_id(identity_of(old), MARKET, "1", 1)))
    old.person(2, ZZBS=str(make_certificate_id(identity_of(old), HOUSING, "1", 1)))
    done = old.run()
    assert steps(done) == {"refused": 1, "new": 1}
    assert {each.field for each in done.unfitting} == {"identifier"}


def test_an_identifier_of_another_shape_type_or_certificate_does_not_fit(
    old: OldSystem,
) -> None:
    other = old.town.definition("driving_licence").type
    old.person(1, ZZBS="粤A-2008-17")
    old.person(2, ZZBS=str(make_certificate_id(other, POLICE, "1", 1)))
    old.person(3, ZZBS=identifier(old))
    old.person(4, ZZBS=identifier(old))
    assert steps(old.run(dry_run=True)) == steps(old.run()) == {"refused": 3, "new": 1}
    assert [row.certificate_id for row in old.certificates()] == [identifier(old)]
    for number in (1, 2, 3, 4):
        old.set(number, SFZH=citizen_number(number + 10))
    issuing = replace(old.cases.issuing, may_issue=lambda *_: True)
    old.cases, old.issuer = replace(old.cases, issuing=issuing), MARKET
    done = old.run()
    assert steps(done) == {"refused": 4}
    assert {each.field for each in done.unfitting} == {"identifier"}
    assert [row.certificate_id for row in old.certificates()] == [identifier(old)]


def test_no_new_version_is_issued_under_a_serial_that_has_a_number_in_it(old: OldSystem) -> None:
    old.person(1, ZZBS=identifier(old, citizen_number(1)))
    old.person(2, ZZBS=identifier(old, "20080000404"))
    old.run()
    for number in (1, 2):
        old.set(number, DZ="新址 1 号")
    assert steps(old.run()) == {"changed": 2}
    new = old.certificates()[2:]
    assert citizen_number(1) not in new[0].certificate_id
    assert new[1].certificate_id == identifier(old, "20080000404", 2)


def test_a_changed_row_is_the_next_version_by_the_reason_that_fits(old: OldSystem) -> None:
    old.person(1)
    old.run()
    old.set(1, DZ="新址 1 号")
    assert steps(old.run()) == {"changed": 1}
    first, second = old.certificates()
    assert (second.renews, second.reason, second.version) == (first.id, "changed", 2)
    assert old.claims(second)["address"] == "新址 1 号"
    assert steps(old.run()) == {"same": 1}
    with old.town.runtime.store.read() as session:
        (event,) = session.exec(select(StatusEvent)).all()
    assert event.changed == '["address"]'
    old.town.anchor(POLICE)
    old.set(1, DZ="羊城市珠江新城 8 号")
    assert steps(old.run()) == {"changed": 1}
    old.town.anchor(POLICE)
    old.set(1, DZ="新址 1 号")
    assert steps(old.run()) == {"changed": 1}, "there and back and there again"
    old.town.anchor(POLICE)
    old.sql('update "T_证件 1" set "YXQ止" = ?', "2050-01-01")
    assert steps(old.run()) == {"changed": 1}
    assert [row.reason for row in old.certificates()] == [
        *("issued", "changed", "changed", "changed"),
        "extended",
    ]


def test_a_number_that_changed_is_no_change_but_does_not_fit(old: OldSystem) -> None:
    old.person(1)
    old.run()
    old.set(1, SFZH=citizen_number(3))
    done = old.run()
    assert steps(done) == {"refused": 1}
    assert len(old.certificates()) == 1


def test_what_ended_there_ends_here_and_never_comes_back(old: OldSystem) -> None:
    old.person(1)
    old.person(2)
    old.run()
    old.town.anchor(POLICE)
    old.set(1, ZT="2")
    old.set(2, ZT="9")
    assert steps(old.run()) == {"ended": 2}
    assert steps(old.run()) == {"same": 2}
    dead, lost = old.certificates()
    assert reasons(old, dead)[-1] == "cancelled_holder_deceased"
    assert reasons(old, lost)[-1] == "reported_lost"
    old.set(1, ZT="1")
    old.set(2, ZT="1", DZ="新址 1 号")
    done = old.run()
    assert steps(done) == {"refused": 1, "back": 1}
    assert reasons(old, lost)[:3] == ["issued", "reported_lost", "resumed"]
    assert [each.field for each in done.unfitting] == ["status"]
    assert [row.reason for row in old.certificates()] == ["issued", "issued", "changed"]
    old.set(2, ZT="8")
    assert steps(old.run())["refused"] == 2


def test_interrupted_after_a_revocation_it_is_not_revoked_twice(
    old: OldSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    old.person(1)
    old.run()
    old.set(1, ZT="2")
    with monkeypatch.context() as patch:

        def killed(*_: Any, **__: Any) -> None:
            raise KeyboardInterrupt

        patch.setattr("registry.importing.run._Run._update", killed)
        with pytest.raises(KeyboardInterrupt):
            old.run()
    assert steps(old.run()) == {"ended": 1}
    (row,) = old.certificates()
    assert reasons(old, row) == ["issued", "cancelled_holder_deceased"]


def test_rows_changed_since_a_day_are_read_and_no_others(old: OldSystem) -> None:
    old.person(1)
    old.person(2, GXSJ="20261120000000")
    assert steps(old.run(since=date(2026, 11, 20))) == {"new": 1}
    with old.town.runtime.store.read() as session:
        (run,) = session.exec(select(ImportRun)).all()
    assert (run.since, run.rows, run.finished is not None) == ("2026-11-20", 1, True)
    old.mapping = {name: value for name, value in MAPPING.items() if name != "changed_at"}
    with pytest.raises(NotIncremental):
        old.run(since=date(2026, 11, 20))


@pytest.mark.parametrize("chunk", [1, 500])
def test_two_rows_of_one_key_are_one_row(old: OldSystem, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.importing.run.CHUNK", chunk)
    old.person(1)
    old.person(2, XH="K0001")
    done = old.run()
    assert steps(done) == {"new": 1, "refused": 1}
    assert [each.field for each in done.unfitting] == ["key"]
    old.person(3, XH=" ")
    assert steps(old.run()) == {"same": 1, "refused": 2}


def test_the_same_rows_come_out_of_a_file(old: OldSystem) -> None:
    lines = ["编号,姓名,性别,民族,生日,住址,号码,照片,起,止,改"]
    for number in (1, 2):
        lines.append(
            f"F{number},艾力{number},{2 - number % 2},维吾尔,1990-01-01,羊城市,{citizen_number(number)},"
            f"{PORTRAIT},2026-01-01,2046-01-01,2026-11-{number * 10}"
        )
    (old.folder / "old.csv").write_bytes("\n".join(lines).encode("gb18030"))
    old.mapping |= {
        "source": {"file": "old.csv"},
        "key": ["编号"],
        "changed_at": {"column": "改"},
        "claims": {
            "name": {"column": "姓名", "half_width": True},
            "sex": {"column": "性别", "codes": {"1": "男", "2": "女"}},
            "ethnicity": "民族",
            "birth_date": "生日",
            "address": "住址",
            "citizen_number": "号码",
            "portrait": "照片",
            "issuing_authority": {"always": "羊城市公安局"},
            "first_day": "起",
            "last_day": "止",
        },
    }
    old.mapping = {name: value for name, value in old.mapping.items() if name not in {"identifier", "status"}}
    first = old.run()
    assert steps(first) == {"refused": 2}, "a name has no digits"
    (old.folder / "old.csv").write_bytes(
        "\n".join(lines).replace("艾力1", "艾力甲").replace("艾力2", "艾力乙").encode("gb18030")
    )
    assert steps(old.run()) == {"new": 2}
    assert steps(old.run(since=date(2026, 11, 15))) == {"same": 1}
    assert [old.claims(row)["name"] for row in old.certificates()] == ["艾力甲", "艾力乙"]


@pytest.mark.parametrize(
    "change",
    [
        {"claims": {"name": "person.XM"}},
        {"claims": MAPPING["claims"] | {"blood_type": "person.XM"}},
        {"claims": MAPPING["claims"] | {"name": "person.NOPE"}},
        {"claims": MAPPING["claims"] | {"name": {"column": "a", "always": "b"}}},
        {"claims": MAPPING["claims"] | {"birth_date": {"column": "person.CSRQ", "date": ["%Y%m"]}}},
        {"status": {"column": "ZT", "valid": ["1"], "ended": {"2": "changed"}}},
        {"status": {"column": "ZT", "valid": ["1"], "ended": {"2": "no_such_reason"}}},
        {"source": {"sqlite": "old.db", "table": "T_NO"}},
        {"source": {"sqlite": "old.db"}},
        {"source": {"sqlite": "old.db", "env": "X", "table": "t"}},
        {"surprise": 1},
    ],
)
def test_a_mapping_that_fits_neither_type_nor_source_is_refused_whole(
    old: OldSystem, change: dict[str, Any]
) -> None:
    old.person(1)
    old.mapping |= change
    with pytest.raises(BadMapping):
        old.run()
    assert old.certificates() == []


def test_the_mapping_in_the_documentation_is_one(tmp_path: Path, old: OldSystem) -> None:
    page = (ROOT / "docs" / "importing.md").read_text("utf-8")
    path = tmp_path / "food.yaml"
    path.write_text(page.partition("```yaml\n")[2].partition("```")[0], "utf-8")
    mapping = load_mapping(path)
    definition = old.town.definition(mapping.type)
    check_against(mapping, definition)
    for name, field in mapping.fields.items():
        known = {each.code for each in definition.claim[name].codes}
        assert not field.codes or set(field.codes.values()) <= known


def test_a_source_that_is_not_there_is_said_without_its_address(
    old: OldSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    old.mapping["source"] = {"env": "OLD_POLICE", "table": "t"}
    for url in ("", "nonsense", "postgresql://me:hunter2@nowhere.invalid/db"):
        monkeypatch.setenv("OLD_POLICE", url)
        with pytest.raises(NoSource) as refused:
            old.run()
        assert "hunter2" not in refused.value.zh + refused.value.en


def test_the_source_is_never_written(old: OldSystem) -> None:
    old.person(1)
    before = (old.folder / "old.db").read_bytes()
    old.run()
    assert (old.folder / "old.db").read_bytes() == before
    with open_source(load_mapping(old.folder / "police.yaml"), old.folder) as source:
        assert isinstance(source, DatabaseSource)
        with pytest.raises(OperationalError), source.engine.begin() as connection:
            connection.execute(text('delete from "T-RY"'))


def test_who_may_not_issue_may_not_import(old: OldSystem) -> None:
    old.person(1)
    issuing = replace(old.cases.issuing, may_issue=lambda *_: False)
    old.cases = replace(old.cases, issuing=issuing)
    for dry in (True, False):
        with pytest.raises(NoRight):
            old.run(dry_run=dry)


def test_nothing_personal_is_in_what_is_kept_of_a_row(old: OldSystem) -> None:
    old.mapping["key"] = ["person.SFZH"]
    old.person(1)
    old.run()
    (note,) = old.notes()
    kept = repr((note.mapping, note.key, note.content, note.faults, note.ended))
    assert citizen_number(1) not in kept
    assert citizen_number(1) not in "".join(str(row.issued_by) for row in old.certificates())
    with old.town.runtime.store.read() as session:
        assert not [
            each for each in session.exec(select(Idempotency)) if citizen_number(1).encode() in each.key
        ]
