"""Our DCQL and that of the npm package `dcql` find the same, on generated queries and credentials."""

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from registry import dcql
from registry.dcql import BadQuery, Candidate
from tests.node import NODE

CLIENT = Path(__file__).parent / "clients" / "dcql.mjs"

scalars = st.sampled_from(["x", "y", "1", "", 0, 1, 2, True, False])
names = st.sampled_from(["a", "b", "c", "姓名"])
objects = st.dictionaries(names, scalars, max_size=3)
# No empty array: for `null` on one section 7.1 demands an error, and the package takes it.
values = (
    scalars | objects | st.lists(scalars, min_size=1, max_size=3) | st.lists(objects, min_size=1, max_size=3)
)
claims = st.dictionaries(names, values, max_size=4)
steps = names | st.none() | st.integers(0, 2)
paths = st.tuples(names, steps, steps).flatmap(
    lambda path: st.sampled_from([path[:1], path[:1], path[:2], path])
)
ids = st.sampled_from(["p", "q", "r", "s"])
types = st.sampled_from(["urn:a", "urn:b"])
keys = st.sampled_from(["AAAA", "BBBB"])

candidates = st.fixed_dictionaries(
    {"vct": types, "claims": claims, "bound": st.booleans()}, optional={"authority": keys}
)


@st.composite
def claim_queries(draw):
    wanted = []
    for number, path in enumerate(draw(st.lists(paths, min_size=1, max_size=4))):
        each = {"id": f"c{number}", "path": list(path)}
        if draw(st.booleans()):
            each["values"] = draw(st.lists(scalars, min_size=1, max_size=3))
        wanted.append(each)
    return wanted


@st.composite
def credential_queries(draw):
    format = draw(st.sampled_from(["dc+sd-jwt"] * 9 + ["mso_mdoc"]))
    query = {"id": draw(ids), "format": format, "meta": {}}
    if format == "dc+sd-jwt":
        if draw(st.integers(0, 9)):
            query["meta"] = {"vct_values": draw(st.lists(types, min_size=1, max_size=2))}
        if draw(st.booleans()):
            query["claims"] = draw(claim_queries())
            # Now and then a claim set names a claim that is not there.
            known = [each["id"] for each in query["claims"]] * 3 + ["c9"]
            if draw(st.booleans()):
                option = st.lists(st.sampled_from(known), min_size=1, max_size=3)
                query["claim_sets"] = draw(st.lists(option, min_size=1, max_size=3))
    for name in ("multiple", "require_cryptographic_holder_binding"):
        if draw(st.booleans()):
            query[name] = draw(st.booleans())
    if draw(st.integers(0, 4)) == 0:
        query["trusted_authorities"] = [{"type": "aki", "values": [draw(keys)]}]
    return query


@st.composite
def queries(draw):
    asked = draw(st.lists(credential_queries(), min_size=1, max_size=3, unique_by=lambda each: each["id"]))
    if draw(st.integers(0, 9)) == 0:
        asked.append(draw(credential_queries()))
    query = {"credentials": asked}
    if draw(st.booleans()):
        known = [each["id"] for each in asked] * 5 + ["t"]
        option = st.lists(st.sampled_from(known), min_size=1, max_size=2)
        one = st.fixed_dictionaries(
            {"options": st.lists(option, min_size=1, max_size=3)}, optional={"required": st.booleans()}
        )
        query["credential_sets"] = draw(st.lists(one, min_size=1, max_size=2))
    return query


