"""The checks of a presentation, one function each, in the order of protocol.md's table.

Each looks at one `Case` and gives a `Finding`. What several need (root, batch, issuer) the case works out,
so that no check depends on another having run.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec
import pybase64
from msgspec import UNSET

from registry import credential, definition, der, findings, parts
from registry.b64 import BadBase64
from registry.credential import KeyBinding, Kind, Payload, Presentation, StatusReference
from registry.findings import STATUS_LINES, Finding, Outcome
from registry.lifecycle import Status
from registry.merkle import BadProof
from registry.signing import BadKey, PublicKey, Use
from registry.sm import NoSm
from registry.status import read_entry
from registry.trust import RETIRED, StatusChange, Trust, TrustedKey, TrustedRoot, TrustedType, covered

LEEWAY: Final = 60
"""Seconds that two clocks may differ."""
CODE_BEFORE: Final = 30
CODE_AFTER: Final = 60
REQUEST_LEEWAY: Final = 300
RESERVED: Final = frozenset(field.encode_name for field in msgspec.structs.fields(Payload)) | {"..."}


@dataclass(frozen=True, slots=True)
class Expected:
    """What the caller asked for.

    kinds: those it takes. audience: its own name, for requests and answers. nonce: that of its request.
    holder, certificate_id: what a query asked by, (id_type, identifier) or a certificate identifier.
    """

    kinds: Collection[Kind]
    audience: str | None = None
    nonce: str | None = None
    holder: tuple[str, str] | None = None
    certificate_id: str | None = None


class Case:
    """One presentation under examination.

    issuer, type: the core's, as far as they are known. root: where leaf and path lead. batch: of that
    sequence number, if it is known. anchored: its block time, if this certificate is in it.
    now: Unix seconds. at: the past time to examine it as of, or None. dated: whether a record or a log proof
    of that time covers the presentation's digest.
    """

    def __init__(
        self, shown: Presentation, trust: Trust, expected: Expected, now: int, at: int | None, dated: bool
    ) -> None:
        self.shown = shown
        self.payload = shown.payload
        self.core = shown.payload.core
        self.kind = shown.kind
        self.claims = shown.claims
        self.trust = trust
        self.expected = expected
        self.at = at
        self.moment = now if at is None else at
        self.latest = self.moment if dated else now
        self.issuer = trust.issuers.get(self.core.issuer)
        self.type = trust.types.get((self.core.type, self.core.type_version))
        self.root = self._root()
        self.batch = self._batch()
        self.anchored = self._anchored()

    def _root(self) -> bytes | None:
        """Where leaf and path lead; None where they lead nowhere."""
        try:
            return self.payload.anchor.root(self.shown.leaf)
        except (BadProof, BadBase64):
            return None

    def _batch(self) -> TrustedRoot | None:
        """The batch of that sequence number; None where it is not known, or was not anchored at that time."""
        batch = self.issuer.roots.get(self.payload.anchor.seq) if self.issuer is not None else None
        return batch if batch is None or self.at is None or batch.time <= self.at else None

    def _anchored(self) -> int | None:
        """Block time of the batch that this certificate is in; None where that is not established."""
        batch = self.batch
        if batch is None or batch.voided or (batch.root, batch.size) != (self.root, self.payload.anchor.size):
            return None
        return batch.time

    @property
    def certificate_changes(self) -> Sequence[StatusChange]:
        """What is known of the certificate's status, oldest first."""
        core, history = self.core, self.trust.history
        place = (core.issuer, core.type, core.status.list, core.status.idx)
        return () if history is None else history.certificates.get(place, ())

    @property
    def credential_changes(self) -> Sequence[StatusChange]:
        """What is known of the credential's own entry, oldest first."""
        history, entry = self.trust.history, self.payload.status
        if history is None or entry is UNSET:
            return ()
        return history.credentials.get((entry.status_list.uri, entry.status_list.idx), ())

    @property
    def later(self) -> list[StatusChange]:
        """What became known after the past time that this is examined as of."""
        if self.at is None:
            return []
        # Most changes stand in both sources: the certificate's own, and those of this credential's entry.
        changes = dict.fromkeys((*self.certificate_changes, *self.credential_changes))
        return sorted((each for each in changes if each.recorded > self.at), key=lambda each: each.recorded)


def disclosures(case: Case) -> Finding:
    """Check 1: each digest occurs once in `_sd`; no name twice."""
    digests, sd = case.shown.digests, case.payload.sd
    if len(case.claims) != len(digests):  # the same disclosure twice is the same name twice
        return findings.DISCLOSED_TWICE
    if any(sd.count(digest) != 1 for digest in digests) or not RESERVED.isdisjoint(case.claims):
        return findings.FOREIGN_CLAIM
    return findings.DISCLOSED


def path(case: Case) -> Finding:
    """Check 2: leaf and path lead to a root, lengths exact."""
    return findings.LEADS if case.root is not None else findings.LEADS_NOWHERE


