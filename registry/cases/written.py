"""What an effect writes into a certificate: each claim as its matter's file says (docs/matters.md).

All that is known at the grant is fixed with it. What another effect has to bring about first is written down
as it stands in the file, under its claim's name with `:later`, which no claim has, so that nothing that
somebody stated is ever taken for it.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import UNSET

from registry.certificate import Core
from registry.matters.matter import ALL, EARLIEST, FACT, OTHER_EFFECT
from registry.store.tables import Certificate

LATER: Final = ":later"


@dataclass(frozen=True, slots=True)
class Referred:
    """A certificate that a claim refers to. place: of its status entry; last_day: empty if it has none."""

    identifier: str
    place: str
    last_day: str

    @classmethod
    def shown(cls, core: Core, tz: ZoneInfo) -> "Referred":
        """A certificate as its presentation has it."""
        until = None if core.valid_until is UNSET else core.valid_until
        place = (core.issuer, core.type, core.status.list, core.status.idx)
        return cls(core.certificate_id, ".".join(map(str, place)), _last_day(until, tz))

    @classmethod
    def stored(cls, row: Certificate, tz: ZoneInfo) -> "Referred":
        """A certificate that is kept here."""
        place = (row.issuer, row.type, row.status_list, row.status_idx)
        return cls(row.certificate_id, ".".join(map(str, place)), _last_day(row.valid_until, tz))

    def said(self, member: str) -> str:
        """One thing about it: `status`, `last_day`, or without a name its identifier."""
        return {"": self.identifier, "status": self.place, "last_day": self.last_day}[member]


@dataclass(frozen=True, slots=True)
class Granted:
    """What is known when a case is granted. number: of the case; facts: certificates by the fact's name."""

    values: Mapping[str, Sequence[str]]
    facts: Mapping[str, Referred]
    day: date
    secret: bytes
    number: str

    def claims(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Claims of an effect, by name; those of which nothing is known are left out."""
        made = {}
        for name, text in texts.items():
            if OTHER_EFFECT in text and text.startswith((OTHER_EFFECT, ALL, EARLIEST)):
                made[name + LATER] = _each(text, self._settled)
            else:
                made[name] = _made(text, self._value)
        return {name: text for name, text in made.items() if text}

    def _settled(self, item: str) -> str:
        """An item of what is written later: as it stands, or `=` and its value."""
        return item if item.startswith(OTHER_EFFECT) else f"={self._value(item)}"

    def _value(self, text: str) -> str:
        if text.startswith("="):
            return _with_digits(text[1:], self.secret, self.number)
        if text.startswith("today"):
            years = text.removeprefix("today").removeprefix("+")
            return (_years_later(self.day, int(years)) if years else self.day).isoformat()
        if text.startswith(FACT):
            name, _, member = text.removeprefix(FACT).partition(".")
            return self.facts[name].said(member) if name in self.facts else ""
        found = self.values.get(text, ())
        return found[0] if found else ""


def effects_named(texts: Iterable[str]) -> set[str]:
    """The effects whose certificates claims refer to, as their matter's file has them."""
    items = (each for text in texts if not text.startswith("=") for each in text.split())
    return {
        each.removeprefix(OTHER_EFFECT).partition(".")[0] for each in items if each.startswith(OTHER_EFFECT)
    }


def finished(claims: Mapping[str, str], issued: Mapping[str, Referred]) -> dict[str, str]:
    """The claims of an effect whose turn it is. issued: what other effects brought about, by their names."""

    def value(item: str) -> str:
        if item.startswith("="):
            return item[1:]
        name, _, member = item.removeprefix(OTHER_EFFECT).partition(".")
        return issued[name].said(member)

    made = {
        name.removesuffix(LATER): _made(text, value) if name.endswith(LATER) else text
        for name, text in claims.items()
    }
    return {name: text for name, text in made.items() if text}


def _made(text: str, value: Callable[[str], str]) -> str:
    if text.startswith(ALL):
        return " ".join(filter(None, map(value, text.removeprefix(ALL).split())))
    if text.startswith(EARLIEST):
        return min(filter(None, map(value, text.removeprefix(EARLIEST).split())), default="")
    return value(text)


def _each(text: str, settle: Callable[[str], str]) -> str:
    kind = next((each for each in (ALL, EARLIEST) if text.startswith(each)), "")
    return kind + " ".join(map(settle, text.removeprefix(kind).split()))


def _last_day(valid_until: int | None, tz: ZoneInfo) -> str:
    """The day before that on which it is over."""
    if valid_until is None:
        return ""
    return (datetime.fromtimestamp(valid_until, UTC).astimezone(tz).date() - timedelta(days=1)).isoformat()


def _with_digits(pattern: str, secret: bytes, number: str) -> str:
    stream = str(int.from_bytes(hmac.digest(secret, f"{number} {pattern}".encode(), hashlib.sha256)))
    digits = iter(stream)
    return "".join(next(digits) if each == "#" else each for each in pattern)


def _years_later(day: date, years: int) -> date:
    try:
        later = day.replace(year=day.year + years)
    except ValueError:  # 29 February
        later = date(day.year + years, 3, 1)
    return later - timedelta(days=1)
