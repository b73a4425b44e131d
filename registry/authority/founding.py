"""Founding a registry: contracts on the chain, departments with keys, accounts and rights, types.

Every step looks for what is there already and goes on from it, so that founding can be killed at any moment
and run again, and run once more when a department, a key or a type has come.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
import orjson
from eth_utils.address import to_checksum_address
from sqlmodel import Session, col, func, select

from registry import b64, jcs
from registry import definition as definitions
from registry.authority import joining
from registry.authority.ca import CertificateAuthority, make_ca_certificate
from registry.authority.calls import NOW, Calls
from registry.authority.joining import Invitation
from registry.authority.office import CA, Office, current
from registry.chain.compiler import compiled
from registry.chain.contracts import (
    ACCESS_LOG,
    CERTIFICATE_REGISTRY,
    CREATION_GAS,
    FOREVER,
    ISSUER_REGISTRY,
    Deployed,
    code_hash,
    deploy,
    interface,
)
from registry.chain.ledger import LOG, Ledger, load_ledger
from registry.chain.outbox import TIP, Call
from registry.chain.rpc import ChainRefused
from registry.definition import TypeDefinition
from registry.errors import RegistryError
from registry.origins import append_origin
from registry.provisioning import Member
from registry.signing import PublicKey
from registry.store import tables
from registry.store.tables import (
    ChainAccount,
    ChainTransaction,
    Department,
    Deployment,
    DeploymentState,
    Origin,
    Setting,
    TransactionState,
)
from registry.suites import SUITES, suite_named

ADMIN_DELAY = 86_400
"""Seconds until a change of the contracts' admin can be accepted."""
CA_NAME = "证通 CA"
CA_CERTIFICATE = "ca_certificate"
CLOSED = (ISSUER_REGISTRY, CERTIFICATE_REGISTRY, ACCESS_LOG)
_DEPLOY_TRIES = 200


class BadTown(RegistryError):
    """The description of the departments is not as it should be."""

    kind = "bad-town"


class TownDepartment(msgspec.Struct, frozen=True):
    """A department: one that issues certain types (by alias), or one that only asks.

    suite: what it issues with: P-256 and SHA-256, or SM2 and SM3.
    """

    code: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{18}\Z")]
    zh: str
    en: str
    kind: Literal["issues", "asks"]
    issues: tuple[str, ...] = ()
    batch_after: float | None = None
    suite: Literal["es256", "sm"] = "es256"

    @property
    def member(self) -> Member:
        """What it needs keys for."""
        return Member(self.code, self.kind == "issues", suite_named(self.suite))


class Town(msgspec.Struct, frozen=True):
    """The departments of a registry."""

    departments: tuple[TownDepartment, ...]


def read_town(data: bytes) -> Town:
    """Read the description of the departments. Raises BadTown."""
    try:
        return msgspec.json.decode(data, type=Town)
    except msgspec.MsgspecError as wrong:
        raise BadTown(f"部门清单不正确：{wrong}", f"The list of departments is wrong: {wrong}") from wrong


def found(office: Office, town: Town, origin: str, invitation: Invitation | None = None) -> Deployment:
    """Found a registry, or complete what an earlier founding left undone; the contracts in force.

    origin: the public address; where it is a new one it is appended. invitation: to contracts of another
    registry, which this one joins.

    Raises:
        ActionRefused: a contract refused a step. ChainUnreachable. ChainLost: to be healed first.
        NotInvited, JoinAgain: as they say.
    """
    office.chain.head()
    store_town(office, town, origin)
    office.fund_accounts()
    deployment = deployed(office, invitation)
    office.carry_out(deployment, missing(office, deployment, town))
    go_live(office, deployment)
    certify_keys(office)
    return deployment


def store_town(office: Office, town: Town, origin: str) -> None:
    """Departments and origin into the store, where they are not there yet."""
    with office.store.write() as session:
        for each in town.departments:
            row = session.get(Department, each.code) or Department(
                code=each.code, name_zh="", name_en="", kind=""
            )
            row.name_zh, row.name_en, row.kind, row.batch_after = (
                each.zh,
                each.en,
                each.kind,
                each.batch_after,
            )
            session.add(row)
        append_origin(session, origin.rstrip("/"), office.clock())


def deployed(office: Office, invitation: Invitation | None = None) -> Deployment:
    """The contracts in force or being founded, followed; made, or joined, where there are none."""
    with office.store.read() as session:
        deployment = current(session)
    if deployment is not None:
        step = office.step(deployment)
        if step.reset is None:
            return _with_log(office, deployment)
        if deployment.state == DeploymentState.LIVE:
            from registry.authority.healing import heal

            return heal(office, invitation)
        set_state(office, deployment, DeploymentState.LOST)
    return put_on_chain(office) if invitation is None else join(office, invitation)


