"""The keys of the API and the worker for a list of departments, their public halves put into the store.

Run at founding, by who holds both passphrases; run again, it adds only what is missing.
"""

import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlmodel import Session, select

from registry import jcs, keys
from registry.errors import NotFound
from registry.keys import ChainKey, KeyRing, Secret
from registry.runtime import Role, passphrase
from registry.settings import Settings
from registry.signing import Use
from registry.store import Store
from registry.store.tables import ChainAccount, Department, PublicKey

LOG = "log"
"""Owner of the chain account that anchors the access log's heads."""
_SHARED = ("master", "index")
OTHER_USES = Use.STATUS_LISTS | Use.ANSWERS | Use.REQUESTS | Use.MESSAGES
"""What an issuer's second key is for."""
_ISSUER_KEYS = (Use.CREDENTIALS, OTHER_USES)
_ASKER_KEYS = (Use.REQUESTS | Use.MESSAGES,)


@dataclass(frozen=True, slots=True)
class Member:
    """A department that gets keys. issues: with an account on the chain, and keys that sign credentials."""

    code: str
    issues: bool


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

    Raises:
        KeysClosed: a passphrase does not fit.
    """
    now = clock()
    owners = [*(member.code for member in members if member.issues), LOG]
    api, worker = (_opened(settings, role, randomness) for role in ("api", "worker"))
    secrets = [name for name in (*_SHARED, "permutation") if not api.has(Secret, name)]
    signing = [
        (member.code, uses)
        for member in members
        for uses in (_ISSUER_KEYS if member.issues else _ASKER_KEYS)
        if not any(held.uses == uses for held in api.signing(member.code))
    ]
    accounts = [owner for owner in owners if not worker.has(ChainKey, owner)]
    api.add(
        *(keys.new_secret(name, now, randomness) for name in secrets),
        *(keys.new_signing(code, uses, now, randomness) for code, uses in signing),
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


def add_key(ring: KeyRing, store: Store, code: str, uses: int, now: int) -> str:
    """Make another signing key for a department, its public half in the store; the thumbprint.

    Raises:
        NotFound: there is no such department.
    """
    with store.read() as session:
        if session.get(Department, code) is None:
            raise NotFound("没有这个部门。", "There is no such department.")
    made = keys.new_signing(code, uses, now)
    ring.add(made)
    with store.write() as session:
        _publish_keys(session, ring, code, now)
    return made.key.public.thumbprint


def _opened(settings: Settings, role: Role, randomness: Callable[[int], bytes]) -> KeyRing:
    path = settings.keys / f"{role}.ring"
    make = KeyRing.open if path.exists() else KeyRing.create
    return make(path, passphrase(settings, role), randomness=randomness)


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
