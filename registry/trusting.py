"""The trust state of a registry's own processes: a fold over the followed chain and the store.

What is final on the chain counts, and so does, at once, whatever is bad news: a key reported compromised, a
voided batch, an intent to revoke or suspend (operation.md, Status). Good news waits until it is final.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

import orjson
from sqlmodel import Session, col, select

from registry import b64
from registry.catalogue import Catalogue
from registry.chain.ledger import FOREVER, Department, Key, Ledger, Span
from registry.definition import TypeDefinition
from registry.errors import NotFound, RegistryError
from registry.followed import Followed, Words
from registry.glance import Glance, Stamp, glance
from registry.past import Past
from registry.settings import Settings
from registry.signing import PublicKey, Use
from registry.status import WORD_ENTRIES, StatusBits
from registry.store import Store, tables
from registry.store.tables import (
    Deployment,
    DeploymentState,
    ListToken,
    Origin,
)
from registry.trust import (
    Successor,
    Trust,
    TrustedIssuer,
    TrustedKey,
    TrustedList,
    TrustedRoot,
    TrustedType,
    Window,
    Windows,
    trust_list,
)

CONTRACTS = ("IssuerRegistry", "CertificateRegistry")


class NoTrust(RegistryError):
    """There are no contracts in force yet, or none whose import is closed."""

    kind = "no-trust"
    status = 503
    mender = "operator"

    def __init__(self) -> None:
        super().__init__(
            "登记系统尚未设立完成，没有可信状态。",
            "The registry is not founded yet: there is no trust state.",
        )


class TrustCache:
    """The current trust state, shared by the threads of a process.

    `current` asks the store for a few numbers, and folds anew only where one of them changed.
    """

    def __init__(
        self, store: Store, catalogue: Catalogue, settings: Settings, clock: Callable[[], int]
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._followed = Followed()
        self._past = Past()
        self._lists: dict[tuple[str, int, int], TrustedList] = {}
        self._types: dict[tuple[str, int], TrustedType] = {}
        self._known: tuple[Stamp, Trust] | None = None

    def current(self) -> Trust:
        """The trust state of this moment. Raises NoTrust."""
        with self._lock, self._store.read() as session:
            found = glance(session, self._settings.confirmations)
            if found is None:
                raise NoTrust
            if self._known is None or self._known[0] != found.stamp:
                self._known = found.stamp, self._fold(session, found)
            return self._fresh(self._known[1], found)

    def _fresh(self, trust: Trust, found: Glance) -> Trust:
        """Lists are as fresh as the store they were just read from, words as the follower's last look."""
        now = self._clock()
        lists_until = now + self._settings.list_ttl
        return replace(
            trust,
            lists={
                uri: replace(each, fresh_until=min(lists_until, each.list.exp))
                for uri, each in trust.lists.items()
            },
            words_block=found.head,
            history=trust.history and replace(trust.history, until=now),
            words_fresh_until=found.reached_at + self._settings.head_age if found.followed else 0,
        )

    def _fold(self, session: Session, found: Glance) -> Trust:
        deployment = session.get_one(Deployment, found.stamp.deployment)
        final = found.head - self._settings.confirmations
        ledger, words = self._followed.upto(session, found.stamp.deployment, final)
        if not ledger.closed >= set(CONTRACTS):
            raise NoTrust
        issuers = _issuers(session, ledger, words, final if found.followed else None)
        now = self._clock()
        return Trust(
            chain_id=deployment.chain_id,
            contracts={
                "IssuerRegistry": deployment.issuer_registry,
                "CertificateRegistry": deployment.certificate_registry,
            },
            epoch=deployment.epoch,
            version=found.stamp.version,
            created=now,
            expires=now + self._settings.bundle_expiry,
            issuers=issuers,
            types=self._trusted_types(ledger),
            lists=self._trusted_lists(session, issuers, found.stamp),
            words_block=found.head,
            history=self._past.history(session, now),
        )

    def _trusted_types(self, ledger: Ledger) -> dict[tuple[str, int], TrustedType]:
        for (code, version), found in ledger.types.items():
            definition = _definition(self._catalogue, code, version)
            if definition is not None:
                trusted = TrustedType(definition, found.definition, _windows(found.windows))
                if self._types.get((code, version)) != trusted:
                    self._types[code, version] = trusted
        return {key: self._types[key] for key in ledger.types if key in self._types}

    def _trusted_lists(
        self, session: Session, issuers: Mapping[str, TrustedIssuer], stamp: Stamp
    ) -> dict[str, TrustedList]:
        lists = {}
        for key in stamp.lists:
            known = self._lists.get(key)
            if known is None or not _stands(known, issuers):
                token = session.get_one(ListToken, key).token
                try:
                    known = trust_list(token, issuers)
                except RegistryError:
                    continue  # its key was compromised, or is not on the chain yet: its entries are unknown
            lists[key] = known
        self._lists = lists
        return {each.list.uri: each for each in lists.values()}


