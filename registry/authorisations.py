"""Authorisations: what one login or one accepted offer gave a wallet. Tokens hang on them, grants belong to
them.

Tokens are bound to the wallet's DPoP key (RFC 9449); the refresh token stays good for as long as it is used.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col, or_, select

from registry import identity, secrets
from registry.errors import RegistryError
from registry.secrets import Randomness
from registry.store import Store
from registry.store.tables import (
    AccessToken,
    Authorisation,
    AuthorisationKind,
    BarredKey,
    Certificate,
    Deferred,
    Grant,
    Ground,
    Refresh,
    Wallet,
)
from registry.trust import Trust

ACCESS_LIFE: Final = 600
REFRESH_LIFE: Final = 400 * 86_400
"""Seconds a refresh token outlives its last use."""


class BadGrant(RegistryError):
    """The code, PIN or token gives nothing (OAuth's invalid_grant); which of them is not said."""

    kind = "invalid-grant"


class BadAccessToken(RegistryError):
    """The access token is unknown, ended, or bound to another key (OAuth's invalid_token)."""

    kind = "invalid-token"
    status = 401


class BadDetails(RegistryError):
    """`authorization_details` names what this authorisation does not give (RFC 9396, section 5)."""

    kind = "invalid-authorization-details"

    def __init__(self) -> None:
        super().__init__(
            "authorization_details 所列证照不在授权之内。",
            "authorization_details names a configuration that is not given here.",
        )


class BadScope(RegistryError):
    """A refresh asks for more than was given (OAuth's invalid_scope; RFC 6749, section 6)."""

    kind = "invalid-scope"

    def __init__(self) -> None:
        super().__init__("scope 超出授权范围。", "The scope goes beyond what was given.")


@dataclass(frozen=True, slots=True)
class Granting:
    """One certificate that an authorisation is to give.

    certificate: its row; role, holder: the holder in it who is meant (a keyed index). ground,
    ground_certificate: why this wallet may hold it, as `Grant` has it; offer: the one it comes from, if any.
    """

    certificate: int
    role: str
    holder: bytes | None
    ground: str = Ground.SELF
    ground_certificate: int | None = None
    offer: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """What a wallet gets for a code or a refresh token.

    scope: configurations `<issuer>.<type>`, and `holder` where that was given; by space. identifiers: the
    `credential_identifier`s of each configuration asked for by authorization_details; None: there were none.
    recovery_code: only for a new wallet, only this once.
    """

    access: str
    expires_in: int
    scope: str
    identifiers: dict[str, list[str]] | None = None
    refresh: str | None = None
    recovery_code: str | None = None


def open_authorisation(
    session: Session,
    *,
    wallet: str | None,
    kind: AuthorisationKind,
    certificates: Sequence[Granting],
    holder: bytes | None,
    identity_credential: int | None,
    scope: str = "",
    client: str = "",
    attested: str = "",
    dpop_thumbprint: str,
    now: int,
    randomness: Randomness,
    wanted: Collection[str] | None = None,
) -> Tokens:
    """Let a wallet in: an authorisation, a grant for each certificate, and the first tokens.

    wallet: the one that proved itself; None: the living wallet that has this DPoP key, else a new one.
    holder: keyed index of the person who was proven. identity_credential: row of the credential that was the
    login; the authorisation dies with it. scope: what is given beside the certificates (`holder`), or "".
    client, attested: as the wallet says, and what a wallet provider vouched for (JSON).
    wanted: configurations that the client's authorization_details name, if it sent any.

    Raises:
        BadGrant: the DPoP key is barred, or the wallet was withdrawn.
        BadDetails: `wanted` names another configuration than those of the certificates.
    """
    if is_barred(session, dpop_thumbprint):
        raise BadGrant("该设备已被停用。", "This wallet was withdrawn.")
    wallet, recovery_code = _wallet(session, wallet, holder, dpop_thumbprint, now, randomness)
    authorisation = Authorisation(
        id=secrets.handle(randomness),
        wallet=wallet,
        kind=kind,
        holder=holder,
        identity_credential=identity_credential,
        scope=scope,
        client=client,
        attested=attested,
        dpop_thumbprint=dpop_thumbprint,
        created=now,
    )
    session.add(authorisation)
    session.flush()
    for each in certificates:
        session.add(_grant(session, authorisation, each, randomness))
    refresh = secrets.token(randomness)
    session.add(
        Refresh(
            hash=secrets.hashed(refresh),
            authorisation=authorisation.id,
            dpop_thumbprint=dpop_thumbprint,
            expires=now + REFRESH_LIFE,
        )
    )
    session.flush()
    given = _access(session, authorisation, now, randomness, wanted)
    return Tokens(given.access, given.expires_in, given.scope, given.identifiers, refresh, recovery_code)


def authorisation_of(
    session: Session, access: str, dpop_thumbprint: str, *, trust: Trust, now: int
) -> Authorisation:
    """The living authorisation behind a wallet's access token.

    Raises:
        BadAccessToken: unknown, expired, ended, bound to another key, or its login does not stand any more.
    """
    row = session.get(AccessToken, secrets.hashed(access))
    if (
        row is not None
        and row.authorisation is not None
        and row.ended_at is None
        and row.expires > now
        and row.dpop_thumbprint == dpop_thumbprint
    ):
        authorisation = session.get_one(Authorisation, row.authorisation)
        if _lives(session, authorisation, trust, now):
            return authorisation
    raise BadAccessToken("访问令牌无效或已过期。", "The access token is not good, or not any more.")


def grants_of(session: Session, authorisation: Authorisation) -> dict[str, list[Grant]]:
    """An authorisation's living grants by configuration (`<issuer>.<type>`), oldest certificate first."""
    rows = session.exec(
        select(Grant, Certificate)
        .join(Certificate, col(Certificate.id) == col(Grant.certificate))
        .where(Grant.authorisation == authorisation.id, col(Grant.ended_at).is_(None))
        .order_by(col(Certificate.id))
    )
    found: dict[str, list[Grant]] = {}
    for grant, certificate in rows:
        found.setdefault(f"{certificate.issuer}.{certificate.type}", []).append(grant)
    return found


def renew_tokens(
    store: Store,
    *,
    refresh: str,
    client: str,
    dpop_thumbprint: str,
    trust: Trust,
    now: int,
    randomness: Randomness,
    wanted: Collection[str] | None = None,
    scope: str | None = None,
) -> Tokens:
    """A new access token. The refresh token stays, being bound to a key (RFC 9700, section 4.14).

    client: what the wallet calls itself now, "" where it does not say: the token is no other client's (RFC
    6749, section 6). scope: what the client asks for, if it says so; the token is for all that was given, and
    says that.

    Raises:
        BadGrant: unknown, expired, ended, another key's or client's, or its login does not stand any more.
        BadScope: `scope` names what was not given.
        BadDetails: as `open_authorisation`.
    """
    with store.write() as session:
        row = session.get(Refresh, secrets.hashed(refresh))
        if row is not None and row.ended_at is None and row.expires > now:
            authorisation = session.get_one(Authorisation, row.authorisation)
            named = "" in (client, authorisation.client) or client == authorisation.client
            bound = named and row.dpop_thumbprint == dpop_thumbprint
            if bound and _lives(session, authorisation, trust, now):
                row.expires = now + REFRESH_LIFE
                row.used_at = now
                session.add(row)
                given = _access(session, authorisation, now, randomness, wanted)
                if not set((scope or "").split()) <= set(given.scope.split()):
                    raise BadScope
                return given
    raise BadGrant("更新令牌无效，请重新领取。", "The refresh token is not good any more; claim anew.")


def is_barred(session: Session, thumbprint: str) -> bool:
    """Whether a key belonged to a wallet that was withdrawn."""
    return session.get(BarredKey, thumbprint) is not None


def forget_expired(session: Session, now: int) -> None:
    """Drop access and refresh tokens and deferred claims that nobody can use any more."""
    for row in (AccessToken, Refresh, Deferred):
        over = or_(col(row.expires) < now, col(row.ended_at).is_not(None))
        session.connection().execute(delete(row).where(over))


def _lives(session: Session, authorisation: Authorisation, trust: Trust, now: int) -> bool:
    """Whether it was not ended, and the login that it came by stands, if it came by one."""
    login = authorisation.identity_credential
    return authorisation.ended_at is None and (
        login is None or identity.stands(session, login, authorisation.holder, trust, now)
    )


def _grant(session: Session, authorisation: Authorisation, wanted: Granting, randomness: Randomness) -> Grant:
    return Grant(
        id=secrets.handle(randomness),
        authorisation=authorisation.id,
        wallet=authorisation.wallet,
        offer=wanted.offer,
        certificate=wanted.certificate,
        lineage=session.get_one(Certificate, wanted.certificate).lineage,
        role=wanted.role,
        holder=wanted.holder,
        ground=wanted.ground,
        ground_certificate=wanted.ground_certificate,
        dpop_thumbprint=authorisation.dpop_thumbprint,
        created=authorisation.created,
    )


def _wallet(
    session: Session,
    wallet: str | None,
    holder: bytes | None,
    dpop_thumbprint: str,
    now: int,
    randomness: Randomness,
) -> tuple[str, str | None]:
    """The wallet this authorisation is for, and the recovery code if it was made just now.

    The wallet that already holds a grant under the same DPoP key proved itself by that key.
    """
    known = (
        wallet
        or session.exec(
            select(Authorisation.wallet).where(
                Authorisation.dpop_thumbprint == dpop_thumbprint, col(Authorisation.ended_at).is_(None)
            )
        ).first()
    )
    if known is not None:
        if session.get_one(Wallet, known).withdrawn_at is not None:
            raise BadGrant("该钱包已被停用。", "This wallet was withdrawn.")
        return known, None
    code = secrets.recovery_code(randomness)
    row = Wallet(
        id=secrets.handle(randomness), holder=holder, recovery_hash=secrets.hashed(code), created=now
    )
    session.add(row)
    session.flush()
    return row.id, code


def _access(
    session: Session,
    authorisation: Authorisation,
    now: int,
    randomness: Randomness,
    wanted: Collection[str] | None,
) -> Tokens:
    found = grants_of(session, authorisation)
    if wanted is not None and not set(wanted) <= found.keys():
        raise BadDetails
    identifiers = None if wanted is None else {name: [grant.id for grant in found[name]] for name in wanted}
    scope = " ".join([*found, *authorisation.scope.split()])
    access = secrets.token(randomness)
    session.add(
        AccessToken(
            hash=secrets.hashed(access),
            authorisation=authorisation.id,
            scope=scope,
            dpop_thumbprint=authorisation.dpop_thumbprint,
            expires=now + ACCESS_LIFE,
        )
    )
    return Tokens(access, ACCESS_LIFE, scope, identifiers)
