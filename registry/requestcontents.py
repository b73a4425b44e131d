"""What is kept of a request to a wallet, what it says, and what may be posted in answer (OpenID4VP 1.0)."""

import hmac
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from msgspec import UNSET, Meta

from registry import jcs, jwe, requestobject, sm
from registry.dcql import Query
from registry.errors import RegistryError
from registry.requestobject import Key, Keys, Metadata, RequestObject
from registry.signing import SigningKey
from registry.store.tables import PresentationRequest
from registry.suites import ES256, SM
from registry.trust import Trust
from registry.walletanswers import BadAnswer, Presented, Question


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of a request.

    back: where the same device returns to; empty across devices. tells: whether the wallet is told the
    response code, which it brings to the challenge endpoint. algorithms: that issuers sign with.
    """

    nonce: str
    state: str
    client_id: str
    response_uri: str
    response_mode: str
    key: bytes
    query: Query
    transactions: tuple[str, ...]
    back: str
    tells: bool = False
    algorithms: tuple[str, ...] = (ES256.alg,)

    @property
    def question(self) -> Question:
        """What an answer is judged by."""
        return Question(self.query, self.client_id, self.nonce, self.transactions)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of an answer."""

    presented: tuple[Presented, ...] = ()
    satisfied: bool = False
    error: str = ""


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """The members of an answer (section 8), encrypted or not."""

    state: str
    vp_token: Any = None
    error: Annotated[str, Meta(min_length=1)] | None = None


def algorithms(trust: Trust, now: int) -> tuple[str, ...]:
    """What credentials may be signed with to be checked here: ES256, and SM2 where an issuer has it."""
    used = {suite for issuer in trust.issuers.values() for suite in issuer.suites(now)}
    return (ES256.alg, *((SM.alg,) if SM in used and sm.installed() else ()))


def request_object(row: PresentationRequest, sealed: Sealed, wallet_nonce: str | None) -> RequestObject:
    """The request object (section 5), unsigned. wallet_nonce: echoed."""
    encrypted = sealed.response_mode == requestobject.ENCRYPTED
    keys = Keys(keys=(Key.of(SigningKey.from_secret(sealed.key).public),))
    return RequestObject(
        client_id=sealed.client_id,
        response_uri=sealed.response_uri,
        response_mode="direct_post.jwt" if encrypted else "direct_post",
        nonce=sealed.nonce,
        state=sealed.state,
        dcql_query=sealed.query,
        client_metadata=Metadata(
            jwks=keys if encrypted else UNSET,
            encrypted_response_enc_values_supported=jwe.ENCODINGS if encrypted else (jwe.ENCODINGS[1],),
            vp_formats_supported={
                name: each | {"sd-jwt_alg_values": list(sealed.algorithms)}
                for name, each in requestobject.FORMATS.items()
            },
        ),
        transaction_data=sealed.transactions or UNSET,
        wallet_nonce=UNSET if wallet_nonce is None else wallet_nonce,
        iat=row.created,
        exp=row.expires,
    )


def link(row: PresentationRequest, sealed: Sealed, request_uri: str) -> str:
    """What a wallet opens: the request by reference, or all of it where it is named by its redirect_uri."""
    if sealed.client_id.startswith("redirect_uri:"):
        return (
            requestobject.SCHEME
            + "?"
            + urlencode(requestobject.parameters(request_object(row, sealed, None)))
        )
    asked = {"client_id": sealed.client_id, "request_uri": request_uri, "request_uri_method": "post"}
    return requestobject.SCHEME + "?" + urlencode(asked)


def read_posted(sealed: Sealed, form: Mapping[str, str]) -> Posted:
    """The members of a posted answer. An error may come in the open, where nothing could be encrypted.

    Raises BadAnswer.
    """
    encrypted = sealed.response_mode == requestobject.ENCRYPTED
    members: dict[str, Any] = dict(form)
    try:
        if encrypted and "error" not in form:
            members = jcs.loads(jwe.decrypt(form.get("response", ""), SigningKey.from_secret(sealed.key)))
        elif "vp_token" in members:
            members["vp_token"] = jcs.loads(form["vp_token"].encode())
        answer = msgspec.convert(members, Posted)
    except (RegistryError, msgspec.ValidationError, UnicodeError):
        raise BadAnswer from None
    if not hmac.compare_digest(answer.state.encode(), sealed.state.encode()):
        raise BadAnswer
    return answer


def with_code(back: str, code: str) -> str:
    """The page to return to, with the response code."""
    parts = urlsplit(back)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), ("response_code", code)])
    return urlunsplit(parts._replace(query=query))