def live(session: Session) -> Deployment:
    """The contracts in force. Raises NoTrust."""
    found = session.exec(select(Deployment).where(Deployment.state == DeploymentState.LIVE)).first()
    if found is None:
        raise NoTrust
    return found


def _issuers(
    session: Session, ledger: Ledger, words: Mapping[str, Words], final: int | None
) -> dict[str, TrustedIssuer]:
    """final: the last final block; None: no root is known to be on the chain at hand."""
    origins = tuple(session.exec(select(Origin.origin).order_by(col(Origin.index))))
    public = _public_keys(session)
    return {
        row.code: TrustedIssuer(
            code=row.code,
            zh=row.name_zh,
            en=row.name_en,
            origins=origins,
            keys=_keys(department.keys, public.get(row.code, {})),
            rights={code: _windows(spans) for code, spans in department.rights.items()},
            successors=_successors(ledger, row.code),
            roots={} if final is None else _roots(department, final),
            words={key: _packed(each) for key, each in words.get(row.code, {}).items()},
        )
        for row in session.exec(select(tables.Department).order_by(tables.Department.code))
        if (department := ledger.departments.get(row.code)) is not None
    }


def _public_keys(session: Session) -> dict[str, dict[str, tables.PublicKey]]:
    found: dict[str, dict[str, tables.PublicKey]] = {}
    for row in session.exec(select(tables.PublicKey)):
        found.setdefault(row.issuer, {})[row.thumbprint] = row
    return found


def _keys(registered: Mapping[bytes, Key], public: Mapping[str, tables.PublicKey]) -> dict[str, TrustedKey]:
    """Keys that are on the chain and whose public half is at hand."""
    keys = {}
    for raw, key in registered.items():
        row = public.get(b64.encode(raw))
        if row is not None:
            keys[row.thumbprint] = TrustedKey(
                public=PublicKey.from_jwk(orjson.loads(row.jwk)),
                uses=Use(key.uses),
                windows=_windows(key.windows),
                compromised=key.compromised,
                x5c=(tuple(orjson.loads(row.x5c)),) if row.x5c else (),
            )
    return keys


def _roots(department: Department, final: int) -> dict[int, TrustedRoot]:
    roots = {}
    for seq, batch in sorted(department.batches.items()):
        counted = department.replacements.get(seq, batch)
        roots[seq] = TrustedRoot(
            root=counted.root,
            size=counted.size,
            time=counted.time,
            final=counted.block <= final,
            voided=seq not in department.replacements and department.voided(seq),
            replaced=seq in department.replacements,
        )
    return roots


def _successors(ledger: Ledger, code: str) -> dict[str, Successor]:
    types = {each.type for each in ledger.successions if each.issuer == code}
    return {
        type_code: Successor(found.successor, found.since)
        for type_code in sorted(types)
        if (found := ledger.successor(code, type_code)) is not None
    }


def _windows(spans: list[Span]) -> Windows:
    return tuple(Window(start, None if until == FOREVER else until) for start, until in spans)


def _packed(words: Mapping[int, int]) -> bytes:
    return StatusBits.from_words(dict(words), (max(words, default=-1) + 1) * WORD_ENTRIES).to_bytes()


def _stands(known: TrustedList, issuers: Mapping[str, TrustedIssuer]) -> bool:
    issuer = issuers.get(known.signer)
    key = issuer.keys.get(known.list.kid) if issuer is not None else None
    return key is not None and key.may(Use.STATUS_LISTS, known.list.iat)


def _definition(catalogue: Catalogue, code: str, version: int) -> TypeDefinition | None:
    try:
        return catalogue.definition(code, version)
    except NotFound:
        return None
