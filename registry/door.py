"""The one door: a wallet asks, the identity certificate proves who, one action allows, a code ends it.

An authorisation request becomes a login (`begin`); it is shown in one browser (`enter`) or goes on between
wallet and server alone (the challenge endpoint); a presentation of the identity credential proves the person
(`prove`); what that person allows (`allow`) is bound to a code of one use, for one minute, and the code is
redeemed for tokens (`redeem`) by whoever has the verifier and the DPoP key it was asked with.
"""

import hashlib
import hmac
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import delete
from sqlmodel import Session, col, select

from registry import b64, guardianship, secrets
from registry.authorisations import BadGrant, Tokens, open_authorisation
from registry.catalogue import Catalogue
from registry.entitlements import Entitlement, entitlements
from registry.errors import RegistryError
from registry.grants import granting
from registry.identity import Identity, is_alive
from registry.runtime import Runtime
from registry.secrets import Randomness
from registry.store import Store
from registry.store.tables import AccessToken, AuthorisationKind, Certificate, Ground, Login, Offer
from registry.trust import Trust
from registry.withdrawing import end_authorisations

HOLDER: Final = "holder"
"""The scope for what is the holder's own: certificates, wallets, withdrawing."""
CERTIFICATES: Final = "certificates"
"""The scope for everything that every issuer holds for the person."""
PUSHED_LIFE: Final = 300
"""Seconds within which a pushed request must be taken up (RFC 9126, section 2.2)."""
LOGIN_LIFE: Final = 600
"""Seconds a login may take, from its page or challenge to the holder's word."""
CODE_LIFE: Final = 60
KEPT: Final = 86_400


class NoLogin(RegistryError):
    """The request_uri or auth_session is unknown, over, or another browser's; which is not said."""

    kind = "no-such-login"

    def __init__(self) -> None:
        super().__init__(
            "该登录请求不存在、已用过或已过期，请回到钱包重新发起。",
            "There is no such login, or it was used or is over; begin again in the wallet.",
        )


