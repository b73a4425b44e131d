"""What must hold between claims of one certificate: each rule names the claim that is wrong, and why."""

from collections.abc import Callable, Iterator, Mapping

from registry import identifiers
from registry.values import Why

Names = tuple[str, ...]
Wrong = Iterator[tuple[str, Why]]

_OTHER_PERSON = Why("与公民身份号码不一致", "does not agree with the citizen number")


def born(names: Names, claims: Mapping[str, str]) -> Wrong:
    """A birth date is the one in the citizen number (a passport says nothing)."""
    day, number = (claims.get(name) for name in names)
    if day and number and identifiers.is_citizen_number(number) and identifiers.birth_date(number) != day:
        yield names[0], _OTHER_PERSON


def sex(names: Names, claims: Mapping[str, str]) -> Wrong:
    """The sex is the one in the citizen number."""
    given, number = (claims.get(name) for name in names)
    if given and number and (given == "男") != identifiers.is_male(number):
        yield names[0], _OTHER_PERSON


def order(names: Names, claims: Mapping[str, str]) -> Wrong:
    """The second day is not before the first."""
    first, then = (claims.get(name) for name in names)
    if first and then and first > then:
        yield names[1], Why("早于前一日期", "is before the day it follows")


def together(names: Names, claims: Mapping[str, str]) -> Wrong:
    """All are given, or none."""
    if any(name in claims for name in names):
        for name in names:
            if name not in claims:
                yield name, Why("缺少", "missing")


RULES: dict[str, Callable[[Names, Mapping[str, str]], Wrong]] = {
    "born": born,
    "sex": sex,
    "order": order,
    "together": together,
}
