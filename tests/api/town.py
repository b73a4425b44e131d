"""The town of these tests: departments, certificates, and a chain whose word is taken from the store."""

import hashlib
import sqlite3
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from sqlmodel import Session, col, select
from stdnum.cn import ric, uscc

from api.services import Services
from registry import definition as definitions
from registry import lists, merkle
from registry.authority.ca import CertificateAuthority, make_ca_certificate
from registry.definition import TypeDefinition
from registry.drafting import Request
from registry.list_keeping import ListKeeper
from registry.provisioning import Member, provision
from registry.runtime import Runtime
from registry.settings import Settings
from registry.signing import PublicKey as Key
from registry.signing import Use
from registry.sm import NoSm
from registry.standing import standings
from registry.status import StatusBits
from registry.status_changes import Decision
from registry.store import open_store, tables
from registry.store.tables import (
    Batch,
    BatchState,
    Certificate,
    CertificateState,
    Department,
    Origin,
    PublicKey,
)
from registry.suites import ES256, SUITES, Suite
from registry.trust import (
    Trust,
    TrustedIssuer,
    TrustedKey,
    TrustedRoot,
    TrustedType,
    WalletProvider,
    Window,
    trust_list,
)
from registry.usecases import digests

NOON = 1_795_492_800
"""24 November 2026, 12:00 in Shanghai."""
ORIGIN = "http://localhost:8000"
YEAR = 365 * 86_400
PORTRAIT = b64encode(b"\x89PNG\r\n\x1a\n" + hashlib.shake_256(b"a face").digest(2_000)).decode()
"""As large as a portrait of the sample: it fits no QR code."""


def credit_code(body: str) -> str:
    return body + uscc.calc_check_digit(body)


def citizen_number(number: int, born: str = "19900101") -> str:
    body = f"440106{born}{number:03d}"
    return body + ric.calc_check_digit(body + "0")


POLICE = credit_code("11440100MB9A0001X")
MARKET = credit_code("11440100MB9A0003X")
HOUSING = credit_code("11440100MB9A0002X")
NAMES = {
    POLICE: ("公安局", "Police"),
    MARKET: ("市场监管局", "Market regulation"),
    HOUSING: ("住建局", "Housing"),
}
ISSUES = {POLICE: ("resident_identity", "driving_licence"), MARKET: ("business_licence",)}


def found(settings: Settings, suite: Suite = ES256) -> None:
    """Key files, departments and a deployment; every key certified by a CA of the town's own.

    suite: what the police issue with; the others stay with P-256.
    """
    store = open_store(settings.database_url)
    with store.write() as session:
        for code, (zh, en) in NAMES.items():
            session.add(Department(code=code, name_zh=zh, name_en=en, kind="issuer"))
        session.add(Origin(index=0, origin=ORIGIN, since=NOON - YEAR))
        session.add(
            tables.Deployment(
                id=1, chain_id=31337, genesis=b"g", issuer_registry="0x1", certificate_registry="0x2",
                code_hash=b"c", block=1, block_hash=b"b", epoch=1, state="live", created=NOON - YEAR,
            )
        )  # fmt: skip
    suites = {POLICE: suite}
    provision(settings, store, [Member(code, code in ISSUES, suites.get(code, ES256)) for code in NAMES])
    with store.write() as session:
        certify(session)
    store.close()


def certify(session: Session) -> None:
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = CertificateAuthority(ca_key, make_ca_certificate(ca_key, "Town CA", NOON - YEAR))
    for row in session.exec(select(PublicKey).where(col(PublicKey.x5c).is_(None))):
        key = Key.from_jwk(orjson.loads(row.jwk), suites=SUITES)
        chain = ca.certify(key, code=row.issuer, name=NAMES[row.issuer][1], origins=[ORIGIN], now=NOON - YEAR)
        row.x5c = orjson.dumps(chain).decode()
        session.add(row)


