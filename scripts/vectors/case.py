"""One vector: a presentation, what a verifier is asked, and helpers that spoil what ours never have."""

from dataclasses import dataclass, replace
from typing import Any, Final

from registry import b64, certificate, credential, jcs
from registry.credential import Kind
from registry.trust import TrustedRoot
from registry.verification import Expected
from scripts.vectors.keys import NOW, stream
from scripts.vectors.place import NONCE, VERIFIER, Issued, Place

ANY: Final = Expected(frozenset(Kind), VERIFIER, NONCE)
BOUND: Final = (Kind.CODE, Kind.REQUEST)


@dataclass(frozen=True)
class Case:
    """A presentation, what the verifier asked, and when.

    now: Unix seconds. at, dated: as `verify` has them. node: a root that the verifier has from a node of its
    own and the bundle has not, as (issuer, seq, root).
    """

    name: str
    presentation: str
    expected: Expected = ANY
    now: int = NOW
    at: int | None = None
    dated: bool = False
    node: tuple[str, int, TrustedRoot] | None = None


def parsed(issued: Issued) -> list[certificate.Disclosure]:
    """The claims of a certificate with their salts."""
    return [certificate.parse_disclosure(text) for text in issued.certificate.disclosures]


def signed(place: Place, issued: Issued, kind: Kind = Kind.CODE, **members: Any) -> str:
    """A credential with members that ours never have, signed by its issuer's key; None takes one away."""
    payload = jcs.loads(jcs.dumps(credential.parse(place.credential(issued, kind) + "~").payload))
    changed = {name: value for name, value in {**payload, **members}.items() if value is not None}
    issuer = issued.issuer
    header = {
        "alg": issuer.key.suite.alg,
        "kid": issuer.key.public.thumbprint,
        "typ": "dc+sd-jwt",
        "x5c": issuer.x5c,
    }
    signing_input = f"{b64.encode(jcs.dumps(header))}.{b64.encode(jcs.dumps(changed))}"
    return f"{signing_input}.{b64.encode(issuer.key.sign(signing_input.encode()))}"


def added(issued: Issued, name: str, value: str) -> Issued:
    """A certificate with one more claim, which the type does not have or has already."""
    extra = certificate.disclosure(name, value, stream(f"extra/{issued.name}")(16))
    made = issued.certificate
    issued.certificate = replace(
        made,
        sd=tuple(sorted((*made.sd, certificate.digest(extra, made.sd_alg)))),
        disclosures=(*made.disclosures, extra),
    )
    return issued
