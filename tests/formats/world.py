"""A small world in memory: departments, keys, batches, lists, wallets, and the trust state of it all.

No store, no chain, no network. Tests take what they need apart and break it.
"""

import os
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pybase64
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from stdnum.cn import uscc

from registry import certificate, credential, definition, merkle, status, trust
from registry.authority.ca import CertificateAuthority, make_ca_certificate
from registry.catalogue import load_catalogue
from registry.certificate import Certificate, Core, StatusPosition
from registry.credential import Anchor, Kind, StatusReference
from registry.definition import TypeDefinition
from registry.identifiers import make_certificate_id
from registry.lifecycle import Status
from registry.rootdocument import RootDocument
from registry.signing import BadToken, SigningKey, Use
from registry.status import StatusBits
from registry.suites import SM
from registry.trust import History, Successor, Trust, TrustedKey, TrustedRoot, TrustedType, Window
from registry.verification import Expected, Report, verify

NOW = 1_790_000_000
DAY = 86_400
ORIGIN = "http://localhost:8000"
SHANGHAI = ZoneInfo("Asia/Shanghai")
ALL_KINDS = frozenset({Kind.CODE, Kind.REQUEST, Kind.ANSWER, Kind.COPY})
AUDIENCE = "x509_hash:verifier"
NONCE = "nonce-of-the-verifier"
INTEGRITY = bytes(range(32))

LICENCE = {
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
THREE = ("company_name", "credit_code", "representative_name")


@cache
def catalogue() -> Any:
    """The types that come with the registry."""
    return load_catalogue()


def credit_code(number: int) -> str:
    """A valid unified social credit code; another for each number."""
    body = f"11440100{number:09d}"
    return body + uscc.calc_check_digit(body)


def certified(key: SigningKey, name: str = "issuer") -> tuple[str, ...]:
    """An `x5c` of one certificate for this key, from a CA that nobody needs to trust."""
    if key.suite is SM:
        authority = SigningKey.generate().imported
        ca = CertificateAuthority(authority, make_ca_certificate(authority, name, NOW))
        return tuple(ca.certify(key.public, code="", name=name, origins=[ORIGIN], now=NOW))
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.fromtimestamp(NOW, UTC) - timedelta(days=400)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public.imported)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3650))
        .sign(key.imported, hashes.SHA256())
    )
    return (pybase64.b64encode(built.public_bytes(Encoding.DER)).decode(),)


