"""What departments have to do by a date, each thing once, whatever it comes from."""

from registry.tasks.errors import NoSuchTask, TaskDone
from registry.tasks.tasks import Ending, Tasks, Todo

__all__ = ["Ending", "NoSuchTask", "TaskDone", "Tasks", "Todo"]
