"""Moving a registry to new contracts, when the chain that held the old ones was reset.

Everything final that was followed is imported, in the order in which the contracts take it; then both
ledgers are compared, and only if they are equal are the new contracts put in force. What was not final is
signed anew: the authority's actions here, batches and intents by the worker. Killed at any moment, it is run
again: it finds the new contracts and what they already have.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlmodel import col, select

from registry import b64
from registry.authority.calls import NOBODY, Calls
from registry.authority.founding import CLOSED, join, put_on_chain, set_state
from registry.authority.joining import Invitation, JoinAgain, joined
from registry.authority.office import Office
from registry.authority.renewing import renewed
from registry.chain.contracts import ACCESS_LOG, code_bytes
from registry.chain.ledger import AccessLog, Department, Ledger, Span, TypeVersion, load_ledger
from registry.chain.outbox import WORKER_KINDS, Call
from registry.errors import RegistryError
from registry.store.tables import (
    ChainBlock,
    ChainTransaction,
    Deployment,
    DeploymentState,
    Follower,
    TransactionState,
)

BATCHES_A_CALL = 100
WORDS_A_CALL = 300
_GAS_A_BATCH = 80_000
_GAS_A_WORD = 32_000
_GAS = 300_000
_SOON = 60
"""Seconds before its beginning from which a future window is waited for rather than planned."""


class NotTheSame(RegistryError):
    """What the new contracts say differs from what the old ones said; they are not put in force."""

    kind = "heal-differs"
    status = 500
    mender = "operator"


class NothingToHeal(RegistryError):
    """The contracts in force stand on the chain, or there never were any."""

    kind = "nothing-to-heal"
    status = 409
    mender = "operator"


def heal(office: Office, invitation: Invitation | None = None) -> Deployment:
    """Put the registry onto new contracts on the chain at hand; the deployment that is in force then.

    invitation: to the new contracts of the registry whose old ones this one had joined. That registry has
    imported what was final of all departments; here only the access log's past is, and what is missing of
    our departments' is signed anew by the worker.

    Raises:
        NothingToHeal: nothing was lost. NotTheSame: the copies differ. ActionRefused, ChainUnreachable.
        JoinAgain: the contracts were another registry's, and there is no new invitation. NotInvited.
    """
    office.chain.head()
    old, past = _lost(office)
    with office.store.read() as session:
        if invitation is None and joined(session) is not None:
            raise JoinAgain
    office.fund_accounts()
    new = _new_contracts(office, invitation)
    now = _caught_up(office, old, past)
    calls = Calls(new, "heal")
    if invitation is None:
        office.carry_out(new, list(_imports(calls, past, now)))
        _compare(office, new, past)
        office.carry_out(new, [calls.close_import(contract) for contract in CLOSED])
    else:
        office.carry_out(new, [*_log(calls, past.log, now), calls.close_import(ACCESS_LOG)])
    office.await_mined(new, _swap(office, old, new))
    return new


def _lost(office: Office) -> tuple[Deployment, Ledger]:
    """The contracts that were in force, and what was final of them."""
    with office.store.read() as session:
        old = session.exec(select(Deployment).where(Deployment.state == DeploymentState.LIVE)).first()
    if old is None or office.step(old).reset is None:
        raise NothingToHeal("没有需要恢复的内容。", "There is nothing to heal: the contracts in force stand.")
    with office.store.read() as session:
        follower = session.get(Follower, old.id)
        final = follower.head_number - office.settings.confirmations if follower else 0
        return old, load_ledger(session, old.id or 0, upto=final)


def _new_contracts(office: Office, invitation: Invitation | None) -> Deployment:
    """Those that an interrupted heal has put on this chain, else new ones."""
    with office.store.read() as session:
        begun = session.exec(select(Deployment).where(Deployment.state == DeploymentState.IMPORTING)).all()
    for deployment in begun:
        if office.step(deployment).reset is None:
            return deployment
        set_state(office, deployment, DeploymentState.LOST)
    return put_on_chain(office) if invitation is None else join(office, invitation)


def _caught_up(office: Office, old: Deployment, past: Ledger) -> int:
    """The new chain's time, once nothing that is to be imported lies after it."""
    with office.store.read() as session:
        blocks = select(ChainBlock.time).where(ChainBlock.deployment == old.id)
        followed = session.exec(blocks.order_by(col(ChainBlock.number).desc())).first() or 0
    soon = max(followed, office.chain.head().time) + _SOON
    newest = max([followed, *(start for start in _beginnings(past) if start <= soon)])
    while (now := office.chain.head().time) < newest:
        office.wait()
    return now


