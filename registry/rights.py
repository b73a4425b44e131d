"""Rights files (权责清单, 负面清单): which department may issue what, and which may ask what, and why.

One YAML file a department. What it issues, with how each claim is shared: unconditional, conditional (an
answer is due in 10 working days) or never, each with its ground. And what it may ask, each right with matter,
legal basis and last day. Denied unless granted. All files of a folder are one version; its hash stands in
every statement and on the chain.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
import yaml

from registry import jcs
from registry.errors import RegistryError

Ask = Literal["has_valid", "claims", "status", "equals", "over", "under"]
Shared = Literal["unconditional", "conditional", "never"]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z")]
RuleId = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,63}\Z")]
Code = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{18}\Z")]
COMPARISONS: tuple[Ask, ...] = ("equals", "over", "under")


class BadRights(RegistryError):
    """A rights file cannot be read as one, or two contradict each other."""

    kind = "bad-rights"
    status = 500
    mender = "operator"


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Text(_Part, frozen=True, kw_only=True):
    """The same in both languages."""

    zh: str
    en: str


class Threshold(_Part, frozen=True, kw_only=True):
    """A limit that may be asked about: whether the claim is `over` or `under` this amount or date."""

    claim: Name
    over: str = ""
    under: str = ""

    @property
    def limits(self) -> Iterator[tuple[Ask, str]]:
        """(kind of question, value) of each limit given."""
        return ((ask, value) for ask, value in (("over", self.over), ("under", self.under)) if value)  # type: ignore[misc]


class Rule(_Part, frozen=True, kw_only=True):
    """One right to ask.

    type: code of the certificate type. questions: kinds that may be asked; the claims of `claims` are those
    whose values, or yes-claims, may be given. equals: claims that a value may be compared with; vouches:
    also on the department's bare word for what the holder stated. thresholds: the only limits that may be
    asked about. matter: what a query must name. basis: the legal ground.
    consent: whether the holder is asked first. begins, until: [from, until), days.
    """

    id: RuleId
    type: str
    questions: tuple[Literal["has_valid", "claims", "status"], ...]
    claims: tuple[Name, ...] = ()
    equals: tuple[Name, ...] = ()
    vouches: bool = False
    thresholds: tuple[Threshold, ...] = ()
    matter: Name
    purpose: Text
    basis: Text
    consent: bool = False
    begins: date = msgspec.field(name="from")
    until: date

    def covers(self, asked: "Asked") -> bool:
        """Whether this is a right to that question, whatever the day."""
        if self.matter != asked.matter or self.type != asked.type:
            return False
        if asked.ask == "equals":
            return set(asked.claims) <= set(self.equals)
        if asked.ask in COMPARISONS:
            return (*asked.claims, asked.ask, asked.value) in {
                (each.claim, *limit) for each in self.thresholds for limit in each.limits
            }
        return asked.ask in self.questions and set(asked.claims) <= set(self.claims)

    def holds(self, day: date) -> bool:
        """Whether it is in force on that day."""
        return self.begins <= day < self.until

    @property
    def asked_about(self) -> set[str]:
        """Every claim that this right touches."""
        return {*self.claims, *self.equals, *(each.claim for each in self.thresholds)}


class Sharing(_Part, frozen=True, kw_only=True):
    """How some claims of a type are shared, and on what ground."""

    shared: Shared = msgspec.field(name="as")
    claims: tuple[Name, ...]
    ground: Text


class Issuance(_Part, frozen=True, kw_only=True):
    """One type that the department issues: on what ground, since when, until when, and how it is shared."""

    type: str
    basis: Text
    begins: date = msgspec.field(name="from")
    until: date
    sharing: tuple[Sharing, ...] = ()


class RightsFile(_Part, frozen=True, kw_only=True):
    """The rights of one department. version: counted up with every change."""

    department: Code
    version: Annotated[int, msgspec.Meta(ge=1)]
    issues: tuple[Issuance, ...] = ()
    asks: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a query decides about it: nothing of any holder. value: of a threshold."""

    asker: str
    matter: str
    type: str
    ask: Ask
    claims: tuple[str, ...] = ()
    value: str = ""


