"""What a holder agrees to with a presentation (OpenID4VP 1.0, sections 5.1 and 8.4, appendix B.3.3).

Each is base64url of a JSON object; the holder's key signs its SHA-256 in the KB-JWT.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from registry import b64, jcs
from registry.dcql import Query
from registry.errors import RegistryError

HASH: Final = "sha-256"
LARGEST: Final = 2**53 - 1


class BadTransactionData(RegistryError):
    """Not transaction data that can be agreed to here."""

    kind = "bad-transaction-data"
    error = "invalid_transaction_data"

    def __init__(self) -> None:
        super().__init__("事项数据无效。", "Not valid transaction data.")


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """One of them.

    credential_ids: credential queries of which one is to agree. Whatever else it has depends on its type, and
    is shown to the holder (`members`).
    """

    type: Annotated[str, Meta(min_length=1, max_length=512)]
    credential_ids: Annotated[tuple[str, ...], Meta(min_length=1, max_length=100)]
    transaction_data_hashes_alg: Annotated[tuple[str, ...], Meta(min_length=1)] = (HASH,)


def encode(type: str, credential_ids: Sequence[str], members: Mapping[str, Any]) -> str:
    """Transaction data as they travel. members: texts, integers, booleans, lists, objects.

    Raises:
        BadTransactionData: an integer that not every reader takes as the same (RFC 8785), or no text.
    """
    if any(isinstance(each, int) and abs(each) > LARGEST for each in members.values()):
        raise BadTransactionData
    named = {"type": type, "credential_ids": list(credential_ids), "transaction_data_hashes_alg": [HASH]}
    try:
        return b64.encode(jcs.dumps({**members, **named}))
    except UnicodeEncodeError:
        raise BadTransactionData from None


def members(text: str) -> dict[str, Any]:
    """All members of transaction data, to be shown. Raises BadTransactionData."""
    try:
        found = jcs.loads(b64.decode(text))
    except RegistryError:
        raise BadTransactionData from None
    if not isinstance(found, dict):
        raise BadTransactionData
    return found


def parse(text: str) -> Transaction:
    """One of them.

    Raises:
        BadTransactionData: not of that form, or hashed by nothing that is known here.
    """
    try:
        made = msgspec.convert(members(text), Transaction)
    except msgspec.ValidationError:
        raise BadTransactionData from None
    if HASH not in made.transaction_data_hashes_alg:
        raise BadTransactionData
    return made


def parse_all(texts: Iterable[str], query: Query) -> tuple[Transaction, ...]:
    """All of a request; each names credentials that the query asks for. Raises BadTransactionData."""
    made = tuple(map(parse, texts))
    if any(query.credential(id) is None for each in made for id in each.credential_ids):
        raise BadTransactionData
    return made


def digest(text: str) -> str:
    """What the holder's key signs of it: SHA-256 over the text as it travels, base64url."""
    return b64.encode(sha256(text.encode()).digest())
