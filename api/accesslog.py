"""`GET /holder/log`: who asked about me, when, why, and what was answered, each with its proof."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.holders import Asking, Name
from api.protocol_errors import REFUSALS, ProtocolRoute
from api.services import Services, Used
from registry import accesslog, b64
from registry.accesslog.proofs import of_holder, proofs
from registry.errors import NotFound
from registry.logproof import EntryProof
from registry.store.tables import AccessEntry

MOST = 100
"""Entries in one answer."""

router = APIRouter(prefix="/holder", tags=["Holders"], route_class=ProtocolRoute, responses={**REFUSALS})


class ProofView(BaseModel):
    """That the entry stands in the anchored log: RFC 9162 path to the root, and what opens the head.

    head = SHA-256(0x02 ‖ blinding ‖ size (8 bytes) ‖ link ‖ root), in the event HeadsAnchored of `block`.
    """

    index: int
    size: int
    path: str = Field(description="Siblings from the leaf up, 32 bytes each, joined; base64url.")
    link: str = Field(description="base64url, 32 bytes.")
    blinding: str = Field(description="base64url, 32 bytes.")
    number: int = Field(description="Which head of this log it is.")
    block: int


class EntryView(BaseModel):
    """One decision about me.

    The leaf is SHA-256(0x00 ‖ salt ‖ entry), over `entry` byte for byte; the other fields say the same.
    """

    issuer: str = Field(description="Who answered: credit code.")
    issuer_name: Name
    asker: str
    asker_name: Name
    clerk: str
    time: int
    matter: str
    rule: str = Field(description="The rule of the rights files that decided; none: no rule allowed it.")
    type: str
    type_name: Name | None = None
    claims: list[str]
    case: str
    manner: str = Field(
        description="`assisted` (帮办), `mandate` …; of a comparison where its value came from: `stated`, "
        "`proven`, `vouched`; empty: the department asked by itself."
    )
    second: str = Field(description="The clerk who approved it, where it took two.")
    outcome: str = Field(
        examples=["yes"], description="yes, no, withheld, pending, refused; asked: it asked another registry."
    )
    entry: str
    salt: str = Field(description="base64url.")
    proof: ProofView | None = Field(description="null: not anchored yet; heads go up once a minute.")


class LogView(BaseModel):
    """What the logs hold about me, newest first."""

    entries: list[EntryView]
    more: bool = Field(description="Whether there are older ones: ask again, `until` the time of the last.")


@router.get("/log", summary="Who asked about me")
def log(
    asking: Asking,
    services: Used,
    until: Annotated[int | None, Query(description="Unix seconds; only what was before.")] = None,
) -> LogView:
    """Of all departments; statutory queries show as well as those I allowed."""
    finder = services.runtime.sealed.log_index(asking.holder)
    with services.store.read() as session:
        rows = of_holder(session, finder, MOST + 1, until)
        more = len(rows) > MOST
        # No second is told in part: the next page begins before the last one told.
        shown = [row for row in rows[:MOST] if not more or row.time > rows[MOST - 1].time] or rows[:MOST]
        found = {
            issuer: proofs(session, issuer, [row.seq for row in shown if row.issuer == issuer])
            for issuer in {row.issuer for row in shown}
        }
        entries = [
            _view(
                services,
                row,
                accesslog.opened(session, services.runtime.sealed, row),
                found[row.issuer].get(row.seq),
            )
            for row in shown
        ]
    return LogView(entries=entries, more=more)


def _view(services: Services, row: AccessEntry, written: bytes, proof: EntryProof | None) -> EntryView:
    entry = accesslog.read(written)
    return EntryView(
        issuer=row.issuer,
        issuer_name=_name(services, row.issuer),
        asker=entry.asker,
        asker_name=_name(services, entry.asker),
        clerk=entry.clerk,
        time=entry.time,
        matter=entry.purpose,
        rule=entry.rule,
        type=entry.type,
        type_name=_type_name(services, entry.type),
        claims=list(entry.claims),
        case=entry.case,
        manner=entry.manner,
        second=entry.second,
        outcome=entry.outcome,
        entry=written.decode(),
        salt=b64.encode(row.salt),
        proof=None if proof is None else _proof(proof),
    )


def _proof(proof: EntryProof) -> ProofView:
    return ProofView(
        index=proof.index,
        size=proof.size,
        path=b64.encode(proof.path),
        link=b64.encode(proof.link),
        blinding=b64.encode(proof.blinding),
        number=proof.number,
        block=proof.block,
    )


def _name(services: Services, code: str) -> Name:
    known = services.trust().issuers.get(code)
    return Name(zh=known.zh if known else code, en=known.en if known else code)


def _type_name(services: Services, code: str) -> Name | None:
    try:
        name = services.runtime.catalogue.named(code).name
    except NotFound:
        return None
    return Name(zh=name.zh, en=name.en)
