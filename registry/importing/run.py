"""One run over a source: each row once, whatever was interrupted; changed rows become the next version.

A new row's certificate and the note that it came from that row are written in one transaction, and its
request has a key made of the row's. So a run that was killed is simply run again: what it had done is found
to be the same. Nothing is revoked because it is gone from the source.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from sqlmodel import Session, col, select

from registry.bulk import Progress
from registry.changing import Changing
from registry.definition import TypeDefinition
from registry.drafting import Refused
from registry.errors import NotAllowed, RegistryError
from registry.identifiers import Fault
from registry.importing.mapping import Mapping, check_against
from registry.importing.planning import Mapped, Mapper, Planned, Planner, Step
from registry.importing.sources import Source
from registry.issuing import Issued, Issuing, NoRight, Outcome
from registry.lifecycle import REASONS, Kind
from registry.refusals import Report
from registry.renewing import Renewal, issued_claims, renew
from registry.sheets import Row
from registry.status_changes import Decision, history
from registry.store.tables import Certificate, ImportedRow, ImportRun

CHUNK: Final = 500
RESUMED: Final = "resumed"


class NotIncremental(NotAllowed):
    """Changed rows were asked for, and the mapping does not say when a row was changed."""

    kind = "not-incremental"

    def __init__(self) -> None:
        super().__init__(
            "映射没有 changed_at，或尚无已完成的导入。",
            "The mapping has no changed_at, or no run of it has finished yet.",
        )


@dataclass(frozen=True, slots=True)
class Unfitting:
    """One way in which rows do not fit. field: the claim. columns: where it comes from. first: line of the
    first such row."""

    field: str
    columns: tuple[str, ...]
    zh: str
    en: str
    rows: int
    first: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a run, or would. steps: rows by what was done. unfitting: most rows first. remarks: how
    many identifiers are kept though wrong, by field. report: of the refused rows."""

    dry_run: bool
    rows: int
    steps: dict[str, int]
    unfitting: tuple[Unfitting, ...]
    remarks: dict[str, int]
    report: Path | None


