"""Asking wallets (OpenID4VP 1.0): a request is made, fetched and signed, answered once, and its outcome read.

What a request needs later (nonce, query, the key its answer is encrypted to) is sealed in the store under a
secret that every API process derives, bound to the request's id. The answer takes the request from `open` to
`answered` or `refused` in one transaction with its outcome: whoever comes second is refused, and an answer
that cannot be read changes nothing.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import CursorResult, delete, func, update
from sqlmodel import Session, col, select

from registry import (
    asking,
    dcql,
    nonces,
    requestobject,
    secrets,
    transactiondata,
    verifications,
    walletanswers,
)
from registry.checks import REQUEST_LEEWAY
from registry.dcql import Query
from registry.errors import NotFound
from registry.lists import newest_origin
from registry.requestcontents import (
    Kept,
    Sealed,
    algorithms,
    link,
    read_posted,
    request_object,
    with_code,
)
from registry.requested import (
    MadeRequest,
    Outcome,
    RequestOver,
    Taken,
    TooManyRequests,
    UnsuitableWallet,
)
from registry.requestobject import Prefix
from registry.runtime import Runtime
from registry.secrets import Randomness
from registry.signers import Signer, Signers
from registry.signing import SigningKey, Use
from registry.store import Store
from registry.store.tables import Login, PresentationRequest, RequestPurpose, RequestState
from registry.trust import Trust

__all__ = [
    "KEPT",
    "LIFE",
    "MadeRequest",
    "Outcome",
    "RequestOver",
    "Requesting",
    "Taken",
    "TooManyRequests",
    "UnsuitableWallet",
    "forget_expired",
]

LIFE: Final = 300
"""Seconds that a request is open."""
KEPT: Final = 86_400
"""Seconds after a request's end for which its outcome can be read."""
MOST_OPEN: Final = 10_000
"""Requests that one department may have open; those of logins, which its key may sign, apart."""
T = TypeVar("T")
_ERROR: Final = re.compile(r"[a-z_]{1,64}")


