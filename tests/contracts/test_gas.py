"""What the everyday calls cost, held to limits, on a real node; printed as a table."""

import random
from collections.abc import Iterator
from hashlib import sha256

import pytest

from tests.contracts.world import TYPE, Town, code, town

ENTRIES = 131_072
WORDS = ENTRIES // 128
EVERY = (4**128 - 1) // 3
REVOKED = 1


@pytest.fixture(scope="module")
def place(figures: dict[str, str]) -> Iterator[Town]:
    with town(issuers=2) as built:
        yield built


@pytest.fixture(scope="module")
def figures(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """What was measured, by name; printed at the end, whatever pytest captures."""
    table: dict[str, str] = {}
    yield table
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        width = max(map(len, table), default=0)
        print("\ngas\n" + "\n".join(f"  {name:<{width}}  {cost:>9}" for name, cost in table.items()))


def root(number: int) -> bytes:
    return sha256(number.to_bytes(8, "big")).digest()


def anchor(place: Town, issuer: int, seq: int, size: int) -> int:
    call = place.certificates.functions.anchorBatch(code(issuer), seq, root(seq), size)
    return place.send(call)["gasUsed"]


def revoke(place: Town, number: int, masks: dict[int, int]) -> int:
    """Gas of revoking the entries of the masks in a list, 500 words a call."""
    words = sorted(masks)
    total = 0
    for start in range(0, len(words), 500):
        part = words[start : start + 500]
        call = place.certificates.functions.setStatus(
            code(0), TYPE, number, part, [masks[word] for word in part], REVOKED
        )
        total += place.send(call)["gasUsed"]
    return total


def mask_of(entries: list[int]) -> dict[int, int]:
    masks: dict[int, int] = {}
    for entry in entries:
        masks[entry // 128] = masks.get(entry // 128, 0) | 1 << 2 * (entry % 128)
    return masks


def test_a_batch_of_any_size_costs_at_most_75_000_the_first_of_an_issuer_too(
    place: Town, figures: dict[str, str]
) -> None:
    first = anchor(place, 0, 1, 1)
    second = anchor(place, 0, 2, 2**32 - 1)
    other = anchor(place, 1, 1, 16_384)
    figures |= {
        "anchor, first of an issuer": f"{first:,}",
        "anchor, 4,294,967,295 leaves": f"{second:,}",
        "anchor, 16,384 leaves": f"{other:,}",
    }
    assert max(first, second, other) <= 75_000


def test_the_first_revocation_in_a_word_costs_at_most_60_000(place: Town, figures: dict[str, str]) -> None:
    cost = max(revoke(place, 10, mask_of([0])), revoke(place, 10, mask_of([ENTRIES - 1])))
    again = revoke(place, 10, mask_of([1]))
    figures |= {"first revocation in a word": f"{cost:,}", "another in the same word": f"{again:,}"}
    assert cost <= 60_000


def test_128_neighbours_in_one_call_cost_at_most_600_each(place: Town, figures: dict[str, str]) -> None:
    in_one_word = revoke(place, 11, {5: EVERY}) / 128
    in_two_words = revoke(place, 12, mask_of(list(range(64, 192)))) / 128
    figures |= {
        "128 neighbours, one word, each": f"{in_one_word:,.0f}",
        "128 neighbours, two words, each": f"{in_two_words:,.0f}",
    }
    assert in_one_word <= 600


def test_a_whole_list_costs_at_most_300_each(place: Town, figures: dict[str, str]) -> None:
    each = revoke(place, 13, dict.fromkeys(range(WORDS), EVERY)) / ENTRIES
    figures["whole list of 131,072, each"] = f"{each:,.0f}"
    assert each <= 300


def test_a_thousand_at_random_in_a_fresh_list_is_printed(place: Town, figures: dict[str, str]) -> None:
    entries = random.Random(1).sample(range(ENTRIES), 1_000)
    each = revoke(place, 14, mask_of(entries)) / len(entries)
    figures["1,000 at random, each"] = f"{each:,.0f}"
    assert each <= 24_466  # what a peer's bulk revocation was measured at
