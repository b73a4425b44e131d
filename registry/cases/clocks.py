"""Responsibility and clocks (首接负责, 红黄绿): each part of a case has one department and its working days.

A clock turns yellow when most of its time is used, red at its end, and is escalated to the matter's
supervisor when it stays red; each consequence is recorded once, for the office that has to see to it: yellow
for the department at work, red for the one that took the case first, which answers for all of it.
"""

from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, col, select

from registry.cases.task_clocks import TaskClocks
from registry.cases.timing import Alert, Running
from registry.cases.world import World
from registry.store.tables import AlertKind, Case, CaseAlert, CaseClock, Task, TaskState

STEP: Final = "step"
EFFECT: Final = "effect"
TASK: Final = "task"
DECISION: Final = "decision"
_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Clocks:
    """Watches the clocks, and shows them."""

    world: World

    def watch(self, now: int) -> int:
        """Record every consequence that is due; how many there were. May be called at any time, by anyone."""
        recorded = 0
        while found := self._upcoming(now):
            for id in found:
                with self.world.store.write() as session:
                    recorded += self._record(session, id, now)
        return recorded

    def of(self, number: str) -> list[Running]:
        """All clocks of a case, in the order in which they began. Raises NoSuchCase."""
        with self.world.store.read() as session:
            case = self.world.case(session, number)
            rows = session.exec(
                select(CaseClock).where(CaseClock.case == case.id).order_by(col(CaseClock.id))
            )
            return [self._shown(each, case.responsible) for each in rows]

    def running(self, department: str) -> list[Running]:
        """What a department has to do, the most urgent first: its parts of cases, and tasks of no case."""
        with self.world.store.read() as session:
            rows = session.exec(
                select(CaseClock, Case.responsible)
                .join(Case, col(Case.id) == col(CaseClock.case))
                .where(CaseClock.department == department, col(CaseClock.ended).is_(None))
                .order_by(col(CaseClock.due), col(CaseClock.id))
            )
            found = [self._shown(*each) for each in rows]
            return sorted(found + self._tasks.of(session, department), key=lambda each: each.due)

    def alerts(self, office: str) -> list[Alert]:
        """What an office has to see to, the oldest first, while its clock runs."""
        with self.world.store.read() as session:
            rows = session.exec(
                select(CaseAlert, CaseClock, Case.responsible)
                .join(CaseClock, col(CaseClock.id) == col(CaseAlert.clock))
                .join(Case, col(Case.id) == col(CaseClock.case))
                .where(CaseAlert.office == office, col(CaseClock.ended).is_(None))
                .order_by(col(CaseAlert.at), col(CaseAlert.clock))
            )
            found = [
                Alert(alert.kind, alert.office, alert.at, self._shown(clock, responsible))
                for alert, clock, responsible in rows
            ]
            return sorted(found + self._tasks.alerts(session, office), key=lambda each: each.at)

    @property
    def _tasks(self) -> TaskClocks:
        return TaskClocks(self.world)

    def _upcoming(self, now: int) -> list[int]:
        with self.world.store.read() as session:
            rows = select(CaseClock.id).where(col(CaseClock.upcoming) <= now)
            found = session.exec(rows.order_by(col(CaseClock.upcoming)).limit(_AT_ONCE))
            return [each for each in found if each is not None]

    def _record(self, session: Session, id: int, now: int) -> int:
        row = session.exec(select(CaseClock).where(CaseClock.id == id).with_for_update()).one()
        if row.upcoming is None:  # ended, or recorded by another meanwhile
            return 0
        offices = {
            AlertKind.YELLOW: row.department,
            AlertKind.RED: session.get_one(Case, row.case).responsible,
            AlertKind.ESCALATED: row.supervisor,
        }
        moments = {AlertKind.YELLOW: row.yellow, AlertKind.RED: row.due, AlertKind.ESCALATED: row.escalates}
        due = [kind for kind, moment in moments.items() if row.upcoming <= moment <= now]
        for kind in due:
            session.add(CaseAlert(clock=id, kind=kind, office=offices[kind], at=now))
        row.upcoming = min((moment for moment in moments.values() if moment > now), default=None)
        session.add(row)
        return len(due)

    def _shown(self, row: CaseClock, responsible: str) -> Running:
        until = self.world.clock() if row.ended is None else row.ended
        late, escalated = until >= row.due, until >= row.escalates
        return Running(
            case=row.case,
            part=row.part,
            department=row.department,
            office=row.supervisor if escalated else responsible if late else row.department,
            days=row.days,
            used=self.world.working.between(row.begun, until),
            begun=row.begun,
            due=row.due,
            ended=row.ended,
            colour="red" if late else "yellow" if until >= row.yellow else "green",
            escalated=escalated,
        )


def start(world: World, session: Session, case: Case, part: str, department: str, days: int) -> None:
    """Let a department's time for a part of a case begin, unless it runs already."""
    if _running(session, case.id, part) is not None:
        return
    now, working = world.clock(), world.working
    due = working.end(now, days)
    yellow = min(working.end(now, int(days * world.yellow)), due)
    session.add(
        CaseClock(
            case=case.id,
            part=part,
            department=department,
            supervisor=world.offices.get(world.matter(case).supervisor, case.office),
            days=days,
            begun=now,
            yellow=yellow,
            due=due,
            escalates=working.end(due - 1, world.escalated_after),
            upcoming=yellow,
        )
    )
    session.flush()


def stop(world: World, session: Session, number: str, part: str) -> None:
    """A part of a case is done."""
    row = _running(session, number, part)
    if row is not None:
        _stop(session, row, world.clock())


def stop_task(session: Session, task: Task, now: int) -> None:
    """What a grant gave somebody to do is done; its clock ends with the last task of that effect."""
    _, number, name, _ = task.cause.split("/")
    left = select(Task.id).where(
        col(Task.cause).startswith(f"effect/{number}/{name}/"), Task.state == TaskState.OPEN
    )
    row = _running(session, number, f"{TASK}.{name}")
    if row is not None and session.exec(left).first() is None:
        _stop(session, row, now)


def stop_all(world: World, session: Session, number: str) -> None:
    """A case ends; what it gave somebody to do afterwards goes on."""
    for row in session.exec(
        select(CaseClock).where(
            CaseClock.case == number,
            col(CaseClock.ended).is_(None),
            ~col(CaseClock.part).startswith(f"{TASK}."),
        )
    ).all():
        _stop(session, row, world.clock())


def _running(session: Session, number: str, part: str) -> CaseClock | None:
    return session.exec(
        select(CaseClock).where(
            CaseClock.case == number, CaseClock.part == part, col(CaseClock.ended).is_(None)
        )
    ).first()


def _stop(session: Session, row: CaseClock, now: int) -> None:
    row.ended, row.upcoming = now, None
    session.add(row)
    session.flush()
