"""What to do with each row: new, changed, ended, back again, the same, left out, or why it does not fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlmodel import Session, col, select

from registry import jcs
from registry.definition import TypeDefinition, clean
from registry.drafting import Draft, Refused, Request
from registry.identifiers import Fault, check_certificate_id, named_issuer
from registry.importing.cells import Unfit, as_text, is_binary, value_of
from registry.importing.mapping import Mapping
from registry.importing.sources import SourceRow
from registry.issuing import Issuing, SecondCertificate
from registry.lifecycle import REASONS, Kind
from registry.store import writing
from registry.store.rows import pieces
from registry.store.tables import Certificate, ImportedRow
from registry.vault import Vault

_SHORT: Final = 12
"""Bytes of a key's hash that tell it from the other rows of one run."""
UNKNOWN: Final = "?"
"""In place of a reason: a status that the mapping does not know."""


class Step(StrEnum):
    """new: to be issued. changed: its next version. ended, back: a change of status. same: nothing. left_out:
    ended before it was ever taken over. refused: it does not fit."""

    NEW = "new"
    CHANGED = "changed"
    ENDED = "ended"
    BACK = "back"
    SAME = "same"
    LEFT_OUT = "left_out"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Mapped:
    """A row in our terms. key, content: keyed hashes. ended: reason code, empty where it is in force."""

    row: SourceRow
    key: bytes
    claims: dict[str, str] = field(repr=False)
    identifier: str = field(repr=False)
    content: bytes
    ended: str
    faults: tuple[Fault, ...]

    def remarks(self) -> str:
        """Fields in which its identifier is wrong (`ImportedRow.faults`)."""
        faults = check_certificate_id(self.identifier) if self.identifier else []
        return " ".join(dict.fromkeys(each.field for each in faults))


@dataclass(frozen=True, slots=True)
class Planned:
    """known: what is stored of an earlier run. faults: for refused ones."""

    mapped: Mapped
    step: Step
    known: ImportedRow | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Mapper:
    """Puts rows into our terms."""

    mapping: Mapping
    definition: TypeDefinition
    vault: Vault

    def map(self, row: SourceRow) -> Mapped:
        """Every field, with all that is wrong with it."""
        encoding, absent = self.mapping.source.encoding, frozenset(self.mapping.absent)
        faults, claims = list(row.faults), {}
        for name, each in self.mapping.fields.items():
            binary = is_binary(self.definition, name)
            try:
                value = value_of(each, row.cells, encoding=encoding, absent=absent, binary=binary)
            except Unfit as unfit:
                label = self.definition.labels[name]
                faults.append(Fault(name, f"{label.zh}{unfit.why.zh}", f"{label.en} {unfit.why.en}"))
                continue
            if value:
                claims[name] = value
        claims = clean(self.definition, claims)
        key, more = self._key(row)
        identifier = self._text(row, self.mapping.identifier).upper() if self.mapping.identifier else ""
        identifier = "" if identifier in absent else identifier
        content = self.vault.body_hash(jcs.dumps([self.definition.type, claims, identifier]))
        return Mapped(row, key, claims, identifier, content, self._ended(row), (*faults, *more))

    def _key(self, row: SourceRow) -> tuple[bytes, list[Fault]]:
        texts = [self._text(row, name) for name in self.mapping.key]
        faults = [] if any(texts) else [Fault("key", "没有主键值", "its key is empty")]
        return self.vault.body_hash(jcs.dumps([self.mapping.name, *texts])), faults

    def _ended(self, row: SourceRow) -> str:
        state = self.mapping.status
        if state is None:
            return ""
        said = self._text(row, state.column)
        return "" if said in state.valid else state.ended.get(said, UNKNOWN)

    def _text(self, row: SourceRow, name: str) -> str:
        try:
            return as_text(row.cells[name], encoding=self.mapping.source.encoding)
        except Unfit:
            return ""


