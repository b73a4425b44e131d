"""Each mistake has its own problem type, and no answer tells by its time or size whether somebody is there.

Time is counted in what it is made of: the statements to the store, one by one. A clock on a busy machine
would tell less.
"""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from tests.api.test_departments import Desk
from tests.api.town import HOUSING, POLICE, Town, citizen_number

PLAIN: dict[str, Any] = {
    "type": "resident_identity",
    "ask": "has_valid",
    "matter": "title_registration",
    "clerk": "clerk 3",
}
EQUALS = {
    "ask": "equals",
    "claims": ["address"],
    "value": "羊城市别处 1 号",
    "source": "vouched",
    "case": "C1",
}
SOMEBODY, NOBODY, REVOKED, SUSPENDED = 7, 8, 9, 10


@pytest.fixture
def statements(town: Town) -> Iterator[list[str]]:
    """What was said to the store, in the order in which it was said."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(town.runtime.store.engine, "before_cursor_execute", hear)
    yield said
    event.remove(town.runtime.store.engine, "before_cursor_execute", hear)


@pytest.fixture
def housing(town: Town, http: httpx.Client, desk: Callable[[str], Desk]) -> Desk:
    for number in (SOMEBODY, REVOKED, SUSPENDED):
        certificate = town.citizen(number)
        if number == REVOKED:
            town.revoke(POLICE, certificate)
        if number == SUSPENDED:
            town.suspend(POLICE, certificate)
    return desk(HOUSING)


def asked(number: int, **changed: Any) -> dict[str, Any]:
    holder = {"id_type": "citizen_number", "identifier": citizen_number(number)}
    return {
        name: value for name, value in {**PLAIN, "holder": holder, **changed}.items() if value is not None
    }


MISTAKES = [
    ({"matter": "curiosity"}, 403, "unknown-matter"),
    ({"matter": "old_scheme"}, 403, "right-ended"),
    ({"matter": None}, 422, "missing-purpose"),
    ({"matter": ""}, 422, "missing-purpose"),
    ({"holder": {"id_type": "citizen_number", "identifier": "440106199001010070"}}, 422, "no-such-holder"),
    ({"holder": {"id_type": "library_card", "identifier": "1"}}, 422, "no-such-holder"),
    ({"ask": "claims", "claims": ["portrait"]}, 403, "not-shared"),
    ({"ask": "claims", "claims": ["address"]}, 403, "not-shared"),
    ({"ask": "claims", "claims": ["shoe_size"]}, 422, "bad-query"),
    ({"type": "library_card"}, 404, "not-found"),
    ({"ask": "equals"}, 422, "bad-query"),
    ({"on_behalf": "mandate 1"}, 403, "mandate-falls-short"),
]


@pytest.mark.parametrize(("changed", "status", "kind"), MISTAKES, ids=lambda value: str(value)[:40])
def test_each_mistake_has_a_problem_type_of_its_own_alike_whoever_it_is_about(
    housing: Desk, statements: list[str], changed: dict[str, Any], status: int, kind: str
) -> None:
    housing.post("/queries", asked(20, **changed))  # the first decision of a version keeps the rights
    seen = []
    for number in (SOMEBODY, NOBODY, REVOKED):
        del statements[:]
        answer = housing.post("/queries", asked(number, **changed))
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:zt:problem:{kind}")
        assert citizen_number(number) not in answer.text
        seen.append((len(answer.content), dict(answer.headers), tuple(statements)))
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        EQUALS,
        {"ask": "claims", "claims": ["ethnicity"]},
        {"ask": "claims", "claims": ["birth_date"], "matter": "rent_subsidy"},
    ],
    ids=["has valid", "equals", "on conditions", "with consent"],
)
def test_nobody_and_somebody_whose_certificate_does_not_stand_are_answered_alike(
    housing: Desk, statements: list[str], changed: dict[str, Any]
) -> None:
    """Where the value differs, and while a question waits, also whoever has a certificate that stands."""
    housing.post("/queries", asked(20, **changed))  # the first entry of a log asks for no key twice
    alike = [NOBODY, REVOKED, SUSPENDED] + ([SOMEBODY] if changed else [])
    seen = []
    for number in alike:
        del statements[:]
        answer = housing.post("/queries", asked(number, **changed))
        (envelope,) = answer.json()["answers"]
        seen.append(
            (
                envelope["outcome"],
                envelope.keys(),
                len(answer.content),
                dict(answer.headers),
                tuple(statements),
            )
        )
    assert all(each == seen[0] for each in seen), [len(each[-1]) for each in seen]
    assert seen[0][0] in ("no", "pending")
