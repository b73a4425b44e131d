"""What is a person's own, for who proved to be that person: their certificates everywhere, their wallets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from registry import guardianship
from registry.authorisations import BadAccessToken
from registry.catalogue import Catalogue
from registry.door import HOLDER
from registry.entitlements import entitlements, named_by
from registry.errors import NotFound, RegistryError
from registry.identity import is_alive
from registry.lists import Lists
from registry.standing import standings
from registry.store.tables import Authorisation, Certificate, Credential, Ground, Wallet
from registry.trust import Trust
from registry.vault import Vault
from registry.withdrawing import HOLDER as BY_HOLDER
from registry.withdrawing import withdraw


class NotForHolders(RegistryError):
    """The access token is good, but not for what is the holder's own (OAuth's insufficient_scope)."""

    kind = "insufficient-scope"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "该令牌没有 holder 权限，请用身份证照登录。",
            "The token does not have the scope holder; log in with the identity certificate.",
        )


@dataclass(frozen=True, slots=True)
class Person:
    """Who a token with the scope `holder` stands for. holder: keyed index; wallet: the one it belongs to."""

    holder: bytes
    wallet: str


@dataclass(frozen=True, slots=True)
class Holding:
    """A certificate that an issuer made for this person, in the newest version.

    status: 0 valid, 1 revoked, 2 suspended, 3 superseded; ended: its validity is over. claimable: a wallet
    may claim it.
    """

    certificate: Certificate
    status: int
    ended: bool
    claimable: bool


@dataclass(frozen=True, slots=True)
class OwnWallet:
    """A wallet of this person. credentials: those that have not expired. clients: as the wallets call
    themselves."""

    wallet: Wallet
    credentials: int
    clients: tuple[str, ...]


def person_of(session: Session, authorisation: Authorisation, trust: Trust, now: int) -> Person:
    """The person behind an authorisation, for as long as the identity credential of the login stands.

    Raises:
        BadAccessToken: the identity credential does not stand any more.
        NotForHolders: it lacks the scope `holder`.
    """
    if HOLDER not in authorisation.scope.split():
        raise NotForHolders
    login = authorisation.identity_credential
    if login is None or authorisation.holder is None or not is_alive(session, login, trust, now):
        raise BadAccessToken(
            "登录所用的身份凭证已失效，请重新登录。",
            "The identity credential of this login does not stand any more; log in again.",
        )
    return Person(authorisation.holder, authorisation.wallet)


def concerning(session: Session, catalogue: Catalogue, person: Person, now: int) -> list[Certificate]:
    """What names a person, in whatever role, and what the person may claim for whom they act."""
    claimable = [each.certificate for each in entitlements(session, catalogue, person.holder, now)]
    return [*claimable, *(row for row, _ in named_by(session, person.holder))]


def holdings(
    session: Session, catalogue: Catalogue, vault: Vault, tz: ZoneInfo, person: Person, now: int
) -> list[Holding]:
    """What every issuer holds for a person, and what the person may claim for whom they act.

    What names the person only as a guardian is among it until the ward's 16th birthday.
    """

    def guards_no_more(row: Certificate, roles: Iterable[str]) -> bool:
        definition = catalogue.definition(row.type, row.type_version)
        return all(
            guardianship.ward_of(definition, role) is not None
            and guardianship.is_over(session, vault, catalogue, row, role, tz, now)
            for role in roles
        )

    claimable = [
        each.certificate
        for each in entitlements(session, catalogue, person.holder, now)
        if each.granting.ground != Ground.GUARDIAN
        or not guards_no_more(each.certificate, [each.granting.role])
    ]
    named = [row for row, roles in named_by(session, person.holder) if not guards_no_more(row, roles)]
    mine = {row.id for row in claimable}
    found = {row.id: row for row in (*named, *claimable)}
    words = standings(session, [id or 0 for id in found])
    rows = sorted(found.values(), key=lambda row: (row.issuer, row.type, row.id or 0))
    return [
        Holding(
            row,
            words[row.id or 0],
            row.valid_until is not None and row.valid_until <= now,
            row.id in mine,
        )
        for row in rows
    ]


def wallets(session: Session, person: Person, now: int) -> list[OwnWallet]:
    """A person's wallets that are in use, oldest first."""
    return [
        OwnWallet(wallet, _living_credentials(session, wallet, now), _clients(session, wallet))
        for wallet in _own(session, person)
    ]


def withdraw_own(session: Session, lists: Lists, person: Person, wallet: str, now: int) -> int:
    """Withdraw every credential of one of the person's wallets; how many that ended.

    Raises:
        NotFound: the person has no such wallet in use.
    """
    found = [each for each in _own(session, person) if each.id == wallet]
    if not found:
        raise NotFound("没有这个钱包，或已停用。", "You have no such wallet, or it was withdrawn before.")
    return withdraw(session, lists, found, by=BY_HOLDER, now=now)


def _own(session: Session, person: Person) -> Sequence[Wallet]:
    """Wallets that were made for the person, and those into which the person logged in."""
    joined = select(Authorisation.wallet).where(Authorisation.holder == person.holder)
    query = select(Wallet).where(
        or_(Wallet.holder == person.holder, col(Wallet.id).in_(joined)), col(Wallet.withdrawn_at).is_(None)
    )
    return session.exec(query.order_by(col(Wallet.created), col(Wallet.id))).all()


def _living_credentials(session: Session, wallet: Wallet, now: int) -> int:
    query = select(func.count()).where(
        Credential.wallet == wallet.id, col(Credential.withdrawn_at).is_(None), Credential.exp > now
    )
    return session.exec(query).one()


def _clients(session: Session, wallet: Wallet) -> tuple[str, ...]:
    query = select(Authorisation.client).where(Authorisation.wallet == wallet.id, Authorisation.client != "")
    return tuple(sorted(set(session.exec(query))))