@pytest.fixture(scope="module")
def theirs():
    """Asks the npm package, over one process."""
    with subprocess.Popen(
        [NODE, CLIENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:

        def ask(**question):
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield ask
        process.stdin.close()


def read(candidate):
    above = frozenset({("aki", candidate["authority"])} if "authority" in candidate else ())
    return Candidate(candidate["vct"], candidate["claims"], candidate["bound"], above)


def found(query, held, *, presented=False):
    return {
        each.id: [
            [index, [list(path) for path in paths]]
            for index, candidate in enumerate(held.get(each.id, []) if presented else held)
            if (paths := each.answered_by(candidate, presented=presented)) is not None
        ]
        for each in query.credentials
    }


def once(theirs_found):
    """A claim that two claim queries name is disclosed once."""
    return {
        id: [[index, [list(path) for path in dict.fromkeys(map(tuple, paths))]] for index, paths in all]
        for id, all in theirs_found.items()
    }


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(queries(), st.lists(candidates, max_size=4))
def test_both_find_the_same_among_what_a_wallet_holds(theirs, query, held):
    answer = theirs(query=query, held=held)
    try:
        parsed = dcql.parse(query)
    except BadQuery:
        assert answer == {"refused": True}
        return
    mine = [read(each) for each in held]
    assert once(answer["found"]) == found(parsed, mine)
    assert answer["satisfied"] == (dcql.match(parsed, mine) is not None)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(queries(), st.data())
def test_both_judge_an_answer_alike(theirs, query, data):
    try:
        parsed = dcql.parse(query)
    except BadQuery:
        return
    shown = {
        each.id: data.draw(st.lists(candidates, min_size=1, max_size=2 if each.multiple else 1))
        for each in parsed.credentials
        if data.draw(st.booleans())
    }
    answer = theirs(query=query, held=[], shown=shown)
    mine = {id: [read(each) for each in all] for id, all in shown.items()}
    fitting = found(parsed, mine, presented=True)
    assert once(answer["found"]) == fitting
    all_fit = all(len(fitting[id]) == len(all) for id, all in mine.items())
    assert answer["satisfied"] == (
        all_fit and parsed.satisfied_by([id for id, all in fitting.items() if all])
    )


def places(value, above=()):
    """The path of every member and element of a JSON value."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, child in children:
        yield (*above, step)
        yield from places(child, (*above, step))


def spoilt(query, path, made):
    """The query with something else at that place; GONE: with nothing there."""
    copy = json.loads(json.dumps(query))
    at = copy
    for step in path[:-1]:
        at = at[step]
    if made is GONE:
        del at[path[-1]]
    else:
        at[path[-1]] = made
    return copy


GONE = object()
junk = st.sampled_from([GONE, None, 0, -1, 1.5, "", "x", "a b", True, [], [[]], {}, [None], "p\n"])


def told_apart(query, path, made):
    """Where the two may differ, and by what section of OpenID4VP 1.0 ours is right."""
    is_list = isinstance(made, list)
    holder = query
    for step in path[:-1]:
        holder = holder[step]
    emptied = path[-2] if made is GONE and isinstance(holder, list) and len(holder) == 1 else None
    return (
        # 6.1, 6.3, B.3.5: `values` and `vct_values` are not empty, either.
        emptied in ("values", "vct_values")
        # 6.3: where there are `claim_sets`, every claim has an `id`, those that no set names too.
        or (path[2:3] == ("claims",) and path[-1] == "id" and "claim_sets" in query["credentials"][path[1]])
        # 6.1 and appendix B: formats may have other names; a query for one stands, and nothing fits it.
        or (path[-1] == "format" and isinstance(made, str))
        # 6.1: `meta` is required, and an object; B.3.5: `vct_values` is not empty.
        or (path[-1] == "meta" and (made is GONE or is_list))
        or (path[-1] == "vct_values" and made == [])
        # 6.1.1: other types of authority, and what their values look like, are told elsewhere.
        or ("trusted_authorities" in path and isinstance(made, str))
        # 6.3: `values` is not empty.
        or (path[-1] == "values" and made == [])
        # 6.2: an option names credentials; one that names none would be met by nothing at all.
        or ("options" in path and made in ([], [[]], GONE))
    )


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(queries(), st.data())
def test_both_refuse_the_same_queries(theirs, query, data):
    path, made = data.draw(st.sampled_from(list(places(query)))), data.draw(junk)
    assume(not told_apart(query, path, made))
    changed = spoilt(query, path, made)
    try:
        dcql.parse(changed)
    except BadQuery:
        assert theirs(query=changed, held=[]) == {"refused": True}
    else:
        assert "refused" not in theirs(query=changed, held=[])
