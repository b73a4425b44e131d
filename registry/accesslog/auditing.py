"""An audit of the access logs over a period: the store against the chain, and against what askers hold.

The heads are read from a node of the chain, not from what the registry followed. Every head of the period,
the last before it and the newest one have to open to what the log says at that size. What came after the
newest head is covered by statements only.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec
from sqlmodel import Session, col, select

from registry import b64
from registry.accesslog.entries import Entry, opened, read
from registry.chain.contracts import ACCESS_LOG, HEADS_ANCHORED, code_text, interface
from registry.chain.rpc import JsonRpcChain
from registry.errors import NotFound, RegistryError
from registry.logproof import START, Content, Growing, digest, link
from registry.signing import Use, check_jws, parse_jws
from registry.statement import TYP, Statement
from registry.store.tables import AccessEntry, AccessHead, AccessSalt, Deployment, QueryCase
from registry.trust import Trust
from registry.vault import Vault

_CHUNK = 1_000
_JWS = re.compile(r"(?<![\w-])ey[\w-]+\.[\w-]+\.[\w-]+")
"""Begins where a word does: looked for within words, a long one would be read once a letter."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not as it should be. issuer: whose log. seq: of the entry, or of the last one concerned.

    code: `missing`, `link`, `changed`, `unreadable`, `cut`, `unknown_head`, `statement`.
    """

    issuer: str
    seq: int
    code: str
    zh: str
    en: str


@dataclass(slots=True)
class LogAudit:
    """One department's log. entries: in the period; size: in all; anchored: of these, under the newest head.

    heads: how many were opened. open_since: Unix seconds of the first entry that no head holds yet.
    widest: seconds between two heads in the period, at most.
    """

    issuer: str
    entries: int = 0
    size: int = 0
    anchored: int = 0
    heads: int = 0
    open_since: int | None = None
    widest: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry as auditors see it. holder: a pseudonym that means something within this audit only."""

    issuer: str
    entry: Entry
    holder: str


@dataclass(slots=True)
class Audit:
    """What an audit found. statements: how many were compared."""

    logs: list[LogAudit] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    statements: int = 0


@dataclass(frozen=True, slots=True)
class ChainHead:
    """A head as the chain has it."""

    seq: int
    head: bytes
    time: int


def chain_heads(chain: JsonRpcChain, deployment: Deployment) -> dict[str, list[ChainHead]]:
    """All heads of this registry's logs, by department, in the order of the chain.

    Raises:
        ChainUnreachable, ChainRefused
    """
    assert deployment.access_log is not None
    found: dict[str, list[ChainHead]] = {}
    for log in chain.logs_since(deployment.block, deployment.access_log):
        event = interface(ACCESS_LOG).event(log)
        if event is None or event.name != HEADS_ANCHORED:
            continue
        args = event.args
        if args["registry"] != deployment.certificate_registry.lower():
            continue
        for issuer, seq, head in zip(args["issuers"], args["seqs"], args["heads"], strict=True):
            one = ChainHead(seq, bytes.fromhex(head[2:]), args["time"])
            found.setdefault(code_text(issuer), []).append(one)
    return found


