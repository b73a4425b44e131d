"""What a verifier must know: issuers with keys, rights and roots, types, status. From a fold or a bundle.

Everything is asked *as of a time* (Unix seconds), so nothing here depends on a clock.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from registry import definition, status
from registry.definition import TypeDefinition
from registry.lifecycle import Status
from registry.rootdocument import RootDocument
from registry.signing import BadToken, PublicKey, Use
from registry.status import StatusList
from registry.suites import Suite

MAX_SUCCESSIONS = 8
RETIRED = 30 * 86_400
"""Seconds for which what a key signed stands after its window ended (a copy: for good)."""

WordsKey = tuple[str, int]
"""(type, number of the certificate status list)."""
Place = tuple[str, str, int, int]
"""(issuer, type, list, idx): a certificate's entry on the chain."""
CredentialPlace = tuple[str, int]
"""(uri, idx): a credential's own entry."""


class Window(NamedTuple):
    """[start, end) in Unix seconds; end None: not ended."""

    start: int
    end: int | None = None

    def covers(self, time: int) -> bool:
        """Whether `time` is within."""
        return self.start <= time and (self.end is None or time < self.end)


Windows = tuple[Window, ...]


def covered(windows: Windows, time: int) -> bool:
    """Whether one of the windows covers `time`."""
    return any(window.covers(time) for window in windows)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key of an issuer as the chain has it.

    compromised: when that was reported; such a key counts for nothing, at any time.
    x5c: its certificate chains (base64 of each DER, the key's own first), for restoring a proof code.
    """

    public: PublicKey
    uses: Use
    windows: Windows
    compromised: int | None = None
    x5c: tuple[tuple[str, ...], ...] = ()

    def may(self, use: Use, at: int) -> bool:
        """Whether what this key signed for `use` at that time stands."""
        return self.compromised is None and bool(self.uses & use) and covered(self.windows, at)

    def stands(self, now: int) -> bool:
        """Whether something that this key signed may stand now: it signs, or did until lately."""
        return self.compromised is None and any(
            window.start <= now and (window.end is None or now <= window.end + RETIRED)
            for window in self.windows
        )


@dataclass(frozen=True, slots=True)
class TrustedRoot:
    """An anchored batch.

    time: of its block (for a replaced one, of the old block). final: deep enough.
    voided: by the authority, and not replaced. replaced: root and size are those of the replacement.
    """

    root: bytes
    size: int
    time: int
    final: bool = True
    voided: bool = False
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Successor:
    """Who took over an issuer's certificates of a type, and since when."""

    code: str
    since: int


@dataclass(frozen=True)
class TrustedIssuer:
    """An issuer as chain and registry have it.

    origins: appended only. keys: by thumbprint. rights: type code to windows. successors: by type code.
    roots: by sequence number. words: status entries of its certificates, packed; absent or short: valid.
    """

    code: str
    zh: str
    en: str
    origins: tuple[str, ...]
    keys: Mapping[str, TrustedKey] = field(default_factory=dict)
    rights: Mapping[str, Windows] = field(default_factory=dict)
    successors: Mapping[str, Successor] = field(default_factory=dict)
    roots: Mapping[int, TrustedRoot] = field(default_factory=dict)
    words: Mapping[WordsKey, bytes] = field(default_factory=dict)

    def suites(self, at: int) -> list[Suite]:
        """What it may sign credentials with, the newest key's first; none where it has no such key."""

        def since(key: TrustedKey) -> int:
            return max(each.start for each in key.windows if each.covers(at))

        keys = [key for key in self.keys.values() if key.may(Use.CREDENTIALS, at)]
        return list(dict.fromkeys(key.public.suite for key in sorted(keys, key=since, reverse=True)))


@dataclass(frozen=True)
class TrustedType:
    """A version of a type. hash: of its definition, as the chain has it; windows: when it was in force."""

    definition: TypeDefinition
    hash: bytes
    windows: Windows

    @cached_property
    def genuine(self) -> bool:
        """Whether the definition at hand is the one on the chain."""
        return definition.hash(self.definition) == self.hash


@dataclass(frozen=True, slots=True)
class TrustedList:
    """A status list whose signature stands.

    signer: code of the issuer that signed: the list's own or a successor. fresh_until: Unix seconds from
    which its "valid" says nothing any more.
    """

    list: StatusList
    signer: str
    fresh_until: int


@dataclass(frozen=True, slots=True)
class WalletProvider:
    """Who vouches for wallets and their keys. certificate: of its CA, DER. windows: when its word counts."""

    id: str
    zh: str
    en: str
    certificate: bytes
    windows: Windows


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One event of a history. reason: code of lifecycle.md. recorded, effective: Unix seconds."""

    status: Status
    reason: str
    recorded: int
    effective: int


@dataclass(frozen=True, slots=True)
class History:
    """Every status change recorded within [since, until]; an entry without one was valid all along."""

    since: int
    until: int
    certificates: Mapping[Place, tuple[StatusChange, ...]] = field(default_factory=dict)
    credentials: Mapping[CredentialPlace, tuple[StatusChange, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Trust:
    """What a verifier knows.

    types: by (code, version). lists: by uri. words_block: the block that all words are of;
    words_fresh_until: Unix seconds. root: the document that named the bundle's key; None for a state that
    was folded from the chain. wallet_providers: whose attestations count.
    """

    chain_id: int
    contracts: Mapping[str, str]
    epoch: int
    version: int
    created: int
    expires: int
    issuers: Mapping[str, TrustedIssuer]
    types: Mapping[tuple[str, int], TrustedType]
    lists: Mapping[str, TrustedList] = field(default_factory=dict)
    words_block: int = 0
    words_fresh_until: int = 0
    history: History | None = None
    root: RootDocument | None = None
    wallet_providers: tuple[WalletProvider, ...] = ()

    def issuer_at(self, uri: str) -> TrustedIssuer | None:
        """The issuer whose address `<origin>/issuers/<code>` this is; None if it never was one."""
        return issuer_at(self.issuers, uri)

    def successors(self, code: str, type: str, at: int) -> Iterator[str]:
        """Who, by `at`, had taken over the issuer's certificates of a type: nearest first, at most 8 deep."""
        for _ in range(MAX_SUCCESSIONS):
            issuer = self.issuers.get(code)
            successor = issuer.successors.get(type) if issuer is not None else None
            if successor is None or successor.since > at:
                return
            code = successor.code
            yield code

    def list_stands(self, trusted: TrustedList) -> bool:
        """Whether the key that signed a list still counts for what it signed then."""
        issuer = self.issuers.get(trusted.signer)
        key = issuer.keys.get(trusted.list.kid) if issuer is not None else None
        return key is not None and key.may(Use.STATUS_LISTS, trusted.list.iat)


def issuer_at(issuers: Mapping[str, TrustedIssuer], uri: str) -> TrustedIssuer | None:
    """The issuer whose address `<origin>/issuers/<code>` this is."""
    origin, _, code = uri.rpartition("/issuers/")
    issuer = issuers.get(code)
    return issuer if issuer is not None and origin in issuer.origins else None


def trust_list(
    token: str, issuers: Mapping[str, TrustedIssuer], *, fresh_until: int | None = None
) -> TrustedList:
    """Read a status list token and check who signed it.

    fresh_until: None: until its ttl is over; a bundle gives its own expiry. Never later than the token's.

    Raises:
        RegistryError: not a list, its address is no issuer's, or no key of the issuer or a successor of it,
            with the use for lists, signed it at its `iat`.
    """
    parsed = status.parse_list(token)
    issuer = issuer_at(issuers, parsed.uri.rpartition("/status/")[0])
    for code in _line(issuers, issuer):
        key = issuers[code].keys.get(parsed.kid)
        if key is not None and key.may(Use.STATUS_LISTS, parsed.iat):
            parsed.verify(key.public)
            fresh = parsed.iat + parsed.ttl if fresh_until is None else fresh_until
            return TrustedList(parsed, code, min(fresh, parsed.exp))
    raise BadToken("状态列表的签发者不可信。", "The status list was not signed by its issuer.")


def _line(issuers: Mapping[str, TrustedIssuer], issuer: TrustedIssuer | None) -> list[str]:
    """An issuer and all its successors, for whatever type: a list serves credentials of every type."""
    line: dict[str, None] = {}
    step = [issuer.code] if issuer is not None else []
    for _ in range(MAX_SUCCESSIONS + 1):
        line.update(dict.fromkeys(step))
        step = [
            successor.code
            for code in step
            for successor in issuers[code].successors.values()
            if successor.code in issuers and successor.code not in line
        ]
    return list(line)
