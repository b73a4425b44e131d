"""What departments keep of the answers they got is held against the log, without anybody bringing it."""

from registry.accesslog.auditing import Audit, Auditing
from registry.querying import Querying
from registry.store.tables import AccessEntry
from tests.api.conftest import founded, town
from tests.api.town import POLICE, Town
from tests.queries.conftest import querying
from tests.queries.test_querying import query

__all__ = ["founded", "querying", "town"]


def audit(town: Town) -> Audit:
    with town.runtime.store.read() as session:
        auditing = Auditing(session, {}, 0, 2**62, town.runtime.sealed, b"s" * 32)
        return auditing.audit([POLICE], (), town.trust())


def test_every_kept_statement_names_an_entry_of_the_log(town: Town, querying: Querying) -> None:
    town.citizen()
    querying.ask(query())
    querying.ask(query(ask="status"))
    found = audit(town)
    assert (found.statements, found.findings) == (2, [])


def test_a_tail_cut_with_all_its_traces_in_the_log_is_found_by_the_askers_copy(
    town: Town, querying: Querying
) -> None:
    town.citizen()
    querying.ask(query())
    querying.ask(query(ask="status"))
    with town.runtime.store.write() as session:
        session.delete(session.get_one(AccessEntry, (POLICE, 2)))
    (finding,) = audit(town).findings
    assert (finding.issuer, finding.seq, finding.code) == (POLICE, 2, "statement")
