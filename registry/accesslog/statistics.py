"""The access logs as open data: how many decisions, by month, who asked whom, for what; no persons.

A count below the least is left out, and only whole months that are over are told: from two exports whose ends
differ by a day, one query could be told by subtraction.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from registry.accesslog.entries import opened, read
from registry.catalogue import Catalogue
from registry.errors import NotFound
from registry.queries.refusals import UnknownMatter
from registry.store.tables import AccessEntry
from registry.vault import Vault

LEAST = 10
"""The smallest count that is told."""
_CHUNK = 1_000


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """What is counted together. month: YYYY-MM; asker, issuer: codes; type: of certificate; outcome: of the
    decision (yes, no, withheld, pending, refused; asked: of another registry, by `issuer` itself)."""

    month: str
    asker: str
    issuer: str
    type: str
    matter: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Statistics:
    """counts: those that are told, in order. months: first and last, included; empty where none is over.
    least: the smallest count told. left_out: how many cells had less."""

    counts: Sequence[tuple[Cell, int]]
    months: tuple[str, str] | None
    least: int
    left_out: int

    def rows(self) -> list[dict[str, str | int]]:
        """One object a cell."""
        return [{**asdict(cell), "count": count} for cell, count in self.counts]


COLUMNS = (*(each.name for each in fields(Cell)), "count")


def statistics(
    session: Session,
    vault: Vault,
    catalogue: Catalogue,
    *,
    since: date,
    now: int,
    zone: ZoneInfo,
    least: int = LEAST,
) -> Statistics:
    """The counts of every whole month from the first that begins on `since` or later, to the last one over.

    Raises:
        Unreadable: an entry was changed, or its key is gone; an audit says which.
    """
    months = whole_months(since, now, zone)
    if months is None:
        return Statistics((), None, least, 0)
    begins, ends = months
    counted: Counter[Cell] = Counter()
    for row in _rows(session, midnight(begins, zone), midnight(ends, zone)):
        entry = read(opened(session, vault, row))
        month = datetime.fromtimestamp(entry.time, UTC).astimezone(zone).strftime("%Y-%m")
        type_code = _type(catalogue, entry.type)
        # What no rights file names is what somebody typed: it could be anybody's name.
        matter = "" if entry.rule == UnknownMatter.kind else entry.purpose
        counted[Cell(month, entry.asker, row.issuer, type_code, matter, entry.outcome)] += 1
    told = sorted((cell, count) for cell, count in counted.items() if count >= least)
    last = date.fromordinal(ends.toordinal() - 1).strftime("%Y-%m")
    return Statistics(told, (begins.strftime("%Y-%m"), last), least, len(counted) - len(told))


def whole_months(since: date, now: int, zone: ZoneInfo) -> tuple[date, date] | None:
    """[first day, day after the last) of the months that begin on `since` or later and are over, if any."""
    ends = datetime.fromtimestamp(now, UTC).astimezone(zone).date().replace(day=1)
    if since >= ends:
        return None
    begins = since if since.day == 1 else _next_month(since)
    return (begins, ends) if begins < ends else None


def midnight(day: date, zone: ZoneInfo) -> int:
    """When a day begins there, in Unix seconds."""
    return int(datetime.combine(day, time(), zone).timestamp())


def _rows(session: Session, since: int, until: int) -> Iterator[AccessEntry]:
    for issuer in session.exec(select(AccessEntry.issuer).distinct()).all():
        last = 0
        while True:
            rows = session.exec(
                select(AccessEntry)
                .where(AccessEntry.issuer == issuer, AccessEntry.seq > last)
                .where(AccessEntry.time >= since, AccessEntry.time < until)
                .order_by(col(AccessEntry.seq))
                .limit(_CHUNK)
            ).all()
            yield from rows
            if len(rows) < _CHUNK:
                break
            last = rows[-1].seq
            session.expunge_all()


def _type(catalogue: Catalogue, name: str) -> str:
    try:
        return catalogue.named(name).type
    except NotFound:
        return name


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