@dataclass
class Town:
    """now: the clock, moved by hand. seq: batches so far, by issuer. ended, compromised: keys."""

    runtime: Runtime
    now: int = NOON
    seq: dict[str, int] = field(default_factory=dict)
    services: Services | None = None
    origin: str = ORIGIN
    ended: dict[str, int] = field(default_factory=dict)
    compromised: set[str] = field(default_factory=set)
    wallet_providers: tuple[WalletProvider, ...] = ()
    _known: tuple[object, Trust] | None = None
    _look: sqlite3.Connection | None = None
    _lock: Lock = field(default_factory=Lock)

    def definition(self, alias: str) -> TypeDefinition:
        return self.runtime.catalogue.by_alias(alias)

    def identity_row(self, number: int, **changed: str) -> dict[str, str]:
        return {
            "name": f"买买提·艾力{chr(0x4E00 + number)}",
            "sex": "男" if number % 2 else "女",
            "ethnicity": "维吾尔",
            "birth_date": "1990-01-01",
            "address": f"羊城市珠江新城{chr(0x4E00 + number)}路 8 号",
            "citizen_number": citizen_number(number),
            "portrait": PORTRAIT,
            "issuing_authority": "羊城市公安局",
            "first_day": "2026-01-01",
            "last_day": "2046-01-01",
        } | changed

    def driving_row(self, number: int) -> dict[str, str]:
        identity = self.identity_row(number)
        shared = ("name", "sex", "address", "birth_date", "citizen_number", "portrait")
        return {name: identity[name] for name in shared} | {
            "nationality": "中国",
            "first_issued_on": "2015-06-01",
            "vehicle_class": "C1",
            "file_number": "440100123456",
            "issuing_authority": "羊城市公安局交通警察支队",
            "first_day": "2021-06-01",
            "last_day": "2031-06-01",
        }

    def licence_row(self, number: int, **changed: str) -> dict[str, str]:
        return {
            "credit_code": credit_code(f"91440101MA5A{number:04d}0"),
            "company_name": f"羊城珠江{chr(0x4E00 + number)}餐饮有限公司",
            "kind": "有限责任公司(自然人独资)",
            "representative_name": f"买买提·艾力{chr(0x4E00 + number)}",
            "representative_number": citizen_number(number),
            "capital": "2000000",
            "established_on": "2020-05-20",
            "premises": "羊城市珠江新城 8 号",
            "scope": "餐饮服务",
            "approved_on": "2025-05-20",
        } | changed

    def issue(self, issuer: str, alias: str, row: dict[str, str], **more: str) -> str:
        """The identifier of a new certificate."""
        issuing = self.runtime.issuing(
            lambda _issuer, _type, _version, _now: True, lambda *asked: digests(self.trust(), *asked)
        )
        asked = f"{issuer}-{alias}-{sorted(row.items())}-{sorted(more.items())}"
        request = Request(row, hashlib.sha256(asked.encode()).hexdigest(), **more)
        return issuing.issue(issuer, self.definition(alias).type, request).certificate_id

    def citizen(self, number: int = 7) -> str:
        """An identity certificate in a final batch."""
        certificate_id = self.issue(POLICE, "resident_identity", self.identity_row(number))
        self.anchor(POLICE)
        return certificate_id

    def anchor(self, issuer: str, state: str = BatchState.FINAL) -> None:
        """Close the issuer's open certificates, if there are any, into one batch."""
        with self.runtime.store.write() as session:
            rows = session.exec(
                select(Certificate)
                .where(Certificate.issuer == issuer, Certificate.state == CertificateState.OPEN)
                .order_by(col(Certificate.id))
            ).all()
            if not rows:
                return
            self.seq[issuer] = self.seq.get(issuer, 0) + 1
            batch = Batch(
                deployment=1,
                issuer=issuer,
                seq=self.seq[issuer],
                root=merkle.root([row.leaf for row in rows]),
                size=len(rows),
                state=state,
                created=self.now,
                block_time=self.now,
            )
            session.add(batch)
            session.flush()
            for index, row in enumerate(rows):
                row.state, row.batch, row.leaf_index = CertificateState.BATCHED, batch.id, index
                session.add(row)

    def finish(self, issuer: str) -> None:
        """The issuer's batches become final."""
        with self.runtime.store.write() as session:
            for batch in session.exec(select(Batch).where(Batch.issuer == issuer)):
                batch.state = BatchState.FINAL
                session.add(batch)

    def stored(self, certificate_id: str) -> Certificate:
        with self.runtime.store.read() as session:
            return session.exec(select(Certificate).where(Certificate.certificate_id == certificate_id)).one()

    def revoke(self, issuer: str, certificate_id: str, reason: str = "cancelled_on_request") -> None:
        assert self.services is not None
        self.services.cases.changing.revoke(issuer, certificate_id, Decision(reason))

    def suspend(self, issuer: str, certificate_id: str) -> None:
        assert self.services is not None
        self.services.cases.changing.suspend(issuer, certificate_id, Decision("withheld"))

    def resume(self, issuer: str, certificate_id: str) -> None:
        assert self.services is not None
        self.services.cases.changing.resume(issuer, certificate_id, Decision("resumed"))

    def settle(self) -> None:
        """Every intent becomes final, as the worker would report."""
        with self.runtime.store.write() as session:
            for intent in session.exec(select(tables.StatusIntent)):
                intent.state = tables.IntentState.FINAL
                session.add(intent)

    def keep_lists(self) -> int:
        """What the API does every two seconds; how many lists it signed."""
        assert self.services is not None
        return ListKeeper(self.runtime.store, self.services.sharing.lists, lambda: self.now, "test").tick()

    def changed(self, certificate_id: str) -> bool:
        """Whether anything happened to a certificate since it was issued."""
        row = self.stored(certificate_id)
        with self.runtime.store.read() as session:
            events = session.exec(
                select(tables.StatusEvent).where(tables.StatusEvent.certificate == row.id)
            ).all()
            offers = session.exec(select(tables.Offer).where(tables.Offer.certificate == row.id)).all()
        return bool(events or offers) or row.state != CertificateState.BATCHED

    def rows(self, table: type[tables.Table]) -> Sequence[tables.Table]:
        with self.runtime.store.read() as session:
            return session.exec(select(table)).all()

    def trust(self) -> Trust:
        """What an honest chain would let everybody know now; worked out once for each state of the store."""
        with self._lock:
            state = self._state()
            if self._known is None or self._known[0] != state:
                self._known = state, self._trust()
            return self._known[1]

    def _state(self) -> object:
        """Another value after each commit by anybody else than this connection (PRAGMA data_version)."""
        if self._look is None:
            place = self.runtime.store.engine.url
            if place.get_backend_name() != "sqlite" or place.database is None:
                return object()
            self._look = sqlite3.connect(place.database, check_same_thread=False)
        (version,) = self._look.execute("PRAGMA data_version").fetchone()
        return version, self.now, dict(self.ended), set(self.compromised), self.wallet_providers

    def _trust(self) -> Trust:
        always = (Window(self.now - 2 * YEAR),)
        with self.runtime.store.read() as session:
            issuers = {}
            for code, (zh, en) in NAMES.items():
                keys = {
                    row.thumbprint: TrustedKey(
                        Key.from_jwk(orjson.loads(row.jwk), suites=SUITES),
                        Use(row.uses),
                        (Window(self.now - 2 * YEAR, self.ended.get(row.thumbprint)),),
                        self.now if row.thumbprint in self.compromised else None,
                        x5c=(tuple(orjson.loads(row.x5c or "[]")),),
                    )
                    for row in session.exec(select(PublicKey).where(PublicKey.issuer == code))
                }
                roots = {
                    row.seq: TrustedRoot(
                        row.root, row.size, row.block_time or self.now, row.state == BatchState.FINAL
                    )
                    for row in session.exec(select(Batch).where(Batch.issuer == code))
                }
                words: dict[tuple[str, int], StatusBits] = {}
                certificates = session.exec(select(Certificate).where(Certificate.issuer == code)).all()
                standing = standings(session, [row.id or 0 for row in certificates])
                for row in certificates:
                    bits = words.setdefault((row.type, row.status_list), StatusBits())
                    bits.set(row.status_idx, standing[row.id or 0])  # type: ignore[arg-type]
                issuers[code] = TrustedIssuer(
                    code,
                    zh,
                    en,
                    tuple(lists.all_origins(session)),
                    keys,
                    {self.definition(alias).type: always for alias in ISSUES.get(code, ())},
                    {},
                    roots,
                    {place: bits.to_bytes() for place, bits in words.items()},
                )
            served = {}
            for row in session.exec(select(tables.ListToken).order_by(col(tables.ListToken.version))):
                with suppress(NoSm):  # as in trusting.py: where it cannot be checked, it is unknown
                    served[lists.address(session, row.issuer, row.list)] = trust_list(
                        row.token, issuers, fresh_until=self.now + 60
                    )
        types = {
            (each.type, each.version): TrustedType(each, definitions.hash(each), always)
            for each in self.runtime.catalogue
        }
        return Trust(
            31337, {}, 1, 1, self.now, self.now + 43_200, issuers, types, served,
            words_block=9, words_fresh_until=self.now + 30, wallet_providers=self.wallet_providers,
        )  # fmt: skip
