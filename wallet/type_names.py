"""What things are called: SD-JWT VC type metadata (section 6) of what the wallet holds, in both languages."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pybase64

from registry import credential, jcs
from registry.credential import Payload
from registry.errors import RegistryError
from registry.fetching import BadAnswer
from registry.type_metadata import ALWAYS_SHOWN
from wallet.exchange import checked_address
from wallet.keyfile import Content, Held, WalletFile

_LARGEST = 1 << 20
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Text:
    """A name in both languages; either may be missing."""

    zh: str = ""
    en: str = ""

    def __str__(self) -> str:
        return " ".join(dict.fromkeys(filter(None, (self.zh, self.en))))


@dataclass(frozen=True, slots=True)
class TypeNames:
    """Names of a type and of its claims (by claim name). always_shown: claims to show with any others."""

    name: Text = field(default_factory=Text)
    claims: Mapping[str, Text] = field(default_factory=dict)
    always_shown: tuple[str, ...] = ()

    def claim(self, name: str) -> str:
        """A claim's name for people, with the one for machines where they differ."""
        label = str(self.claims.get(name, ""))
        return f"{label} ({name})" if label and label != name else name


def learn(http: httpx.Client, wallet: WalletFile) -> None:
    """Fetch the metadata of every type that is held and not known yet, and keep what is genuine.

    What cannot be had, or is not what the issuer signed (`vct#integrity`), is left for the next time.
    """
    content = wallet.content
    payloads = {each.integrity: each for each in _payloads(content)}
    missing = [payload for integrity, payload in payloads.items() if integrity not in content.types]
    for payload in missing:
        try:
            content.types[payload.integrity] = _fetch(http, payload)
        except (httpx.HTTPError, RegistryError):
            continue
    for integrity in content.types.keys() - payloads.keys():
        del content.types[integrity]
    if missing:
        wallet.save()


def names(content: Content, payload: Payload) -> TypeNames:
    """What a credential's type and claims are called; nothing where its metadata is not at hand."""
    known = content.types.get(payload.integrity)
    return TypeNames() if known is None else _read(known)


def is_called(content: Content, held: Held, part: str) -> bool:
    """Whether this is part of what a credential is known by: its certificate's identifier, its configuration,
    the name of its type in either language."""
    payload = credential.parse(held.credential).payload
    named = str(names(content, payload).name).casefold()
    return part in payload.core.certificate_id or part in held.configuration or part.casefold() in named


def _payloads(content: Content) -> list[Payload]:
    return [credential.parse(each.credential).payload for each in content.held]


def _fetch(http: httpx.Client, payload: Payload) -> bytes:
    served = http.get(
        checked_address(http, payload.vct), headers={"Accept": "application/json"}
    ).raise_for_status()
    digest = pybase64.b64encode(hashlib.sha256(served.content).digest()).decode()
    if len(served.content) > _LARGEST or f"sha256-{digest}" != payload.integrity:
        raise BadAnswer
    _read(served.content)
    return served.content


def _read(metadata: bytes) -> TypeNames:
    document = jcs.loads(metadata)
    if not isinstance(document, dict):
        raise BadAnswer
    claims = {}
    for claim in _objects(document.get("claims")):
        path = claim.get("path")
        if isinstance(path, list) and len(path) == 1 and isinstance(path[0], str):
            claims[path[0]] = _text(claim.get("display"), "label")
    always = document.get(ALWAYS_SHOWN)
    shown = tuple(each for each in always if isinstance(each, str)) if isinstance(always, list) else ()
    return TypeNames(_text(document.get("display"), "name"), claims, shown)


def _text(display: object, member: str) -> Text:
    """The name for each language; `lang` is what drafts called `locale`."""
    by_language = {
        str(entry.get("locale", entry.get("lang")))[:2].lower(): str(entry[member])[:_LONGEST]
        for entry in reversed(_objects(display))
        if isinstance(entry.get(member), str)
    }
    return Text(by_language.get("zh", ""), by_language.get("en", ""))


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
