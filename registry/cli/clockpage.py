"""Clocks (红黄绿) on a terminal, as they travel in JSON: for the holder's wallet and for clerks."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

COLOURS: Final = {"green": "绿 green", "yellow": "黄 yellow", "red": "红 red"}
ALERTS: Final = {"yellow": "将到期 soon over", "red": "已到期 over", "escalated": "已升级 escalated"}


def day(seconds: Any) -> str:
    """The day of a moment, where this machine is."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC).astimezone().date().isoformat()
    except (TypeError, ValueError, OverflowError, OSError):  # another registry may write anything
        return "?"


def colour(seen: Mapping[str, Any]) -> str:
    """Colour and last day; of one that is red also which office has to see to it now."""
    told = [COLOURS.get(str(seen.get("colour")), "?"), last_day(seen.get("due"))]
    if seen.get("colour") == "red" and seen.get("office"):
        word = "升级至 escalated to" if seen.get("escalated") else "督办 seen to by"
        told.append(f"{word} {seen['office']}")
    return " · ".join(told)


def last_day(due: Any) -> str:
    """due: end of the last day, Unix seconds."""
    return f"至 until {day(due - 1) if isinstance(due, int) else '?'}"


def clock(seen: Mapping[str, Any]) -> str:
    """One clock: the part, who does it, how much of its time is used, its colour."""
    used = f"{seen.get('used')}/{seen.get('days')} 个工作日 working days"
    over = "" if seen.get("ended") is None else f"{day(seen['ended'])} 办结 done"
    said = (
        f"{seen.get('name')}  {seen.get('zh')} {seen.get('en')}",
        str(seen.get("department")),
        used,
        over or colour(seen),
        COLOURS.get(str(seen.get("colour")), "?") if over else "",
    )
    return " · ".join(part for part in said if part)


def of_case(shown: Mapping[str, Any]) -> list[str]:
    """Of a case: who answers for it, the worst colour and the first day that ends, each clock."""
    clocks = [each for each in shown.get("clocks") or () if isinstance(each, Mapping)]
    told = [colour(shown)] if shown.get("colour") else []
    if clocks and shown.get("responsible"):
        told.append(f"首接负责 responsible {shown['responsible']}")
    return ([" · ".join(told)] if told else []) + [clock(each) for each in clocks]


def about(seen: Mapping[str, Any]) -> str:
    """The case, or the task of no case, that a clock belongs to."""
    return str(seen.get("case") or seen.get("task") or "?")


def listed(clocks: Iterable[Mapping[str, Any]]) -> list[str]:
    """Clocks of several cases."""
    return [f"{about(each)}  {clock(each)}" for each in clocks]