def anchor(case: Case) -> Finding:
    """Check 3: the trust state has that root and size for (issuer, seq), final, not voided."""
    batch = case.batch
    if batch is None or case.root is None:
        return findings.UNKNOWN_BATCH
    if batch.voided:
        return findings.VOIDED
    if case.anchored is None:
        return findings.REPLACED if batch.replaced else findings.OTHER_ROOT
    return findings.ANCHORED if batch.final else findings.YOUNG


def right(case: Case) -> Finding:
    """Check 4: the core's issuer had the right to that type at the block time."""
    if case.issuer is None or case.anchored is None:
        return findings.RIGHT_UNKNOWN
    windows = case.issuer.rights.get(case.core.type, ())
    return findings.HAD_RIGHT if covered(windows, case.anchored) else findings.NO_RIGHT


def issuer_key(case: Case) -> Finding:
    """Check 5: signed by a key, with use 1, of `iss`, which is the core's issuer or its successor then."""
    signer = case.trust.issuer_at(case.payload.iss)
    if case.issuer is None or signer is None:
        return findings.ISSUER_UNKNOWN
    core, iat = case.core, case.payload.iat
    if signer is not case.issuer and signer.code not in case.trust.successors(core.issuer, core.type, iat):
        return findings.NOT_THE_ISSUER
    key = signer.keys.get(case.shown.header.kid)
    if key is None:
        return findings.KEY_UNKNOWN if iat > case.trust.created else findings.FOREIGN_KEY
    return _wrong_key(case, key) or _signature(case, key)


def _signature(case: Case, key: TrustedKey) -> Finding:
    try:
        if not credential.verify_signature(case.shown, key.public):
            return findings.BAD_SIGNATURE
    except NoSm:
        return findings.NO_SM
    x5c = case.shown.header.x5c
    own = x5c in key.x5c or _certifies(x5c[0], key.public)
    return findings.SIGNED if own else findings.OTHER_X5C


def _wrong_key(case: Case, key: TrustedKey) -> Finding | None:
    if key.compromised is not None:
        return findings.COMPROMISED
    if not key.uses & Use.CREDENTIALS:
        return findings.WRONG_USE
    window = next((each for each in key.windows if each.covers(case.payload.iat)), None)
    if window is None:
        return findings.OUTSIDE_WINDOW
    if case.kind is not Kind.COPY and window.end is not None and case.latest > window.end + RETIRED:
        return findings.RETIRED
    return None


@lru_cache(maxsize=256)
def _certifies(certificate: str, key: PublicKey) -> bool:
    """Whether a certificate in an `x5c` is of this key; no trust comes from it."""
    try:
        return der.public_key_info(pybase64.b64decode(certificate, validate=True)) == key.spki
    except ValueError:
        return False


def status(case: Case) -> Finding:
    """Check 6: 00 in every source at hand, each one needed fresh, and for every part; the strictest wins."""
    own = _own_status(case)
    if case.type is None or case.type.definition.parts is None or own.outcome is Outcome.FAIL:
        return own
    found = parts.status(case.type.definition, case.claims, case.trust, case.moment, case.at)
    return own if own.outcome is Outcome.UNKNOWN and found.outcome is not Outcome.FAIL else found


def _own_status(case: Case) -> Finding:
    entry = case.payload.status
    if entry is not UNSET and entry.status_list.uri.rpartition("/status/")[0] != case.payload.iss:
        return findings.FOREIGN_LIST
    if case.at is not None:
        return _status_then(case, case.at)
    certificate = _certificate_status(case)
    if entry is UNSET or certificate.outcome is Outcome.FAIL:
        return certificate
    own = _credential_status(case, entry.status_list)
    return certificate if own.outcome is Outcome.PASS else own


def _certificate_status(case: Case) -> Finding:
    """By the words of the chain."""
    if case.issuer is None:
        return findings.STATUS_UNKNOWN
    core = case.core
    words = case.issuer.words.get((core.type, core.status.list), b"")
    fresh = case.moment < case.trust.words_fresh_until
    return _with_reason(case, _judged(read_entry(words, core.status.idx), STATUS_LINES, fresh=fresh))


def _with_reason(case: Case, finding: Finding) -> Finding:
    """The line with the department's term for it, where the history at hand has it."""
    if finding.outcome is not Outcome.FAIL or not case.certificate_changes:
        return finding
    last = case.certificate_changes[-1]
    return findings.with_reason(finding, last.reason) if STATUS_LINES.get(last.status) is finding else finding


def _credential_status(case: Case, entry: StatusReference) -> Finding:
    """By the credential's own list."""
    trusted = case.trust.lists.get(entry.uri)
    if trusted is None or not case.trust.list_stands(trusted):
        return findings.STATUS_UNKNOWN
    if entry.idx >= len(trusted.list):
        return findings.FOREIGN_LIST
    return _judged(trusted.list.get(entry.idx), findings.ENTRY_LINES, fresh=case.moment < trusted.fresh_until)


