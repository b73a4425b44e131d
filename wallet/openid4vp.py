"""A wallet's side of OpenID4VP 1.0: a request's link followed and checked, its answer posted."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx

from registry import b64, jcs, jwe, requestobject, signing
from registry.errors import RegistryError
from registry.fetching import demand_type
from registry.requestobject import ENCRYPTED, MEDIA_TYPE, BadRequestObject, Read, RequestObject
from wallet.exchange import Refused, VerifierRefused, answer, checked_address

SCHEMES: Final = ("openid4vp", "haip-vp")
DENIED: Final = "access_denied"
_CAPABILITIES: Final = {
    "vp_formats_supported": requestobject.FORMATS,
    "client_id_prefixes_supported": ["x509_hash", "x509_san_dns", "redirect_uri"],
    "request_object_signing_alg_values_supported": ["ES256"],
    "response_modes_supported": ["direct_post.jwt", "direct_post"],
}

Randomness = Callable[[int], bytes]


def is_request(link: str) -> bool:
    """Whether a text is the link of a request."""
    return link.strip().partition(":")[0].lower() in SCHEMES


def read_request(http: httpx.Client, link: str, *, now: int, randomness: Randomness = os.urandom) -> Read:
    """The request behind a link: in it, or where it says (by POST with a nonce of ours, if it wants that).

    A signed request with transaction data that nobody can agree to is answered so at once (section 8.5).

    Raises:
        BadRequestObject: no request that may be answered.
        BadOffer: its answer would go to an address that may not be asked.
        VerifierRefused, RegistryError, httpx.HTTPError: it cannot be fetched.
    """
    given = _parameters(link)
    client_id = given.get("client_id")
    if client_id is None:
        raise BadRequestObject
    if "request_uri" not in given and "request" not in given:
        return _may_be_answered(http, requestobject.read_parameters(given))
    nonce = b64.encode(randomness(16)) if given.get("request_uri_method") == "post" else None
    signed = given["request"] if "request" in given else _fetched(http, given, nonce)
    try:
        read = requestobject.read(signed, now=now, client_id=client_id, wallet_nonce=nonce)
    except BadRequestObject as bad:
        if bad.error == "invalid_transaction_data":
            _say_wrong(http, signed, bad.error)
        raise
    return _may_be_answered(http, read)


def host_of(request: RequestObject) -> str:
    """Where the answer goes: host and port, a name of other letters in the form that computers use."""
    return httpx.URL(request.response_uri).netloc.decode("ascii")


def send(http: httpx.Client, request: RequestObject, vp_token: Mapping[str, Sequence[str]]) -> str | None:
    """Post presentations, by the id of the credential query that each answers (section 8.1).

    The address at which the verifier wants the same browser to go on, if it names one.

    Raises:
        VerifierRefused: the verifier does not take them.
    """
    return _redirect(present(http, request, vp_token))


def present(
    http: httpx.Client, request: RequestObject, vp_token: Mapping[str, Sequence[str]]
) -> Mapping[str, Any]:
    """As `send`; everything that the verifier answers."""
    token: Any = {id: list(presentations) for id, presentations in vp_token.items()}
    return _post(http, request, {"vp_token": token})


def refuse(http: httpx.Client, request: RequestObject, error: str = DENIED) -> str | None:
    """Tell the verifier that there is no answer, and nothing of the reason (section 8.5); returns as `send`.

    Raises:
        VerifierRefused: the verifier does not even take that.
    """
    return _redirect(_post(http, request, {"error": error}))


def _parameters(link: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(urlsplit(link.strip()).query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise BadRequestObject from None
    given = dict(pairs)
    if len(given) != len(pairs) or {"request", "request_uri"} <= given.keys():
        raise BadRequestObject  # said twice: who reads the other one reads another request
    return given


def _fetched(http: httpx.Client, given: Mapping[str, str], nonce: str | None) -> str:
    address, accept = checked_address(http, given["request_uri"]), {"Accept": MEDIA_TYPE}
    if given.get("request_uri_method", "get") not in ("get", "post"):
        raise BadRequestObject(error="invalid_request_uri_method")
    if nonce is None:
        served = http.get(address, headers=accept)
    else:
        form = {"wallet_nonce": nonce, "wallet_metadata": jcs.dumps(_CAPABILITIES).decode()}
        served = http.post(address, data=form, headers=accept)
    if not served.is_success:
        _answer(served)
    return demand_type(served, MEDIA_TYPE).text


def _may_be_answered(http: httpx.Client, read: Read) -> Read:
    checked_address(http, read.request.response_uri)
    metadata = read.request.client_metadata
    formats = getattr(metadata, "vp_formats_supported", None)
    if isinstance(formats, dict) and not formats.keys() & requestobject.FORMATS.keys():
        raise BadRequestObject(error="vp_formats_not_supported")
    return read


def _say_wrong(http: httpx.Client, signed: str, error: str) -> None:
    """Name the error to whoever signed. Its signature stands: `read` looks at that before anything else."""
    claims = signing.parse_jws(signed).payload
    address, state = claims.get("response_uri"), claims.get("state")
    if isinstance(address, str):
        form = {"error": error} | ({"state": state} if isinstance(state, str) else {})
        try:
            http.post(checked_address(http, address), data=form)
        except (httpx.HTTPError, RegistryError):
            return


def _post(http: httpx.Client, request: RequestObject, members: Mapping[str, Any]) -> dict[str, Any]:
    said = dict(members)
    if isinstance(request.state, str):
        said["state"] = request.state
    if request.response_mode == ENCRYPTED:
        form = {"response": jwe.encrypt(jcs.dumps(said), request.encryption_key.jwk, enc=request.encryption)}
    else:
        form = {
            name: value if isinstance(value, str) else jcs.dumps(value).decode()
            for name, value in said.items()
        }
    return _answer(http.post(checked_address(http, request.response_uri), data=form))


def _answer(response: httpx.Response) -> dict[str, Any]:
    """What the verifier answers. Raises VerifierRefused."""
    try:
        return answer(response)
    except Refused as refused:
        raise VerifierRefused(refused.code, refused.http_status) from refused


def _redirect(said: Mapping[str, Any]) -> str | None:
    redirect = said.get("redirect_uri")
    return redirect if isinstance(redirect, str) else None