@dataclass
class Planner:
    """Decides over rows of one run.

    seen: their keys, shortened. brought: identifiers they came with. taken: subjects of a dry run's new rows.
    """

    issuing: Issuing
    issuer: str
    mapping: Mapping
    definition: TypeDefinition
    seen: set[bytes] = field(default_factory=set)
    brought: set[str] = field(default_factory=set)
    taken: set[bytes] = field(default_factory=set)

    def plan(self, session: Session, chunk: Sequence[Mapped]) -> list[Planned]:
        """What to do with each row of a chunk, in order."""
        known = self._known(session, [each.key for each in chunk])
        elsewhere = self._identifiers(session, [each.identifier for each in chunk if each.identifier])
        return [self._plan(each, known.get(each.key), elsewhere) for each in chunk]

    def request(self, mapped: Mapped) -> Request:
        """To issue it. Asked for again, it is not issued again."""
        return Request(
            mapped.claims,
            f"import {self.mapping.name} {mapped.key.hex()}",
            by=f"import {self.mapping.name}",
            identifier=mapped.identifier,
        )

    def drafted(self, session: Session, planned: Iterable[Planned]) -> list[Planned]:
        """As `plan`, after everything that issuing would check: for a dry run, which writes nothing."""
        now, made = self.issuing.clock(), []
        for each in planned:
            faults: Sequence[Fault] = each.faults
            if each.step in (Step.NEW, Step.CHANGED):
                draft = self.issuing.draft(self.request(each.mapped), self.definition, now)
                faults = self._in_the_way(session, each, draft, now)
            made.append(Planned(each.mapped, Step.REFUSED, each.known, tuple(faults)) if faults else each)
        return made

    def _in_the_way(self, session: Session, each: Planned, draft: Draft | Refused, now: int) -> list[Fault]:
        if isinstance(draft, Refused):
            return draft.faults
        if each.step is Step.CHANGED:
            return []
        held = writing.lineages(session, self.definition.type, draft.subjects)
        standing = writing.standing_lineages(session, set(held.values()), now)
        if set(held.values()) & standing or self.taken & set(draft.subjects):
            second = SecondCertificate()
            return [Fault("", second.zh, second.en)]
        self.taken.update(draft.subjects)
        return []

    def _plan(self, mapped: Mapped, known: ImportedRow | None, elsewhere: set[str]) -> Planned:
        faults = [*mapped.faults, *self._faults(mapped, known, elsewhere)]
        if mapped.ended and known is None and mapped.ended != UNKNOWN:
            return Planned(mapped, Step.LEFT_OUT)
        if faults:
            return Planned(mapped, Step.REFUSED, known, tuple(faults))
        if known is None:
            return Planned(mapped, Step.NEW)
        if mapped.ended != known.ended:
            return Planned(mapped, Step.ENDED if mapped.ended else Step.BACK, known)
        changed = not mapped.ended and mapped.content != known.content
        return Planned(mapped, Step.CHANGED if changed else Step.SAME, known)

    def _faults(self, mapped: Mapped, known: ImportedRow | None, elsewhere: set[str]) -> Iterable[Fault]:
        if mapped.key[:_SHORT] in self.seen:
            yield Fault("key", "与前面某行主键相同", "has the key of an earlier row")
        self.seen.add(mapped.key[:_SHORT])
        if mapped.ended == UNKNOWN:
            yield Fault("status", "映射中没有这个状态", "is in a state that the mapping does not know")
        if mapped.identifier in self.brought or (known is None and mapped.identifier in elsewhere):
            yield Fault("identifier", "该标识已用于另一证照", "another certificate has this identifier")
        if self._is_anothers(mapped.identifier):
            yield Fault(
                "identifier",
                "该标识属于另一颁发部门",
                "names another department that issues this type",
            )
        if mapped.identifier:
            self.brought.add(mapped.identifier)
        if known is not None and mapped.ended != known.ended and _is_for_good(known.ended):
            yield Fault("status", "已注销的证照不能恢复", "what was revoked never comes back")

    def _is_anothers(self, identifier: str) -> bool:
        """Whether a question about it would go to another department: that one may issue the type now."""
        named = named_issuer(identifier)
        type, version = self.definition.type, self.definition.version
        return named not in ("", self.issuer) and self.issuing.may_issue(
            named, type, version, self.issuing.clock()
        )

    def _known(self, session: Session, keys: Sequence[bytes]) -> dict[bytes, ImportedRow]:
        found = {}
        for piece in pieces(keys):
            rows = select(ImportedRow).where(
                ImportedRow.issuer == self.issuer,
                ImportedRow.mapping == self.mapping.name,
                col(ImportedRow.key).in_(piece),
            )
            found.update({row.key: row for row in session.exec(rows)})
        return found

    def _identifiers(self, session: Session, identifiers: Sequence[str]) -> set[str]:
        taken: set[str] = set()
        for piece in pieces(identifiers):
            rows = select(Certificate.certificate_id).where(col(Certificate.certificate_id).in_(piece))
            taken.update(session.exec(rows))
        return taken


def _is_for_good(ended: str) -> bool:
    return bool(ended) and REASONS[ended].kind is Kind.REVOKE
