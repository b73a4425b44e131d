"""Whom a query is about, by what the citizen shows: the holder of what a wallet presented."""

from dataclasses import replace

from registry import definition
from registry.catalogue import Catalogue
from registry.queries.question import Query
from registry.queries.refusals import BadQuery, NothingShown
from registry.requesting import Outcome, Requesting


def about_shown(query: Query, request: str, requesting: Requesting, catalogue: Catalogue) -> Query:
    """The question about who was shown in answer to a request of its asker, with what else was shown.

    Raises:
        BadQuery: it names whom it is about besides. NotFound: the department has no such request.
        NothingShown: as `holder_shown`.
    """
    if query.holder is not None or query.certificate_id is not None:
        raise BadQuery(
            "请写明持证主体、证照标识或出示请求，三者择一。",
            "Name a holder, a certificate or a request: one.",
        )
    outcome = requesting.outcome(request, asker=query.asker)
    return replace(query, holder=holder_shown(outcome, catalogue), shown=values_shown(outcome))


def holder_shown(outcome: Outcome, catalogue: Catalogue) -> tuple[str, str]:
    """(identifier type, identifier) of the one holder whose certificates were shown, with that claim.

    Raises:
        NothingShown: nothing valid was shown, its holder's identifier was not, or there are several holders.
    """
    found = set()
    for each in outcome.presented:
        if each.good:
            named = catalogue.named(each.report["core"]["type"])
            for holder in definition.holders(named, each.report["claims"]):
                if not holder.acts_for:
                    found.add((holder.id_type, holder.identifier))
    if len(found) != 1:
        raise NothingShown
    return found.pop()


def values_shown(outcome: Outcome) -> tuple[tuple[str, str], ...]:
    """(identifier of the certificate, value) of every claim that was shown and is valid."""
    return tuple(
        (str(each.report["core"]["certificate_id"]), str(value))
        for each in outcome.presented
        if each.good
        for value in each.report["claims"].values()
    )
