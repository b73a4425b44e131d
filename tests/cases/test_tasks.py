"""What a decided case leaves to be done is a task of its department, made once, with a day."""

from registry.store.tables import TaskState
from registry.tasks.desk import TaskDesk
from tests.api.town import MARKET, POLICE
from tests.cases.conftest import CaseTown
from tests.cases.test_restaurant import complete, food_licences


def test_the_inspection_after_an_opening_is_a_task_about_the_new_licence(here: CaseTown) -> None:
    number = complete(here)
    here.cases.deciding.decide(number)
    for _ in range(2):
        here.cases.effects.carry_out(number)
    assert here.town.services is not None
    desk = TaskDesk.of(here.town.services.cases)
    (task,) = desk.list(MARKET, TaskState.OPEN)
    (licence,) = food_licences(here)
    assert (task.row.kind, task.row.case, task.row.certificate) == ("effect", number, licence.certificate_id)
    assert "现场核查" in task.content["zh"] and "Inspect" in task.content["en"]
    assert task.row.due > here.town.now
    assert not desk.list(POLICE, TaskState.OPEN)