def _judged(found: Status, lines: Mapping[Status, Finding], *, fresh: bool) -> Finding:
    # Old data still prove what cannot be taken back.
    if found in (Status.REVOKED, Status.SUPERSEDED) or (fresh and found is not Status.VALID):
        return lines[found]
    return findings.STANDS if fresh else findings.STATUS_STALE


def _status_then(case: Case, at: int) -> Finding:
    """By what had been recorded by then, and by what became known later and takes effect before then."""
    history = case.trust.history
    if history is None or not history.since <= at <= history.until:
        return findings.NO_HISTORY
    for changes, lines in (
        (case.certificate_changes, STATUS_LINES),
        (case.credential_changes, findings.ENTRY_LINES),
    ):
        known = [change for change in changes if change.recorded <= at]
        if known and known[-1].status is not Status.VALID:
            return lines[known[-1].status]
    if any(change.effective <= at and change.status is not Status.VALID for change in case.later):
        return findings.VOID_BY_LATER
    return findings.STANDS_THEN


def time(case: Case) -> Finding:
    """Check 7: `valid_from` ≤ now < `valid_until` and `nbf` ≤ now < `exp`, ± 60 s."""
    core, payload = case.core, case.payload
    earliest, latest = case.moment - LEEWAY, case.moment + LEEWAY
    if core.valid_until is not UNSET and earliest >= core.valid_until:
        return findings.EXPIRED
    if latest < core.valid_from:
        return findings.NOT_BEGUN
    if earliest >= payload.exp:
        return findings.CREDENTIAL_EXPIRED
    return findings.IN_TIME if payload.nbf <= latest else findings.CREDENTIAL_NOT_BEGUN


def holder(case: Case) -> Finding:
    """Check 8, by kind: bound to its holder, this verifier and this moment; or to this question."""
    if case.payload.cnf is not UNSET and case.shown.binding is None:
        return findings.NO_BINDING
    if case.kind not in case.expected.kinds:
        return findings.OTHER_KIND
    if case.kind is Kind.COPY:
        return findings.NOT_BOUND
    return _answer(case) if case.kind is Kind.ANSWER else _bound(case)


def _bound(case: Case) -> Finding:
    binding = case.shown.binding
    if binding is None or case.payload.cnf is UNSET or case.payload.aud is not UNSET:
        return findings.NO_BINDING
    said, age = binding.payload, case.moment - binding.payload.iat
    if case.kind is Kind.CODE:
        fresh = -CODE_BEFORE <= age <= CODE_AFTER
    else:
        fresh = abs(age) <= REQUEST_LEEWAY
        if case.expected.audience is None or case.expected.nonce is None:
            return findings.NOT_ASKED
        if said.aud != case.expected.audience:
            return findings.OTHER_AUDIENCE
        if said.nonce != case.expected.nonce:
            return findings.OTHER_NONCE
    if not fresh:
        return findings.TOO_OLD
    return findings.BOUND if _signed_by_holder(case, binding) else findings.WRONG_BINDING


def _signed_by_holder(case: Case, binding: KeyBinding) -> bool:
    try:
        key = case.shown.holder_key
    except BadKey:
        return False
    return (
        key is not None
        and binding.payload.sd_hash == binding.presented
        and key.verify(binding.signature, binding.signing_input)
    )


def _answer(case: Case) -> Finding:
    expected = case.expected
    if expected.audience is None or (expected.holder is None and expected.certificate_id is None):
        return findings.NOT_ASKED
    if case.payload.aud != expected.audience:
        return findings.OTHER_AUDIENCE
    if expected.certificate_id is not None and case.core.certificate_id != expected.certificate_id:
        return findings.OTHER_HOLDER
    if expected.holder is None:
        return findings.ANSWERS
    if case.type is None:
        return findings.TYPE_UNKNOWN
    named = {
        (each.id_type, each.identifier) for each in definition.holders(case.type.definition, case.claims)
    }
    return findings.ANSWERS if expected.holder in named else findings.OTHER_HOLDER


def certificate_type(case: Case) -> Finding:
    """Check 9: the definition is the chain's, was in force at the anchor, and disclosed claims fit it."""
    core, origin = case.core, case.payload.iss.rpartition("/issuers/")[0]
    if case.payload.vct != credential.type_uri(origin, core.type, core.type_version):
        return findings.OTHER_TYPE
    if case.type is None:
        return findings.TYPE_UNKNOWN
    if misfit := _misfit(case, case.type):
        return misfit
    if case.anchored is None:
        return findings.ANCHOR_UNKNOWN
    return findings.FITS if covered(case.type.windows, case.anchored) else findings.NOT_IN_FORCE


def _misfit(case: Case, type: TrustedType) -> Finding | None:
    if not type.genuine:
        return findings.OTHER_DEFINITION
    if definition.fits(type.definition, case.claims):
        return findings.MISFIT
    if case.kind is Kind.COPY and not case.claims.keys() <= set(type.definition.paper):
        return findings.NOT_ON_PAPER
    return None
