"""The keys of the API and the worker for a list of departments, their public halves put into the store.

Run at founding, by who holds both passphrases; run again, it adds only what is missing. What a department
asks and sends is signed on P-256 even where it issues with SM2: wallets and others must read it.
"""

import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlmodel import Session, select

from registry import jcs, keys, sm
from registry.chain.ledger import LOG
from registry.errors import NotAllowed, NotFound
from registry.keys import ChainKey, KeyRing, Secret
from registry.runtime import open_or_create
from registry.settings import Settings
from registry.signing import Use
from registry.store import Store
from registry.store.tables import ChainAccount, Department, PublicKey
from registry.suites import ES256, SM, Suite, suite_named

ASKING = Use.REQUESTS | Use.MESSAGES
"""What a department that only asks signs."""
OTHER_USES = Use.STATUS_LISTS | Use.ANSWERS | ASKING
"""What an issuer's second key is for."""
_SHARED = ("master", "index")
_ISSUER_KEYS = {
    ES256: ((Use.CREDENTIALS, ES256), (OTHER_USES, ES256)),
    SM: ((Use.CREDENTIALS, SM), (OTHER_USES & ~ASKING, SM), (ASKING, ES256)),
}
_ASKER_KEYS = ((ASKING, ES256),)


@dataclass(frozen=True, slots=True)
class Member:
    """A department that gets keys.

    issues: with an account on the chain, and keys that sign credentials. suite: what it issues with.
    """

    code: str
    issues: bool
    suite: Suite = ES256


def provision(
    settings: Settings,
    store: Store,
    members: Collection[Member],
    *,
    clock: Callable[[], int] = lambda: int(time.time()),
    randomness: Callable[[int], bytes] = os.urandom,
) -> None:
    """Make the key files of API and worker where they are missing, and every key that a member lacks.

    Key files come first, then the store: what a crash left out of the store is put there the next time.

    A member that got another suite since then gets keys of it beside those it has: the newest sign.

    Raises:
        KeysClosed: a passphrase does not fit.
        NoSm: a member issues with SM2, and this installation has no SM2; nothing was made.
    """
    if any(member.suite is SM for member in members):
        sm.require()
    now = clock()
    owners = [*(member.code for member in members if member.issues), LOG]
    api, worker = (open_or_create(settings, role, randomness) for role in ("api", "worker"))
    secrets = [name for name in (*_SHARED, "permutation") if not api.has(Secret, name)]
    signing = [
        (member.code, uses, suite)
        for member in members
        for uses, suite in (_ISSUER_KEYS[member.suite] if member.issues else _ASKER_KEYS)
        if not any((held.uses, held.suite) == (uses, suite.name) for held in api.signing(member.code))
    ]
    accounts = [owner for owner in owners if not worker.has(ChainKey, owner)]
    api.add(
        *(keys.new_secret(name, now, randomness) for name in secrets),
        *(keys.new_signing(code, uses, now, randomness, suite=suite) for code, uses, suite in signing),
    )
    worker.add(
        *(Secret(name, api.secret(name), now) for name in _SHARED if not worker.has(Secret, name)),
        *(keys.new_account(owner, now, randomness) for owner in accounts),
    )
    with store.write() as session:
        for member in members:
            _publish_keys(session, api, member.code, now)
        for owner in owners:
            _publish_accounts(session, worker, owner, now)


def add_key(ring: KeyRing, store: Store, code: str, uses: int, now: int, suite: Suite | None = None) -> str:
    """Make another signing key for a department, its public half in the store; the thumbprint.

    uses: a bit set; a key on SM2 gets only those that need not be on P-256.
    suite: None: that of the newest key with one of these uses.

    Raises:
        NotFound: there is no such department.
        NotAllowed: none of these uses can be SM2's.
        NoSm: it would be on SM2, and this installation has no SM2.
    """
    with store.read() as session:
        if session.get(Department, code) is None:
            raise NotFound("没有这个部门。", "There is no such department.")
    if suite is None:
        before = [held.suite for held in ring.signing(code) if held.uses & uses]
        suite = suite_named(before[-1]) if before else ES256
    if suite is SM:
        sm.require()
        uses &= ~ASKING
        if not uses:
            raise NotAllowed("请求与消息只用 P-256 签名。", "Requests and messages are signed on P-256 only.")
    made = keys.new_signing(code, uses, now, suite=suite)
    ring.add(made)
    with store.write() as session:
        _publish_keys(session, ring, code, now)
    return made.key.public.thumbprint


def _publish_keys(session: Session, ring: KeyRing, code: str, now: int) -> None:
    known = set(session.exec(select(PublicKey.thumbprint).where(PublicKey.issuer == code)))
    for held in ring.signing(code):
        public = held.key.public
        if public.thumbprint not in known:
            session.add(
                PublicKey(
                    issuer=code,
                    thumbprint=public.thumbprint,
                    jwk=jcs.dumps(public.jwk).decode(),
                    uses=held.uses,
                    created=now,
                )
            )


def _publish_accounts(session: Session, ring: KeyRing, owner: str, now: int) -> None:
    known = set(session.exec(select(ChainAccount.address).where(ChainAccount.issuer == owner)))
    for account in ring.accounts(owner):
        if account.address not in known:
            session.add(ChainAccount(issuer=owner, address=account.address, created=now))
