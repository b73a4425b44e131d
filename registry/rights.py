"""Rights files: which department may ask what, for which purpose, on which legal basis, until when.

Denied unless a rule grants it. One YAML file or several in a folder; together they are one version, the hash
that decisions and statements name.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
import yaml

from registry import jcs
from registry.errors import RegistryError

Ask = Literal["holds", "claims", "status"]
Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]


class BadRights(RegistryError):
    """A rights file cannot be read as one."""

    kind = "bad-rights"
    status = 500
    mender = "operator"


class Purpose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the facts are needed for: a code that queries name, and how people call it."""

    code: Name
    zh: str
    en: str


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One right. asker: department's code. type: the type's short name. ask: kinds of question.

    claims: those that may be asked for. basis: the legal ground. until: the last day it holds; None: no end.
    """

    id: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_.-]{0,63}$")]
    asker: Annotated[str, msgspec.Meta(pattern="^[0-9A-Z]{18}$")]
    type: Name
    purpose: Purpose
    basis: Annotated[str, msgspec.Meta(min_length=2)]
    ask: tuple[Ask, ...]
    claims: tuple[Name, ...] = ()
    until: date | None = None

    def allows(self, asker: str, purpose: str, type: str, ask: str, claims: Iterable[str], day: date) -> bool:
        """Whether this rule grants that question on that day."""
        return (
            self.asker == asker
            and self.purpose.code == purpose
            and self.type == type
            and ask in self.ask
            and set(claims) <= set(self.claims)
            and (self.until is None or day <= self.until)
        )


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rules: tuple[Rule, ...]


class Rights:
    """All rules in force. version: SHA-256 of them in canonical form, hexadecimal."""

    def __init__(self, rules: Sequence[Rule], tz: ZoneInfo) -> None:
        self.rules = tuple(sorted(rules, key=lambda rule: rule.id))
        self.version = hashlib.sha256(jcs.dumps(msgspec.to_builtins(self.rules))).hexdigest()
        self._tz = tz

    def rule(
        self, asker: str, purpose: str, type: str, ask: str, claims: Iterable[str], now: int
    ) -> Rule | None:
        """The first rule that grants the question, decided from nothing about any holder; None: denied."""
        day = datetime.fromtimestamp(now, UTC).astimezone(self._tz).date()
        asked = tuple(claims)
        return next((rule for rule in self.rules if rule.allows(asker, purpose, type, ask, asked, day)), None)


def load_rights(folder: Path, tz: ZoneInfo) -> Rights:
    """Read every `*.yaml` of a folder; a folder that is not there grants nothing.

    Raises:
        BadRights: a file that is no rights file, or two rules of one name.
    """
    rules: list[Rule] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            rules += msgspec.convert(yaml.safe_load(path.read_text("utf-8")), _File).rules
        except (yaml.YAMLError, msgspec.ValidationError) as wrong:
            raise BadRights(
                f"权责文件 {path.name} 不正确：{wrong}", f"Rights file {path.name}: {wrong}"
            ) from wrong
    if len({rule.id for rule in rules}) < len(rules):
        raise BadRights("权责文件中有重名的规则。", "Two rules of the rights files have the same name.")
    return Rights(rules, tz)