@dataclass
class Auditing:
    """An audit of the entries and heads from `since` to `until` (Unix seconds, the latter excluded).

    heads: what the chain has. vault: opens the entries; None: they stay sealed, and only hashes are compared.
    secret: of this audit, from which its pseudonyms are made; nobody keeps it.
    """

    session: Session
    heads: Mapping[str, Sequence[ChainHead]]
    since: int
    until: int
    vault: Vault | None = None
    secret: bytes = b""
    listed: list[Listed] = field(default_factory=list)

    def audit(
        self,
        issuers: Iterable[str],
        statements: Sequence[str] = (),
        trust: Trust | None = None,
        *,
        only: str = "",
    ) -> Audit:
        """Everything that does not agree.

        statements: those that askers brought; trust: whose keys they are checked by. only: code of the one
        department whose log is looked at, and whose statements are. Raises NotFound: there is none of it.
        """
        done = Audit()
        places: dict[str, list[tuple[int, bytes]]] = {}
        for token in [*statements, *self._kept()]:
            place = _place(token, trust) if trust is not None else None
            if place is not None and only in ("", place[0]):
                places.setdefault(place[0], []).append(place[1:])
                done.statements += 1
        known = {*issuers, *self.heads, *places, *self._writers()}
        if only and only not in known:
            raise NotFound("没有这个部门。", "There is no such department.")
        for issuer in [only] if only else sorted(known):
            self._log(issuer, places.get(issuer, []), done)
        return done

    def _log(self, issuer: str, places: Sequence[tuple[int, bytes]], done: Audit) -> None:
        said, found = LogAudit(issuer), done.findings
        wanted, sizes = self._openings(issuer, said, found)
        quoted: dict[int, bytes] = dict(places)
        log, previous, expected, contents = Growing(), START, 1, {0: Growing().content()}
        for row in self._rows(issuer):
            if row.seq != expected:
                found.append(_missing(issuer, expected, row.seq - 1))
            if row.link != link(previous, row.digest):
                found.append(_link(issuer, row.seq))
            self._entry(row, said, found)
            if row.seq in quoted and quoted.pop(row.seq) != row.digest:
                found.append(_statement(issuer, row.seq))
            previous, expected = row.link, row.seq + 1
            log.add(row.digest)
            said.size = row.seq
            if row.seq in sizes:
                contents[row.seq] = log.content()
            if row.seq > said.anchored and said.open_since is None:
                said.open_since = row.time
        found += (_statement(issuer, seq) for seq in sorted(quoted))
        found += _compared(issuer, wanted, contents, said.size)
        done.logs.append(said)

    def _openings(
        self, issuer: str, said: LogAudit, found: list[Finding]
    ) -> tuple[list[AccessHead], frozenset[int]]:
        """What opens the heads that are to be compared, in their order."""
        heads = self.heads.get(issuer, [])
        within = [head for head in heads if self.since <= head.time < self.until]
        before = [head for head in heads if head.time < self.since]
        times = [head.time for head in (*before[-1:], *within)]
        said.widest = max((b - a for a, b in pairwise(times)), default=0)
        wanted = []
        for head in dict.fromkeys((*before[-1:], *within, *heads[-1:])):
            rows = select(AccessHead).where(AccessHead.issuer == issuer, AccessHead.head == head.head)
            opening = self.session.exec(rows.limit(1)).first()
            if opening is None or _content(opening).head(opening.blinding) != head.head:
                found.append(_unknown_head(issuer, head.seq))
            else:
                wanted.append(opening)
        said.heads = len(wanted)
        said.anchored = wanted[-1].size if wanted else 0
        return wanted, frozenset(opening.size for opening in wanted)

    def _rows(self, issuer: str) -> Iterator[AccessEntry]:
        last = 0
        while True:
            rows = self.session.exec(
                select(AccessEntry)
                .where(AccessEntry.issuer == issuer, AccessEntry.seq > last)
                .order_by(col(AccessEntry.seq))
                .limit(_CHUNK)
            ).all()
            yield from rows
            if len(rows) < _CHUNK:
                return
            last = rows[-1].seq
            self.session.expunge_all()

    def _entry(self, row: AccessEntry, said: LogAudit, found: list[Finding]) -> None:
        inside = self.since <= row.time < self.until
        said.entries += inside
        if self.vault is None:
            return
        try:
            written = opened(self.session, self.vault, row)
            entry = read(written)
        except RegistryError:
            found.append(_unreadable(row.issuer, row.seq))
            return
        if digest(row.salt, written) != row.digest or (entry.seq, entry.time) != (row.seq, row.time):
            found.append(_changed(row.issuer, row.seq, row.seq))
        if inside:
            self.listed.append(Listed(row.issuer, entry, self._pseudonym(row)))

    def _pseudonym(self, row: AccessEntry) -> str:
        salt = self.session.get(AccessSalt, (row.issuer, row.seq))
        if salt is None or salt.finder is None:
            return ""
        return hmac.digest(self.secret, salt.finder, hashlib.sha256).hex()[:12]

    def _kept(self) -> Iterator[str]:
        """The statements that departments keep in the store, of this period."""
        if self.vault is None:
            return
        rows = select(QueryCase).where(QueryCase.created >= self.since, QueryCase.created < self.until)
        for row in self.session.exec(rows):
            if row.sealed_answer is None:
                continue
            try:
                kept = self.vault.open(self.session, row.data_key, f"answer/{row.id}", row.sealed_answer)
            except RegistryError:
                continue  # the asker's own copy is gone; the log is not measured by it
            yield from statements_in(kept.decode())

    def _writers(self) -> Sequence[str]:
        return self.session.exec(select(AccessEntry.issuer).distinct()).all()


