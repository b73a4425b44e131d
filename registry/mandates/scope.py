"""What a mandate allows: matters by name, and of which certificates what may be asked.

A fact is `type.claim`, or a type's short name alone for whether there is one, or `*` for all that the matter
needs. Mandates themselves are never among them: nobody passes one on.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from registry.catalogue import Catalogue
from registry.definition import birthday
from registry.errors import NotFound, RegistryError
from registry.rights import Ask

ALIAS: Final = "mandate"
"""Short name of the type."""
EVERYTHING: Final = "*"
_PRESENCE: Final = frozenset({"has_valid", "status"})


class BadMandate(RegistryError):
    """A mandate cannot be like that."""

    kind = "bad-mandate"
    status = 422


@dataclass(frozen=True, slots=True)
class Scope:
    """What a mandate allows. facts: as they stand in it."""

    matters: tuple[str, ...]
    facts: tuple[str, ...]

    @classmethod
    def of(cls, claims: dict[str, str]) -> "Scope":
        """As a mandate's claims say it."""
        return cls(tuple(claims["matters"].split()), tuple(claims["facts"].split()))

    def allows(self, matter: str, alias: str, ask: Ask, claims: Iterable[str]) -> bool:
        """Whether this may be asked for that matter. alias: of the type asked about."""
        if matter not in self.matters or alias == ALIAS:
            return False
        if EVERYTHING in self.facts:
            return True
        if ask in _PRESENCE:
            return any(each.partition(".")[0] == alias for each in self.facts)
        return {f"{alias}.{name}" for name in claims} <= set(self.facts)


def check_scope(scope: Scope, catalogue: Catalogue, matters: Collection[str]) -> None:
    """Refuse what names nothing. matters: all that there are. Raises BadMandate."""
    if not scope.matters or not scope.facts:
        raise BadMandate("请写明委托事项和可查询的信息。", "Name the matters, and what may be asked in them.")
    if not set(scope.matters) <= set(matters):
        raise BadMandate("委托事项中有未知的事项。", "A matter is unknown: check how it is written.")
    for each in scope.facts:
        alias, _, claim = each.partition(".")
        if alias == ALIAS:
            raise BadMandate("授权委托不得转委托。", "A mandate is not passed on: none is about mandates.")
        if each != EVERYTHING and not _is_known(catalogue, alias, claim):
            raise BadMandate("可查询的信息中有未知的证照或信息项。", "A type or claim is unknown.")


def check_days(first: date, last: date, today: date) -> None:
    """A mandate begins today or later, and ends within a year from today. Raises BadMandate."""
    if not today <= first <= last:
        raise BadMandate("委托期限的起止日期不正确。", "The days from and until are not in order.")
    if last > birthday(today, 1) - timedelta(days=1):
        raise BadMandate("委托期限最长一年。", "A mandate lasts a year at most.")


def _is_known(catalogue: Catalogue, alias: str, claim: str) -> bool:
    try:
        definition = catalogue.by_alias(alias)
    except NotFound:
        return False
    return not claim or claim in definition.labels
