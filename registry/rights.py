"""Rights files: which department may ask what, for which purpose, on which legal basis, until when.

Denied unless a rule grants it. One YAML file or several in a folder; together they are one version, the hash
that decisions and statements name.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
import yaml

from registry import jcs
from registry.errors import RegistryError

Ask = Literal["has_valid", "claims", "status"]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z")]
RuleId = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,63}\Z")]
Code = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{18}\Z")]


class BadRights(RegistryError):
    """A rights file cannot be read as one."""

    kind = "bad-rights"
    status = 500
    mender = "operator"


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same in both languages."""

    zh: str
    en: str


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One right of a department.

    type: code of the certificate type. questions: kinds that may be asked. claims: those whose values may be
    asked for. matter: what a query must name. basis: the legal ground. begins, until: [from, until), days.
    """

    id: RuleId
    type: str
    questions: tuple[Ask, ...]
    claims: tuple[Name, ...] = ()
    matter: Name
    purpose: Text
    basis: Text
    begins: date = msgspec.field(name="from")
    until: date

    def allows(self, matter: str, type: str, ask: str, claims: Iterable[str], day: date) -> bool:
        """Whether this rule grants its department that question on that day."""
        return (
            self.matter == matter
            and self.type == type
            and ask in self.questions
            and set(claims) <= set(self.claims)
            and self.begins <= day < self.until
        )


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    asker: Code
    version: int
    rules: tuple[Rule, ...]


class Rights:
    """All rules in force. version: SHA-256 of the files' contents in canonical form, hexadecimal."""

    def __init__(self, files: Iterable[_File], tz: ZoneInfo) -> None:
        kept = sorted(files, key=lambda file: file.asker)
        self._rules: dict[str, tuple[Rule, ...]] = {file.asker: file.rules for file in kept}
        self.version = hashlib.sha256(jcs.dumps(msgspec.to_builtins(kept))).hexdigest()
        self._tz = tz

    def rule(
        self, asker: str, matter: str, type: str, ask: str, claims: Iterable[str], now: int
    ) -> Rule | None:
        """The first rule that grants the question, decided from nothing about any holder; None: denied."""
        day = datetime.fromtimestamp(now, UTC).astimezone(self._tz).date()
        asked = tuple(claims)
        rules = self._rules.get(asker, ())
        return next((rule for rule in rules if rule.allows(matter, type, ask, asked, day)), None)


def load_rights(folder: Path, tz: ZoneInfo) -> Rights:
    """Read every `*.yaml` of a folder; a folder that is not there grants nothing.

    Raises:
        BadRights: a file that is no rights file, a second one of a department, or two rules of one name.
    """
    files: list[_File] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            files.append(msgspec.convert(yaml.safe_load(path.read_text("utf-8")), _File))
        except (yaml.YAMLError, msgspec.ValidationError) as wrong:
            raise BadRights(
                f"权责文件 {path.name} 不正确：{wrong}", f"Rights file {path.name} is wrong: {wrong}"
            ) from wrong
    names = [rule.id for file in files for rule in file.rules]
    if len({file.asker for file in files}) < len(files) or len(set(names)) < len(names):
        raise BadRights(
            "权责文件中有重复的部门或规则。", "The rights files name a department or a rule twice."
        )
    return Rights(files, tz)