Denial = Literal["unknown-matter", "right-ended", "not-shared"]


class Rights:
    """All files of a folder. digest: SHA-256 of their contents in canonical form; version: it in hex."""

    def __init__(self, files: Iterable[RightsFile], tz: ZoneInfo) -> None:
        self.files = tuple(sorted(files, key=lambda file: file.department))
        self.document = jcs.dumps(msgspec.to_builtins(self.files))
        self.digest = hashlib.sha256(self.document).digest()
        self.version = self.digest.hex()
        self._rules = {file.department: file.asks for file in self.files}
        self._shared = {
            (file.department, issuance.type, claim): sharing.shared
            for file in self.files
            for issuance in file.issues
            for sharing in issuance.sharing
            for claim in sharing.claims
        }
        self._tz = tz

    def decide(self, asked: Asked, now: int) -> Rule | Denial:
        """The first rule that grants the question, or why none does."""
        covering = [rule for rule in self._rules.get(asked.asker, ()) if rule.covers(asked)]
        day = datetime.fromtimestamp(now, UTC).astimezone(self._tz).date()
        for rule in covering:
            if rule.holds(day):
                return rule
        if covering:
            return "right-ended"
        known = any(rule.matter == asked.matter for rules in self._rules.values() for rule in rules)
        return "not-shared" if known else "unknown-matter"

    def shared(self, issuer: str, type: str, claims: Iterable[str]) -> Shared:
        """How an issuer shares these claims together: the strictest word; never, where none was said."""
        words = {self._shared.get((issuer, type, claim), "never") for claim in claims}
        return "never" if "never" in words else "conditional" if "conditional" in words else "unconditional"

    def grounds(self, issuer: str, type: str, claims: Iterable[str], word: Shared) -> list[Text]:
        """The grounds on which an issuer shares these claims only so, each once."""
        lists = [
            sharing
            for file in self.files
            if file.department == issuer
            for issuance in file.issues
            if issuance.type == type
            for sharing in issuance.sharing
        ]
        named = set(claims)
        found = [each.ground for each in lists if each.shared == word and named & set(each.claims)]
        return list(dict.fromkeys(found))

    def rule(self, id: str) -> Rule | None:
        """A rule by the name that answers and log entries carry."""
        return next((rule for rules in self._rules.values() for rule in rules if rule.id == id), None)


def load_rights(folder: Path, tz: ZoneInfo) -> Rights:
    """Read every `*.yaml` of a folder; a folder that is not there grants nothing.

    Raises:
        BadRights: a file that is no rights file, a second one of a department, two rules of one name, or a
            right to ask for what an issuer never shares.
    """
    files: list[RightsFile] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            files.append(msgspec.convert(yaml.safe_load(path.read_text("utf-8")), RightsFile))
        except (yaml.YAMLError, msgspec.ValidationError) as wrong:
            raise BadRights(
                f"权责文件 {path.name} 不正确：{wrong}", f"Rights file {path.name} is wrong: {wrong}"
            ) from wrong
    names = [rule.id for file in files for rule in file.asks]
    if len({file.department for file in files}) < len(files) or len(set(names)) < len(names):
        raise BadRights(
            "权责文件中有重复的部门或规则。", "The rights files name a department or a rule twice."
        )
    rights = Rights(files, tz)
    _refuse_what_is_never_shared(rights)
    return rights


def _refuse_what_is_never_shared(rights: Rights) -> None:
    issuers = [(file.department, issuance.type) for file in rights.files for issuance in file.issues]
    for file in rights.files:
        for rule in file.asks:
            for issuer, type in issuers:
                if type == rule.type and rights.shared(issuer, type, rule.asked_about) == "never":
                    raise BadRights(
                        f"规则 {rule.id} 授予了颁发部门不予共享或未列明的信息项。",
                        f"Rule {rule.id} grants a claim that the issuer never shares, or does not list.",
                    )
