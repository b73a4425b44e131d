"""Issuing from files: every format, refusals that come back corrected, hostile files, and kill -9."""

import csv
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from sqlmodel import select

from registry import bulk, sheets
from registry.bulk import Progress
from registry.issuing import NoRight
from registry.sheets import BadFile
from registry.store.tables import Certificate, HolderIndex, ImportJob
from tests.issuing.conftest import POLICE, World, citizen_number

Row = Callable[..., dict[str, str]]
Write = Callable[[Path, list[dict[str, str]]], None]


def write_csv(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8") -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_jsonl(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def write_xlsx(path: Path, rows: list[dict[str, str]]) -> None:
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        for number, cells in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
            for column, cell in enumerate(cells):
                sheet.write_string(number, column, cell)


def read(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    from python_calamine import CalamineWorkbook

    heading, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    return [dict(zip(heading, row, strict=True)) for row in rows]


def take_in(world: World, path: Path, **more: object) -> bulk.Summary:
    return bulk.take_in(world.issuing, POLICE, world.identity.type, path, **more)  # type: ignore[arg-type]


def certificates(world: World) -> list[Certificate]:
    with world.runtime.store.read() as session:
        return list(session.exec(select(Certificate)))


FORMATS = pytest.mark.parametrize(
    ("suffix", "write"), [(".csv", write_csv), (".jsonl", write_jsonl), (".xlsx", write_xlsx)]
)


@FORMATS
def test_refused_rows_are_corrected_in_the_report_and_fed_in_again(
    world: World, row: Row, tmp_path: Path, suffix: str, write: Write
) -> None:
    rows = [row(number) for number in range(30)]
    rows[3]["citizen_number"] = "440106199001010001"
    rows[7]["name"] = ""
    rows[11]["address"] = "=HYPERLINK(A1)"
    file = tmp_path / f"people{suffix}"
    write(file, rows)
    first = take_in(world, file)
    assert (first.accepted, first.refused, first.repeated) == (27, 3, 0)
    assert first.report == tmp_path / f"people.refused{suffix}"
    report = read(first.report)
    assert [(each["_line"], each["_field"]) for each in report] == [
        ("4", "citizen_number"), ("8", "name"), ("12", "address"),
    ]  # fmt: skip
    assert all(each["_why_zh"] and each["_why_en"] for each in report)
    assert report[2]["address"].startswith("=") is (suffix == ".jsonl")

    unchanged = tmp_path / f"again{suffix}"
    write(unchanged, report)
    assert take_in(world, unchanged).refused == 3
    corrected = tmp_path / f"corrected{suffix}"
    fixed = {3: "citizen_number", 7: "name", 11: "address"}
    for each, (number, field) in zip(report, fixed.items(), strict=True):
        each[field] = row(number)[field]
    write(corrected, report)
    second = take_in(world, corrected)
    assert (second.accepted, second.refused, second.report) == (3, 0, None)
    assert len(certificates(world)) == 30


@FORMATS
def test_every_format_gives_the_same_certificates(
    world: World, row: Row, tmp_path: Path, suffix: str, write: Write
) -> None:
    write(tmp_path / f"people{suffix}", [row(1), row(2, last_day="")])
    assert take_in(world, tmp_path / f"people{suffix}").accepted == 2
    for number in (1, 2):
        changed = {"last_day": ""} if number == 2 else {}
        assert world.issue(row(number, **changed), "").repeated


def test_the_same_file_is_not_issued_twice_nor_the_same_row_in_another_file(
    world: World, row: Row, tmp_path: Path
) -> None:
    rows = [row(number) for number in range(20)]
    write_csv(tmp_path / "a.csv", rows)
    assert take_in(world, tmp_path / "a.csv").accepted == 20
    again = take_in(world, tmp_path / "a.csv")
    assert (again.already, again.accepted) == (True, 20)
    write_csv(tmp_path / "b.csv", [*rows, row(20)])
    other = take_in(world, tmp_path / "b.csv")
    assert (other.accepted, other.repeated, other.refused) == (1, 20, 0)
    once_more = take_in(world, tmp_path / "a.csv", once_more=True)
    assert (once_more.accepted, once_more.repeated) == (0, 20)
    assert len(certificates(world)) == 21


def test_a_row_that_is_in_the_file_twice_is_said_to_be_also_after_a_kill(
    world: World, row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_csv(tmp_path / "a.csv", [row(number) for number in (0, 1, 2, 3, 0, 4, 2)])
    monkeypatch.setattr(bulk, "CHUNK", 3)

    def stop(at: Progress) -> None:
        if at.position == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_in(world, tmp_path / "a.csv", progress=stop)
    summary = take_in(world, tmp_path / "a.csv")
    assert (summary.resumed, summary.accepted, summary.refused, summary.repeated) == (3, 5, 2, 0)
    assert summary.report is not None
    report = read(summary.report)
    assert [(each["_line"], each["_why_en"]) for each in report] == [
        ("5", "is the same as row 1"), ("7", "is the same as row 3"),
    ]  # fmt: skip


def test_a_department_may_name_its_rows(world: World, row: Row, tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [row(1) | {"_key": "2026-1"}])
    write_csv(tmp_path / "b.csv", [row(2) | {"_key": "2026-1"}])
    assert take_in(world, tmp_path / "a.csv").accepted == 1
    refused = take_in(world, tmp_path / "b.csv")
    assert refused.refused == 1
    assert refused.report is not None
    assert "idempotency key" in read(refused.report)[0]["_why_en"]


def test_chinese_headings_and_gb18030_are_read(world: World, row: Row, tmp_path: Path) -> None:
    labels = {claim.name: claim.zh for claim in world.identity.claims}
    rows = [{labels[name]: value for name, value in row(number).items()} for number in range(5)]
    write_csv(tmp_path / "a.csv", rows, "gb18030")
    assert take_in(world, tmp_path / "a.csv").accepted == 5
    assert world.issue(row(1), "").repeated


AFTER_A_CHUNK = """
def progress(at):
    wait(at.position)
"""
BEFORE_THE_COMMIT = """
from registry.refusals import Report
add = Report.add
def add_and_wait(report, at, refused):
    size = add(report, at, refused)
    wait(size)
    return size
Report.add = add_and_wait
def progress(at):
    pass
"""
IMPORT = """
import sys
from pathlib import Path
from registry import bulk
from registry.runtime import Runtime
from registry.settings import Settings
def wait(at):
    print(at, flush=True)
    sys.stdin.readline()
{where}
bulk.CHUNK = 50
runtime = Runtime.open(Settings(data=Path({data!r}), api_passphrase="api's"), "api")
issuing = runtime.issuing(lambda *_: True)
bulk.take_in(issuing, {issuer!r}, {type!r}, Path({file!r}), progress=progress)
"""


def import_and_kill(script: str, stops: int) -> None:
    """Let the import go on at some stops, and kill it at the next."""
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin and process.stdout
    for _ in range(stops):
        assert process.stdout.readline()
        process.stdin.write("go on\n")
        process.stdin.flush()
    assert process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()


@pytest.mark.parametrize(
    "where", [AFTER_A_CHUNK, BEFORE_THE_COMMIT], ids=["after a chunk", "before a commit"]
)
def test_a_killed_import_goes_on_where_it_stopped(world: World, row: Row, tmp_path: Path, where: str) -> None:
    rows = [row(number) for number in range(900)]
    for number in range(5, 900, 40):
        rows[number]["name"] = "123"
    file = tmp_path / "people.csv"
    write_csv(file, rows)
    script = IMPORT.format(
        where=where,
        data=str(world.runtime.settings.data),
        issuer=POLICE,
        type=world.identity.type,
        file=str(file),
    )
    import_and_kill(script, 3)
    import_and_kill(script, 4)
    positions: list[Progress] = []
    summary = take_in(world, file, progress=positions.append)
    assert positions[0].position == summary.resumed >= 300
    assert (summary.accepted, summary.refused, summary.repeated) == (877, 23, 0)
    assert summary.report is not None
    assert [each["_line"] for each in read(summary.report)] == [str(n + 1) for n in range(5, 900, 40)]
    assert len(certificates(world)) == 877
    with world.runtime.store.read() as session:
        assert len(set(session.exec(select(HolderIndex.holder)))) == 877
        job = session.exec(select(ImportJob)).one()
    assert job.accepted + job.refused + job.repeated == job.position == 900


def test_without_the_right_no_row_is_taken(world: World, row: Row, tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [row(1)])
    world.refused_types.add(world.identity.type)
    with pytest.raises(NoRight):
        take_in(world, tmp_path / "a.csv")
    world.refused_types.clear()
    assert take_in(world, tmp_path / "a.csv").accepted == 1


def test_a_workbook_says_what_a_spreadsheet_spoilt(world: World, row: Row, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, list(row(1)))
        for line in (1, 2, 3):
            for column, (name, cell) in enumerate(row(line).items()):
                if line == 1 and name == "citizen_number":
                    sheet.write_number(line, column, float(citizen_number(3, "19900102")[:17] + "0"))
                elif line == 2 and name == "address":
                    sheet.write_formula(line, column, '="羊城市" & A1', value="羊城市")
                elif line == 3 and name == "first_day":
                    sheet.write_datetime(
                        line, column, date(2026, 1, 1), workbook.add_format({"num_format": "yyyy-mm-dd"})
                    )
                else:
                    sheet.write_string(line, column, cell)
    summary = take_in(world, tmp_path / "a.xlsx")
    assert (summary.accepted, summary.refused) == (1, 2)
    assert summary.report is not None
    assert [each["_why_en"].split(":")[0] for each in read(summary.report)] == [
        "a long number was kept as a number and lost digits", "has a formula",
    ]  # fmt: skip


def test_a_report_runs_nothing_in_a_spreadsheet(world: World, row: Row, tmp_path: Path) -> None:
    for number, start in enumerate(("=", "+", "-", "@", " =", "\t=", "'=", "＝")):
        file = tmp_path / f"{number}.csv"
        write_csv(file, [row(number, address=f"{start}cmd|' /C calc'!A0")])
        summary = take_in(world, file)
        assert (summary.accepted, summary.refused) == (0, 1)
        assert summary.report is not None
        assert read(summary.report)[0]["address"].startswith("'")


def test_cells_that_are_too_large_are_refused_with_their_row(world: World, row: Row, tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [row(1, address="路" * 70_000), row(2)])
    summary = take_in(world, tmp_path / "a.csv")
    assert (summary.accepted, summary.refused) == (1, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"name,name\na,b\n",
        b"name,nobody_knows\na,b\n",
        b"name\na\n",
        b'name,sex\n"' + b"a" * 2_000_000,
        b"\xff\xfe\x00\x81\x30",
    ],
    ids=["empty", "twice", "unknown", "missing", "endless cell", "no text"],
)
def test_what_is_no_table_of_this_type_is_refused_as_a_whole(
    world: World, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(BadFile):
        take_in(world, tmp_path / "a.csv")
    assert certificates(world) == []


def test_a_file_without_heading_is_refused_and_its_first_row_not_repeated_to_anybody(
    world: World, row: Row, tmp_path: Path
) -> None:
    with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(row(1).values())
    with pytest.raises(BadFile) as refusal:
        take_in(world, tmp_path / "a.csv")
    told = str(refusal.value) + refusal.value.zh
    assert not any(value in told for value in row(1).values())


def test_rows_that_are_no_objects_of_text_are_refused_one_by_one(
    world: World, row: Row, tmp_path: Path
) -> None:
    lines = ["[" * 100_000, "{}", '{"name": 1}', "null", json.dumps(row(1)), json.dumps({"x" * 99: "y"})]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    summary = take_in(world, tmp_path / "a.jsonl")
    assert (summary.accepted, summary.refused) == (1, 5)


def workbook_of(path: Path, sheet: bytes) -> None:
    with xlsxwriter.Workbook(path) as workbook:
        workbook.add_worksheet().write_string(0, 0, "name")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = sheet
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_a_workbook_that_unpacks_without_end_is_refused(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "LARGEST_WORKBOOK", 8 * 2**20)
    workbook_of(tmp_path / "bomb.xlsx", b" " * 32 * 2**20)
    assert (tmp_path / "bomb.xlsx").stat().st_size < 100_000
    with pytest.raises(BadFile, match="unpacks"):
        take_in(world, tmp_path / "bomb.xlsx")


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>',
        b"<worksheet><sheetData><row",
        b"\x00" * 50,
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'.encode("utf-16"),
        '<!DOCTYPE x SYSTEM "http://127.0.0.1/"><worksheet/>'.encode("utf-16-be"),
    ],
)
def test_a_hostile_workbook_is_refused(world: World, tmp_path: Path, content: bytes) -> None:
    workbook_of(tmp_path / "a.xlsx", content)
    with pytest.raises(BadFile):
        take_in(world, tmp_path / "a.xlsx")
    (tmp_path / "b.xlsx").write_bytes(content)
    with pytest.raises(BadFile):
        take_in(world, tmp_path / "b.xlsx")
