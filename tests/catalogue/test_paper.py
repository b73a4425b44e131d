"""What the catalogue lets through can be printed: each type's largest copy, made and measured."""

import msgspec
import pytest

from registry import proofcode
from registry.catalogue import LARGEST_COPY, load_catalogue
from registry.catalogue.flaws import largest_copy_bytes
from registry.definition import Claim, TypeDefinition
from tests.proofcode.made import ORIGINS, Made

PAGE = "https://certificates.rongzhou.example"


def _longest(claim: Claim) -> str:
    """The value with the most bytes that a type takes; varied, so that no packing helps."""
    match claim.type:
        case "text" | "name" | "number":
            return "".join(chr(0x4E00 + 3_571 * at % 20_000) for at in range(claim.longest))
        case "code":
            return max((code.code for code in claim.codes), key=lambda code: len(code.encode()))
        case "date":
            return "2026-12-31"
        case "citizen_number" | "credit_code":
            return "11010519491231002X"
        case _:
            return "9" * 25


def _largest(one: TypeDefinition) -> Made:
    shown = [(name, _longest(one.claim[name]) if name in one.claim else "true") for name in one.paper]
    return Made(shown=shown, hidden=len(one.claims) + len(one.derived) - len(shown), bound=False)


@pytest.mark.parametrize("one", list(load_catalogue()), ids=lambda one: one.alias)
def test_the_largest_copy_of_a_type_fits_a_version_40_code(one: TypeDefinition) -> None:
    link = proofcode.encode_copy(_largest(one).presentation(), ORIGINS, PAGE)
    digits = link.rpartition("#")[2]
    assert 8 * (len(link) - len(digits)) + 10 * len(digits) / 3 + 50 <= 23_648
    assert (len(digits) + 1) / 2.408 <= largest_copy_bytes(one) <= LARGEST_COPY


def test_the_bound_is_close_enough_to_be_useful() -> None:
    one = load_catalogue().by_alias("business_licence")
    wider = msgspec.structs.replace(
        one,
        claims=tuple(
            msgspec.structs.replace(claim, longest=400) if claim.name == "scope" else claim
            for claim in one.claims
        ),
    )
    assert largest_copy_bytes(wider) > LARGEST_COPY
    with pytest.raises(proofcode.NeedsLink):
        proofcode.encode_copy(_largest(wider).presentation(), ORIGINS, PAGE)
