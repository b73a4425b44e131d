"""A clock as it is read: what has how long, how far it is, and who has to see to it."""

from typing import Literal

import msgspec

Colour = Literal["green", "yellow", "red"]


class Running(msgspec.Struct, frozen=True):
    """One clock. part: `step.NAME`, `decision`, `effect.NAME` or `task.NAME`, of no case `linked` or
    `objection`; task: its id, of those. department: at work; office: which has to see to it now. days:
    working days that it has; used: that were used; times in Unix seconds, ended: None while it runs. colour:
    now, or at its end; escalated: it stayed red.
    """

    case: str
    part: str
    department: str
    office: str
    days: int
    used: int
    begun: int
    due: int
    ended: int | None
    colour: Colour
    escalated: bool
    task: str = ""


class Alert(msgspec.Struct, frozen=True):
    """A consequence of a clock that still runs. office: which has to see to it."""

    kind: str
    office: str
    at: int
    clock: Running
