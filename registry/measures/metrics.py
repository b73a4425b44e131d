"""What Prometheus scrapes: the registry's state at this moment, and its measures, as text.

Text format 0.0.4, written here: twenty lines, against a package for instrumenting a process, which this is
not. Labels are departments' codes, type codes, names of measures, rules, outcomes and states: sets that the
registry's files bound. Nothing personal, and no figure from which a group smaller than `least` could be read.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from registry.health import Health
from registry.measures.colours import Colour
from registry.measures.measuring import Measuring
from registry.measures.report import Report
from registry.measures.sharing import BRAKES, Tail
from registry.store.tables import (
    AskedAgain,
    Batch,
    BatchState,
    Case,
    Certificate,
    CertificateList,
    CertificateState,
    QueryReview,
    Task,
    TaskState,
)

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
OTHER: Final = "other"
DAY: Final = 86_400
_OUTCOMES: Final = frozenset({"yes", "no", "withheld", "pending", "refused"})
_DENIALS: Final = frozenset({"not-shared", "unknown-matter", "right-ended"}) | BRAKES
_LIGHTS: Final = {Colour.GREEN: 0, Colour.YELLOW: 1, Colour.RED: 2}

Labels = tuple[tuple[str, str], ...]


class Family(NamedTuple):
    """One metric. kind: gauge or counter. samples: labels and value."""

    name: str
    kind: str
    about: str
    samples: list[tuple[Labels, float]]


def written(families: Iterable[Family]) -> str:
    """The text format: a family without samples is not mentioned."""
    return "".join(line for each in families if each.samples for line in _family(each))


def _family(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.about}\n"
    yield f"# TYPE {family.name} {family.kind}\n"
    for labels, value in family.samples:
        said = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels)
        yield f"{family.name}{{{said}}} {value:.17g}\n" if said else f"{family.name} {value:.17g}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


@dataclass
class Metrics:
    """Everything that is scraped from one process.

    look: the health of the moment. days, every: of the settings (`metrics_days`, `metrics_every`).
    """

    measuring: Measuring
    look: Callable[[Session], Health]
    days: int
    every: float
    _tail: Tail = field(default_factory=Tail)
    _slow: tuple[int, list[Family]] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def text(self) -> str:
        """Now. State is read each time by index; what is counted over a period, once in `every` seconds; of
        access logs only what is new is opened. Raises Unreadable: an entry of a log was changed."""
        with self._lock:
            now = self.measuring.clock()
            with self.measuring.store.read() as session:
                families = [*_state(session, self.look(session), now), *self._queries(session)]
            if self._slow is None or now - self._slow[0] >= self.every:
                self._slow = (now, self._measures(now))
            return written([*families, *self._slow[1]])

    def _measures(self, now: int) -> list[Family]:
        measured = self.measuring.report(now - self.days * DAY, now, least=self.measuring.least, logs=False)
        with self.measuring.store.read() as session:
            return [*_cases(session), *_measured(measured)]

    def _queries(self, session: Session) -> list[Family]:
        vault = self.measuring.vault
        if vault is None:
            return []
        self._tail.follow(session, vault)
        rules = _DENIALS | {rule.id for file in self.measuring.rights.files for rule in file.asks}
        decided: dict[Labels, float] = {}
        refused: dict[Labels, float] = {}
        for each, count in self._tail.counted.items():
            outcome = each.outcome if each.outcome in _OUTCOMES else OTHER
            _add(decided, (("department", each.issuer), ("outcome", outcome)), count)
            if outcome in ("refused", "withheld"):
                rule = each.rule if each.rule in rules else OTHER
                _add(refused, (("rule", rule), ("outcome", outcome)), count)
        return [
            Family(
                "zhengtong_query_decisions_total",
                "counter",
                "Decisions on others' queries since this process was first scraped, by who answered.",
                sorted(decided.items()),
            ),
            Family(
                "zhengtong_query_refusals_total",
                "counter",
                "Those that refused or withheld, by the rule that said so.",
                sorted(refused.items()),
            ),
        ]


def _add(to: dict[Labels, float], labels: Labels, count: int) -> None:
    to[labels] = to.get(labels, 0) + count


def _state(session: Session, health: Health, now: int) -> list[Family]:
    ages = {"follower": health.age, "log_heads": health.heads}
    reasons = sorted({(("code", each.code), ("department", each.issuer)) for each in health.reasons})
    counts = {"waiting": health.waiting, "held": health.held}
    return [
        Family(
            "zhengtong_healthy",
            "gauge",
            "1 where `registry health` is green.",
            [((), health.colour == "green")],
        ),
        Family("zhengtong_health_reason", "gauge", "Why it is red.", [(labels, 1) for labels in reasons]),
        Family(
            "zhengtong_age_seconds",
            "gauge",
            "Since the follower last reached the chain's head, since heads of access logs were made.",
            [((("of", name),), age) for name, age in ages.items() if age is not None],
        ),
        Family(
            "zhengtong_certificates_unbatched",
            "gauge",
            "Certificates that wait for a batch, or are kept out of batches.",
            [((("state", name),), count) for name, count in counts.items()],
        ),
        Family("zhengtong_batches_unfinal", "gauge", "Batches sent or mined.", [((), health.unfinal)]),
        Family(
            "zhengtong_anchor_waiting_seconds",
            "gauge",
            "Age of the oldest certificate that waits for a batch.",
            _departments({issuer: max(0, now - issued) for issuer, issued in _oldest_open(session)}),
        ),
        Family(
            "zhengtong_anchor_lag_seconds",
            "gauge",
            "From the closing of the newest anchored batch to its block.",
            _departments(_last_lags(session)),
        ),
        Family(
            "zhengtong_entries_given_out_total",
            "counter",
            "Status entries given out for certificates, those burned too.",
            [
                ((("department", issuer), ("type", type)), number)
                for issuer, type, number in session.exec(
                    select(CertificateList.issuer, CertificateList.type, func.sum(CertificateList.counter))
                    .group_by(CertificateList.issuer, CertificateList.type)
                    .order_by(CertificateList.issuer, CertificateList.type)
                )
            ],
        ),
        Family(
            "zhengtong_reviews_waiting",
            "gauge",
            "Requests for what is shared on conditions that wait for the department.",
            _departments(_reviews(session)),
        ),
        Family(
            "zhengtong_reviews_overdue",
            "gauge",
            "Those of them past their day.",
            _departments(_reviews(session, now)),
        ),
        Family(
            "zhengtong_tasks_open",
            "gauge",
            "Tasks that the department has to do: linked certificates, objections, what cases leave.",
            _departments(_tasks(session)),
        ),
        Family(
            "zhengtong_tasks_overdue", "gauge", "Those past their day.", _departments(_tasks(session, now))
        ),
    ]


def _oldest_open(session: Session) -> list[tuple[str, int]]:
    """(issuer, issued at) of the first that waits: found in an index, since row ids ascend with time."""
    first = (
        select(func.min(Certificate.id))
        .where(Certificate.state == CertificateState.OPEN)
        .group_by(Certificate.issuer)
    )
    rows = select(Certificate.issuer, Certificate.issued_at).where(col(Certificate.id).in_(first))
    return list(session.exec(rows).all())


def _last_lags(session: Session) -> dict[str, float]:
    newest = (
        select(func.max(Batch.id))
        .where(col(Batch.state).in_((BatchState.MINED, BatchState.FINAL)))
        .group_by(Batch.issuer)
    )
    rows = session.exec(select(Batch).where(col(Batch.id).in_(newest)))
    return {row.issuer: max(0, row.block_time - row.created) for row in rows if row.block_time is not None}


def _tasks(session: Session, due: int | None = None) -> dict[str, float]:
    rows = select(Task.department, func.count()).where(Task.state == TaskState.OPEN)
    if due is not None:
        rows = rows.where(Task.due <= due)
    return dict(session.exec(rows.group_by(Task.department)).all())


def _reviews(session: Session, due: int | None = None) -> dict[str, float]:
    rows = select(QueryReview.issuer, func.count()).where(col(QueryReview.decided_at).is_(None))
    if due is not None:
        rows = rows.where(QueryReview.due < due)
    return dict(session.exec(rows.group_by(QueryReview.issuer)).all())


def _cases(session: Session) -> list[Family]:
    rows = session.exec(select(Case.office, Case.state, func.count()).group_by(Case.office, Case.state))
    cases = [((("department", office), ("state", state)), number) for office, state, number in rows]
    again = session.exec(select(AskedAgain.department, func.count()).group_by(AskedAgain.department))
    return [
        Family("zhengtong_cases", "gauge", "Cases by who decides and state.", sorted(cases)),
        Family(
            "zhengtong_asked_again_total",
            "counter",
            "Reports of being asked for what a department has.",
            _departments(dict(again.all())),
        ),
    ]


def _measured(report: Report) -> list[Family]:
    values: list[tuple[Labels, float]] = []
    lights: list[tuple[Labels, float]] = []
    for line in report.lines:
        for figure in (line.total, *line.departments):
            labels = (("measure", line.measure.name), ("department", figure.department))
            if figure.value is not None and (figure.department or line.departments):
                values.append((labels, figure.value))
                if figure.colour is not None:
                    lights.append((labels, _LIGHTS[figure.colour]))
    plan = [line.measure for line in report.lines]
    return [
        Family("zhengtong_measure", "gauge", 'Measures of the last days; department "" is all.', values),
        Family("zhengtong_measure_light", "gauge", "0 green, 1 yellow, 2 red.", lights),
        *(
            Family(
                f"zhengtong_measure_{what}",
                "gauge",
                f"The plan's {what}.",
                [((("measure", one.name),), at) for one in plan if (at := getattr(one, what)) is not None],
            )
            for what in ("baseline", "target")
        ),
    ]


def _departments(by: Mapping[str, float]) -> list[tuple[Labels, float]]:
    return [((("department", code),), value) for code, value in sorted(by.items())]