class NothingToGive(RegistryError):
    """Of what was asked for, no issuer holds anything that this person may claim."""

    kind = "nothing-to-give"
    mender = "holder"

    def __init__(self) -> None:
        super().__init__(
            "没有可领取的证照。", "No issuer holds anything of what was asked for that you may claim."
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked authorisation request.

    client: client_id as it says, "" where it gave none. scopes, details: configurations `<issuer>.<type>`
    asked for by scope and by authorization_details; everything: all that there is. holder_scope: `holder` was
    asked for. offer: id of the offer that its issuer_state names. dpop_thumbprint: the key it is bound to, if
    any. attested: what a wallet provider vouched for (JSON), "" if nothing.
    """

    client: str
    code_challenge: str
    redirect_uri: str = ""
    state: str = ""
    scopes: Collection[str] = ()
    details: Collection[str] = ()
    everything: bool = False
    holder_scope: bool = False
    offer: str | None = None
    dpop_thumbprint: str | None = None
    attested: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """What a login's person may be given: certificates, and the scope `holder` where it was asked for."""

    certificates: tuple[Entitlement, ...]
    holder_scope: bool


def begin(session: Session, asked: Asked, *, now: int, life: int, randomness: Randomness) -> str:
    """Keep a request for `life` seconds; its handle, told once."""
    handle = secrets.token(randomness)
    session.add(
        Login(
            id=secrets.hashed(handle),
            client=asked.client,
            redirect_uri=asked.redirect_uri,
            state=asked.state,
            code_challenge=asked.code_challenge,
            dpop_thumbprint=asked.dpop_thumbprint,
            scope=HOLDER if asked.holder_scope else "",
            details=orjson.dumps([sorted(asked.scopes), sorted(asked.details), asked.everything]).decode(),
            attested=asked.attested,
            offer=asked.offer,
            created=now,
            expires=now + life,
        )
    )
    return handle


def enter(
    session: Session, handle: str, *, client: str, browser: str | None, new_browser: str, now: int
) -> Login:
    """The login as one browser sees it: the first one that opens it has it alone (request_uri, one use).

    browser: the secret in the cookie that came, if one came; new_browser: the one that a browser without
    gets now.

    Raises:
        NoLogin: no such login, or it is another client's or another browser's.
    """
    login = _open(session, handle, now)
    if login is None or login.client != client:
        raise NoLogin
    if login.browser_hash is None:
        login.browser_hash = secrets.hashed(browser or new_browser)
        login.expires = now + LOGIN_LIFE
        session.add(login)
    elif browser is None or login.browser_hash != secrets.hashed(browser):
        raise NoLogin
    return login


def entered(session: Session, handle: str, *, client: str, browser: str | None, now: int) -> Login:
    """The login of a browser that has it already, to look at.

    Raises:
        NoLogin: no such login, or it is another client's, another browser's, or nobody's yet.
    """
    login = session.get(Login, secrets.hashed(handle))
    if (
        login is None
        or not _is_open(login, now)
        or login.client != client
        or browser is None
        or login.browser_hash != secrets.hashed(browser)
    ):
        raise NoLogin
    return login


def login_of(session: Session, handle: str, *, client: str | None, dpop_thumbprint: str, now: int) -> Login:
    """A login that goes on without a browser (auth_session), with the key that it began with.

    client: what the wallet calls itself now; None where it does not say. A request that was pushed without a
    key is bound to the first one that comes.

    Raises:
        NoLogin: there is none, it has a browser, or it is another client's or another key's.
    """
    login = _open(session, handle, now)
    if login is None or login.browser_hash is not None or client not in (None, login.client):
        raise NoLogin
    if login.dpop_thumbprint not in (None, dpop_thumbprint):
        raise NoLogin
    login.dpop_thumbprint = dpop_thumbprint
    login.expires = max(login.expires, login.created + LOGIN_LIFE)
    session.add(login)
    return login


def prove(session: Session, login: Login, identity: Identity) -> None:
    """The presentation that the login asked for was valid: this is the person."""
    login.holder, login.wallet = identity.holder, identity.wallet
    login.identity_credential = identity.credential
    session.add(login)


def offered(session: Session, login: Login, runtime: Runtime, identity_type: str, now: int) -> Offered:
    """What the proven person is asked to allow: a child's certificates until the 16th birthday.

    The identity certificate is never among it: it is offered at a window, so that no login makes another.

    Raises:
        NothingToGive: nothing of what was asked for.
    """
    found = tuple(
        each
        for each in _givable(session, login, runtime.catalogue, identity_type, now)
        if each.granting.ground != Ground.GUARDIAN or not _is_grown_up(session, runtime, each, now)
    )
    if not found and not login.scope:
        raise NothingToGive
    return Offered(found, bool(login.scope))


def _is_grown_up(session: Session, runtime: Runtime, child: Entitlement, now: int) -> bool:
    return guardianship.is_over(
        session,
        runtime.sealed,
        runtime.catalogue,
        child.certificate,
        child.granting.role,
        runtime.tz,
        now,
    )


def allow(
    session: Session,
    login: Login,
    lineages: Iterable[int],
    *,
    holder_scope: bool = True,
    now: int,
    randomness: Randomness,
) -> str:
    """The person allows it: a code for one use within a minute.

    lineages: of the certificates that were chosen among what was offered. holder_scope: whether `holder` is
    given, where it was asked for.
    """
    code = secrets.token(randomness)
    login.chosen = orjson.dumps(sorted(lineages)).decode()
    login.scope = login.scope if holder_scope else ""
    login.code_hash = secrets.hashed(code)
    login.expires = now + CODE_LIFE
    session.add(login)
    return code


def end(session: Session, login: Login, now: int) -> None:
    """The person said no, or there is nothing to give."""
    login.ended_at = now
    session.add(login)


def redeem(
    store: Store,
    catalogue: Catalogue,
    trust: Trust,
    *,
    code: str,
    code_verifier: str,
    redirect_uri: str | None,
    client: str,
    attested: str,
    dpop_thumbprint: str,
    identity_type: str,
    now: int,
    randomness: Randomness,
    wanted: Sequence[str] | None = None,
) -> Tokens:
    """Tokens for a code. A code that comes a second time ends what the first one gave (RFC 6749, 4.1.2).

    attested: what a wallet provider vouches for now (JSON): the very wallet it vouched for at the beginning,
    if it did. wanted: configurations that the client's authorization_details name at the token endpoint.

    Raises:
        BadGrant: anything does not fit the request that the code was given for; which is not said.
        BadDetails: as `open_authorisation`.
    """
    with store.write() as session:
        login = session.exec(
            select(Login).where(Login.code_hash == secrets.hashed(code)).with_for_update()
        ).first()
        if login is not None and login.authorisation is not None:
            end_authorisations(session, [login.authorisation], now)
        elif login is not None and _fits(
            session, login, trust, code_verifier, redirect_uri, client, attested, dpop_thumbprint, now
        ):
            login.attested = attested
            return _redeemed(
                session, login, catalogue, identity_type, dpop_thumbprint, now, randomness, wanted
            )
    raise BadGrant(
        "授权码无效或已用过，请重新登录。", "The code is not good, or was used before; log in again."
    )


def forget_expired(session: Session, now: int) -> None:
    """Drop logins that were over a day ago: until then a code that comes again is known."""
    session.connection().execute(delete(Login).where(col(Login.expires) < now - KEPT))


def challenge_of(verifier: str) -> str:
    """PKCE's S256 (RFC 7636, section 4.2)."""
    return b64.encode(hashlib.sha256(verifier.encode()).digest())


def _open(session: Session, handle: str, now: int) -> Login | None:
    login = session.exec(select(Login).where(Login.id == secrets.hashed(handle)).with_for_update()).first()
    return login if login is not None and _is_open(login, now) else None


def _is_open(login: Login, now: int) -> bool:
    return login.ended_at is None and login.code_hash is None and now < login.expires


def _fits(
    session: Session,
    login: Login,
    trust: Trust,
    code_verifier: str,
    redirect_uri: str | None,
    client: str,
    attested: str,
    dpop_thumbprint: str,
    now: int,
) -> bool:
    """Whether who brings the code is who asked for it, and the identity credential still stands."""
    assert login.identity_credential is not None
    # A wallet that was never sent anywhere (the challenge) may leave its redirect_uri out.
    sent = redirect_uri if redirect_uri is not None or login.browser_hash is not None else login.redirect_uri
    return (
        login.expires > now
        and login.client == client
        and login.attested in ("", attested)
        and login.redirect_uri == (sent or "")
        and hmac.compare_digest(login.code_challenge.encode(), challenge_of(code_verifier).encode())
        and login.dpop_thumbprint in (None, dpop_thumbprint)
        and is_alive(session, login.identity_credential, trust, now)
    )


def _redeemed(
    session: Session,
    login: Login,
    catalogue: Catalogue,
    identity_type: str,
    dpop_thumbprint: str,
    now: int,
    randomness: Randomness,
    wanted: Sequence[str] | None,
) -> Tokens:
    chosen = set(orjson.loads(login.chosen))
    given = [
        each
        for each in _givable(session, login, catalogue, identity_type, now)
        if each.certificate.lineage in chosen
    ]
    if wanted is None:
        wanted = _named_before(login, given)
    challenge = login.browser_hash is None
    tokens = open_authorisation(
        session,
        wallet=login.wallet,
        kind=AuthorisationKind.CHALLENGE if challenge else AuthorisationKind.CODE,
        certificates=[each.granting for each in given],
        holder=login.holder,
        identity_credential=login.identity_credential,
        scope=login.scope,
        client=login.client,
        attested=login.attested,
        dpop_thumbprint=dpop_thumbprint,
        now=now,
        randomness=randomness,
        wanted=wanted,
    )
    login.authorisation = session.get_one(AccessToken, secrets.hashed(tokens.access)).authorisation
    login.ended_at = now
    session.add(login)
    for offer in (each.granting.offer for each in given if each.granting.offer):
        taken = session.get_one(Offer, offer)
        taken.ended_at = now
        session.add(taken)
    return tokens


def _named_before(login: Login, given: Iterable[Entitlement]) -> Sequence[str] | None:
    """Configurations that the login's own authorization_details named, of those that are given."""
    details = set(orjson.loads(login.details)[1])
    return sorted(details & {each.configuration for each in given}) if details else None


def _givable(
    session: Session, login: Login, catalogue: Catalogue, identity_type: str, now: int
) -> tuple[Entitlement, ...]:
    assert login.holder is not None
    scopes, details, everything = orjson.loads(login.details)
    wanted = {*scopes, *details}
    found = tuple(
        each
        for each in entitlements(session, catalogue, login.holder, now)
        if each.certificate.type != identity_type and (everything or each.configuration in wanted)
    )
    return found + _offered_at_a_window(session, login, found, now)


def _offered_at_a_window(
    session: Session, login: Login, found: tuple[Entitlement, ...], now: int
) -> tuple[Entitlement, ...]:
    """The certificate of the offer that the login's issuer_state names, if it was made to this person."""
    offer = session.get(Offer, login.offer) if login.offer is not None else None
    if offer is None or offer.ended_at is not None or offer.expires <= now or offer.holder != login.holder:
        return ()
    certificate = session.get_one(Certificate, offer.certificate)
    if any(each.certificate.lineage == certificate.lineage for each in found):
        return ()
    return (Entitlement(certificate, granting(offer)),)