def _beginnings(past: Ledger) -> Iterator[int]:
    kinds = [one.windows for one in past.types.values()] + list(past.log.accounts.values())
    for department in past.departments.values():
        kinds += [*department.accounts.values(), *department.rights.values()]
        kinds += [key.windows for key in department.keys.values()]
    yield from (start for spans in kinds for start, _ in spans)
    yield from (each.since for each in past.successions)


def _imports(calls: Calls, past: Ledger, now: int) -> Iterator[Call]:
    yield from (calls.register(code) for code in sorted(past.departments))
    for (code, version), kind in sorted(past.types.items()):
        yield from _type(calls, code, version, kind, now)
    for code, department in sorted(past.departments.items()):
        yield from _authorisations(calls, code, department, now)
    for number, each in enumerate(sorted(past.successions, key=lambda one: one.since)):
        heir = code_bytes(each.successor) if each.successor else NOBODY
        verb = "set" if each.since > now else "import"
        yield calls.issuers(
            f"{verb}Successor",
            code_bytes(each.issuer),
            code_bytes(each.type),
            heir,
            each.since,
            ref=f"import-successor:{number}",
        )
    opened = [code for code, department in sorted(past.departments.items()) if department.sequence_open]
    if opened:
        yield calls.open_sequences(opened)
    for code, department in sorted(past.departments.items()):
        yield from _batches(calls, code, department)
        yield from _words(calls, code, department)
    yield from _log(calls, past.log, now)


def _log(calls: Calls, log: AccessLog, now: int) -> Iterator[Call]:
    """The newest head of each log: it holds all before it (the older ones stay in the store)."""
    registry = calls.deployment.certificate_registry
    for address, spans in sorted(log.accounts.items()):
        for start, until in _real(spans):
            ref = f"import-log-account:{address}:{start}"
            yield calls.log(_verb("LogAccount", start, now), registry, address, start, until, ref=ref)
    for version, (policy, time) in enumerate(log.policies, start=1):
        yield calls.log("importPolicy", registry, version, policy, time, ref=f"import-policy:{version}")
    for time in sorted({head.time for head in log.heads.values()}):
        some = sorted((code, head) for code, head in log.heads.items() if head.time == time)
        yield calls.log(
            "importHeads",
            registry,
            [code_bytes(code) for code, _ in some],
            [head.seq for _, head in some],
            [head.head for _, head in some],
            time,
            ref=f"import-heads:{time}",
            gas=_GAS + _GAS_A_BATCH * len(some),
        )


def _type(calls: Calls, code: str, version: int, kind: TypeVersion, now: int) -> Iterator[Call]:
    for start, until in _real(kind.windows):
        yield calls.issuers(
            _verb("TypeVersion", start, now),
            code_bytes(code),
            version,
            kind.definition,
            start,
            until,
            ref=f"import-type:{code}:{version}:{start}",
        )


def _authorisations(calls: Calls, code: str, department: Department, now: int) -> Iterator[Call]:
    issuer = code_bytes(code)
    for address, spans in sorted(department.accounts.items()):
        for start, until in _real(spans):
            ref = f"import-account:{code}:{address}:{start}"
            yield calls.issuers(_verb("Account", start, now), issuer, address, start, until, ref=ref)
    for thumbprint, key in sorted(department.keys.items()):
        name = b64.encode(thumbprint)
        for start, until in _real(key.windows):
            ref = f"import-key:{code}:{name}:{start}"
            function = _verb("Key", start, now)
            yield calls.issuers(function, issuer, thumbprint, key.uses, start, until, ref=ref)
        if key.compromised is not None and _real(key.windows):
            ref = f"import-compromise:{code}:{name}"
            yield calls.issuers("importCompromise", issuer, thumbprint, key.compromised, ref=ref)
    for type_code, spans in sorted(department.rights.items()):
        for start, until in _real(spans):
            ref = f"import-right:{code}:{type_code}:{start}"
            function = "grantRight" if start > now else "importRight"
            yield calls.issuers(function, issuer, code_bytes(type_code), start, until, ref=ref)


