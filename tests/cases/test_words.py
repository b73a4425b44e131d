"""Every value that a case can be shown with has words in both languages on a terminal."""

from collections.abc import Iterable, Mapping
from typing import get_args

import pytest

from registry.casefacts import Source, Verdict
from registry.cases.accepting import Missing
from registry.cases.deciding import ByPerson
from registry.cases.shown import By
from registry.cli import casepage
from registry.matters.rule import Decided
from registry.store.tables import CaseState, CommitmentState, EffectState, StepState


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (casepage.SOURCES, get_args(Source)),
        (casepage.VERDICTS, get_args(Verdict)),
        (casepage.STATES, CaseState),
        (casepage.PARTS, {*StepState, *EffectState}),
        (casepage.PROMISED, CommitmentState),
        (casepage.KINDS, get_args(Missing.__annotations__["kind"])),
        (casepage.OUTCOMES, get_args(Decided)),
        (casepage.DECIDED, get_args(ByPerson)),
        (casepage.BY, get_args(By)),
    ],
    ids=["sources", "verdicts", "states", "parts", "promises", "missing", "outcomes", "decisions", "by"],
)
def test_every_value_has_words_and_no_word_is_left_over(
    words: Mapping[str, str], values: Iterable[str]
) -> None:
    assert words.keys() == set(values)
    assert all(not each.isascii() and " " in each for each in words.values())
