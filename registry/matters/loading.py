"""Loading matters: a file that names what is not there, or whose rule does not type-check, is not loaded."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec
import yaml

from registry.catalogue import Catalogue
from registry.definition import TypeDefinition
from registry.errors import NotFound, RegistryError
from registry.lifecycle import REASONS
from registry.lifecycle import Kind as Change
from registry.matters.matter import (
    ALL,
    EARLIEST,
    FACT,
    INPUT,
    OTHER_EFFECT,
    REFERRED,
    Effect,
    Fact,
    Matter,
    parse,
)
from registry.matters.rule import Condition, Kind, NotARule, Rule

FILES: Final = Path(__file__).parent / "files"
STEP: Final = "step"
PROMISED: Final = "promised"
_RESERVED: Final = frozenset({INPUT, STEP, PROMISED, "today", "case"})


class BadMatter(RegistryError):
    """A file is no matter."""

    kind = "bad-matter"
    status = 500
    mender = "operator"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"事项文件 {name} 不正确：{why}", f"Matter file {name} is wrong: {why}")


class UnknownMatter(NotFound):
    """There is no such matter here."""

    kind = "unknown-matter"

    def __init__(self) -> None:
        super().__init__("没有这个事项。", "There is no such matter.")


@dataclass(frozen=True)
class Loaded:
    """A matter whose parts fit each other, with its rule compiled, and the one by which it is offered."""

    matter: Matter
    rule: Rule
    offer: Condition | None = None


class Matters:
    """The matters of this registry, by name."""

    def __init__(self, loaded: Iterable[Loaded]) -> None:
        self._loaded = {each.matter.name: each for each in loaded}

    def __iter__(self) -> Iterator[Matter]:
        return iter(each.matter for each in self._loaded.values())

    def named(self, name: str) -> Matter:
        """The matter of that name. Raises UnknownMatter."""
        return self.loaded(name).matter

    def rule(self, name: str) -> Rule:
        """Its rule, compiled. Raises UnknownMatter."""
        return self.loaded(name).rule

    def loaded(self, name: str) -> Loaded:
        """Both. Raises UnknownMatter."""
        if name not in self._loaded:
            raise UnknownMatter
        return self._loaded[name]


def load_matters(catalogue: Catalogue, folder: Path = FILES) -> Matters:
    """Read every `*.yaml` of a folder.

    Raises:
        BadMatter: a file is no matter, names what is not there, or its rule does not type-check.
    """
    loaded = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            matter = parse(yaml.safe_load(path.read_text("utf-8")))
            loaded.append(check(matter, catalogue))
        except (yaml.YAMLError, msgspec.ValidationError, NotARule, _Wrong, NotFound) as wrong:
            raise BadMatter(path.name, str(wrong)) from wrong
        if path.stem != matter.name:
            raise BadMatter(path.name, "its name is not the file's")
    return Matters(loaded)


def check(matter: Matter, catalogue: Catalogue) -> Loaded:
    """A matter whose parts are known to fit. Raises NotARule, NotFound, and others with what is wrong."""
    checking = _Checking(matter, catalogue)
    return Loaded(matter, checking.all(), checking.offer())


class _Wrong(ValueError):
    pass


@dataclass(frozen=True)
class _Checking:
    matter: Matter
    catalogue: Catalogue

    def all(self) -> Rule:
        names = [each.name for each in (*self.matter.facts, *self.matter.parties)]
        self._require(not set(names) & _RESERVED, "a fact or party has a reserved name")
        for parts in (self.matter.facts, self.matter.parties, self.matter.steps, self.matter.effects):
            named = [each.name for each in parts]
            self._require(len(set(named)) == len(named), "a name stands twice")
        for fact in self.matter.facts:
            self._fact(fact)
        self._order({each.name: each.after for each in self.matter.steps}, "steps")
        self._order({each.name: each.after for each in self.matter.effects}, "effects")
        for effect in self.matter.effects:
            self._effect(effect)
        self._certificates(self.matter.locks, "locks")
        paths = [*(path for join in self.matter.joins for path in join), *self.matter.form.values()]
        for path in paths:
            self._path(path)
        stated = {f"{INPUT}.{each.name}" for each in self.matter.inputs}
        return Rule.compiled(
            self.matter.rule, {name: kind for name, kind in self.names.items() if name not in stated}
        )

    def offer(self) -> Condition | None:
        """The compiled condition of `offer_when`; None where there is no such part, or no condition in it."""
        when = self.matter.offer_when
        if when is None:
            return None
        definition = self.catalogue.named(when.type)
        roles = {each.role for each in definition.holders}
        self._require(when.role in roles, f"offer_when: {when.type} has no {when.role}")
        ages = {each.name for each in definition.derived if each.years}
        self._require(when.claim is None or when.claim in ages, f"offer_when: {when.claim} is no age")
        return Condition.compiled(when.rule, offer_names(definition)) if when.rule else None

    @cached_property
    def names(self) -> dict[str, Kind]:
        """Every path, and its kind; the rule reads those that were verified, not what was only stated."""
        made: dict[str, Kind] = {f"{INPUT}.{each.name}": _kind(each.type) for each in self.matter.inputs}
        for fact in self.matter.facts:
            made[f"{PROMISED}.{fact.name}"] = "truth"
            made[f"{fact.name}.source"] = "text"
            for claim in fact.claims:
                kinds = {_claim_kind(self.catalogue.named(type), claim) for type in fact.types}
                self._require(len(kinds) == 1 and None not in kinds, f"{fact.name} has no claim {claim}")
                made[f"{fact.name}.{claim}"] = next(each for each in kinds if each is not None)
        made.update({f"{STEP}.{each.name}": "text" for each in self.matter.steps})
        return made

    def _fact(self, fact: Fact) -> None:
        parties = {each.name for each in self.matter.parties}
        self._require(fact.party in parties, f"{fact.name}: no party {fact.party}")
        self._require(0 <= fact.least <= fact.most <= 20, f"{fact.name}: least and most do not fit")
        self._require(
            fact.is_document == (fact.sources == ("statement",)), f"{fact.name}: only a document is stated"
        )
        self._require(not (fact.is_document and fact.claims), f"{fact.name}: a document has no claims")
        self._require(
            ("query" in fact.sources) == (fact.about is not None), f"{fact.name}: a query names whom about"
        )
        if fact.about is not None:
            self._path(fact.about.path)
        if fact.elsewhere is not None:
            self._require("query" in fact.sources, f"{fact.name}: nobody is asked elsewhere")
            self._path(fact.elsewhere)
        self._require(
            fact.identifies is None or fact.identifies in fact.claims, f"{fact.name}: identifies by no claim"
        )

    def _effect(self, effect: Effect) -> None:
        if effect.do == "issue":
            self._require(effect.type is not None, f"{effect.name}: issues no type")
            self._claims(effect, self.catalogue.named(effect.type or ""), complete=True)
        elif effect.do in ("supersede", "revoke"):
            self._require(effect.fact is not None, f"{effect.name}: names no fact")
            self._certificates((effect.fact or "",), effect.name)
            for type in self.matter.fact(effect.fact or "").types if effect.do == "supersede" else ():
                self._claims(effect, self.catalogue.named(type), complete=False)
        kind = {"supersede": Change.RENEW, "revoke": Change.REVOKE}.get(effect.do)
        if kind is not None:
            known = REASONS.get(effect.reason)
            self._require(known is not None and known.kind is kind, f"{effect.name}: not a reason for it")

    def _claims(self, effect: Effect, definition: TypeDefinition, *, complete: bool) -> None:
        unknown = effect.claims.keys() - definition.claim.keys()
        self._require(not unknown, f"{effect.name}: {definition.alias} has no {sorted(unknown)}")
        if complete:
            lacking = {each.name for each in definition.claims if each.required} - effect.claims.keys()
            self._require(not lacking, f"{effect.name}: {definition.alias} needs {sorted(lacking)}")
        for text in effect.claims.values():
            if text.startswith((ALL, EARLIEST)):
                items = text.partition(":")[2].split()
                self._require(bool(items), f"{effect.name}: {text} is of nothing")
                for item in items:
                    known = item.startswith((FACT, OTHER_EFFECT, "today"))
                    self._require(known, f"{effect.name}: {item} is no certificate and no day")
                    self._written(effect, item)
            else:
                self._written(effect, text)

    def _written(self, effect: Effect, text: str) -> None:
        name, _, member = text.partition(":")[2].partition(".")
        if text.startswith((FACT, OTHER_EFFECT)):
            self._require(member in REFERRED, f"{effect.name}: {text} is nothing of a certificate")
        if text.startswith(FACT):
            self._certificates((name,), effect.name)
        elif text.startswith(OTHER_EFFECT):
            issues = {each.name for each in self.matter.effects if each.do in ("issue", "supersede")}
            self._require(name in effect.after, f"{effect.name}: comes not after {name}")
            self._require(name in issues, f"{effect.name}: {name} issues nothing")
        elif not text.startswith(("=", "today")):
            self._path(text)

    def _certificates(self, names: Iterable[str], where: str) -> None:
        known = {each.name for each in self.matter.facts if not each.is_document}
        self._require(set(names) <= known, f"{where}: no certificate of that name")

    def _path(self, path: str) -> None:
        self._require(path in self.names, f"no value {path}")

    def _order(self, after: Mapping[str, Iterable[str]], what: str) -> None:
        """Nothing waits for itself, or for what is not there."""
        done: set[str] = set()
        while ready := {name for name, before in after.items() if set(before) <= done} - done:
            done |= ready
        self._require(done == after.keys(), f"{what}: a circle, or after what is not there")

    def _require(self, holds: bool, why: str) -> None:
        if not holds:
            raise _Wrong(why)


def _kind(type: str) -> Kind:
    return "amount" if type == "amount" else "date" if type == "date" else "text"


def _claim_kind(definition: TypeDefinition, name: str) -> Kind | None:
    if name in definition.claim:
        return _kind(definition.claim[name].type)
    return "truth" if name in definition.labels else None


def offer_names(definition: TypeDefinition) -> dict[str, Kind]:
    """What the condition of an offer may read of a certificate of this type, by path."""
    kinds = {name: _claim_kind(definition, name) for name in definition.labels}
    return {f"{definition.alias}.{name}": kind for name, kind in kinds.items() if kind is not None}