@dataclass(frozen=True)
class Importing:
    """Takes rows of other systems over."""

    issuing: Issuing
    changing: Changing

    def run(
        self,
        mapping: Mapping,
        issuer: str,
        source: Source,
        report: Path,
        *,
        since: date | None = None,
        dry_run: bool = False,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> Summary:
        """Take over every row, or those changed on `since` or later. dry_run: say what would come, and write
        nothing but the report.

        Raises:
            BadMapping: it does not fit its type or source. NoSource, BadFile: as they say.
            NoRight: the issuer may not issue this type.
            NotIncremental: `since`, and the mapping has no `changed_at`.
        """
        if since is not None and mapping.changed_at is None:
            raise NotIncremental
        now = self.issuing.clock()
        definition = self.issuing.definition(self.issuing.catalogue.named(mapping.type).type, now)
        check_against(mapping, definition)
        if not self.issuing.may_issue(issuer, definition.type, definition.version, now):
            raise NoRight
        begun = None if dry_run else self._begin(mapping, issuer, since)
        work = _Run(
            self.issuing,
            self.changing,
            issuer,
            mapping,
            definition,
            Mapper(mapping, definition, self.issuing.vault),
            Planner(self.issuing, issuer, mapping, definition),
            Report(report, mapping.columns),
            dry_run,
        )
        summary = work.over(source, since, progress)
        if begun is not None:
            self._end(begun, summary)
        return summary

    def last_day(self, mapping: Mapping, issuer: str) -> date:
        """The day on which the last finished run began, from which changes are asked for next. Raises
        NotIncremental."""
        query = (
            select(ImportRun.started)
            .where(ImportRun.issuer == issuer, ImportRun.mapping == mapping.name)
            .where(col(ImportRun.finished).is_not(None))
            .order_by(col(ImportRun.started).desc())
        )
        with self.issuing.store.read() as session:
            started = session.exec(query).first()
        if started is None:
            raise NotIncremental
        return datetime.fromtimestamp(started, UTC).astimezone(self.issuing.tz).date()

    def _begin(self, mapping: Mapping, issuer: str, since: date | None) -> int:
        row = ImportRun(
            mapping=mapping.name,
            issuer=issuer,
            since=since.isoformat() if since else "",
            started=self.issuing.clock(),
        )
        with self.issuing.store.write() as session:
            session.add(row)
            session.flush()
        assert row.id is not None
        return row.id

    def _end(self, id: int, summary: Summary) -> None:
        with self.issuing.store.write() as session:
            row = session.get_one(ImportRun, id)
            row.finished, row.rows = self.issuing.clock(), summary.rows
            row.refused = summary.steps.get(Step.REFUSED, 0)
            session.add(row)


@dataclass
class _Run:
    """One run. unfitting: (field, zh, en) → [rows, first line]."""

    issuing: Issuing
    changing: Changing
    issuer: str
    mapping: Mapping
    definition: TypeDefinition
    mapper: Mapper
    planner: Planner
    report: Report
    dry_run: bool
    rows: int = 0
    written: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    unfitting: dict[Fault, list[int]] = field(default_factory=dict)
    remarks: Counter[str] = field(default_factory=Counter)

    def over(self, source: Source, since: date | None, progress: Callable[[Progress], None]) -> Summary:
        lines = source.count(since)
        self.report.cut(0)
        rows = source.rows(since)
        while chunk := list(islice(rows, CHUNK)):
            self._take([self.mapper.map(each) for each in chunk])
            progress(self._progress(lines))
        where = self.report.finish(self.steps[Step.REFUSED] > 0)
        return Summary(
            self.dry_run, self.rows, dict(self.steps), self._unfitting(), dict(self.remarks), where
        )

    def _take(self, chunk: Sequence[Mapped]) -> None:
        with self.issuing.store.read() as session:
            planned = self.planner.plan(session, chunk)
            if self.dry_run:
                planned = self.planner.drafted(session, planned)
        done = planned if self.dry_run else self._carry_out(planned)
        self.rows += len(done)
        self.steps.update(each.step.value for each in done)
        for each in done:
            if each.step is not Step.REFUSED and each.step is not Step.LEFT_OUT:
                self.remarks.update(each.mapped.remarks().split())
            for fault in each.faults:
                self.unfitting.setdefault(fault, [0, each.mapped.row.line])[0] += 1
        refused = [each for each in done if each.step is Step.REFUSED]
        if refused:
            self.written = self.report.add(
                self.written, [(self._shown(each.mapped), each.faults) for each in refused]
            )

    def _carry_out(self, planned: Sequence[Planned]) -> list[Planned]:
        new = iter(self._issue([each for each in planned if each.step is Step.NEW]))
        return [next(new) if each.step is Step.NEW else self._one(each) for each in planned]

    def _issue(self, planned: Sequence[Planned]) -> list[Planned]:
        if not planned:
            return []

        def beside(session: Session, outcomes: Sequence[Outcome]) -> None:
            issued = [
                (each.mapped, outcome.certificate_id)
                for each, outcome in zip(planned, outcomes, strict=True)
                if isinstance(outcome, Issued)
            ]
            self._note(session, issued)

        requests = [self.planner.request(each.mapped) for each in planned]
        outcomes = self.issuing.issue_chunk(self.issuer, self.definition, requests, beside)
        return [
            _refused(each, outcome) if isinstance(outcome, RegistryError) else each
            for each, outcome in zip(planned, outcomes, strict=True)
        ]

    def _note(self, session: Session, issued: Iterable[tuple[Mapped, str]]) -> None:
        by_name = {name: mapped for mapped, name in issued}
        rows = session.exec(
            select(Certificate.id, Certificate.certificate_id).where(
                col(Certificate.certificate_id).in_(list(by_name))
            )
        ).all()
        for id, name in rows:
            mapped = by_name[name]
            assert id is not None
            session.merge(
                ImportedRow(
                    issuer=self.issuer,
                    mapping=self.mapping.name,
                    key=mapped.key,
                    content=mapped.content,
                    certificate=id,
                    faults=mapped.remarks(),
                    at=self.issuing.clock(),
                )
            )

    def _one(self, each: Planned) -> Planned:
        work = {Step.CHANGED: self._renew, Step.ENDED: self._end, Step.BACK: self._resume}.get(each.step)
        if work is None:
            return each
        try:
            work(each)
        except RegistryError as refusal:
            return _refused(each, refusal)
        return each

    def _renew(self, each: Planned) -> None:
        """The next version; its note is changed in the same transaction."""
        assert each.known is not None
        with self.issuing.store.read() as session:
            old = session.get_one(Certificate, each.known.certificate)
            claims = issued_claims(session, self.issuing, old, self.definition)
        wanted = each.mapped.claims
        changes = {
            name: wanted.get(name, "")
            for name in sorted({*claims, *wanted})
            if claims.get(name) != wanted.get(name)
        }

        def review(session: Session, ids: Iterable[int], now: int) -> None:
            named = list(ids)
            self.changing.review(session, named, now)
            self._update(session, each, certificate=named[0])

        if not changes:  # what differs is the identifier alone, which stays as it came
            raise NotAllowed(
                "已导入证照的标识不得改变。", "The identifier of what was imported stays as it is."
            )
        key = f"import {self.mapping.name} {each.mapped.key.hex()} {old.id} {each.mapped.content.hex()}"
        renewal = Renewal(self._decision(self._reason(changes)), changes, key)
        renew(self.issuing, self.issuer, old.certificate_id, renewal, review=review)

    def _reason(self, changes: Iterable[str]) -> str:
        """变更, where everything stays that it keeps; 延续, where nothing but that differs; else 换证."""
        kept = set(self.definition.changed_keeps) & set(changes)
        return "changed" if not kept else "extended" if kept == set(changes) else "exchanged"

    def _end(self, each: Planned) -> None:
        reason = REASONS[each.mapped.ended]
        work = self.changing.revoke if reason.kind is Kind.REVOKE else self.changing.suspend
        self._change(each, partial(work, decision=self._decision(reason.code)), reason.code)

    def _resume(self, each: Planned) -> None:
        assert each.known is not None
        self._change(each, partial(self.changing.resume, decision=self._decision(RESUMED)), RESUMED)
        if each.mapped.content != each.known.content:
            self._renew(each)

    def _change(self, each: Planned, work: Callable[..., object], reason: str) -> None:
        """Change the status, then note it; interrupted between the two, the change is found done."""
        assert each.known is not None
        with self.issuing.store.read() as session:
            row = session.get_one(Certificate, each.known.certificate)
            done = history(session, row)[-1] == reason
        if not done:
            work(self.issuer, row.certificate_id)
        with self.issuing.store.write() as session:
            self._update(session, each, ended=each.mapped.ended)

    def _update(self, session: Session, each: Planned, **changes: object) -> None:
        row = session.get_one(ImportedRow, (self.issuer, self.mapping.name, each.mapped.key))
        if "certificate" in changes:
            row.content = each.mapped.content
        row.sqlmodel_update({"at": self.issuing.clock(), **changes})
        session.add(row)

    def _decision(self, reason: str) -> Decision:
        return Decision(reason, by=f"import {self.mapping.name}")

    def _shown(self, mapped: Mapped) -> Row:
        """The row as it was read; bytes by their length only."""
        cells = {name: _cell(value) for name, value in mapped.row.cells.items()}
        return Row(mapped.row.line, cells)

    def _unfitting(self) -> tuple[Unfitting, ...]:
        fields = self.mapping.fields
        found = [
            Unfitting(
                fault.field,
                fields[fault.field].sources if fault.field in fields else (),
                fault.zh,
                fault.en,
                rows,
                first,
            )
            for fault, (rows, first) in self.unfitting.items()
        ]
        return tuple(sorted(found, key=lambda each: (-each.rows, each.first, each.field)))

    def _progress(self, lines: int) -> Progress:
        refused, same = self.steps[Step.REFUSED], self.steps[Step.SAME]
        return Progress(self.rows, lines, self.rows - refused - same, refused, same)


def _refused(each: Planned, why: RegistryError) -> Planned:
    faults = why.faults if isinstance(why, Refused) else [Fault("", why.zh, why.en)]
    return Planned(each.mapped, Step.REFUSED, each.known, tuple(faults))


def _cell(value: object) -> str:
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return "" if value is None else str(value)
