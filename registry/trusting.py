"""The trust state of a registry's own processes: a fold over the followed chain and the store.

What is final on the chain counts, and so does, at once, whatever is bad news: a key reported compromised, a
voided batch, an intent to revoke or suspend (operation.md, Status). Good news waits until it is final.
"""

import threading
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

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
from registry.provinces.beyond import Bundles, Chains, Known, partner_departments, partner_lists
from registry.settings import Settings
from registry.signing import PublicKey, Use
from registry.status import WORD_ENTRIES, StatusBits
from registry.store import Store, tables
from registry.store.tables import (
    Deployment,
    DeploymentState,
    ListToken,
    Origin,
    Partner,
)
from registry.suites import SUITES
from registry.trust import (
    Successor,
    Trust,
    TrustedIssuer,
    TrustedKey,
    TrustedList,
    TrustedRoot,
    TrustedType,
    WalletProvider,
    Window,
    Windows,
    trust_list,
)

CONTRACTS = ("IssuerRegistry", "CertificateRegistry")


@dataclass(frozen=True, slots=True)
class _Beyond:
    """Departments of partner registries, and their status lists."""

    issuers: Mapping[str, TrustedIssuer]
    lists: Mapping[str, Mapping[str, TrustedList]]


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
        self._bundles = Bundles()
        self._known: tuple[Stamp, Trust, _Beyond] | None = None

    def current(self) -> Trust:
        """The trust state of this moment: this registry's departments. Raises NoTrust."""
        return self._now()[0]

    def everywhere(self) -> Trust:
        """The same with the departments of partner registries, for whatever may come from there.

        Raises NoTrust.
        """
        trust, beyond = self._now()
        if not beyond.issuers:
            return trust
        return replace(
            trust,
            issuers={**beyond.issuers, **trust.issuers},
            lists={**self._fresh_beyond(beyond), **trust.lists},
        )

    def _fresh_beyond(self, beyond: "_Beyond") -> dict[str, TrustedList]:
        """Partners' lists are as fresh as the last look at the partner, whose bundle changes as they do."""
        with self._store.read() as session:
            looked = dict(session.exec(select(Partner.origin, Partner.fetched_at)).all())
        ttl = self._settings.list_ttl
        return {
            uri: replace(each, fresh_until=min(looked.get(origin, 0) + ttl, each.list.exp))
            for origin, lists in beyond.lists.items()
            for uri, each in lists.items()
        }

    def _now(self) -> "tuple[Trust, _Beyond]":
        with self._lock, self._store.read() as session:
            found = glance(session, self._settings.confirmations)
            if found is None:
                raise NoTrust
            if self._known is None or self._known[0] != found.stamp:
                self._known = found.stamp, *self._fold(session, found)
            return self._fresh(self._known[1], found), self._known[2]

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

    def _fold(self, session: Session, found: Glance) -> "tuple[Trust, _Beyond]":
        deployment = session.get_one(Deployment, found.stamp.deployment)
        final = found.head - self._settings.confirmations
        ledger, words = self._followed.upto(session, found.stamp.deployment, final)
        if not ledger.closed >= set(CONTRACTS):
            raise NoTrust
        known, final_here = _ours(session), final if found.followed else None
        issuers = _issuers(known, ledger, words, final_here)
        said = self._bundles.of(session.exec(select(Partner).order_by(col(Partner.origin))))
        origins = {origin for each in known for origin in each.origins}
        others = partner_departments(said, {each.code for each in known}, origins)
        beyond = _issuers(others.values(), ledger, words, final_here)
        now = self._clock()
        trust = Trust(
            chain_id=deployment.chain_id,
            contracts={
                "IssuerRegistry": deployment.issuer_registry,
                "CertificateRegistry": deployment.certificate_registry,
                **({"AccessLog": deployment.access_log} if deployment.access_log else {}),
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
            wallet_providers=_wallet_providers(session),
        )
        return trust, _Beyond(beyond, partner_lists(said, {**beyond, **issuers}))

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
    known: Iterable[Known], ledger: Ledger, words: Mapping[str, Words], final: int | None
) -> dict[str, TrustedIssuer]:
    """final: the last final block; None: no root is known to be on the chain at hand."""
    return {
        each.code: TrustedIssuer(
            code=each.code,
            zh=each.zh,
            en=each.en,
            origins=each.origins,
            keys=_keys(department.keys, each.keys),
            rights={code: _windows(spans) for code, spans in department.rights.items()},
            successors=_successors(ledger, each.code),
            roots={} if final is None else _roots(department, final),
            words={key: _packed(packed) for key, packed in words.get(each.code, {}).items()},
        )
        for each in known
        if (department := ledger.departments.get(each.code)) is not None
    }


def _ours(session: Session) -> list[Known]:
    """This registry's departments, as the store has them."""
    origins = tuple(session.exec(select(Origin.origin).order_by(col(Origin.index))))
    public: dict[str, dict[str, tuple[PublicKey, Chains]]] = {}
    for row in session.exec(select(tables.PublicKey)):
        key = PublicKey.from_jwk(orjson.loads(row.jwk), suites=SUITES)
        chains = (tuple(orjson.loads(row.x5c)),) if row.x5c else ()
        public.setdefault(row.issuer, {})[row.thumbprint] = key, chains
    rows = session.exec(select(tables.Department).order_by(tables.Department.code))
    return [Known(row.code, row.name_zh, row.name_en, origins, public.get(row.code, {})) for row in rows]


def _wallet_providers(session: Session) -> tuple[WalletProvider, ...]:
    rows = session.exec(select(tables.WalletProvider).order_by(tables.WalletProvider.id))
    return tuple(
        WalletProvider(
            row.id, row.name_zh, row.name_en, b64decode(row.certificate), (Window(row.since, row.ended_at),)
        )
        for row in rows
    )


def _keys(
    registered: Mapping[bytes, Key], public: Mapping[str, tuple[PublicKey, Chains]]
) -> dict[str, TrustedKey]:
    """Keys that are on the chain and whose public half is at hand."""
    keys = {}
    for raw, key in registered.items():
        thumbprint = b64.encode(raw)
        if thumbprint in public:
            half, chains = public[thumbprint]
            keys[thumbprint] = TrustedKey(half, Use(key.uses), _windows(key.windows), key.compromised, chains)
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
