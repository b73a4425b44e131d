"""Rows out of files that departments send: CSV, XLSX, JSON Lines; streamed, and bounded in every direction.

What a spreadsheet would run (a formula), or has already spoilt (a long number kept as a number), is a fault
of its row. A file that is no such file, or a bomb, is refused as a whole.
"""

import csv
import hashlib
import re
import zipfile
import zlib
from codecs import getincrementaldecoder
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

import msgspec
from python_calamine import CalamineError, CalamineWorkbook

from registry.definition import TypeDefinition
from registry.errors import RegistryError
from registry.identifiers import Fault

LARGEST_FILE = 2 * 2**30
"""Bytes of a CSV or JSON Lines file, which is never held as a whole."""
LARGEST_WORKBOOK = 512 * 2**20
"""Bytes of an XLSX file's parts, unpacked: a workbook is held in memory."""
LONGEST_CELL = 64 * 1024
LONGEST_LINE = 2**20
MOST_COLUMNS = 400
KEY = "_key"
"""Column with the department's own name for a row. Other columns that begin with _ are not looked at."""

_FORMULA = re.compile(r"\s*'?[=+\-@＝＋－＠]")
_FORMULA_CELL = re.compile(rb'<c\s[^<>]{0,200}?r="[A-Z]{1,3}(\d{1,7})"[^<>]{0,200}>\s{0,20}<f[\s/>]')
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_PIECE = 2**20


class BadFile(RegistryError):
    """The file cannot be read as rows of this type."""

    kind = "bad-file"
    status = 422


@dataclass(frozen=True, slots=True)
class Row:
    """One row. line: 1 for the first below the heading. faults: what is wrong with how it is written."""

    line: int
    cells: Mapping[str, str] = field(repr=False)
    faults: Sequence[Fault] = ()

    @property
    def key(self) -> str:
        """The department's own name for the row, or nothing."""
        return self.cells.get(KEY, "")

    @property
    def claims(self) -> dict[str, str]:
        """The row without our own columns."""
        return {name: value for name, value in self.cells.items() if not name.startswith("_")}


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be taken in. digest: SHA-256 of its bytes. encoding: of a text file.

    lines: about how many rows it has, for the time left. formulas: rows of a workbook that have one.
    """

    path: Path
    kind: str
    digest: bytes
    lines: int
    encoding: str = "utf-8-sig"
    formulas: frozenset[int] = frozenset()


def inspect(path: Path) -> Source:
    """Look through a file once, without keeping it. Raises BadFile."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in {"csv", "xlsx", "jsonl"}:
        raise BadFile("只接受 .csv、.xlsx、.jsonl 文件。", "Only .csv, .xlsx and .jsonl files are taken.")
    if not path.is_file():
        raise BadFile(f"没有文件 {path.name}。", f"There is no file {path.name}.")
    if path.stat().st_size > LARGEST_FILE:
        raise BadFile("文件超过 2 GiB，请分成几份。", "The file is larger than 2 GiB: split it.")
    with path.open("rb") as file:
        if kind == "xlsx":
            return _inspect_workbook(path, file)
        return _inspect_text(path, kind, file)


def read(source: Source, definition: TypeDefinition) -> Iterator[Row]:
    """The rows, in order. Raises BadFile, at once for a heading that the type does not know."""
    if source.kind == "jsonl":
        return _json_rows(source)
    if source.kind == "csv":
        return _rows(_csv_records(source), definition, source.formulas)
    return _rows(_workbook_records(source), definition, source.formulas)


