"""`authorization_details` (RFC 9396) of type `openid_credential` (OpenID4VCI 1.0, section 5.1.1): which
configurations a client asks for, and the `credential_identifiers` that it gets."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from api.protocol_errors import ProtocolError

TYPE: Final = "openid_credential"
_LONGEST: Final = 16 * 1024
_MOST: Final = 200


def wanted(text: str | None, origin: str) -> tuple[str, ...] | None:
    """The configurations that a request's parameter names, each once; None where it was not sent.

    Raises:
        ProtocolError: `invalid_authorization_details`.
    """
    if text is None:
        return None
    return tuple(dict.fromkeys(_configuration(each, origin) for each in _entries(text)))


def given(identifiers: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The token response's parameter (OpenID4VCI 1.0, section 6.2)."""
    return [
        {"type": TYPE, "credential_configuration_id": name, "credential_identifiers": list(ids)}
        for name, ids in identifiers.items()
    ]


def _entries(text: str) -> list[Any]:
    try:
        entries = orjson.loads(text) if len(text) <= _LONGEST else None
    except orjson.JSONDecodeError:
        entries = None
    if not isinstance(entries, list) or not 1 <= len(entries) <= _MOST:
        raise _refused("authorization_details must be a JSON array with an entry")
    return entries


def _configuration(entry: Any, origin: str) -> str:
    if not isinstance(entry, dict) or entry.get("type") != TYPE:
        raise _refused("each entry must be of type openid_credential")
    if "locations" in entry and origin not in _texts(entry["locations"]):
        raise _refused("locations must name this credential issuer")
    name = entry.get("credential_configuration_id")
    if not isinstance(name, str) or not name:
        raise _refused("credential_configuration_id is missing")
    return name


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _refused(why: str) -> ProtocolError:
    return ProtocolError("invalid_authorization_details", why)
