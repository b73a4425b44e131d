"""Enterprises with credit codes that check (GB 32100, and GB 11714 within)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from stdnum.cn import uscc

from scripts.sample import names
from scripts.sample.people import Person, some_day

_ORGANISATION = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
CATERING = "餐饮管理"
_KINDS = (
    ("有限责任公司", "91", "有限公司", 46),
    ("有限责任公司(自然人独资)", "91", "有限公司", 26),
    ("股份有限公司", "91", "股份有限公司", 3),
    ("个人独资企业", "91", "工作室", 5),
    ("普通合伙企业", "91", "事务所（普通合伙）", 3),
    ("有限合伙企业", "91", "合伙企业（有限合伙）", 3),
    ("个体工商户", "92", "商行", 12),
    ("农民专业合作社", "93", "专业合作社", 2),
)


@dataclass(slots=True)
class Enterprise:
    """One enterprise; licence: whether it deals in food or builds."""

    code: str
    name: str
    kind: str
    trade: str
    scope: str
    licence: str
    representative: Person
    capital: int
    established: date
    approved: date
    district: str
    premises: str


def enterprises(
    random: Random, representatives: Sequence[Person], count: int, *, catering: int
) -> list[Enterprise]:
    """So many enterprises; the first ones have a representative each, later ones any of them.

    catering: how many of the first ones are about to open a restaurant.
    """
    taken: set[str] = set()
    trades = tuple(names.TRADES)
    made = []
    for position in range(count):
        chosen = (
            representatives[position] if position < len(representatives) else random.choice(representatives)
        )
        trade = CATERING if position < catering else trades[position % len(trades)]
        made.append(_enterprise(random, chosen, trade, taken))
    return made


def organisation_code(eight: str) -> str:
    """Nine characters: eight and their check (GB 11714)."""
    check = 11 - sum(_VALUES.index(one) * weight for one, weight in zip(eight, _WEIGHTS, strict=True)) % 11
    return eight + {10: "X", 11: "0"}.get(check, str(check))


def credit_code(prefix: str, area: str, eight: str) -> str:
    """A credit code: registering body and kind (two digits), area, organisation, check."""
    body = prefix + area + organisation_code(eight)
    check: str = uscc.calc_check_digit(body)
    return body + check


def _enterprise(random: Random, representative: Person, trade: str, taken: set[str]) -> Enterprise:
    area, district = random.choice(tuple(names.DISTRICTS.items()))
    kind, prefix, ending, _ = random.choices(_KINDS, [weight for *_, weight in _KINDS])[0]
    scope, licence = names.TRADES[trade]
    established = some_day(random, date(2002, 1, 1), date(2026, 3, 31))
    return Enterprise(
        code=_untaken(taken, lambda: credit_code(prefix, area, "MA5" + _letters(random, 5))),
        name=_untaken(taken, lambda: names.TOWN + _words(random) + trade + ending),
        kind=kind,
        trade=trade,
        scope=scope,
        licence=licence,
        representative=representative,
        capital=random.choice(
            (30_000, 100_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 50_000_000)
        ),
        established=established,
        approved=some_day(random, max(established, date(2019, 3, 1)), date(2026, 5, 31)),
        district=district,
        premises=names.address(random, district).replace("房", "室"),
    )


def _untaken(taken: set[str], make: Callable[[], str]) -> str:
    while (made := make()) in taken:
        pass
    taken.add(made)
    return made


def _letters(random: Random, count: int) -> str:
    return "".join(random.choice(_ORGANISATION) for _ in range(count))


def _words(random: Random) -> str:
    return "".join(random.choice(names.WORDS) for _ in range(random.choice((2, 3))))