@dataclass(frozen=True, slots=True)
class Requesting:
    """The use cases of requests for presentations.

    prefix: how the asker is named. response_mode: how wallets answer. everywhere: the trust state that
    reaches to partner registries, for what departments ask for; a login is this registry's own.
    """

    store: Store
    signers: Signers
    trust: Callable[[], Trust]
    clock: Callable[[], int]
    randomness: Randomness
    cipher: AESGCM
    prefix: Prefix = "x509_hash"
    response_mode: str = requestobject.ENCRYPTED
    everywhere: Callable[[], Trust] | None = None

    @classmethod
    def of(
        cls,
        runtime: Runtime,
        trust: Callable[[], Trust],
        signers: Signers,
        everywhere: Callable[[], Trust] | None = None,
    ) -> "Requesting":
        """Put together from what an API process has opened."""
        # Derived, not stored: every API process must open every other's requests.
        secret = hmac.digest(runtime.ring.secret("permutation"), b"presentation request", hashlib.sha256)
        return cls(
            runtime.store,
            signers,
            trust,
            runtime.clock,
            runtime.randomness,
            AESGCM(secret),
            runtime.settings.vp_client_id,
            runtime.settings.vp_response_mode,
            everywhere,
        )

    def make(
        self,
        session: Session,
        asker: str,
        query: Query | Mapping[str, Any],
        *,
        purpose: RequestPurpose = RequestPurpose.DEPARTMENT,
        clerk: str = "",
        matter: str = "",
        transaction_data: Sequence[str] = (),
        same_device_return: str | None = None,
        tells: bool = False,
        prefix: Prefix | None = None,
    ) -> MadeRequest:
        """Make a request, in the caller's transaction.

        asker: code of the department in whose name it is signed. query: DCQL. clerk, matter: who asks there,
        and what for. transaction_data: as `transactiondata.encode` makes them. same_device_return: page that
        the wallet opens after it answered, with `response_code`; None where the wallet is another device.
        tells: the wallet itself is told the response code, since it asked for this request.

        Raises:
            BadQuery, BadReturn, BadTransactionData, BadRequestObject, NoSigner, TooManyRequests: as they say.
        """
        query = query if isinstance(query, Query) else dcql.parse(query)
        transactiondata.parse_all(transaction_data, query)
        asking.demand_readable(query, transaction_data)
        if same_device_return is not None:
            asking.demand_page(same_device_return)
        now, id, named = self.clock(), secrets.token(self.randomness), prefix or self.prefix
        self._room(session, asker, purpose, now)
        request_uri = f"{newest_origin(session).origin}/openid4vp/{id}"
        response_uri = f"{request_uri}/response"
        signer = self.signers.signer(session, asker, Use.REQUESTS, now)
        sealed = Sealed(
            nonce=secrets.token(self.randomness),
            state=secrets.handle(self.randomness),
            client_id=requestobject.client_id(named, x5c=signer.x5c, response_uri=response_uri),
            response_uri=response_uri,
            response_mode=self.response_mode,
            key=SigningKey.generate().secret,
            query=query,
            transactions=tuple(transaction_data),
            back=same_device_return or "",
            tells=tells,
            algorithms=algorithms(self.trust(), now),
        )
        row = PresentationRequest(
            id=id,
            purpose=purpose,
            asker=asker,
            clerk=clerk,
            matter=matter,
            sealed=self._seal(f"{id}/request", sealed),
            created=now,
            expires=now + LIFE,
        )
        session.add(row)
        session.flush()
        return MadeRequest(id, link(row, sealed, request_uri), request_uri, row.expires)

    def link(self, session: Session, id: str) -> str:
        """The link of a request that is open, or was answered and still has time.

        An answer may have earned a response code, which another request would make worthless.

        Raises:
            NotFound, RequestOver: as they say.
        """
        row = self._living(session, id, self.clock(), RequestState.OPEN, RequestState.ANSWERED)
        sealed = self._unseal(f"{id}/request", row.sealed, Sealed)
        return link(row, sealed, sealed.response_uri.removesuffix("/response"))

    def fetch(
        self, id: str, *, wallet_nonce: str | None = None, wallet_metadata: Mapping[str, Any] | None = None
    ) -> str:
        """The signed request object (section 5.10). wallet_nonce: echoed.

        Raises:
            NotFound, RequestOver, UnsuitableWallet: as they say.
        """
        formats = (wallet_metadata or {}).get("vp_formats_supported")
        if isinstance(formats, Mapping) and dcql.FORMAT not in formats:
            raise UnsuitableWallet
        now = self.clock()
        with self.store.write() as session:
            row = self._living(session, id, now)
            sealed = self._unseal(f"{id}/request", row.sealed, Sealed)
            signer = self._signer(session, row, sealed, now)
            if row.fetched_at is None:
                row.fetched_at = now
                session.add(row)
            request = request_object(row, sealed, wallet_nonce)
        return requestobject.sign(request, key=signer.key, x5c=signer.x5c)

    def answer(self, id: str, form: Mapping[str, str]) -> Taken:
        """Take a wallet's answer.

        form: the posted parameters.

        Raises:
            NotFound, RequestOver: as they say.
            BadAnswer: not an answer to this request, which stays open.
        """
        now = self.clock()
        with self.store.read() as session:
            row = self._living(session, id, now)
            sealed = self._unseal(f"{id}/request", row.sealed, Sealed)
            asker, login = row.asker, row.purpose == RequestPurpose.LOGIN
        answer = read_posted(sealed, form)
        if answer.error is not None:
            error = answer.error if _ERROR.fullmatch(answer.error) else "invalid_request"
            return self._conclude(id, asker, sealed, Kept(error=error), now)
        token = walletanswers.read(answer.vp_token, sealed.query)
        trust = self.trust() if login or self.everywhere is None else self.everywhere()
        judged = walletanswers.judge(token, sealed.question, trust, now)
        kept = Kept(presented=judged.presented, satisfied=judged.satisfied)
        return self._conclude(id, asker, sealed, kept, now)

    def outcome(self, id: str, *, asker: str | None = None, response_code: str | None = None) -> Outcome:
        """What became of a request.

        asker: code of the department that wants to know; None for the registry itself. response_code: what
        the page on the same device was given; without it nothing is said of an answer that has one.

        Raises:
            NotFound: there is none, it is another department's or a login's, or the response code is wrong.
        """
        now = self.clock()
        with self.store.read() as session:
            row = session.get(PresentationRequest, id)
            if row is None or not _is_of(row, asker) or row.expires + KEPT <= now:
                raise _unknown()
            told = _is_told(row, response_code)
            if row.outcome is None or not told:
                over = row.state == RequestState.OPEN and row.expires <= now
                state = "expired" if over else row.state
                return Outcome(
                    id, state, row.expires, row.fetched_at is not None, answered_at=row.answered_at
                )
            kept = self._unseal(f"{id}/outcome", row.outcome, Kept)
            return Outcome(
                id,
                row.state,
                row.expires,
                row.fetched_at is not None,
                kept.satisfied,
                kept.presented,
                kept.error,
                row.answered_at,
            )

    def by_code(self, response_code: str) -> Outcome:
        """The outcome that a response code belongs to. Raises NotFound."""
        with self.store.read() as session:
            id = session.exec(
                select(PresentationRequest.id).where(
                    PresentationRequest.code_hash == secrets.hashed(response_code)
                )
            ).first()
        if id is None:
            raise _unknown()
        return self.outcome(id, response_code=response_code)

    def _conclude(self, id: str, asker: str, sealed: Sealed, kept: Kept, now: int) -> Taken:
        code = secrets.token(self.randomness) if sealed.back or sealed.tells else None
        change = (
            update(PresentationRequest)
            .where(
                col(PresentationRequest.id) == id,
                col(PresentationRequest.state) == RequestState.OPEN,
                col(PresentationRequest.expires) > now,
            )
            .values(
                state=RequestState.REFUSED if kept.error else RequestState.ANSWERED,
                outcome=self._seal(f"{id}/outcome", kept),
                code_hash=None if code is None else secrets.hashed(code),
                answered_at=now,
            )
        )
        with self.store.write() as session:
            changed: CursorResult[Any] = session.connection().execute(change)
            if changed.rowcount != 1:
                raise RequestOver
            nonces.use_once(session, sealed.client_id, sealed.nonce, now + REQUEST_LEEWAY + 1)
            for each in kept.presented:
                verifications.count(session, each.report, verifier=asker, now=now)
        if code is None:
            return Taken()
        return Taken(with_code(sealed.back, code) if sealed.back else None, code if sealed.tells else None)

    def _room(self, session: Session, asker: str, purpose: RequestPurpose, now: int) -> None:
        open_ones = select(func.count()).where(
            PresentationRequest.asker == asker,
            PresentationRequest.purpose == purpose,
            PresentationRequest.state == RequestState.OPEN,
            PresentationRequest.expires > now,
        )
        if session.exec(open_ones).one() >= MOST_OPEN:
            raise TooManyRequests

    def _living(self, session: Session, id: str, now: int, *states: RequestState) -> PresentationRequest:
        row = session.get(PresentationRequest, id)
        if row is None:
            raise _unknown()
        if row.state not in (states or (RequestState.OPEN,)) or row.expires <= now:
            raise RequestOver
        return row

    def _signer(self, session: Session, row: PresentationRequest, sealed: Sealed, now: int) -> Signer:
        """Who signs; a key that was put in its place since then cannot stand for the link's client_id."""
        signer = self.signers.signer(session, row.asker, Use.REQUESTS, now)
        prefix: Any = sealed.client_id.partition(":")[0]
        if prefix == "redirect_uri":
            raise _unknown()
        named = requestobject.client_id(prefix, x5c=signer.x5c, response_uri=sealed.response_uri)
        if named != sealed.client_id:
            raise RequestOver
        return signer

    def _seal(self, bound_to: str, value: msgspec.Struct) -> bytes:
        nonce = self.randomness(12)
        return nonce + self.cipher.encrypt(nonce, msgspec.msgpack.encode(value), bound_to.encode())

    def _unseal(self, bound_to: str, sealed: bytes, kind: type[T]) -> T:
        plain = self.cipher.decrypt(sealed[:12], sealed[12:], bound_to.encode())
        return msgspec.msgpack.decode(plain, type=kind)


def forget_expired(session: Session, now: int) -> None:
    """Drop requests whose outcome nobody may read any more; a login's goes with the login."""
    over = delete(PresentationRequest).where(col(PresentationRequest.expires) < now - KEPT)
    for of_login in (Login.request, Login.request_here):
        kept = select(of_login).where(col(of_login).is_not(None))
        over = over.where(col(PresentationRequest.id).not_in(kept))
    session.connection().execute(over)


def _is_of(row: PresentationRequest, asker: str | None) -> bool:
    """Whether a department may read it: its own, and no login, though its key may have signed that too."""
    return asker is None or (row.asker == asker and row.purpose == RequestPurpose.DEPARTMENT)


def _is_told(row: PresentationRequest, response_code: str | None) -> bool:
    if row.code_hash is None:
        return True
    if response_code is None:
        return False
    if not hmac.compare_digest(row.code_hash, secrets.hashed(response_code)):
        raise _unknown()
    return True


def _unknown() -> NotFound:
    return NotFound("没有这个请求。", "There is no such request.")
