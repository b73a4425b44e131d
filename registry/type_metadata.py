"""What a page or a wallet needs of a certificate type: SD-JWT VC type metadata, the same bytes every time."""

import hashlib
from functools import lru_cache
from typing import Any

from registry import jcs
from registry.credential import type_uri
from registry.definition import TypeDefinition

ALWAYS_SHOWN = "zt_always_shown"
"""Names of claims without which nobody can judge the certificate; not every wallet knows the member."""
LANGUAGES = ("zh-CN", "en")


def type_metadata(definition: TypeDefinition, origin: str) -> bytes:
    """Type metadata (SD-JWT VC, section 6) as served at the type's address: canonical JSON."""
    return _metadata(definition.canonical, definition, origin)


def integrity(definition: TypeDefinition, origin: str) -> bytes:
    """SHA-256 of the type metadata, for `vct#integrity`."""
    return hashlib.sha256(type_metadata(definition, origin)).digest()


def labels(zh: str, en: str, member: str = "name") -> list[dict[str, str]]:
    """A name in both languages, as display metadata has it."""
    return [{"locale": language, member: text} for language, text in zip(LANGUAGES, (zh, en), strict=True)]


@lru_cache(maxsize=256)
def _metadata(_canonical: bytes, definition: TypeDefinition, origin: str) -> bytes:
    document: dict[str, Any] = {
        "vct": type_uri(origin, definition.type, definition.version),
        "name": definition.name.zh,
        "description": definition.name.en,
        "display": labels(definition.name.zh, definition.name.en),
        "claims": [
            {"path": [name], "sd": "always", "display": labels(label.zh, label.en, "label")}
            for name, label in definition.labels.items()
        ],
    }
    if definition.always_shown:
        document[ALWAYS_SHOWN] = list(definition.always_shown)
    return jcs.dumps(document)