def join(office: Office, invitation: Invitation) -> Deployment:
    """The contracts of an invitation, followed, with an access log of our own beside them.

    The log's heads and policies are counted by registry; two registries in one would count each other's.

    Raises:
        NotInvited: they are not what the invitation says, or do not know this authority.
    """
    joining.check(office, invitation)
    _pass_over(office, _addresses_used(office))
    log = _deploy(office, ACCESS_LOG, invitation.issuer_registry)
    addresses = [invitation.issuer_registry, invitation.certificate_registry, log.address]
    pinned = code_hash(office.chain, addresses)
    with office.store.write() as session:
        row = joining.store_joined(session, office, invitation, log, pinned, _epoch(session) + 1)
    office.step(row)
    return row


def put_on_chain(office: Office) -> Deployment:
    """New contracts, their import open, and the row that pins them.

    They never stand where earlier ones stood, so that no transaction of another chain's past fits them.
    """
    account = office.account
    _pass_over(office, _addresses_used(office))
    issuers = _deploy(office, ISSUER_REGISTRY, ADMIN_DELAY, account.address, account.address)
    certificates = _deploy(office, CERTIFICATE_REGISTRY, issuers.address)
    log = _deploy(office, ACCESS_LOG, issuers.address)
    (genesis,) = office.chain.blocks([0])
    assert genesis is not None
    pinned = code_hash(office.chain, [issuers.address, certificates.address, log.address])
    with office.store.write() as session:
        row = Deployment(
            chain_id=office.chain.chain_id(),
            genesis=genesis.hash,
            issuer_registry=issuers.address.lower(),
            certificate_registry=certificates.address.lower(),
            access_log=log.address.lower(),
            code_hash=pinned,
            block=issuers.block_number,
            block_hash=issuers.block_hash,
            epoch=_epoch(session) + 1,
            state=DeploymentState.IMPORTING,
            created=office.clock(),
        )
        session.add(row)
    return row


def _epoch(session: Session) -> int:
    return session.exec(select(func.max(Deployment.epoch))).one() or 0


def _with_log(office: Office, deployment: Deployment) -> Deployment:
    """The same contracts, and the access log beside them, which earlier foundings did not make."""
    if deployment.access_log is not None:
        return deployment
    address = _created(office, deployment, ACCESS_LOG, deployment.issuer_registry)
    addresses = [deployment.issuer_registry, deployment.certificate_registry, address]
    pinned = code_hash(office.chain, addresses)
    with office.store.write() as session:
        row = session.get_one(Deployment, deployment.id)
        row.access_log, row.code_hash = address, pinned
    deployment.access_log, deployment.code_hash = row.access_log, row.code_hash
    return deployment


def _created(office: Office, deployment: Deployment, contract: str, *arguments: object) -> str:
    """The address of a contract made by a transaction of the outbox, whose nonces no other may use."""
    from web3.types import Nonce
    from web3.utils.address import get_create_address

    ref = f"create:{contract}"
    creation = compiled()[contract].bytecode + interface(contract).construction(*arguments)
    office.carry_out(deployment, [Call("found", ref, "", creation, CREATION_GAS)])
    with office.store.read() as session:
        row = session.exec(
            select(ChainTransaction).where(
                ChainTransaction.deployment == deployment.id,
                ChainTransaction.ref == ref,
                ChainTransaction.state != TransactionState.FAILED,
            )
        ).one()
    return get_create_address(to_checksum_address(row.account), Nonce(row.nonce)).lower()


def _addresses_used(office: Office) -> set[str]:
    with office.store.read() as session:
        rows = session.exec(select(Deployment)).all()
    addresses = [(row.issuer_registry, row.certificate_registry, row.access_log) for row in rows]
    return {address for some in addresses for address in some if address is not None}


def _pass_over(office: Office, used: set[str]) -> None:
    """Uses up, by empty transactions, the nonces that would give the next three contracts a used address."""
    if not used:
        return
    from web3.types import Nonce
    from web3.utils.address import get_create_address

    address, base_fee = office.account.address, office.chain.head().base_fee
    first = nonce = office.chain.nonce(address.lower())
    while {get_create_address(address, Nonce(nonce + each)).lower() for each in range(len(CLOSED))} & used:
        signed = office.account.sign_transaction(
            {
                "type": 2,
                "chainId": office.chain.chain_id(),
                "nonce": nonce,
                "to": address,
                "value": 0,
                "gas": 21_000,
                "maxFeePerGas": 2 * base_fee + TIP,
                "maxPriorityFeePerGas": TIP,
            }
        )
        with suppress(ChainRefused):  # an earlier run left it in the node's pool
            office.chain.send(bytes(signed.raw_transaction))
        nonce += 1
    while nonce > first and office.chain.nonce(address.lower()) < nonce:
        office.wait()


def _deploy(office: Office, contract: str, *arguments: object) -> Deployed:
    """One contract; a creation that an earlier run left in the node's pool is waited for."""
    for _ in range(_DEPLOY_TRIES):
        try:
            return deploy(office.chain, office.account, contract, *arguments, wait=office.wait)
        except ChainRefused as refusal:
            refused = refusal
            office.wait()
    raise refused


