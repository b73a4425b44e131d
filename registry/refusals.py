"""The report of refused rows: the file they came from, with columns that say which field and why.

It can be corrected and fed in again: columns that begin with _ are not looked at. While a file is being taken
in, the report is a growing JSON Lines file beside it, cut to what the store knows of after a kill.
"""

import csv
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import xlsxwriter

from registry.identifiers import Fault
from registry.sheets import Row, harmless

LINE, FIELD, WHY_ZH, WHY_EN = "_line", "_field", "_why_zh", "_why_en"
"""Our columns: the row's line in the file it came from, the fields that are wrong, why."""
_LONGEST_REASON = 2_000


class Report:
    """Refused rows of one file.

    path: the report, in the format of its suffix. columns: of the file, in its order; empty for JSON Lines.
    """

    def __init__(self, path: Path, columns: Sequence[str] = ()) -> None:
        self.path = path
        self._columns = list(columns)
        self._growing = path.with_name(path.name + ".part")

    def cut(self, size: int) -> None:
        """Keep the first so many bytes of what was written; the rest belongs to rows that will come again."""
        self._growing.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._growing, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, min(size, os.fstat(descriptor).st_size))
        finally:
            os.close(descriptor)

    def add(self, at: int, refused: Sequence[tuple[Row, Sequence[Fault]]]) -> int:
        """Write refused rows behind the first `at` bytes, durably; the size after."""
        self.cut(at)
        with self._growing.open("ab") as file:
            for row, faults in refused:
                file.write(msgspec.json.encode(_explained(row, faults)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
            return file.tell()

    def finish(self, any_refused: bool) -> Path | None:
        """Put the report in place, in its format; None where no row was refused."""
        if not any_refused or not self._growing.exists() or self._growing.stat().st_size == 0:
            self._growing.unlink(missing_ok=True)
            return self.path if any_refused and self.path.exists() else None
        ready = self.path.with_name(f".{self.path.name}.ready")
        ready.unlink(missing_ok=True)
        ready.touch(mode=0o600)
        match self.path.suffix:
            case ".csv":
                self._write_csv(ready)
            case ".xlsx":
                self._write_workbook(ready)
            case _:
                ready.write_bytes(self._growing.read_bytes())
        ready.replace(self.path)
        self._growing.unlink()
        return self.path

    @property
    def _heading(self) -> list[str]:
        ours = [LINE, FIELD, WHY_ZH, WHY_EN]
        return [*(name for name in self._columns if name not in ours), *ours]

    def _rows(self) -> Iterator[list[str]]:
        decode = msgspec.json.Decoder(dict[str, str]).decode
        with self._growing.open("rb") as lines:
            for line in lines:
                cells = decode(line)
                yield [harmless(cells.get(name, "")) for name in self._heading]

    def _write_csv(self, path: Path) -> None:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(self._heading)
            writer.writerows(self._rows())

    def _write_workbook(self, path: Path) -> None:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(path, options) as workbook:
            sheet = workbook.add_worksheet()
            for number, cells in enumerate([self._heading, *self._rows()]):
                for column, cell in enumerate(cells):
                    sheet.write_string(number, column, cell[:32_767])


def _explained(row: Row, faults: Sequence[Fault]) -> dict[str, str]:
    return {
        **{name: value for name, value in row.cells.items() if name not in {LINE, FIELD, WHY_ZH, WHY_EN}},
        LINE: str(row.line),
        FIELD: " ".join(dict.fromkeys(fault.field for fault in faults if fault.field)),
        WHY_ZH: "；".join(fault.zh for fault in faults)[:_LONGEST_REASON],
        WHY_EN: "; ".join(fault.en for fault in faults)[:_LONGEST_REASON],
    }
