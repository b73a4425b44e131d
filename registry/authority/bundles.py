"""Root documents and trust bundles: signed here, put into `data/trust` as files, served by anybody.

`root.json` is what a verifier pins (the first document of the line), `bundle.jws` the newest state of all
departments, `<code>.jws` that of one issuer, `<code>.roots.<n>.jws` its batch roots 4,096 at a time.
"""

import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from sqlmodel import Session, col, select

from registry import bundle, rootdocument
from registry.authority.office import BUNDLE, ROOT, Office
from registry.errors import NotFound
from registry.keys import KeyRing, Signing, new_signing
from registry.rootdocument import KEYS, THRESHOLD, RootDocument
from registry.runtime import open_or_create
from registry.signing import SigningKey
from registry.store.tables import Setting
from registry.trust import History, Trust

ROOT_YEARS = 10
"""A pinned root document outlives every bundle key by far."""
_YEAR = 365 * 86_400
_DOCUMENT = "root_document"
_VERSION = "bundle_version"


def ensure_root(office: Office) -> RootDocument:
    """The newest root document; the first one is made, with its three offline keys, where there is none."""
    line = root_line(office)
    return rootdocument.read(line[-1]) if line else rotate_root(office)


def rotate_root(office: Office, *, new_bundle_key: bool = False, new_root_keys: bool = False) -> RootDocument:
    """Sign the next root document with the offline keys, which are open for this moment only.

    Two of the old keys and two of the new ones sign.
    """
    line, now = root_line(office), office.clock()
    previous = rootdocument.read(line[-1]) if line else None
    if new_bundle_key:
        office.ring.add(new_signing(BUNDLE, 0, now, office.randomness))
    roots = open_or_create(office.settings, "roots", office.randomness)
    keys = _root_keys(roots, fresh=new_root_keys, office=office)
    document = RootDocument(
        version=previous.version + 1 if previous else 1,
        keys=tuple(key.public for key in keys),
        bundle_keys=(office.ring.signing_key(BUNDLE).public,),
        created=now,
        expires=now + ROOT_YEARS * _YEAR,
    )
    signed = rootdocument.sign(document, _signers(roots, keys, previous))
    with office.store.write() as session:
        session.add(Setting(name=f"{_DOCUMENT}:{document.version:06}", value=signed.decode()))
    return document


def root_line(office: Office) -> list[bytes]:
    """All root documents as signed, the first one first."""
    with office.store.read() as session:
        query = select(Setting.value).where(col(Setting.name).startswith(f"{_DOCUMENT}:"))
        return [value.encode() for value in session.exec(query.order_by(col(Setting.name)))]


def publish(office: Office, trust: Trust) -> Trust:
    """Sign the trust state, put all its files in place, and give back what was published."""
    key, line = office.ring.signing_key(BUNDLE), root_line(office)
    numbered = _numbered(office, trust)
    folder = office.settings.data / "trust"
    folder.mkdir(parents=True, exist_ok=True)
    put_file(folder / "root.json", line[0])
    put_file(folder / "bundle.jws", bundle.sign(numbered, key=key, line=line))
    for code in numbered.issuers:
        _publish_issuer(folder, numbered, code, key, line)
    return numbered


def choose(trust: Trust, codes: Collection[str]) -> Trust:
    """What a verifier of these departments' certificates needs, their successors with them.

    Raises:
        NotFound: one of them is not registered.
    """
    chosen, step = set[str](), set(codes)
    while step:
        unknown = step - trust.issuers.keys()
        if unknown:
            raise NotFound("没有这个部门。", "There is no such department.")
        chosen |= step
        step = {heir.code for code in step for heir in trust.issuers[code].successors.values()} - chosen
    return replace(
        trust,
        issuers={code: issuer for code, issuer in trust.issuers.items() if code in chosen},
        lists={uri: each for uri, each in trust.lists.items() if _list_of(uri) in chosen},
        history=trust.history and _chosen_history(trust.history, chosen),
    )


def _chosen_history(history: History, chosen: Collection[str]) -> History:
    return replace(
        history,
        certificates={place: each for place, each in history.certificates.items() if place[0] in chosen},
        credentials={
            place: each for place, each in history.credentials.items() if _list_of(place[0]) in chosen
        },
    )


def export(office: Office, trust: Trust, codes: Collection[str]) -> bytes:
    """A bundle for the departments that a verifier chose; none chosen: all."""
    numbered = _numbered(office, choose(trust, codes) if codes else trust)
    return bundle.sign(numbered, key=office.ring.signing_key(BUNDLE), line=root_line(office))


def put_file(path: Path, content: bytes) -> None:
    """Put a public file in place whole, where it is not there as it should be."""
    if path.is_file() and path.read_bytes() == content:
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(path)


def _publish_issuer(folder: Path, trust: Trust, code: str, key: SigningKey, line: Sequence[bytes]) -> None:
    roots = trust.issuers[code].roots
    if not roots:
        return
    put_file(folder / f"{code}.jws", bundle.sign(choose(trust, [code]), key=key, line=line))
    for number in range((max(roots) - 1) // bundle.ROOTS_PER_FILE + 1):
        signed = bundle.sign_roots(trust, code, number, key=key)
        put_file(folder / f"{code}.roots.{number}.jws", signed.encode())


def _numbered(office: Office, trust: Trust) -> Trust:
    """The state under the next bundle version, with its times."""
    now = office.clock()
    with office.store.write() as session:
        version = _counted(session)
    until = now + office.settings.bundle_expiry
    history = trust.history and replace(trust.history, until=now)
    return replace(trust, version=version, created=now, expires=until, history=history)


def _counted(session: Session) -> int:
    row = session.get(Setting, _VERSION) or Setting(name=_VERSION, value="0")
    row.value = str(int(row.value) + 1)
    session.add(row)
    return int(row.value)


def _root_keys(roots: KeyRing, *, fresh: bool, office: Office) -> list[SigningKey]:
    """The newest three, made where there are none yet or new ones are wanted."""
    if fresh or not roots.has(Signing, ROOT):
        roots.add(*(new_signing(ROOT, 0, office.clock(), office.randomness) for _ in range(KEYS)))
    return [held.key for held in roots.signing(ROOT)[-KEYS:]]


def _signers(roots: KeyRing, keys: Sequence[SigningKey], previous: RootDocument | None) -> list[SigningKey]:
    signers = {key.public: key for key in keys[:THRESHOLD]}
    if previous is not None:
        held = {each.key.public: each.key for each in roots.signing(ROOT)}
        signers |= {public: held[public] for public in previous.keys[:THRESHOLD]}
    return list(signers.values())


def _list_of(uri: str) -> str:
    return uri.rpartition("/status/")[0].rpartition("/")[2]
