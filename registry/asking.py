"""What a department asks a wallet for, in our own types, as a query in DCQL; and what may be asked at all."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from sqlmodel import Session

from registry import credential, dcql, jcs
from registry.catalogue import Catalogue
from registry.dcql import BadQuery, Query
from registry.definition import TypeDefinition
from registry.errors import RegistryError
from registry.lists import all_origins
from registry.provinces.partners import origins_of

LARGEST: Final = 65_536
"""Bytes of a query with its transaction data: wallets fetch them, and the store keeps them for a day."""


class BadReturn(RegistryError):
    """Nobody can be sent to this page."""

    kind = "bad-return"
    status = 422

    def __init__(self) -> None:
        super().__init__("return_to 不是网页地址。", "return_to is no address of a page.")


class NoSuchClaim(RegistryError):
    """The type has no claim of that name."""

    kind = "no-such-claim"
    status = 422

    def __init__(self, type: str, name: str) -> None:
        super().__init__(f"{type} 没有信息项 {name}。", f"{type} has no claim {name}.")


Wanted = tuple[str, Sequence[str] | Mapping[str, Sequence[str]]]
"""A certificate: short name or code of its type, and names of its claims; none: only that there is one.

Claims may come with values, any of which does; an empty sequence of them stands for any value at all.
"""


def query_for(
    session: Session,
    catalogue: Catalogue,
    asked: Iterable[Wanted],
    any_of: Iterable[Sequence[Wanted]] = (),
    *,
    everywhere: bool = False,
) -> Query:
    """A query for one credential of each type with these claims, in any version, from any of our origins.

    everywhere: or from a partner registry's.
    asked: all of them. any_of: of each group one, the first preferred. A credential query is named by its
    type's short name, with its place behind it where another one has that name already.

    Raises:
        NotFound, NoSuchClaim, BadQuery: as they say.
    """
    origins = [*(origins_of(session) if everywhere else ()), *all_origins(session)]
    credentials: dict[str, dict[str, Any]] = {}

    def add(wanted: Wanted) -> str:
        made = _credential(catalogue, wanted, origins)
        alias = catalogue.named(wanted[0]).alias
        id = f"{alias}_{len(credentials)}" if alias in credentials else alias
        credentials[id] = {"id": id, **made}
        return id

    required = [add(each) for each in asked]
    options = [[[add(each)] for each in group] for group in any_of]
    query: dict[str, Any] = {"credentials": list(credentials.values())}
    if options:
        all_of_them = [{"options": [required]}] if required else []
        query["credential_sets"] = all_of_them + [{"options": each} for each in options]
    return dcql.parse(query)


def demand_readable(query: Query, transactions: Sequence[str]) -> None:
    """Raises BadQuery where no wallet could read it: too large, too deep, or of what JSON cannot say."""
    try:
        said = jcs.dumps({"dcql_query": query})
        jcs.loads(said)
        msgspec.msgpack.encode(query)  # as it is stored; knows no integers beyond 64 bits
    except (RegistryError, UnicodeEncodeError, OverflowError, RecursionError):
        raise BadQuery from None
    if len(said) + sum(map(len, transactions)) > LARGEST:
        raise BadQuery


def demand_page(address: str) -> None:
    """Raises BadReturn where a browser could not be sent to the address."""
    try:
        parts = urlsplit(address)
        named = parts.hostname and (parts.port or True) and address.isascii() and address.isprintable()
    except ValueError:
        named = False
    if not named or parts.scheme not in ("http", "https") or " " in address:
        raise BadReturn


def _credential(catalogue: Catalogue, wanted: Wanted, origins: Sequence[str]) -> dict[str, Any]:
    name, claims = wanted
    definition = catalogue.named(name)
    values = claims if isinstance(claims, Mapping) else dict.fromkeys(claims, ())
    _check(definition, values)
    values = {**values, **{each: () for each in definition.always_shown if each not in values}}
    asked = [{"path": [each], **({"values": list(of)} if of else {})} for each, of in values.items()]
    made: dict[str, Any] = {
        "format": dcql.FORMAT,
        "meta": {"vct_values": _types(catalogue, definition.type, origins)},
    }
    return made | ({"claims": asked} if asked else {})


def _types(catalogue: Catalogue, type: str, origins: Sequence[str]) -> list[str]:
    versions = sorted((each.version for each in catalogue if each.type == type), reverse=True)
    return [
        credential.type_uri(origin, type, version) for origin in reversed(origins) for version in versions
    ]


def _check(definition: TypeDefinition, claims: Iterable[str]) -> None:
    for name in claims:
        if name not in definition.labels:
            raise NoSuchClaim(definition.alias, name)
