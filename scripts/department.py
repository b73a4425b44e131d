"""A department's own system, as far as the story needs one: its client key, a token, and a query."""

import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from registry import b64, clients, keys
from registry.keys import KeyRing, Signing
from registry.store import Store

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class DepartmentSystem:
    """What stands at a department: it knows the registry's address and its own key, nothing else."""

    code: str
    ring: KeyRing

    @classmethod
    def open(cls, code: str, folder: Path, passphrase: str) -> "DepartmentSystem":
        """Its key file, made where there is none."""
        path = folder / f"{code}.client.ring"
        ring = KeyRing.open(path, passphrase) if path.exists() else KeyRing.create(path, passphrase)
        if not ring.has(Signing, code):
            ring.add(keys.new_signing(code, 0, int(time.time())))
        return cls(code, ring)

    def register(self, store: Store) -> None:
        """Hand its public key to the registry (`registry client CODE FILE`)."""
        with store.write() as session:
            clients.register_client(session, self.code, self.ring.signing_key(self.code).public)

    def query(self, http: httpx.Client, origin: str, question: dict[str, Any]) -> list[dict[str, Any]]:
        """Ask other departments over the API; the envelopes of the answers."""
        token = self._token(http, origin)
        response = http.post(
            f"{origin}/issuers/{self.code}/queries",
            json=question,
            headers={"Authorization": f"Bearer {token}"},
        )
        response.raise_for_status()
        answers: list[dict[str, Any]] = response.json()["answers"]
        return answers

    def _token(self, http: httpx.Client, origin: str) -> str:
        """A token of five minutes (RFC 7523, section 2.2)."""
        now, key = int(time.time()), self.ring.signing_key(self.code)
        claims = {"iss": self.code, "sub": self.code, "aud": origin, "jti": secrets.token_urlsafe(16)}
        assertion = jwt.encode(
            {"alg": "ES256", "kid": key.public.thumbprint},
            {**claims, "iat": now, "exp": now + 60},
            ECKey.import_key({**key.public.jwk, "d": b64.encode(key.secret)}),
        )
        form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION}
        response = http.post(f"{origin}/departments/token", data={**form, "client_assertion": assertion})
        response.raise_for_status()
        return str(response.json()["access_token"])
