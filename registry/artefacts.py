"""The last look at a certificate before it is anchored: everything stored of it must tell one story.

The worker trusts the store for nothing that it can check: whatever does not fit is held back by itself, and
the rest of its batch goes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import UNSET
from sqlmodel import Session, col, select

from registry import definition as definitions
from registry import merkle
from registry.b64 import BadBase64
from registry.catalogue import Catalogue
from registry.certificate import BadCertificate, Core, Leaf, digest, parse_canonical, parse_disclosure
from registry.definition import TypeDefinition
from registry.errors import NotFound
from registry.identifiers import CertificateId, NotAnIdentifier
from registry.store.rows import pieces
from registry.store.tables import Certificate, HolderIndex, NumberIndex
from registry.vault import Contents, Unreadable, Vault


class Mismatch(Exception):
    """One artefact does not fit. `part` says which: it becomes the reason for holding the certificate."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


@dataclass(frozen=True, slots=True)
class Indexed:
    """By which keyed hashes a certificate is found: (role, holder) pairs, and its printed number."""

    holders: frozenset[tuple[str, bytes]]
    numbers: frozenset[bytes]


@dataclass(frozen=True)
class Inspection:
    """Checks stored certificates with the keys that opened them when they were made."""

    vault: Vault
    catalogue: Catalogue

    def mismatches(self, session: Session, rows: Sequence[Certificate]) -> dict[int, str]:
        """Row ids of certificates that must be held back, each with the part that does not fit."""
        indexed = _indexed(session, [_id(row) for row in rows])
        wrong = {}
        for row in rows:
            try:
                self._inspect(session, row, indexed[_id(row)])
            except Mismatch as found:
                wrong[_id(row)] = found.part
        return wrong

    def _inspect(self, session: Session, row: Certificate, indexed: Indexed) -> None:
        try:
            anchored = parse_canonical(row.canonical)
        except BadCertificate:
            raise Mismatch("core") from None
        _require(_same_identity(anchored.core, row), "identifier")
        _require(merkle.leaf_hash(row.canonical) == row.leaf, "leaf")
        try:
            contents = self.vault.contents(session, row.data_key, row.certificate_id, row.disclosures)
            definition = self.catalogue.definition(row.type, row.type_version)
        except Unreadable:
            raise Mismatch("disclosures") from None
        except NotFound:
            raise Mismatch("type") from None
        claims = _claims(contents, anchored)
        _require(len(anchored.sd) == len(definition.claims) + len(definition.derived), "digests")
        _require(not definitions.fits(definition, claims), "claims")
        self._require_found_by(definition, claims, indexed)

    def _require_found_by(self, definition: TypeDefinition, claims: dict[str, str], indexed: Indexed) -> None:
        holders = definitions.holders(definition, claims)
        keyed = {(one.role, self.vault.holder_index(one.id_type, one.identifier)) for one in holders}
        _require(indexed.holders == keyed, "holder")
        number = definitions.number(definition, claims)
        _require(indexed.numbers == ({self.vault.number_index(number)} if number else set()), "number")


def proven_root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, every leaf's proof followed back to it.

    Raises:
        Mismatch: a proof leads elsewhere.
    """
    root = merkle.root(leaves)
    for index, (leaf, path) in enumerate(zip(leaves, merkle.proofs(leaves), strict=True)):
        _require(merkle.InclusionProof(index, len(leaves), path).root(leaf) == root, "proof")
    return root


def _same_identity(core: Core, row: Certificate) -> bool:
    try:
        parts = CertificateId.parse(core.certificate_id)
    except NotAnIdentifier:
        return False
    in_core = (core.certificate_id, core.issuer, core.type, core.type_version, core.valid_from)
    in_row = (row.certificate_id, row.issuer, row.type, row.type_version, row.valid_from)
    until = None if core.valid_until is UNSET else core.valid_until
    return (
        in_core == in_row
        and until == row.valid_until
        and (core.status.list, core.status.idx) == (row.status_list, row.status_idx)
        and (parts.type, parts.serial, parts.version) == (row.type, row.serial, row.version)
    )


def _claims(contents: Contents, anchored: Leaf) -> dict[str, str]:
    """Released and unreleased claims by name, each with its digest in the core."""
    texts = [*contents.disclosures, *(text for _, text in contents.unreleased)]
    digests = {digest(text, anchored.sd_alg) for text in texts}
    known = set(anchored.sd)
    _require(len(known) == len(anchored.sd) and len(digests) == len(texts) and digests <= known, "digests")
    try:
        parsed = [parse_disclosure(text) for text in texts]
    except (BadBase64, BadCertificate):
        raise Mismatch("disclosures") from None
    claims = {one.name: one.value for one in parsed}
    _require(len(claims) == len(parsed), "disclosures")
    return claims


def _indexed(session: Session, ids: Sequence[int]) -> dict[int, Indexed]:
    holders: dict[int, set[tuple[str, bytes]]] = {one: set() for one in ids}
    numbers: dict[int, set[bytes]] = {one: set() for one in ids}
    for piece in pieces(ids):
        found = select(HolderIndex.certificate, HolderIndex.role, HolderIndex.holder)
        for one, role, holder in session.exec(found.where(col(HolderIndex.certificate).in_(piece))):
            holders[one].add((role, holder))
        printed = select(NumberIndex.certificate, NumberIndex.number)
        for one, number in session.exec(printed.where(col(NumberIndex.certificate).in_(piece))):
            numbers[one].add(number)
    return {one: Indexed(frozenset(holders[one]), frozenset(numbers[one])) for one in ids}


def _require(right: bool, part: str) -> None:
    if not right:
        raise Mismatch(part)


def _id(row: Certificate) -> int:
    assert row.id is not None
    return row.id
