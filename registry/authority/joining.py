"""A second registry on a chain: it joins the authority contract that is there instead of making another.

The authority that founded the contracts admits another authority's account and hands out what must be known
of them (an invitation: public facts). Who joins checks these against the chain, puts an access log of its own
beside them, and founds its departments in the same contracts as any registry does.
"""

from typing import Final

import msgspec
from eth_utils.address import to_checksum_address
from sqlmodel import Session

from registry.authority.calls import Calls
from registry.authority.office import Office
from registry.chain.contracts import CERTIFICATE_REGISTRY, ISSUER_REGISTRY, Deployed, code_hash, interface
from registry.chain.rpc import Chain
from registry.errors import RegistryError
from registry.store.tables import Deployment, DeploymentState, Setting
from registry.trusting import live

JOINED: Final = "joined"
"""Setting of a registry that works with contracts that another one founded: their invitation."""


class NotInvited(RegistryError):
    """The contracts at hand are not those of the invitation, or do not know this authority."""

    kind = "not-invited"
    status = 409
    mender = "operator"


class JoinAgain(RegistryError):
    """The contracts of another registry were lost with their chain; only that registry can make new ones."""

    kind = "join-again"
    status = 409
    mender = "operator"

    def __init__(self) -> None:
        super().__init__(
            "所加入的合约已随链重置，请待设立方恢复后，凭新的邀请再次运行 registry authority found --join。",
            "The contracts that this registry joined are gone with their chain: once their founder has "
            "healed, run registry authority found --join with a new invitation.",
        )


class Invitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the contracts of a chain stand. genesis, block_hash, code: hexadecimal; code: hash of both."""

    chain_id: int
    genesis: str
    issuer_registry: str
    certificate_registry: str
    block: int
    block_hash: str
    code: str


def read_invitation(data: bytes) -> Invitation:
    """An invitation from its file. Raises NotInvited."""
    try:
        return msgspec.json.decode(data, type=Invitation)
    except msgspec.MsgspecError:
        raise NotInvited("邀请文件不正确。", "The invitation cannot be read as one.") from None


def admit(office: Office, address: str) -> Invitation:
    """Let another authority's chain account act on the contracts in force; the invitation for it.

    Done again it changes nothing.

    Raises:
        NotInvited: not an address. JoinAgain: these contracts are another registry's to admit to.
        ActionRefused, ChainLost: as they say.
    """
    try:
        account = to_checksum_address(address)
    except ValueError:
        raise NotInvited("不是链上账户地址。", "Not the address of a chain account.") from None
    with office.store.read() as session:
        deployment = live(session)
        if joined(session) is not None:
            raise JoinAgain
    office.step(deployment)
    if not _is_admitted(office.chain, deployment.issuer_registry, account):
        role = interface(ISSUER_REGISTRY).ask(office.chain, deployment.issuer_registry, "AUTHORITY_ROLE")
        call = Calls(deployment, "decide").issuers("grantRole", role, account, ref=f"admit:{account}")
        office.carry_out(deployment, [call])
    return Invitation(
        deployment.chain_id,
        deployment.genesis.hex(),
        deployment.issuer_registry,
        deployment.certificate_registry,
        deployment.block,
        deployment.block_hash.hex(),
        _code(office.chain, deployment.issuer_registry, deployment.certificate_registry),
    )


def check(office: Office, invitation: Invitation) -> None:
    """Whether the chain at hand is the invitation's and knows this authority. Raises NotInvited."""
    genesis, ours = office.chain.blocks([0, invitation.block])
    if (
        office.chain.chain_id() != invitation.chain_id
        or genesis is None
        or genesis.hash.hex() != invitation.genesis
        or ours is None
        or ours.hash.hex() != invitation.block_hash
        or _code(office.chain, invitation.issuer_registry, invitation.certificate_registry) != invitation.code
    ):
        raise NotInvited(
            "链上的合约不是邀请中的那一份。", "The contracts on this chain are not those of the invitation."
        )
    for contract, address in _addresses(invitation):
        if interface(contract).ask(office.chain, address, "importClosed") is False:
            raise NotInvited("合约的导入尚未关闭。", "The import of the contracts is still open.")
    if not _is_admitted(office.chain, invitation.issuer_registry, office.account.address):
        raise NotInvited(
            "合约尚未准入本主管机构的账户。", "The contracts do not know this authority's account yet."
        )


def store_joined(
    session: Session, office: Office, invitation: Invitation, log: Deployed, pinned: bytes, epoch: int
) -> Deployment:
    """The row that pins contracts of another registry, and the access log put beside them."""
    row = Deployment(
        chain_id=invitation.chain_id,
        genesis=bytes.fromhex(invitation.genesis),
        issuer_registry=invitation.issuer_registry,
        certificate_registry=invitation.certificate_registry,
        access_log=log.address.lower(),
        code_hash=pinned,
        block=invitation.block,
        block_hash=bytes.fromhex(invitation.block_hash),
        epoch=epoch,
        state=DeploymentState.IMPORTING,
        created=office.clock(),
    )
    session.add(row)
    session.merge(Setting(name=JOINED, value=msgspec.json.encode(invitation).decode()))
    session.flush()
    return row


def joined(session: Session) -> Invitation | None:
    """Whose contracts this registry joined; None: they are its own."""
    row = session.get(Setting, JOINED)
    return None if row is None else msgspec.json.decode(row.value, type=Invitation)


def _addresses(invitation: Invitation) -> tuple[tuple[str, str], ...]:
    return (
        (ISSUER_REGISTRY, invitation.issuer_registry),
        (CERTIFICATE_REGISTRY, invitation.certificate_registry),
    )


def _is_admitted(chain: Chain, issuer_registry: str, account: str) -> bool:
    return bool(interface(ISSUER_REGISTRY).ask(chain, issuer_registry, "isAuthority", account))


def _code(chain: Chain, *addresses: str) -> str:
    return code_hash(chain, addresses).hex()