def _batches(calls: Calls, code: str, department: Department) -> Iterator[Call]:
    """Voids first: they are what lets a seq be skipped."""
    issuer = code_bytes(code)
    for void in department.voids:
        reason = bytes.fromhex(void.reason[2:])
        ref = f"import-void:{code}:{void.first}:{void.last}"
        gas = _GAS + 10_000 * (void.last - void.first + 1)
        yield calls.certificates(
            "importVoid", issuer, void.first, void.last, reason, void.time, ref=ref, gas=gas
        )
    batches = sorted(department.batches.items())
    for first in range(0, len(batches), BATCHES_A_CALL):
        some = [(one.root, seq, one.size, one.time) for seq, one in batches[first : first + BATCHES_A_CALL]]
        ref = f"import-batches:{code}:{some[0][1]}:{some[-1][1]}"
        yield calls.certificates("importBatches", issuer, some, ref=ref, gas=_GAS + _GAS_A_BATCH * len(some))
    for seq, one in sorted(department.replacements.items()):
        yield calls.certificates(
            "importReplacement",
            issuer,
            seq,
            one.voided_root,
            one.root,
            one.size,
            one.time,
            ref=f"import-replacement:{code}:{seq}",
        )


def _words(calls: Calls, code: str, department: Department) -> Iterator[Call]:
    for (type_code, number), words in sorted(department.words.items()):
        numbers = sorted(words)
        for first in range(0, len(numbers), WORDS_A_CALL):
            some = numbers[first : first + WORDS_A_CALL]
            yield calls.certificates(
                "importWords",
                code_bytes(code),
                code_bytes(type_code),
                number,
                some,
                [words[word] for word in some],
                ref=f"import-words:{code}:{type_code}:{number}:{some[0]}",
                gas=_GAS + _GAS_A_WORD * len(some),
            )


def _verb(what: str, start: int, now: int) -> str:
    """A window that begins later is planned anew; the contracts import the past only."""
    return f"add{what}" if start > now else f"import{what}"


def _real(spans: Sequence[Span]) -> list[Span]:
    """Windows but those that were cancelled before they began."""
    return [(start, until) for start, until in spans if start < until]


def _compare(office: Office, new: Deployment, past: Ledger) -> None:
    with office.store.read() as session:
        copy = load_ledger(session, new.id or 0)
    if _Essence.of(copy) != _Essence.of(past):
        raise NotTheSame(
            "新合约的内容与原合约不一致，未启用。",
            "The new contracts differ from the old ones; they were not put in force.",
        )


@dataclass(frozen=True)
class _Essence:
    """A ledger without what may differ: cancelled windows, empty entries, the order of successions."""

    departments: dict[str, Department]
    types: dict[tuple[str, int], TypeVersion]
    successions: list[tuple[int, str, str, str]]
    log: AccessLog

    @classmethod
    def of(cls, ledger: Ledger) -> "_Essence":
        return cls(
            {code: _essential(department) for code, department in ledger.departments.items()},
            {key: TypeVersion(one.definition, _real(one.windows)) for key, one in ledger.types.items()},
            sorted((one.since, one.issuer, one.type, one.successor) for one in ledger.successions),
            replace(ledger.log, accounts=_real_windows(ledger.log.accounts)),
        )


def _essential(department: Department) -> Department:
    return replace(
        department,
        accounts=_real_windows(department.accounts),
        keys={
            name: replace(key, windows=real)
            for name, key in department.keys.items()
            if (real := _real(key.windows))
        },
        rights=_real_windows(department.rights),
        words={key: words for key, words in department.words.items() if words},
    )


def _real_windows(windows: dict[str, list[Span]]) -> dict[str, list[Span]]:
    return {key: real for key, spans in windows.items() if (real := _real(spans))}


def _swap(office: Office, old: Deployment, new: Deployment) -> list[int]:
    """The new contracts are in force from one moment on; what was unfinished is stored with it, by row."""
    put, unfinished = office.writer(new), _unfinished(office, old, new)
    with office.store.write() as session:
        session.get_one(Deployment, old.id).state = DeploymentState.LOST
        session.flush()
        session.get_one(Deployment, new.id).state = DeploymentState.LIVE
        rows = put(session, unfinished)
    old.state, new.state = DeploymentState.LOST, DeploymentState.LIVE
    return rows


def _unfinished(office: Office, old: Deployment, new: Deployment) -> list[Call]:
    """The authority's actions that were not final when the chain was lost."""
    with office.store.read() as session:
        rows = session.exec(
            select(ChainTransaction)
            .where(
                ChainTransaction.deployment == old.id,
                col(ChainTransaction.kind).not_in(WORKER_KINDS),
                col(ChainTransaction.state).in_((TransactionState.SENT, TransactionState.MINED)),
            )
            .order_by(col(ChainTransaction.nonce))
        ).all()
    now = office.clock()
    return [call for row in rows if (call := renewed(row, old, new, now))]
