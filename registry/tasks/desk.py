"""What a department does with its tasks."""

from collections.abc import Callable
from dataclasses import dataclass

from registry.cases import clocks
from registry.store import Store
from registry.store.tables import TaskKind, TaskState
from registry.tasks.at_window import ObjectionsAtWindow
from registry.tasks.objections import Objections
from registry.tasks.tasks import Ending, Tasks, Todo
from registry.usecases import UseCases


def objections_of(use_cases: UseCases) -> Objections:
    """Objections over the use cases of one process."""
    runtime = use_cases.runtime
    return Objections(
        store=runtime.store,
        tasks=use_cases.tasks,
        catalogue=runtime.catalogue,
        trust=use_cases.trust,
        clock=runtime.clock,
        randomness=runtime.randomness,
        days=runtime.settings.objection_days,
    )


@dataclass(frozen=True, slots=True)
class TaskDesk:
    """Lists and finishes the tasks of one department at a time; another's are as if there were none."""

    store: Store
    tasks: Tasks
    objections: Objections
    window: ObjectionsAtWindow
    clock: Callable[[], int]

    @classmethod
    def of(cls, use_cases: UseCases) -> "TaskDesk":
        """Over the use cases of one process."""
        runtime = use_cases.runtime
        objections = objections_of(use_cases)
        window = ObjectionsAtWindow(objections, use_cases.querying.caps)
        return cls(runtime.store, use_cases.tasks, objections, window, runtime.clock)

    def list(self, department: str, state: TaskState, kind: TaskKind | None = None) -> list[Todo]:
        """Its tasks in that state, at most 200: open ones by their day, done ones the latest first."""
        with self.store.read() as session:
            return self.tasks.of(session, department, state, kind)

    def show(self, department: str, id: str) -> Todo:
        """One of its tasks. Raises NoSuchTask."""
        with self.store.read() as session:
            return self.tasks.opened(session, self.tasks.named(session, department, id))

    def finish(self, department: str, id: str, ending: Ending) -> Todo:
        """End a task, and the objection that it is about, or the clock of the case that gave it.

        Raises:
            NoSuchTask, TaskDone, BadOutcome, BadCorrection: as they say.
        """
        with self.store.write() as session:
            row = self.tasks.named(session, department, id)
            self.tasks.finish(session, row, ending, self.clock())
            if row.kind == TaskKind.EFFECT:
                clocks.stop_task(session, row, self.clock())
            if row.kind == TaskKind.OBJECTION:
                self.objections.end(session, row, ending, self.clock())
            return self.tasks.opened(session, row)
