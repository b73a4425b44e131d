"""DCQL: what the specification says in words. tests/interop/test_npm_dcql.py compares generated queries."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import dcql
from registry.dcql import BadQuery, Candidate, Chosen


def query(*credentials, **more):
    return {"credentials": list(credentials), **more}


def one(id="p", **more):
    return {"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:t"]}, **more}


def claim(*path, **more):
    return {"path": list(path), **more}


HELD = Candidate("urn:t", {"name": "a", "age": 18, "address": {"city": "b"}, "list": [{"n": 1}, {"n": 2}]})


@pytest.mark.parametrize(
    ("path", "values", "met"),
    [
        (["name"], None, True),
        (["nothing"], None, False),
        (["address", "city"], ["b"], True),
        (["name", "city"], None, False),
        (["list", 1, "n"], [2], True),
        (["list", 2, "n"], None, False),
        (["list", None, "n"], [2], True),
        (["list", None, "m"], None, False),
        ([0], None, False),
        (["age"], ["18"], False),
        (["age"], [18, 19], True),
        (["age"], [True], False),
    ],
)
def test_a_claims_path_points_as_section_7_says(path, values, met):
    asked = {"path": path} | ({} if values is None else {"values": values})
    assert (dcql.match(dcql.parse(query(one(claims=[asked]))), [HELD]) is not None) == met


def test_a_number_is_no_truth_value():
    shown = Candidate("urn:t", {"a": 1})
    assert dcql.match(dcql.parse(query(one(claims=[claim("a", values=[True])]))), [shown]) is None


def test_null_on_an_empty_array_points_nowhere():
    shown = Candidate("urn:t", {"a": []})
    assert dcql.match(dcql.parse(query(one(claims=[claim("a", None)]))), [shown]) is None


def test_the_first_claim_set_that_can_be_met_is_disclosed_and_nothing_more():
    asked = one(
        claims=[claim("nothing", id="a"), claim("name", id="b"), claim("age", id="c")],
        claim_sets=[["a", "b"], ["b"], ["c"]],
    )
    chosen = dcql.match(dcql.parse(query(asked)), [HELD]).chosen
    assert chosen == {"p": (Chosen(0, (("name",),)),)}


def test_without_claims_nothing_is_disclosed():
    assert dcql.match(dcql.parse(query(one())), [HELD]).chosen == {"p": (Chosen(0, ()),)}


def test_an_empty_meta_asks_for_any_type():
    assert dcql.match(dcql.parse(query(one(meta={}))), [HELD]).chosen == {"p": (Chosen(0, ()),)}


def test_of_alternatives_the_first_that_is_held_is_chosen_and_what_is_optional_is_apart():
    other = {"vct_values": ["urn:other"]}
    asked = query(
        one("a", meta=other), one("b"), one("c", multiple=True),
        credential_sets=[{"options": [["a"], ["b"]]}, {"options": [["c"]], "required": False}],
    )  # fmt: skip
    selection = dcql.match(dcql.parse(asked), [HELD, HELD])
    assert selection.chosen == {"b": (Chosen(0, ()),)}
    assert selection.optional == {"c": (Chosen(0, ()), Chosen(1, ()))}
    assert selection.found.keys() == {"b", "c"}


def test_of_a_shown_array_an_index_means_any_element_since_others_were_held_back():
    asked = dcql.parse(query(one(claims=[claim("list", 1, values=["b"])]))).credentials[0]
    shown = Candidate("urn:t", {"list": ["b"]})
    assert asked.answered_by(shown, presented=True) == (("list", 1),)
    assert asked.answered_by(shown) is None


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        query(),
        query({"id": "p", "format": "dc+sd-jwt"}),
        query(one(meta=[])),
        query(one(meta={"vct_values": []})),
        query(one(meta={"vct_values": [1]})),
        query(one("")),
        query(one("a b")),
        query(one("p\n")),
        query(one(), one()),
        query(one(claims=[])),
        query(one(claims=[claim()])),
        query(one(claims=[claim("a", -1)])),
        query(one(claims=[claim("a", True)])),
        query(one(claims=[claim("a", 1.0)])),
        query(one(claims=[claim("a", values=[])])),
        query(one(claims=[claim("a", values=[None])])),
        query(one(claims=[claim("a", id="x"), claim("b", id="x")])),
        query(one(claims=[claim("a", id="x"), claim("b")], claim_sets=[["x"]])),
        query(one(claim_sets=[["x"]])),
        query(one(claims=[claim("a", id="x")], claim_sets=[["y"]])),
        query(one(claims=[claim("a", id="x")], claim_sets=[[]])),
        query(one(trusted_authorities=[])),
        query(one(trusted_authorities=[{"type": "aki"}])),
        query(one(multiple="yes")),
        query(one(), credential_sets=[]),
        query(one(), credential_sets=[{"options": []}]),
        query(one(), credential_sets=[{"options": [[]]}]),
        query(one(), credential_sets=[{"options": [["q"]]}]),
    ],
)
def test_a_query_that_is_none_is_refused(wrong):
    with pytest.raises(BadQuery):
        dcql.parse(wrong)


def test_another_format_is_read_and_nothing_answers_it():
    asked = dcql.parse(query({"id": "m", "format": "mso_mdoc", "meta": {"doctype_value": "x"}}))
    assert dcql.match(asked, [HELD]) is None


def test_a_query_reads_back():
    asked = query(
        one(claims=[claim("a", None, 1, id="x", values=["v", 1, True])], claim_sets=[["x"]], multiple=True),
        credential_sets=[{"options": [["p"]], "required": False}],
    )
    assert dcql.parse(asked).to_dict() == asked
    assert dcql.parse(asked | {"more": 1}).to_dict() == asked


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(json)
def test_any_json_is_a_query_or_refused(value):
    for wrong in (value, query(value), query(one(claims=value)), query(one(), credential_sets=value)):
        with contextlib.suppress(BadQuery):
            dcql.parse(wrong)