def table(source: Source) -> Iterator[Row]:
    """The rows of a file under whatever names its heading has, in order. Raises BadFile."""
    if source.kind == "jsonl":
        yield from _json_rows(source)
        return
    records = _csv_records(source) if source.kind == "csv" else _workbook_records(source)
    heading = _names(next(records, []))
    for line, record in enumerate(records, 1):
        if any(cell not in {"", None} for cell in record):
            yield _row(
                line, heading, [*record, *[""] * (len(heading) - len(record))], line in source.formulas
            )


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would run this text, also behind an apostrophe that was put there to stop it."""
    return _FORMULA.match(cell) is not None


def harmless(cell: str) -> str:
    """The text behind an apostrophe, where a spreadsheet would run it otherwise."""
    return f"'{cell}" if is_formula(cell) and not cell.startswith("'") else cell


def _rows(
    records: Iterator[list[Any]], definition: TypeDefinition, formulas: frozenset[int]
) -> Iterator[Row]:
    heading = _heading(next(records, []), definition)
    return (
        _row(line, heading, record, line in formulas)
        for line, record in enumerate(records, 1)
        if any(cell not in {"", None} for cell in record)
    )


def _heading(cells: Sequence[Any], definition: TypeDefinition) -> list[str]:
    """Names of claims for the columns, given as such or by their Chinese label."""
    by_label = {claim.zh: claim.name for claim in definition.claims}
    names = _names([by_label.get(text, text) for text in (str(cell).strip() for cell in cells)])
    unknown = [
        number
        for number, name in enumerate(names, 1)
        if not name.startswith("_") and name not in definition.claim
    ]
    if unknown:  # by position: where the heading is missing, these are somebody's name and number
        shown = ", ".join(map(str, unknown[:5]))
        raise BadFile(
            f"第 {shown} 列的列名不属于该类型。", f"Columns {shown}: the type has no claims of these names."
        )
    missing = [each for each in definition.claims if each.required and each.name not in names]
    if missing:
        shown = ", ".join(each.name for each in missing[:5])
        raise BadFile(f"缺少必填列：{shown}。", f"Required columns are missing: {shown}.")
    return names


def _names(cells: Sequence[Any]) -> list[str]:
    """A heading, without the empty cells behind it."""
    names = [str(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names or len(names) > MOST_COLUMNS:
        raise BadFile("第一行应为列名。", "The first row has to name the columns.")
    if len(set(names)) != len(names):
        raise BadFile("列名重复。", "A column occurs twice.")
    return names


def _row(line: int, heading: Sequence[str], record: Sequence[Any], formula: bool) -> Row:
    faults = [Fault("", "含有公式，请粘贴为值", "has a formula: paste it as a value")] if formula else []
    if len(record) > len(heading) and any(cell not in {"", None} for cell in record[len(heading) :]):
        faults.append(Fault("", "单元格多于列名", "has more cells than there are columns"))
    cells = {}
    for name, cell in zip(heading, record, strict=False):
        text, why = _text(cell)
        if why is not None and not name.startswith("_"):
            faults.append(Fault(name, *why))
        cells[name] = text
    return Row(line, cells, faults)


def _text(cell: Any) -> tuple[str, tuple[str, str] | None]:
    """A cell as text, and what is wrong with how it was kept."""
    if isinstance(cell, str):
        return cell[:LONGEST_CELL], _wrong_text(cell)
    if cell is None:
        return "", None
    if isinstance(cell, float):
        return (str(int(cell)) if cell.is_integer() else str(cell)), _wrong_number(cell)
    if isinstance(cell, date):
        return cell.isoformat().removesuffix("T00:00:00"), None
    return str(cell), ("应为文本", "must be text")


def _wrong_text(cell: str) -> tuple[str, str] | None:
    if len(cell) > LONGEST_CELL:
        return "单元格超过 64 kB", "the cell is larger than 64 kB"
    return ("不能以 = + - @ 开头", "must not begin with = + - @") if is_formula(cell) else None


def _wrong_number(cell: float) -> tuple[str, str] | None:
    if abs(cell) < 10**15:
        return None
    return (
        "长号码存成了数值，末位已失真，请设为文本格式",
        "a long number was kept as a number and lost digits: make it text",
    )


def _csv_records(source: Source) -> Iterator[list[Any]]:
    csv.field_size_limit(LONGEST_LINE)
    with source.path.open(encoding=source.encoding, newline="") as file:
        records = csv.reader(_bounded(file), strict=True)
        while True:
            try:
                record = next(records)
            except StopIteration:
                return
            except (csv.Error, UnicodeDecodeError) as wrong:
                raise _unreadable(records.line_num) from wrong
            yield record


def _json_rows(source: Source) -> Iterator[Row]:
    decode = msgspec.json.Decoder(dict[str, str]).decode
    with source.path.open(encoding=source.encoding, newline="\n") as file:
        try:
            for line, text in enumerate(_bounded(file), 1):
                if text.strip():
                    yield _json_row(line, text, decode)
        except UnicodeDecodeError as wrong:
            raise _unreadable(0) from wrong


def _json_row(line: int, text: str, decode: Any) -> Row:
    try:
        cells = decode(text)
    except (msgspec.MsgspecError, RecursionError):
        why = Fault("", "应为一个值均为文本的 JSON 对象", "must be a JSON object whose values are all text")
        return Row(line, {}, [why])
    faults = []
    for name, value in cells.items():
        why_not = _text(value)[1]
        if why_not is not None and not name.startswith("_"):
            faults.append(Fault(name[:40], *why_not))
    return Row(line, cells, faults)


def _workbook_records(source: Source) -> Iterator[list[Any]]:
    try:
        sheet = CalamineWorkbook.from_path(source.path).get_sheet_by_index(0)
        above = sheet.start[0] if sheet.start else 0
        if above:
            raise BadFile("第一行应为列名。", "The first row has to name the columns.")
        yield from sheet.iter_rows()
    except CalamineError as wrong:
        raise BadFile("不是可读的 .xlsx 文件。", "This is not a readable .xlsx file.") from wrong


def _bounded(file: IO[str]) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise BadFile(f"第 {number} 行超过 1 MiB。", f"Line {number} is longer than 1 MiB.")
        yield line


def _inspect_text(path: Path, kind: str, file: IO[bytes]) -> Source:
    """Digest, number of lines, and the encoding: UTF-8, or else GB 18030."""
    digest, lines, utf8 = hashlib.sha256(), 0, getincrementaldecoder("utf-8")()
    encoding = "utf-8-sig"
    while piece := file.read(_PIECE):
        digest.update(piece)
        lines += piece.count(b"\n")
        if encoding == "utf-8-sig":
            try:
                utf8.decode(piece)
            except UnicodeDecodeError:
                encoding = "gb18030"
    return Source(path, kind, digest.digest(), max(lines - (kind == "csv"), 0), encoding)


def _inspect_workbook(path: Path, file: BufferedReader) -> Source:
    """Unpack every part once, counting what really comes out, and find formulas and declarations."""
    digest = hashlib.file_digest(file, "sha256").digest()
    formulas: set[int] = set()
    rows = 0
    try:
        with zipfile.ZipFile(file) as archive:
            for seen in _unpacked(archive):
                if _DECLARATION.search(seen):
                    raise BadFile("工作簿中含有 XML 实体声明。", "The workbook declares XML entities.")
                rows += seen.count(b"<row ")
                formulas.update(int(found[1]) - 1 for found in _FORMULA_CELL.finditer(seen))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError) as wrong:
        raise BadFile("不是可读的 .xlsx 文件。", "This is not a readable .xlsx file.") from wrong
    return Source(path, "xlsx", digest, max(rows - 1, 0), formulas=frozenset(formulas))


def _unpacked(archive: zipfile.ZipFile) -> Iterator[bytes]:
    """All parts, a piece at a time, each with the end of the piece before it."""
    unpacked = 0
    for part in archive.infolist():
        with archive.open(part) as content:
            before = b""
            while piece := content.read(_PIECE):
                unpacked += len(piece)
                if unpacked > LARGEST_WORKBOOK:
                    raise BadFile("工作簿解压后超过 512 MiB。", "The workbook unpacks to more than 512 MiB.")
                yield before + piece
                before = piece[-1024:]


def _unreadable(line: int) -> BadFile:
    return BadFile(f"第 {line} 行附近无法读取。", f"The file cannot be read near line {line}.")
