"""Issuing from a file: some hundred rows a transaction, refused rows into a report, resumed after a kill.

Durable together, for each chunk: its certificates, and how far the file was taken in. So a killed import goes
on behind the last chunk; and since each row is a request with a key of its own, not even a row that is fed in
twice, in this file or a corrected one, is issued twice.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sqlmodel import Session, select

from registry import sheets
from registry.definition import TypeDefinition
from registry.drafting import Refused, Request, body_hash
from registry.errors import NotAllowed, RegistryError
from registry.identifiers import Fault
from registry.issuing import Issued, Issuing, Outcome
from registry.refusals import Report
from registry.sheets import Row, Source
from registry.store.tables import ImportJob

CHUNK = 1_000
_SHORT = 12
"""Bytes of a row's hash that tell it from the other rows of one file."""


class TakenInElsewhere(NotAllowed):
    """Another process is taking in the same file."""

    kind = "taken-in-elsewhere"

    def __init__(self) -> None:
        super().__init__("另一进程正在导入同一文件。", "Another process is taking in the same file.")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is. lines: about how many rows there are; 0: not known."""

    position: int
    lines: int
    accepted: int
    refused: int
    repeated: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a file. report: of the refused rows, None where there are none. resumed: rows that an
    earlier run had done; already: this very file had been taken in to its end before."""

    accepted: int
    refused: int
    repeated: int
    report: Path | None
    resumed: int = 0
    already: bool = False


def take_in(
    issuing: Issuing,
    issuer: str,
    type_code: str,
    path: Path,
    *,
    by: str = "",
    hold: str = "",
    report: Path | None = None,
    once_more: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Summary:
    """Issue every row of a CSV, XLSX or JSON Lines file that may be issued.

    report: where refused rows go; None: `<name>.refused.<suffix>` beside the file.
    once_more: go through a file that was taken in to its end before, as after a change of rights.

    Raises:
        BadFile: it cannot be read; what came before the place it names stays taken in.
        NoRight: the issuer may not issue this type.
    """
    definition = issuing.definition(type_code, issuing.clock())
    source = sheets.inspect(path)
    intake = _Intake(issuing, issuer, definition, source, by, hold, _report(report, source, definition))
    job = intake.begin(once_more)
    if job.finished is not None:
        return Summary(
            job.accepted, job.refused, job.repeated, intake.report.path if job.refused else None, already=True
        )
    return intake.run(job, progress)


@dataclass
class _Intake:
    """One file on its way in. seen: what rows without a key of their own ask for, keyed, and their lines."""

    issuing: Issuing
    issuer: str
    definition: TypeDefinition
    source: Source
    by: str
    hold: str
    report: Report
    seen: dict[bytes, int] = field(default_factory=dict)

    def begin(self, once_more: bool) -> ImportJob:
        """The file's job: a new one, or as far as it was taken in before."""
        digest = self.issuing.vault.body_hash(self.source.digest)
        with self.issuing.store.write() as session:
            job = self._job(session, digest)
            if job is None:
                job = ImportJob(
                    issuer=self.issuer, type=self.definition.type, digest=digest, started=self.issuing.clock()
                )
            elif once_more and job.finished is not None:
                job.sqlmodel_update(
                    {
                        "position": 0,
                        "accepted": 0,
                        "refused": 0,
                        "repeated": 0,
                        "report_size": 0,
                        "finished": None,
                    }
                )
            session.add(job)
        return job

    def run(self, job: ImportJob, progress: Callable[[Progress], None]) -> Summary:
        """Take in the rows behind the job's position."""
        resumed = job.position
        self.report.cut(job.report_size)
        rows = sheets.read(self.source, self.definition)
        for row in islice(rows, resumed):
            self._request(row)
        progress(self._progress(job))
        while chunk := list(islice(rows, CHUNK)):
            job = self._take(job, chunk)
            progress(self._progress(job))
        written = self.report.finish(job.refused > 0)
        with self.issuing.store.write() as session:
            job.finished = self.issuing.clock()
            session.add(job)
        return Summary(job.accepted, job.refused, job.repeated, written, resumed)

    def _take(self, before: ImportJob, chunk: Sequence[Row]) -> ImportJob:
        """One chunk: its certificates, the report's new lines, and the job's new position."""
        job = before

        def beside(session: Session, outcomes: Sequence[Outcome]) -> None:
            nonlocal job
            refused = _refused(chunk, outcomes)
            counts = Counter(_kind(outcome) for outcome in outcomes)
            job = session.get_one(ImportJob, before.id, with_for_update=True)
            if job.position != before.position:
                raise TakenInElsewhere
            job.position = before.position + len(chunk)
            job.accepted = before.accepted + counts["accepted"]
            job.refused = before.refused + len(refused)
            job.repeated = before.repeated + counts["repeated"]
            job.report_size = self.report.add(before.report_size, refused)

        self.issuing.issue_chunk(self.issuer, self.definition, [self._request(row) for row in chunk], beside)
        return job

    def _request(self, row: Row) -> Request | Refused:
        if row.faults:
            return Refused(list(row.faults))
        request = Request(row.claims, row.key, hold=self.hold, by=self.by)
        if row.key:
            return request
        asked = body_hash(request, self.definition, self.issuing.vault)
        before = self.seen.setdefault(asked[:_SHORT], row.line)
        if before == row.line:
            return request
        return Refused([Fault("", f"与第 {before} 行重复", f"is the same as row {before}")])

    def _job(self, session: Session, digest: bytes) -> ImportJob | None:
        return session.exec(
            select(ImportJob).where(
                ImportJob.issuer == self.issuer,
                ImportJob.type == self.definition.type,
                ImportJob.digest == digest,
            )
        ).first()

    def _progress(self, job: ImportJob) -> Progress:
        return Progress(job.position, self.source.lines, job.accepted, job.refused, job.repeated)


def _report(path: Path | None, source: Source, definition: TypeDefinition) -> Report:
    beside = source.path.with_name(f"{source.path.stem}.refused{source.path.suffix}")
    return Report(path or beside, [*(claim.name for claim in definition.claims), sheets.KEY])


def _refused(chunk: Sequence[Row], outcomes: Sequence[Outcome]) -> list[tuple[Row, list[Fault]]]:
    return [
        (row, outcome.faults if isinstance(outcome, Refused) else [Fault("", outcome.zh, outcome.en)])
        for row, outcome in zip(chunk, outcomes, strict=True)
        if isinstance(outcome, RegistryError)
    ]


def _kind(outcome: Outcome) -> str:
    if isinstance(outcome, Issued):
        return "repeated" if outcome.repeated else "accepted"
    return "refused"
