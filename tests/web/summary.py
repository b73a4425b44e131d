"""All that a trust state says, as the JavaScript side writes it (tests/web/verifier.mjs)."""

import json
from typing import Any

from registry import b64
from registry.trust import Trust, TrustedIssuer, TrustedKey


def summary(trust: Trust) -> dict[str, Any]:
    """To be compared; definitions by whether they are genuine."""
    history = trust.history
    return json.loads(
        json.dumps(
            {
                "epoch": trust.epoch,
                "version": trust.version,
                "created": trust.created,
                "expires": trust.expires,
                "issuers": {code: _issuer(issuer) for code, issuer in trust.issuers.items()},
                "types": {
                    _place(*at): {"genuine": type.genuine, "windows": type.windows}
                    for at, type in trust.types.items()
                },
                "lists": {
                    uri: {
                        "list": {
                            "uri": each.list.uri,
                            "packed": b64.encode(each.list.packed),
                            "iat": each.list.iat,
                            "exp": each.list.exp,
                            "ttl": each.list.ttl,
                            "version": each.list.version,
                            "kid": each.list.kid,
                        },
                        "signer": each.signer,
                        "freshUntil": each.fresh_until,
                    }
                    for uri, each in trust.lists.items()
                },
                "wordsFreshUntil": trust.words_fresh_until,
                "history": history
                and {
                    "since": history.since,
                    "until": history.until,
                    "certificates": _changes(history.certificates),
                    "credentials": _changes(history.credentials),
                },
                "root": trust.root and trust.root.version,
            }
        )
    )


def _issuer(issuer: TrustedIssuer) -> dict[str, Any]:
    return {
        "code": issuer.code,
        "zh": issuer.zh,
        "en": issuer.en,
        "origins": issuer.origins,
        "keys": {kid: _key(key) for kid, key in issuer.keys.items()},
        "rights": issuer.rights,
        "successors": {
            type: {"code": each.code, "since": each.since} for type, each in issuer.successors.items()
        },
        "roots": {
            str(seq): {
                "root": b64.encode(each.root),
                "size": each.size,
                "time": each.time,
                "final": each.final,
                "voided": each.voided,
                "replaced": each.replaced,
            }
            for seq, each in issuer.roots.items()
        },
        "words": {_place(*at): b64.encode(packed) for at, packed in issuer.words.items()},
    }


def _key(key: TrustedKey) -> dict[str, Any]:
    return {"uses": int(key.uses), "windows": key.windows, "compromised": key.compromised, "x5c": key.x5c}


def _changes(places: Any) -> dict[str, Any]:
    return {
        _place(*at): [
            {"status": int(e.status), "reason": e.reason, "recorded": e.recorded, "effective": e.effective}
            for e in changes
        ]
        for at, changes in places.items()
    }


def _place(*parts: str | int) -> str:
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