@dataclass(eq=False)
class Department:
    """An issuer with everything it has: keys, rights, batches, lists."""

    code: str
    zh: str = "市场监督管理局"
    en: str = "Market Supervision"
    key: SigningKey = field(default_factory=SigningKey.generate)
    origins: tuple[str, ...] = (ORIGIN,)
    uses: Use = Use.CREDENTIALS | Use.STATUS_LISTS | Use.ANSWERS
    windows: tuple[Window, ...] = (Window(0),)
    compromised: int | None = None
    more_keys: dict[str, TrustedKey] = field(default_factory=dict)
    rights: dict[str, tuple[Window, ...]] = field(default_factory=dict)
    successors: dict[str, Successor] = field(default_factory=dict)
    roots: dict[int, TrustedRoot] = field(default_factory=dict)
    words: dict[tuple[str, int], StatusBits] = field(default_factory=dict)
    entries: StatusBits = field(default_factory=lambda: StatusBits(4096))
    list_version: int = 1
    next_entry: int = 0

    def __post_init__(self) -> None:
        self.x5c = certified(self.key, self.code)

    @property
    def uri(self) -> str:
        """Address of its credential status list."""
        return credential.status_uri(self.origins[0], self.code, 0)

    def list_token(self, now: int, **changed: Any) -> str:
        """Its credential status list, as served now."""
        given = {"uri": self.uri, "version": self.list_version, "iat": now, "exp": now + DAY // 2, "ttl": 60}
        return status.sign_list(self.entries, key=self.key, x5c=self.x5c, **{**given, **changed})

    def trusted(self) -> trust.TrustedIssuer:
        """The department as the trust state has it."""
        own = TrustedKey(self.key.public, self.uses, self.windows, self.compromised, (self.x5c,))
        return trust.TrustedIssuer(
            self.code,
            self.zh,
            self.en,
            self.origins,
            {own.public.thumbprint: own, **self.more_keys},
            dict(self.rights),
            dict(self.successors),
            dict(self.roots),
            {place: bits.to_bytes() for place, bits in self.words.items()},
        )


@dataclass(eq=False)
class Issued:
    """A certificate of this world, with its receipt once it is anchored."""

    department: Department
    type: TypeDefinition
    certificate: Certificate
    anchor: Anchor | None = None
    wallet: SigningKey = field(default_factory=SigningKey.generate)
    entry: StatusReference | None = None

    def disclosures(self, names: Collection[str]) -> list[str]:
        """Disclosures of those claims."""
        return [
            text for text in self.certificate.disclosures if certificate.parse_disclosure(text).name in names
        ]


class World:
    """Departments, certificates, and what a verifier knows of them."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now
        self.departments: dict[str, Department] = {}
        self.types: dict[tuple[str, int], TrustedType] = {}
        self.history: History | None = None
        self.bundle_key = SigningKey.generate()
        self.root_keys = [SigningKey.generate() for _ in range(3)]

    def department(self, *aliases: str, since: int = 0, **given: Any) -> Department:
        """A new department with the right to issue those types."""
        made = Department(credit_code(len(self.departments) + 1), **given)
        for alias in aliases:
            made.rights[self.type(alias).type] = (Window(since),)
        self.departments[made.code] = made
        return made

    def type(self, alias: str) -> TypeDefinition:
        """A type of the catalogue, registered on the chain."""
        found: TypeDefinition = catalogue().by_alias(alias)
        place = (found.type, found.version)
        self.types.setdefault(place, TrustedType(found, definition.hash(found), (Window(0),)))
        return found

    def issue(self, department: Department, alias: str = "business_licence", **row: str) -> Issued:
        """A certificate, not anchored yet."""
        type = self.type(alias)
        number = int.from_bytes(os.urandom(3))
        given = {**(LICENCE if alias == "business_licence" else {}), **row}
        if alias == "business_licence":
            given.setdefault("credit_code", credit_code(number))
        prepared = definition.claims_for(type, given, today=date.fromtimestamp(self.now), tz=SHANGHAI)
        valid_from, valid_until = definition.validity(type, prepared.claims, SHANGHAI)
        core = Core(
            certificate_id=str(make_certificate_id(type.type, department.code, f"{number:020d}", 1)),
            issuer=department.code,
            type=type.type,
            type_version=type.version,
            valid_from=valid_from,
            status=StatusPosition(0, number % status.LIST_SIZE),
            **({} if valid_until is None else {"valid_until": valid_until}),
        )
        made = certificate.make(
            core,
            prepared.claims,
            unreleased=prepared.unreleased,
            decoys=prepared.decoys,
            sd_alg=department.key.suite.sd_alg,
        )
        return Issued(department, type, made)

    def anchor(
        self, *issued: Issued, size: int = 5, index: int = 2, time: int | None = None, **flags: bool
    ) -> int:
        """Anchor certificates of one department in a batch with others; its sequence number."""
        department = issued[0].department
        leaves = [merkle.leaf_hash(os.urandom(8)) for _ in range(size - len(issued))]
        leaves[index:index] = [each.certificate.leaf for each in issued]
        seq = len(department.roots) + 1
        when = self.now - DAY if time is None else time
        department.roots[seq] = TrustedRoot(merkle.root(leaves), size, when, **flags)
        paths = merkle.proofs(leaves)
        for place, each in enumerate(issued, start=index):
            each.anchor = Anchor.of(seq, merkle.InclusionProof(place, size, paths[place]))
        return seq

    def licence(self, department: Department | None = None, **anchor: Any) -> Issued:
        """An anchored business licence."""
        issued = self.issue(department or self.department("business_licence"))
        self.anchor(issued, **anchor)
        return issued

    def credential(self, issued: Issued, kind: Kind = Kind.CODE, **changed: Any) -> str:
        """The issuer's JWT for a presentation of that kind."""
        assert issued.anchor is not None
        signer = issued.department
        given: dict[str, Any] = {
            "key": signer.key,
            "x5c": signer.x5c,
            "origin": ORIGIN,
            "integrity": INTEGRITY,
            "iat": self.now - 3600,
            "exp": self.now + 20 * DAY,
        }
        if kind in (Kind.CODE, Kind.REQUEST):
            given["cnf"] = issued.wallet.public
        if kind is Kind.ANSWER:
            given["aud"] = AUDIENCE
        else:
            issued.entry = issued.entry or StatusReference(uri=signer.uri, idx=signer.next_entry)
            signer.next_entry += 1
            given["status"] = issued.entry
        given.update(changed)
        core = given.pop("core", issued.certificate.core)
        sd = given.pop("sd", issued.certificate.sd)
        given.setdefault("sd_alg", issued.certificate.sd_alg)
        return credential.sign_credential(core, sd, given.pop("anchor", issued.anchor), **given)

    def bind(
        self, jwt: str, disclosures: Sequence[str], wallet: SigningKey, kind: Kind = Kind.CODE, **changed: Any
    ) -> str:
        """A presentation bound by a wallet."""
        given = {"aud": credential.CODE_AUDIENCE, "nonce": os.urandom(16).hex(), "iat": self.now}
        if kind is Kind.REQUEST:
            given.update(aud=AUDIENCE, nonce=NONCE)
        return credential.present(jwt, disclosures, key=wallet, **{**given, **changed})

    def show(
        self, issued: Issued, kind: Kind = Kind.CODE, names: Collection[str] = THREE, **changed: Any
    ) -> str:
        """A presentation; `changed` goes into the credential."""
        jwt, disclosures = self.credential(issued, kind, **changed), issued.disclosures(names)
        if kind in (Kind.CODE, Kind.REQUEST):
            return self.bind(jwt, disclosures, issued.wallet, kind)
        return credential.present(jwt, disclosures)

    def trust(self, **changed: Any) -> Trust:
        """What a verifier knows now."""
        issuers = {code: each.trusted() for code, each in self.departments.items()}
        lists = {}
        for each in self.departments.values():
            with suppress(BadToken):  # a department whose key may sign no lists has none
                lists[each.uri] = trust.trust_list(each.list_token(self.now), issuers)
        made = Trust(
            chain_id=31337,
            contracts={"IssuerRegistry": "0x" + "11" * 20, "CertificateRegistry": "0x" + "22" * 20},
            epoch=1,
            version=7,
            created=self.now,
            expires=self.now + DAY // 2,
            issuers=issuers,
            types=dict(self.types),
            lists=lists,
            words_block=1000,
            words_fresh_until=self.now + 30,
            history=self.history,
        )
        return replace(made, **changed)

    def expected(self, **changed: Any) -> Expected:
        """A verifier that takes every kind and has asked for everything it could."""
        return replace(Expected(ALL_KINDS, AUDIENCE, NONCE), **changed)

    def verify(
        self,
        text: str,
        trust: Trust | None = None,
        now: int | None = None,
        at: int | None = None,
        dated: bool = False,
        **expected: Any,
    ) -> Report:
        """The report of a verifier of this world."""
        state = trust or self.trust()
        return verify(
            text, state, self.expected(**expected), self.now if now is None else now, at, dated=dated
        )

    def set_status(self, issued: Issued, value: Status) -> None:
        """Set a certificate's words, as the chain has them."""
        core = issued.certificate.core
        bits = issued.department.words.setdefault((core.type, core.status.list), StatusBits())
        bits.set(core.status.idx, value)

    def root_document(self, version: int = 1) -> RootDocument:
        """What the pinned root document says."""
        keys = tuple(key.public for key in self.root_keys)
        return RootDocument(version, keys, (self.bundle_key.public,), self.now - DAY, self.now + 3650 * DAY)
