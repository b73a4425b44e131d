"""Matters (一件事一次办): what a case of each kind asks, checks, decides and brings about, read from YAML."""

from registry.matters.loading import BadMatter, Matters, load_matters
from registry.matters.matter import Effect, Fact, Input, Matter, Party, Step
from registry.matters.rule import Decided, Rule

__all__ = [
    "BadMatter",
    "Decided",
    "Effect",
    "Fact",
    "Input",
    "Matter",
    "Matters",
    "Party",
    "Rule",
    "Step",
    "load_matters",
]
