"""The rule of a matter, in CEL: compiled against types, bounded in cost, and never refusing.

Every value is a list of what was verified (`licence.capital: list(int)`): absent is the empty list, and
`.first()` makes a CEL optional of it. Amounts are integers in 分, dates moments (00:00 of that day), derived
claims booleans. `promised.fact` says whether a commitment stands for it, `step.name` what a department said,
`today` is the day of the decision.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from datetime import date as Day
from decimal import Decimal
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

from cel_expr_python import cel
from cel_expr_python.ext import ext_optional

Decided = Literal["grant", "person", "incomplete"]
_DECIDED: Final = get_args(Decided)
Kind = Literal["text", "amount", "date", "truth"]
_TYPES: Final = {
    "text": cel.Type.STRING,
    "amount": cel.Type.INT,
    "date": cel.Type.TIMESTAMP,
    "truth": cel.Type.BOOL,
}
FEN: Final = 100
MOST: Final = 4_000
"""Characters of a rule; what it may cost is bounded by the library (10,000 iterations)."""
Value = str | int | bool | datetime
Values = Mapping[str, tuple[Value, ...]]


class NotARule(ValueError):
    """The text is no rule over these names and types."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled rule. names: kind of each path it may read."""

    names: Mapping[str, Kind]
    expression: Any

    @classmethod
    def compiled(cls, text: str, names: Mapping[str, Kind]) -> "Rule":
        """Check a rule against its names. Raises NotARule, with the library's words."""
        expression = _compiled(text, names)
        if expression.return_type() != cel.Type.STRING:
            raise NotARule("gives no word (grant, person or incomplete)")
        return cls(names, expression)

    def decide(self, values: Values, today: Day, tz: ZoneInfo) -> Decided:
        """What the rule says of verified values; whatever goes wrong, and any other word, means a person."""
        said = _evaluated(self.expression, self.names, values, today, tz)
        return said if said in _DECIDED else "person"


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition: true or false. names: kind of each path it may read."""

    names: Mapping[str, Kind]
    expression: Any

    @classmethod
    def compiled(cls, text: str, names: Mapping[str, Kind]) -> "Condition":
        """Check a condition against its names. Raises NotARule, with the library's words."""
        expression = _compiled(text, names)
        if expression.return_type() != cel.Type.BOOL:
            raise NotARule("is neither true nor false")
        return cls(names, expression)

    def holds(self, values: Values, today: Day, tz: ZoneInfo) -> bool:
        """Whether it is true of verified values; whatever goes wrong, it is not."""
        return _evaluated(self.expression, self.names, values, today, tz) is True


def _compiled(text: str, names: Mapping[str, Kind]) -> Any:
    if len(text) > MOST:
        raise NotARule(f"longer than {MOST} characters")
    variables = {name: cel.Type.List(_TYPES[kind]) for name, kind in names.items()}
    try:
        environment = cel.NewEnv(
            variables=variables | {"today": cel.Type.TIMESTAMP}, extensions=[ext_optional.ExtOptional()]
        )
        return environment.compile(text)
    except RuntimeError as wrong:
        raise NotARule(str(wrong)) from None


def _evaluated(expression: Any, names: Mapping[str, Kind], values: Values, today: Day, tz: ZoneInfo) -> Any:
    """What an expression says; None where it cannot be worked out."""
    data: dict[str, Any] = {name: list(values.get(name, ())) for name in names}
    data["today"] = midnight(today, tz)
    try:
        return expression.eval(data=data).value()
    except RuntimeError:
        return None


def typed(kind: Kind, value: str, tz: ZoneInfo) -> Value:
    """A claim's text as the rule sees it. Raises ValueError: an amount in parts of a 分, no day."""
    match kind:
        case "amount":
            fen = Decimal(value) * FEN
            if fen != fen.to_integral_value() or fen >= 2**63:
                raise ValueError("not whole 分")
            return int(fen)
        case "date":
            return midnight(Day.fromisoformat(value), tz)
        case "truth":
            return value == "true"
        case _:
            return value


def midnight(day: Day, tz: ZoneInfo) -> datetime:
    """The beginning of a day, as a moment."""
    return datetime.combine(day, time(), tz).astimezone(UTC)
