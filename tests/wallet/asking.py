"""A verifier with a web server of its own, which asks as OpenID4VP 1.0 has it and keeps what it is told."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from registry import dcql, jwe, requestobject, signing
from registry.authority.ca import CertificateAuthority, make_ca_certificate
from registry.requestobject import MEDIA_TYPE, Key, Keys, Metadata, RequestObject
from registry.signing import SigningKey
from tests.api.town import NOON

ADDRESS = "https://verifier.example"


def certified(key: SigningKey, name: str = "Corner shop", now: int = NOON) -> list[str]:
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = CertificateAuthority(ca_key, make_ca_certificate(ca_key, "Some CA", now))
    return ca.certify(key.public.imported, code="X", name=name, origins=[ADDRESS], now=now)


@dataclass
class Verifier:
    """said: the answers it got, decrypted. fetched: (method, form) of each fetch of its request."""

    query: Mapping[str, Any]
    prefix: Any = "x509_hash"
    mode: Any = "direct_post.jwt"
    key: SigningKey = field(default_factory=SigningKey.generate)
    x5c: list[str] = field(default_factory=list)
    transaction_data: tuple[str, ...] = ()
    changed: dict[str, Any] = field(default_factory=dict)
    redirect: str | None = None
    content_type: str = MEDIA_TYPE
    address: str = ADDRESS
    now: int = NOON
    said: list[dict[str, Any]] = field(default_factory=list)
    fetched: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    answers: SigningKey = field(default_factory=SigningKey.generate)

    def __post_init__(self) -> None:
        self.x5c = self.x5c or certified(self.key, now=self.now)

    @property
    def response_uri(self) -> str:
        return f"{self.address}/responses/1"

    @property
    def client_id(self) -> str:
        return requestobject.client_id(self.prefix, x5c=self.x5c, response_uri=self.response_uri)

    @property
    def request(self) -> RequestObject:
        more: dict[str, Any] = {"transaction_data": self.transaction_data} if self.transaction_data else {}
        return RequestObject(
            client_id=self.client_id,
            response_uri=self.response_uri,
            response_mode=self.mode,
            nonce="a nonce of the verifier",
            state="its state",
            dcql_query=dcql.parse(self.query),
            client_metadata=Metadata(
                jwks=Keys(keys=(Key.of(self.answers.public),)),
                encrypted_response_enc_values_supported=("A256GCM",),
                vp_formats_supported=requestobject.FORMATS,
            ),
            iat=self.now,
            exp=self.now + 300,
            **more,
        )

    def signed(self, **more: Any) -> str:
        members = self.request.members() | {"aud": requestobject.AUDIENCE} | more | self.changed
        members = {name: value for name, value in members.items() if value is not None}
        return signing.sign_jws({"typ": requestobject.TYPE, "x5c": self.x5c}, members, self.key)

    def link(self, *, by: str = "get") -> str:
        """by: get, post, value or parameters."""
        given = {"client_id": self.client_id}
        if by == "parameters":
            given = requestobject.parameters(self.request)
        elif by == "value":
            given["request"] = self.signed()
        else:
            given["request_uri"] = f"{self.address}/requests/1"
            if by == "post":
                given["request_uri_method"] = "post"
        return f"openid4vp://?{urlencode(given)}"

    def serve(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        if request.url.path.startswith("/requests/"):
            self.fetched.append((request.method, form))
            nonce = {"wallet_nonce": form["wallet_nonce"]} if "wallet_nonce" in form else {}
            return httpx.Response(200, text=self.signed(**nonce), headers={"Content-Type": self.content_type})
        if "response" in form:
            form = json.loads(jwe.decrypt(form["response"], self.answers))
        elif "vp_token" in form:
            form["vp_token"] = json.loads(form["vp_token"])
        self.said.append(form)
        return httpx.Response(200, json={"redirect_uri": self.redirect} if self.redirect else {})

    def among(self, town: httpx.Client) -> httpx.Client:
        """A network in which this verifier is, and the town."""
        return httpx.Client(transport=town._transport, mounts={self.address: httpx.MockTransport(self.serve)})
