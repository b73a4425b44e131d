"""Clocks of tasks that no case gave: their day is in the task, everything else follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, true
from sqlmodel import Session, col, select

from registry.cases.timing import Alert, Running
from registry.cases.world import World
from registry.store.tables import AlertKind, Task, TaskKind, TaskState

SUPERVISOR: Final = "government_services"
"""Short name of the office to which a late task goes that no case gave; of a case's the matter says it."""


@dataclass(frozen=True)
class TaskClocks:
    """Reads them. Nothing is recorded: what ended late is told by the task's own times."""

    world: World

    def of(self, session: Session, department: str) -> list[Running]:
        """Those of a department's open tasks."""
        return [self._shown(each) for each in self._open(session, Task.department == department)]

    def alerts(self, session: Session, office: str) -> list[Alert]:
        """What an office has to see to: of its own tasks, and as a supervisor of all that stay late."""
        of_whom = true() if office == self.world.offices.get(SUPERVISOR) else Task.department == office
        found, now = [], self.world.clock()
        for row in self._open(session, of_whom):
            for kind, (moment, told) in self._moments(row).items():
                if moment <= now and told == office:
                    found.append(Alert(kind, office, moment, self._shown(row)))
        return found

    def _open(self, session: Session, of_whom: ColumnElement[bool] | bool) -> Sequence[Task]:
        rows = select(Task).where(of_whom, Task.state == TaskState.OPEN, Task.kind != TaskKind.EFFECT)
        return session.exec(rows.order_by(col(Task.due), col(Task.id))).all()

    def _moments(self, row: Task) -> dict[AlertKind, tuple[int, str]]:
        working = self.world.working
        days = working.between(row.created, row.due - 1)
        yellow = min(working.end(row.created, int(days * self.world.yellow)), row.due)
        escalates = working.end(row.due - 1, self.world.escalated_after)
        return {
            AlertKind.YELLOW: (yellow, row.department),
            AlertKind.RED: (row.due, row.department),
            AlertKind.ESCALATED: (escalates, self.world.offices.get(SUPERVISOR, row.department)),
        }

    def _shown(self, row: Task) -> Running:
        now, working, moments = self.world.clock(), self.world.working, self._moments(row)
        past = {kind for kind, (moment, _) in moments.items() if moment <= now}
        return Running(
            case="",
            part=row.kind,
            department=row.department,
            office=moments[AlertKind.ESCALATED][1] if AlertKind.ESCALATED in past else row.department,
            days=working.between(row.created, row.due - 1),
            used=working.between(row.created, now),
            begun=row.created,
            due=row.due,
            ended=None,
            colour="red" if AlertKind.RED in past else "yellow" if AlertKind.YELLOW in past else "green",
            escalated=AlertKind.ESCALATED in past,
            task=row.id,
        )
