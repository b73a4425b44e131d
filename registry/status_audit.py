"""Whether chain, store and served lists say the same of every entry, bit for bit, at rest.

The chain is asked by the contract's own view, not by what was followed; the served lists are read from their
tokens, as a stranger reads them. No key is needed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from registry.chain.contracts import CERTIFICATE_REGISTRY, code_bytes, interface
from registry.chain.rpc import Chain
from registry.errors import RegistryError
from registry.lifecycle import Status
from registry.lists import address, change_of, served
from registry.status import LIST_SIZE, StatusBits, parse_list
from registry.store import Store
from registry.store.tables import (
    Certificate,
    CertificateList,
    Credential,
    CredentialList,
    IntentState,
    StatusIntent,
)
from registry.trusting import live

_WORDS = LIST_SIZE // 128
_SETTLED = (IntentState.FINAL, IntentState.FOREIGN)
_WAITING = (IntentState.PENDING, IntentState.SENT, IntentState.MINED)

Key = tuple[str, str, int]
"""A list of certificates: issuer, type, number."""


class NotAtRest(RegistryError):
    """Changes are still on their way to the chain: nothing can be compared yet."""

    kind = "not-at-rest"
    mender = "operator"


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry that is not what it should be. where: its list, by address or by issuer, type and number."""

    where: str
    idx: int
    expected: Status
    found: Status


@dataclass(frozen=True, slots=True)
class Audit:
    """What was compared. certificates, credentials: lists on the chain, and served. entries: in all."""

    certificates: int
    credentials: int
    entries: int
    differences: tuple[Difference, ...]


def audit(store: Store, chain: Chain, now: int) -> Audit:
    """Compare every entry of every list.

    Raises:
        NotAtRest: some change is not final yet.
        NoTrust: the registry was not founded.
    """
    with store.read() as session:
        _demand_rest(session)
        contract = live(session).certificate_registry
        shown = {key: _on_chain(chain, contract, key) for key in _lists(session)}
        differences = [
            *_differences_on_chain(session, shown),
            *_differences_served(session, shown, now),
        ]
        served_lists = session.exec(select(func.count()).select_from(CredentialList)).one()
    entries = (len(shown) + served_lists) * LIST_SIZE
    return Audit(len(shown), served_lists, entries, tuple(differences))


def _demand_rest(session: Session) -> None:
    waiting = session.exec(
        select(func.count()).select_from(StatusIntent).where(col(StatusIntent.state).in_(_WAITING))
    ).one()
    if waiting:
        raise NotAtRest(
            f"还有 {waiting} 项状态变更未上链，请稍后再查。",
            f"{waiting} changes are not final yet; audit again later.",
        )


def _lists(session: Session) -> list[Key]:
    rows = session.exec(
        select(CertificateList).order_by(
            CertificateList.issuer, CertificateList.type, col(CertificateList.list)
        )
    )
    return [(row.issuer, row.type, row.list) for row in rows]


def _on_chain(chain: Chain, contract: str, key: Key) -> StatusBits:
    issuer, type_code, number = key
    words = interface(CERTIFICATE_REGISTRY).ask(
        chain, contract, "wordsOf", code_bytes(issuer), code_bytes(type_code), number, 0, _WORDS
    )
    return StatusBits.from_words(dict(enumerate(words)))


def _differences_on_chain(session: Session, shown: Mapping[Key, StatusBits]) -> Iterator[Difference]:
    """Each word is its last intent that was carried out, and everything else is 00."""
    expected = {key: StatusBits() for key in shown}
    intents = session.exec(
        select(StatusIntent).where(col(StatusIntent.state).in_(_SETTLED)).order_by(col(StatusIntent.id))
    )
    for row in intents:
        expected[row.issuer, row.type, row.list].set(row.idx, Status(row.value))
    for key, bits in shown.items():
        yield from _different("/".join(map(str, key)), expected[key], bits)


def _differences_served(session: Session, shown: Mapping[Key, StatusBits], now: int) -> Iterator[Difference]:
    """Each credential's entry is 01 if it was withdrawn, else what the chain says; what nobody has is 00."""
    for row in session.exec(select(CredentialList).order_by(CredentialList.issuer, col(CredentialList.list))):
        token = served(session, row.issuer, row.list)
        assert token is not None, "a list is signed when it is begun"
        said = parse_list(token.token)
        found, expected = StatusBits(packed=said.packed), StatusBits()
        credentials = session.exec(
            select(Credential, Certificate)
            .join(Certificate, col(Certificate.id) == col(Credential.certificate))
            .where(Credential.issuer == row.issuer, Credential.list == row.list)
        )
        for held, certificate in credentials:
            assert held.idx is not None
            if held.exp <= now:
                expected.set(held.idx, found.get(held.idx))
                continue
            word = shown[certificate.issuer, certificate.type, certificate.status_list]
            change = change_of(held, word.get(certificate.status_idx))
            expected.set(change.idx, Status(change.value))
        yield from _different(address(session, row.issuer, row.list), expected, found)


def _different(where: str, expected: StatusBits, found: StatusBits) -> Iterator[Difference]:
    if expected == found:
        return
    for idx in range(max(len(expected), len(found))):
        if expected.get(idx) != found.get(idx):
            yield Difference(where, idx, expected.get(idx), found.get(idx))
