"""From a row to a certificate, before anything is stored: checked, salted, digested, sealed."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import UNSET

from registry import b64, jcs
from registry import certificate as certificates
from registry import definition as definitions
from registry.certificate import Core, SdAlg, StatusPosition
from registry.definition import Prepared, TypeDefinition
from registry.errors import RegistryError
from registry.identifiers import (
    CertificateId,
    Fault,
    NotAnIdentifier,
    contains_citizen_number,
    make_certificate_id,
    new_serial,
)
from registry.store.writing import Place
from registry.vault import NONCE_BYTES, Contents, IssuerKey, Vault

Randomness = Callable[[int], bytes]
LONGEST_KEY = 200
"""Characters of an idempotency key: what PostgreSQL can index, whatever they are."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Refused(RegistryError):
    """The row cannot be issued. faults: each field and why; never a value."""

    kind = "row-refused"
    status = 422

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("；".join(fault.zh for fault in faults), "; ".join(fault.en for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Request:
    """One certificate that a department wants to issue.

    row: claims by name, as the department has them. key: the department's own name for this request: asked
    again with the same one, it is not issued again; empty: the same content is the same request.
    serial: of the certificate's identifier; empty: random. identifier: the whole one, where it has one from
    before (import); it is kept as it is. hold: why it is kept out of batches; empty: it is
    not. by: the clerk.
    """

    row: Mapping[str, str] = field(repr=False)
    key: str
    serial: str = ""
    hold: str = ""
    by: str = ""
    identifier: str = ""


class Draft(NamedTuple):
    """A row that may be issued, with the keyed hashes it will be found by."""

    request: Request
    key: str
    prepared: Prepared
    holders: tuple[tuple[str, bytes], ...]
    subjects: tuple[bytes, ...]
    number: bytes | None
    valid_from: int
    valid_until: int | None
    body_hash: bytes

    def __repr__(self) -> str:
        return f"Draft({len(self.prepared.claims)} claims)"


class Version(NamedTuple):
    """Which version a certificate is. renews, lineage: row ids; None for the first of its line."""

    serial: str
    number: int = 1
    renews: int | None = None
    lineage: int | None = None
    reason: str = "issued"


class Pool:
    """Random bytes for many small uses, fetched a block at a time; no byte is given twice."""

    def __init__(self, randomness: Randomness = os.urandom, block: int = 65_536) -> None:
        self._randomness = randomness
        self._block = block
        self._bytes = b""
        self._at = 0

    def __call__(self, count: int) -> bytes:
        if self._at + count > len(self._bytes):
            self._bytes, self._at = self._randomness(max(self._block, count)), 0
        self._at += count
        return self._bytes[self._at - count : self._at]


def draft(
    request: Request, definition: TypeDefinition, *, vault: Vault, tz: ZoneInfo, now: int
) -> Draft | Refused:
    """Check a row against its type and prepare what is stored of it; or say everything that is wrong."""
    if faults := definitions.validate(definition, request.row):
        return Refused(faults)
    today = datetime.fromtimestamp(now, UTC).astimezone(tz).date()
    prepared = definitions.claims_for(definition, request.row, today=today, tz=tz)
    holders = definitions.holders(definition, prepared.claims)
    faults = _serial_faults(request.serial, [holder.identifier for holder in holders])
    faults += _identifier_faults(request.identifier, definition) + _key_faults(request.key)
    if faults:
        return Refused(faults)
    valid_from, valid_until = definitions.validity(definition, prepared.claims, tz)
    number = definitions.number(definition, prepared.claims)
    body = body_hash(request, definition, vault)
    return Draft(
        request,
        request.key or f"row {b64.encode(body)}",
        prepared,
        tuple(
            dict.fromkeys((each.role, vault.holder_index(each.id_type, each.identifier)) for each in holders)
        ),
        tuple(vault.subject_index(subject) for subject in definitions.subjects(definition, prepared.claims)),
        vault.number_index(number) if number else None,
        valid_from,
        valid_until,
        body,
    )


def body_hash(request: Request, definition: TypeDefinition, vault: Vault) -> bytes:
    """What tells two requests with one key apart: type, row, serial and hold, in keyed form."""
    row = {name: value for name, value in request.row.items() if value}
    brought = [request.identifier] if request.identifier else []
    return vault.body_hash(jcs.dumps([definition.type, row, request.serial, request.hold, *brought]))


def finish(
    drafted: Draft,
    definition: TypeDefinition,
    issuer: str,
    version: Version,
    place: Place,
    *,
    vault: Vault,
    key: IssuerKey,
    now: int,
    pool: Pool,
    sd_alg: SdAlg,
) -> dict[str, object]:
    """The certificate's row: canonical core with digests, leaf, sealed disclosures. sd_alg: the issuer's."""
    identifier = drafted.request.identifier or str(
        make_certificate_id(definition.type, issuer, version.serial, version.number)
    )
    core = Core(
        certificate_id=identifier,
        issuer=issuer,
        type=definition.type,
        type_version=definition.version,
        valid_from=drafted.valid_from,
        valid_until=UNSET if drafted.valid_until is None else drafted.valid_until,
        status=StatusPosition(place.list, place.idx),
    )
    claims, unreleased, decoys = drafted.prepared
    made = certificates.make(
        core, claims, unreleased=unreleased, decoys=decoys, sd_alg=sd_alg, randomness=pool
    )
    contents = Contents(made.disclosures, made.unreleased)
    return {
        "id": place.id,
        "certificate_id": identifier,
        "issuer": issuer,
        "type": definition.type,
        "type_version": definition.version,
        "serial": version.serial,
        "version": version.number,
        "valid_from": drafted.valid_from,
        "valid_until": drafted.valid_until,
        "status_list": place.list,
        "status_idx": place.idx,
        "canonical": made.canonical,
        "leaf": made.leaf,
        "disclosures": vault.seal_contents(key, identifier, contents, pool(NONCE_BYTES)),
        "data_key": key.id,
        "state": "held" if drafted.request.hold else "open",
        "held_because": drafted.request.hold or None,
        "renews": version.renews,
        "lineage": place.id if version.lineage is None else version.lineage,
        "reason": version.reason,
        "issued_at": now,
        "issued_by": drafted.request.by,
    }


def first_version(drafted: Draft, pool: Pool) -> Version:
    """Version 001 under the serial asked for, or a random one; of an identifier from before, its own."""
    if drafted.request.identifier:
        brought = CertificateId.parse(drafted.request.identifier)
        return Version(brought.serial, brought.version)
    return Version(drafted.request.serial or new_serial(pool))


def _identifier_faults(identifier: str, definition: TypeDefinition) -> list[Fault]:
    """Why one from before cannot be kept: its check and issuer may be wrong, its shape and type not."""
    if not identifier:
        return []
    try:
        brought = CertificateId.parse(identifier)
    except NotAnIdentifier as refusal:
        return [Fault("identifier", refusal.zh, refusal.en)]
    if brought.type != definition.type:
        return [Fault("identifier", "标识中的类型代码不是该类型", "the identifier names another type")]
    return []


def _key_faults(key: str) -> list[Fault]:
    if len(key) <= LONGEST_KEY and not _CONTROL.search(key):
        return []
    zh = f"幂等键应为一行，不超过 {LONGEST_KEY} 个字符"
    return [Fault("key", zh, f"an idempotency key is one line of at most {LONGEST_KEY} characters")]


def _serial_faults(serial: str, identifiers: list[str]) -> list[Fault]:
    if not serial:
        return []
    if len(serial) > 32 or not (serial.isascii() and serial.isalnum() and serial.upper() == serial):
        return [Fault("serial", "流水号应为 1 至 32 位数字或大写字母", "a serial is 1 to 32 of 0-9 A-Z")]
    if contains_citizen_number(serial) or any(identifier in serial for identifier in identifiers):
        return [Fault("serial", "流水号中不得含有证件号码", "a serial must not contain anybody's number")]
    return []