def statements_in(text: str) -> list[str]:
    """The statements in a text, such as an envelope of an answer; other tokens in it are passed over."""
    found = []
    for token in _JWS.findall(text):
        try:
            if parse_jws(token).header.get("typ") == TYP:
                found.append(token)
        except RegistryError:
            continue
    return found


def _place(token: str, trust: Trust) -> tuple[str, int, bytes] | None:
    """Whose log a statement names, where in it and by which digest; None unless that issuer signed it."""
    try:
        jws = parse_jws(token)
        said = msgspec.convert(jws.payload, Statement)
        issuer = trust.issuer_at(said.iss)
        key = issuer.keys.get(str(jws.header.get("kid"))) if issuer is not None else None
        if issuer is None or key is None or not key.may(Use.ANSWERS, said.iat):
            return None
        check_jws(jws, key.public, typ=TYP)
        return issuer.code, said.log.seq, b64.decode(said.log.entry)
    except (RegistryError, msgspec.MsgspecError):
        return None


def _content(opening: AccessHead) -> Content:
    return Content(opening.size, opening.link, opening.root)


def _compared(
    issuer: str, wanted: Sequence[AccessHead], contents: Mapping[int, Content], size: int
) -> Iterator[Finding]:
    """Where the log is not what a head says of it; of several such heads the first, which says most."""
    good = 0
    for opening in sorted(wanted, key=lambda each: (each.size, each.seq)):
        if opening.size > size:
            yield _cut(issuer, size, opening.size)
            return
        if contents.get(opening.size) != _content(opening):
            yield _changed(issuer, good + 1, opening.size)
            return
        good = opening.size


def _missing(issuer: str, first: int, last: int) -> Finding:
    return Finding(
        issuer, last, "missing", f"缺少第 {first} 至 {last} 条", f"entries {first} to {last} are missing"
    )


def _link(issuer: str, seq: int) -> Finding:
    return Finding(
        issuer, seq, "link", f"第 {seq} 条与前一条不相接", f"entry {seq} does not continue the one before it"
    )


def _changed(issuer: str, first: int, last: int) -> Finding:
    where = f"第 {first} 条" if first == last else f"第 {first} 至 {last} 条中"
    which = f"entry {first}" if first == last else f"something among entries {first} to {last}"
    return Finding(issuer, last, "changed", f"{where}有改动", f"{which} was changed")


def _unreadable(issuer: str, seq: int) -> Finding:
    return Finding(issuer, seq, "unreadable", f"第 {seq} 条无法解开", f"entry {seq} cannot be opened")


def _cut(issuer: str, size: int, anchored: int) -> Finding:
    return Finding(
        issuer,
        anchored,
        "cut",
        f"链上记有 {anchored} 条，现只有 {size} 条：末尾被截去",
        f"the chain tells of {anchored} entries, there are {size}: the end was cut off",
    )


def _unknown_head(issuer: str, seq: int) -> Finding:
    return Finding(
        issuer,
        seq,
        "unknown_head",
        f"链上第 {seq} 个日志头不是本日志的",
        f"head {seq} on the chain is none of this log's",
    )


def _statement(issuer: str, seq: int) -> Finding:
    return Finding(
        issuer,
        seq,
        "statement",
        f"查询部门持有的答复所载第 {seq} 条，与日志不符或已不存在",
        f"an asker holds a statement that names entry {seq}, which is another one now, or gone",
    )
