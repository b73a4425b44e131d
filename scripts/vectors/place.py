"""A small place with fixed keys: issuers, certificates, lists, and the trust bundle that knows them."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from stdnum.cn import uscc

from registry import bundle, certificate, credential, definition, merkle, rootdocument, status, trust
from registry.catalogue import load_catalogue
from registry.certificate import Certificate, Core, StatusPosition
from registry.credential import Anchor, Kind, StatusReference
from registry.definition import TypeDefinition
from registry.identifiers import make_certificate_id
from registry.lifecycle import Status
from registry.rootdocument import RootDocument
from registry.signing import SigningKey, Use
from registry.status import StatusBits
from registry.suites import ES256, Suite
from registry.trust import (
    History,
    StatusChange,
    Successor,
    Trust,
    TrustedKey,
    TrustedRoot,
    TrustedType,
    Window,
)
from scripts.vectors.keys import NOW, FixedKey, certified, key, stream

DAY: Final = 86_400
ORIGIN: Final = "https://registry.example"
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
VERIFIER: Final = "x509_hash:vectors-verifier"
NONCE: Final = "vectors-nonce"
LICENCE: Final = {
    "company_name": "东湖新区光明面粉有限公司",
    "kind": "有限责任公司",
    "representative_name": "欧阳·娜娜",
    "representative_number": "11010519491231002X",
    "capital": "5000000.00",
    "established_on": "2020-05-18",
    "premises": "东湖新区光明路 18 号",
    "scope": "粮食加工食品生产；食品销售；道路货物运输。",
    "approved_on": "2024-03-01",
}
THREE: Final = ("company_name", "credit_code", "representative_name")


def credit_code(number: int) -> str:
    """A valid unified social credit code."""
    body = f"11440100{number:09d}"
    return f"{body}{uscc.calc_check_digit(body)}"


@dataclass(eq=False)
class Issuer:
    """An issuer with all that the bundle says of it. own: its key's entry in the trust state."""

    name: str
    code: str
    key: FixedKey
    windows: tuple[Window, ...] = (Window(0),)
    uses: Use = Use.CREDENTIALS | Use.STATUS_LISTS | Use.ANSWERS
    compromised: int | None = None
    lists_by: FixedKey | None = None
    more_keys: tuple[TrustedKey, ...] = ()
    rights: dict[str, tuple[Window, ...]] = field(default_factory=dict)
    successors: dict[str, Successor] = field(default_factory=dict)
    roots: dict[int, TrustedRoot] = field(default_factory=dict)
    words: dict[tuple[str, int], StatusBits] = field(default_factory=dict)
    entries: StatusBits = field(default_factory=lambda: StatusBits(1024))
    next_entry: int = 0

    def __post_init__(self) -> None:
        self.x5c = certified(self.key, self.name)

    @property
    def uri(self) -> str:
        """Address of its credential status list."""
        return credential.status_uri(ORIGIN, self.code, 0)

    def token(self) -> str:
        """Its credential status list, as served at NOW."""
        times: dict[str, Any] = {"version": 1, "iat": NOW, "exp": NOW + DAY // 2, "ttl": 60}
        return status.sign_list(self.entries, uri=self.uri, key=self.lists_by or self.key, **times)

    def trusted(self) -> trust.TrustedIssuer:
        """As the trust state has it."""
        own = TrustedKey(self.key.public, self.uses, self.windows, self.compromised, (self.x5c,))
        keys = [own, *self.more_keys]
        if self.lists_by is not None:
            keys.append(TrustedKey(self.lists_by.public, Use.STATUS_LISTS, (Window(0),)))
        return trust.TrustedIssuer(
            self.code,
            self.name,
            self.name,
            (ORIGIN,),
            {each.public.thumbprint: each for each in keys},
            dict(self.rights),
            dict(self.successors),
            dict(self.roots),
            {place: bits.to_bytes() for place, bits in self.words.items()},
        )


@dataclass(eq=False)
class Issued:
    """A certificate with its receipt and the key of the wallet that holds it."""

    name: str
    issuer: Issuer
    type: TypeDefinition
    certificate: Certificate
    wallet: FixedKey
    anchor: Anchor
    entry: StatusReference | None = None

    def disclosures(self, names: Collection[str]) -> list[str]:
        """Disclosures of those claims."""
        return [
            text for text in self.certificate.disclosures if certificate.parse_disclosure(text).name in names
        ]

    @property
    def place(self) -> trust.Place:
        """Its entry on the chain."""
        core = self.certificate.core
        return core.issuer, core.type, core.status.list, core.status.idx


class Place:
    """Issuers, certificates, and what a verifier knows of them."""

    def __init__(self) -> None:
        self.catalogue = load_catalogue()
        self.issuers: dict[str, Issuer] = {}
        self.types: dict[tuple[str, int], TrustedType] = {}
        self.certificates: dict[trust.Place, tuple[StatusChange, ...]] = {}
        self.bundle_key = key("bundle")
        self.root_keys = tuple(key(f"root {number}") for number in (1, 2, 3))

    def issuer(
        self,
        name: str,
        *aliases: str,
        since: int = 0,
        until: int | None = None,
        suite: Suite = ES256,
        **given: Any,
    ) -> Issuer:
        """A new issuer with the right to those types, within a window."""
        made = Issuer(name, credit_code(len(self.issuers) + 1), key(f"issuer/{name}", suite), **given)
        for alias in aliases:
            made.rights[self.type(alias).type] = (Window(since, until),)
        self.issuers[made.code] = made
        return made

    def type(self, alias: str) -> TypeDefinition:
        """A type of the catalogue, registered on the chain."""
        found: TypeDefinition = self.catalogue.by_alias(alias)
        self.types.setdefault(
            (found.type, found.version), TrustedType(found, definition.hash(found), (Window(0),))
        )
        return found

    def prepare(
        self,
        name: str,
        issuer: Issuer,
        alias: str = "business_licence",
        core: dict[str, Any] | None = None,
        **row: str,
    ) -> Issued:
        """A certificate that is in no batch yet. core: members that differ."""
        type = self.type(alias)
        number = int.from_bytes(stream(f"number/{name}")(3), "big")
        given = {**LICENCE, "credit_code": credit_code(number), **row} if alias == "business_licence" else row
        today = datetime.fromtimestamp(NOW, SHANGHAI).date()
        prepared = definition.claims_for(type, given, today=today, tz=SHANGHAI)
        first, last = definition.validity(type, prepared.claims, SHANGHAI)
        members: dict[str, Any] = {
            "certificate_id": str(make_certificate_id(type.type, issuer.code, f"{number:020d}", 1)),
            "issuer": issuer.code,
            "type": type.type,
            "type_version": type.version,
            "valid_from": first,
            "status": StatusPosition(0, number % status.LIST_SIZE),
            **({} if last is None else {"valid_until": last}),
            **(core or {}),
        }
        made = certificate.make(
            Core(**members),
            prepared.claims,
            unreleased=prepared.unreleased,
            decoys=prepared.decoys,
            sd_alg=issuer.key.suite.sd_alg,
            randomness=stream(f"salts/{name}"),
        )
        unanchored = Anchor(seq=0, size=0, index=0, path="")
        return Issued(name, issuer, type, made, key(f"wallet/{name}"), unanchored)

    def anchor(
        self,
        issued: Issued,
        *,
        size: int = 5,
        index: int = 2,
        time: int = NOW - DAY,
        known: bool = True,
        **flags: Any,
    ) -> Issued:
        """Put a certificate into the issuer's next batch, with others. known: whether the bundle has it."""
        others = stream(f"leaves/{issued.name}")(8 * size)
        leaves = [merkle.leaf_hash(others[8 * n : 8 * n + 8]) for n in range(size)]
        leaves[index] = issued.certificate.leaf
        seq = len(issued.issuer.roots) + 1
        issued.anchor = Anchor.of(seq, merkle.InclusionProof(index, size, merkle.proofs(leaves)[index]))
        if known:
            issued.issuer.roots[seq] = TrustedRoot(merkle.root(leaves), size, time, **flags)
        return issued

    def issue(self, name: str, issuer: Issuer, alias: str = "business_licence", **row: str) -> Issued:
        """An anchored certificate."""
        return self.anchor(self.prepare(name, issuer, alias, None, **row))

    def credential(self, issued: Issued, kind: Kind, **changed: Any) -> str:
        """The issuer's JWT for a presentation of that kind."""
        signer = changed.pop("by", issued.issuer)
        given: dict[str, Any] = {
            "key": signer.key,
            "x5c": signer.x5c,
            "origin": ORIGIN,
            "sd_alg": issued.certificate.sd_alg,
            "integrity": hashlib.sha256(issued.type.canonical).digest(),
            "iat": NOW - 3600,
            "exp": NOW + 20 * DAY,
        }
        if signer is not issued.issuer:
            given["signer"] = signer.code
        if kind in (Kind.CODE, Kind.REQUEST):
            given["cnf"] = issued.wallet.public
        if kind is Kind.ANSWER:
            given["aud"] = VERIFIER
        else:
            issued.entry = StatusReference(uri=signer.uri, idx=signer.next_entry)
            signer.next_entry += 1
            given["status"] = issued.entry
        given.update(changed)
        anchor = given.pop("anchor", issued.anchor)
        return credential.sign_credential(issued.certificate.core, issued.certificate.sd, anchor, **given)

    def bind(
        self, jwt: str, disclosures: Sequence[str], wallet: SigningKey, kind: Kind, **changed: Any
    ) -> str:
        """A presentation that a wallet binds."""
        given: dict[str, Any] = {
            "aud": credential.CODE_AUDIENCE,
            "nonce": stream(f"nonce/{jwt}")(16).hex(),
            "iat": NOW,
        }
        if kind is Kind.REQUEST:
            given |= {"aud": VERIFIER, "nonce": NONCE}
        return credential.present(jwt, disclosures, key=wallet, **{**given, **changed})

    def show(
        self, issued: Issued, kind: Kind = Kind.CODE, names: Collection[str] = THREE, **changed: Any
    ) -> str:
        """A presentation of that kind; `changed` goes into the credential."""
        jwt, disclosures = self.credential(issued, kind, **changed), issued.disclosures(names)
        if kind in (Kind.CODE, Kind.REQUEST):
            return self.bind(jwt, disclosures, issued.wallet, kind)
        return credential.present(jwt, disclosures)

    def set_status(self, issued: Issued, value: Status) -> None:
        """Set a certificate's words, as the chain has them."""
        core = issued.certificate.core
        bits = issued.issuer.words.setdefault((core.type, core.status.list), StatusBits())
        bits.set(core.status.idx, value)

    def trust(self, **changed: Any) -> Trust:
        """What the bundle says."""
        issuers = {code: each.trusted() for code, each in self.issuers.items()}
        given: dict[str, Any] = {
            "chain_id": 31337,
            "contracts": {"IssuerRegistry": "0x" + "11" * 20, "CertificateRegistry": "0x" + "22" * 20},
            "epoch": 1,
            "version": 7,
            "created": NOW,
            "expires": NOW + DAY // 2,
            "issuers": issuers,
            "types": dict(self.types),
            "lists": {each.uri: trust.trust_list(each.token(), issuers) for each in self.issuers.values()},
            "words_block": 1000,
            "history": History(NOW - 3 * DAY, NOW, dict(self.certificates)),
        }
        return Trust(**{**given, **changed})

    def root_document(
        self, version: int = 1, keys: Sequence[FixedKey] | None = None, **changed: Any
    ) -> RootDocument:
        """What a root document says."""
        given: dict[str, Any] = {
            "version": version,
            "keys": tuple(each.public for each in keys or self.root_keys),
            "bundle_keys": (self.bundle_key.public,),
            "created": NOW - DAY,
            "expires": NOW + 3650 * DAY,
        }
        return RootDocument(**{**given, **changed})

    def pinned(self) -> bytes:
        """The root document that a verifier pins."""
        return rootdocument.sign(self.root_document(), self.root_keys[:2])

    def bundle(self, trust_state: Trust | None = None) -> bytes:
        """The trust bundle."""
        return bundle.sign(trust_state or self.trust(), key=self.bundle_key, line=[self.pinned()])
