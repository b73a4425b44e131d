"""Threat 21: the access log is edited, or gone round. What is not on the record is not answered."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import func, select

from registry.querying import NotShared, Query, Querying
from registry.store.tables import AccessEntry, AccessSalt, QueryCase
from tests.api.town import Town
from tests.queries.conftest import querying
from tests.queries.test_querying import query

__all__ = ["querying"]


@pytest.fixture(params=["access_entry", "access_salt"])
def broken(request: pytest.FixtureRequest, town: Town) -> Iterator[str]:
    """The store takes no more rows of one table of the log; everything else goes on."""
    with town.runtime.store.write() as session:
        session.connection().execute(
            text(
                f"CREATE TRIGGER full BEFORE INSERT ON {request.param} "
                "BEGIN SELECT RAISE(ABORT, 'no space left'); END"
            )
        )
    yield request.param
    with town.runtime.store.write() as session:
        session.connection().execute(text("DROP TRIGGER full"))


def rows(town: Town) -> list[int]:
    with town.runtime.store.read() as session:
        return [
            session.exec(select(func.count()).select_from(table)).one()
            for table in (AccessEntry, AccessSalt, QueryCase)
        ]


@pytest.mark.parametrize(
    "asked", [query(), query(ask="status"), query(holder=("citizen_number", "110101199003070118"))]
)
def test_an_answer_that_cannot_be_logged_is_not_given(
    town: Town, querying: Querying, broken: str, asked: Query
) -> None:
    town.citizen()
    with pytest.raises(DBAPIError):
        querying.ask(asked)
    assert rows(town) == [0, 0, 0]


def test_a_refusal_that_cannot_be_logged_is_none_either(town: Town, querying: Querying, broken: str) -> None:
    with pytest.raises(DBAPIError):
        querying.ask(query(matter="curiosity"))
    assert rows(town) == [0, 0, 0]


def test_once_there_is_space_again_the_log_goes_on_without_a_gap(town: Town, querying: Querying) -> None:
    town.citizen()
    with town.runtime.store.write() as session:
        session.connection().execute(
            text("CREATE TRIGGER full BEFORE INSERT ON access_entry BEGIN SELECT RAISE(ABORT, 'full'); END")
        )
    with pytest.raises(DBAPIError):
        querying.ask(query())
    with town.runtime.store.write() as session:
        session.connection().execute(text("DROP TRIGGER full"))
    querying.ask(query())
    with town.runtime.store.read() as session:
        assert session.exec(select(AccessEntry.seq)).all() == [1]


def test_who_asks_without_a_right_is_on_the_record_all_the_same(town: Town, querying: Querying) -> None:
    town.citizen()
    with pytest.raises(NotShared):
        querying.ask(query(ask="claims", claims=("portrait",)))
    assert rows(town)[0] == 1