def missing(office: Office, deployment: Deployment, town: Town) -> list[Call]:
    """What the town needs and the chain has not: in the order in which the contracts take it."""
    calls = Calls(deployment, "found")
    with office.store.read() as session:
        ledger = load_ledger(session, deployment.id or 0)
        keys = session.exec(select(tables.PublicKey)).all()
        accounts = session.exec(select(ChainAccount)).all()
    codes = [each.code for each in town.departments]
    issuing = [each.code for each in town.departments if each.kind == "issues"]
    return [
        *(calls.register(code) for code in codes if code not in ledger.departments),
        *_types(office, calls, ledger),
        *(
            calls.add_key(key.issuer, key.thumbprint, key.uses)
            for key in keys
            if key.issuer in codes and not _has_key(ledger, key)
        ),
        *(
            calls.add_account(row.issuer, row.address)
            for row in accounts
            if row.issuer in codes and not _has_account(ledger, row)
        ),
        *(
            calls.add_log_account(row.address)
            for row in accounts
            if row.issuer == LOG and row.address.lower() not in ledger.log.accounts
        ),
        *_rights(office, calls, ledger, town),
        *_sequences(calls, ledger, issuing),
        *(calls.close_import(contract) for contract in CLOSED if contract not in ledger.closed),
    ]


def _has_key(ledger: Ledger, key: tables.PublicKey) -> bool:
    department = ledger.departments.get(key.issuer)
    raw = b64.decode(key.thumbprint)
    return department is not None and raw in department.keys


def _has_account(ledger: Ledger, row: ChainAccount) -> bool:
    department = ledger.departments.get(row.issuer)
    return department is not None and row.address.lower() in department.accounts


def _types(office: Office, calls: Calls, ledger: Ledger) -> Iterable[Call]:
    zone, now = ZoneInfo(office.settings.timezone), office.clock()
    for each in office.catalogue:
        if (each.type, each.version) not in ledger.types:
            begins = _midnight(each.begins, zone)
            until = _midnight(each.until, zone) if each.until else FOREVER
            if until > now:
                yield _type(calls, each, NOW if begins <= now else begins, until)


def _type(calls: Calls, each: TypeDefinition, start: int, until: int) -> Call:
    return calls.add_type(each.type, each.version, definitions.hash(each), start, until)


def _rights(office: Office, calls: Calls, ledger: Ledger, town: Town) -> Iterable[Call]:
    for each in town.departments:
        known = ledger.departments.get(each.code)
        for alias in each.issues:
            code = office.catalogue.by_alias(alias).type
            if known is None or code not in known.rights:
                yield calls.grant(each.code, code)


def _sequences(calls: Calls, ledger: Ledger, issuing: Sequence[str]) -> Iterable[Call]:
    """Those not open yet, in one call."""
    shut = [
        code
        for code in issuing
        if code not in ledger.departments or not ledger.departments[code].sequence_open
    ]
    if shut:
        yield calls.open_sequences(shut)


def go_live(office: Office, deployment: Deployment) -> None:
    """The contracts, their import closed, are the ones in force."""
    if deployment.state != DeploymentState.LIVE:
        set_state(office, deployment, DeploymentState.LIVE)


def set_state(office: Office, deployment: Deployment, state: DeploymentState) -> None:
    """Store a deployment's state."""
    with office.store.write() as session:
        row = session.get_one(Deployment, deployment.id)
        row.state = state
    deployment.state = state


def certify_keys(office: Office) -> None:
    """A certificate by the CA for every key that has none."""
    authority = certificate_authority(office)
    with office.store.write() as session:
        origins = list(session.exec(select(Origin.origin).order_by(col(Origin.index))))
        rows = session.exec(
            select(tables.PublicKey, Department)
            .join(Department, col(Department.code) == tables.PublicKey.issuer)
            .where(col(tables.PublicKey.x5c).is_(None))
        ).all()
        for key, department in rows:
            chain = authority.certify(
                PublicKey.from_jwk(orjson.loads(key.jwk), suites=SUITES),
                code=department.code,
                name=department.name_zh,
                origins=origins,
                now=office.clock(),
                randomness=office.randomness,
            )
            key.x5c = jcs.dumps(chain).decode()
            session.add(key)


def certificate_authority(office: Office) -> CertificateAuthority:
    """The CA with its own certificate, made at the first use."""
    key = office.ring.signing_key(CA)
    with office.store.write() as session:
        row = session.get(Setting, CA_CERTIFICATE)
        if row is None:
            made = make_ca_certificate(key.imported, CA_NAME, office.clock(), office.randomness)
            row = Setting(name=CA_CERTIFICATE, value=made.hex())
            session.add(row)
        return CertificateAuthority(key.imported, bytes.fromhex(row.value))


def _midnight(day: str, zone: ZoneInfo) -> int:
    return int(datetime.combine(date.fromisoformat(day), time(), zone).timestamp())
