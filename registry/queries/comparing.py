"""Questions that compare: whether a claim equals a value, or is over or under an amount or a date.

They are asked instead of the value. `equals` only against what the case has proven or the holder stated;
`over` and `under` against a limit that the right lists, answered by the issuer's word alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from sqlmodel import Session, select

from registry import jcs
from registry.definition import TypeDefinition, clean, fits
from registry.queries.finding import given_out
from registry.queries.question import Query
from registry.queries.refusals import BadQuery, ComparedBefore, SecondPersonNeeded
from registry.rights import COMPARISONS
from registry.store.tables import Certificate, Comparison
from registry.vault import Vault

LATELY: Final = 30 * 86_400
"""Seconds in which a second comparison counts as bulk: 27 questions would read an amount."""


def check_question(query: Query, definition: TypeDefinition) -> None:
    """Refuse what makes no sense for the type. Raises BadQuery."""
    if not set(query.claims) <= definition.labels.keys() or bool(query.claims) == (
        query.ask in ("has_valid", "status")
    ):
        raise BadQuery("所问信息项不属于该证照类型。", "The claims asked for are not claims of this type.")
    if query.ask not in COMPARISONS:
        if query.value or query.source:
            raise BadQuery("只有比对才带比对值。", "Only a comparison comes with a value.")
        return
    if len(query.claims) != 1 or query.case is None or not query.value:
        raise BadQuery(
            "一次比对一项，并写明比对值和案件号。", "Compare one claim, with a value, for a numbered case."
        )
    if bool(query.source) != (query.ask == "equals"):
        raise BadQuery(
            "请写明比对值的来源：申请人陈述、本部门保证，或证明它的证照标识。",
            "An `equals` says where its value is from: stated, vouched, or the certificate that proved it.",
        )
    (name,) = query.claims
    claim = definition.claim.get(name)
    if claim is None or (query.ask != "equals" and claim.type not in ("amount", "date")):
        raise BadQuery("该信息项不能这样比对。", "This claim cannot be compared like that.")
    if fits(definition, {name: query.value}) and claim.type in ("amount", "date"):
        raise BadQuery("比对值不符合该信息项的格式。", "The value is not written as the claim is.")


def admit(
    session: Session, vault: Vault, query: Query, type_code: str, holders: Iterable[bytes], now: int
) -> None:
    """Let one comparison through and remember it: one a claim, holder and case.

    The same question asked again by the same case says nothing new and is let through. holders: keyed
    indexes.

    Raises:
        ComparedBefore: the case has asked another comparison of the same claim.
        SecondPersonNeeded: it counts as bulk, and no second clerk approved it.
    """
    assert query.case is not None
    question = vault.body_hash(jcs.dumps([query.ask, query.value]))
    for subject, before in _before(session, vault, query, type_code, holders):
        own = [row for row in before if row.case_number == query.case]
        if any(row.question != question for row in own):
            raise ComparedBefore
        if not query.second and _bulk(query, before, now):
            raise SecondPersonNeeded
        if not own:
            session.add(Comparison(subject=subject, question=question, case_number=query.case, at=now))
    session.flush()


def is_bulk(
    session: Session, vault: Vault, query: Query, type_code: str, holders: Iterable[bytes], now: int
) -> bool:
    """Whether another case of the department compared the same claim of one of these holders lately."""
    return any(_bulk(query, before, now) for _, before in _before(session, vault, query, type_code, holders))


def _before(
    session: Session, vault: Vault, query: Query, type_code: str, holders: Iterable[bytes]
) -> Iterator[tuple[bytes, Sequence[Comparison]]]:
    """What the department has compared of each holder's claim, under the keyed hash that it is found by."""
    for holder in holders:
        about = jcs.dumps(["comparison", query.asker, type_code, query.claims[0], holder.hex()])
        subject = vault.subject_index(about)
        yield subject, session.exec(select(Comparison).where(Comparison.subject == subject)).all()


def _bulk(query: Query, before: Sequence[Comparison], now: int) -> bool:
    own = any(row.case_number == query.case for row in before)
    return not own and any(now - row.at < LATELY for row in before)


def compare(
    session: Session,
    vault: Vault,
    query: Query,
    definition: TypeDefinition,
    certificate: Certificate | None,
    now: int,
) -> bool:
    """Whether the certificate's claim compares as asked; False without a certificate or claim."""
    (name,) = query.claims
    held = given_out(session, vault, certificate, now).get(name, "")
    if not held:
        return False
    given = clean(definition, {name: query.value}).get(name, "")
    if query.ask == "equals":
        return held == given
    if definition.claim[name].type == "amount":
        over, under = Decimal(held) > Decimal(given), Decimal(held) < Decimal(given)
    else:
        over, under = held > given, held < given
    return over if query.ask == "over" else under
