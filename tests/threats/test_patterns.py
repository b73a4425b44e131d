"""Threat 17: a pattern that runs for ever. Every pattern that reads what others wrote, where it repeats.

Patterns of the API's bodies are not among them: pydantic's are matched in linear time (Rust's `regex`).
"""

import ast
import importlib
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import api
import registry
import wallet
from registry import identifiers, values
from registry.catalogue import load_catalogue

LONG = 100_000
"""Characters of a hostile text."""
SECONDS = 0.05
SEARCHES = r"\b{name}\.(?:search|findall|finditer|sub|split)\("


def sources() -> Iterator[tuple[str, Path]]:
    """(module, file) of everything that runs."""
    for package in (registry, api, wallet):
        root = Path(package.__path__[0])
        for path in sorted(root.rglob("*.py")):
            if "migrations" not in path.parts:
                parts = path.relative_to(root.parent).with_suffix("").parts
                yield ".".join(part for part in parts if part != "__init__"), path


def in_modules() -> Iterator[tuple[str, re.Pattern[Any], bool]]:
    """Compiled ones, with whether they look for something within a text."""
    for name, path in sources():
        text = path.read_text("utf-8")
        if "re.compile(" in text:
            for own, value in vars(importlib.import_module(name)).items():
                if isinstance(value, re.Pattern):
                    yield f"{name}.{own}", value, re.search(SEARCHES.format(name=own), text) is not None


def in_structs() -> Iterator[tuple[str, re.Pattern[Any], bool]]:
    """Those of msgspec's structs: rights, matters, queries, messages. msgspec searches with Python's `re`."""
    for name, path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Meta"):
                for given in node.keywords:
                    if given.arg == "pattern" and isinstance(given.value, ast.Constant):
                        yield f"{name}: {given.value.value}", re.compile(given.value.value), True


def in_types() -> Iterator[tuple[str, re.Pattern[Any], bool]]:
    """Those of the types' claims."""
    for definition in load_catalogue():
        for claim in definition.claim.values():
            for known in claim.formats:
                if known.pattern:
                    yield f"{definition.alias}.{claim.name}", re.compile(known.pattern, re.ASCII), False


PATTERNS = {
    name: (pattern, within) for find in (in_modules, in_structs, in_types) for name, pattern, within in find()
}


def sample(items: Sequence[tuple[Any, Any]]) -> str:
    """A short text that these parts of a pattern take."""
    return "".join(_sample(op, argument) for op, argument in items)


def _sample(op: Any, argument: Any) -> str:
    match op:
        case sre.LITERAL:
            found = chr(argument)
        case sre.NOT_LITERAL | sre.ANY:
            found = "a" if argument != ord("a") else "b"
        case sre.IN:
            found = _member(argument)
        case sre.MAX_REPEAT | sre.MIN_REPEAT:
            least, most, body = argument
            found = sample(list(body)) * max(least, min(1, int(most)))
        case sre.SUBPATTERN:
            found = sample(list(argument[-1]))
        case sre.BRANCH:
            found = sample(list(argument[1][0]))
        case _:  # a place, such as the end
            found = ""
    return found


def _member(choices: Sequence[tuple[Any, Any]]) -> str:
    if choices[0][0] is sre.NEGATE:
        taken = {argument for op, argument in choices if op is sre.LITERAL}
        return next(each for each in "a0 x-" if ord(each) not in taken)
    op, argument = choices[0]
    if op is sre.RANGE:
        return chr(argument[0])
    return (
        chr(argument)
        if op is sre.LITERAL
        else {sre.CATEGORY_SPACE: " ", sre.CATEGORY_DIGIT: "0"}.get(argument, "a")
    )


def sequences(items: Sequence[tuple[Any, Any]]) -> Iterator[list[tuple[Any, Any]]]:
    """The parts of a pattern in order, and those of everything in it that repeats or is a group."""
    yield list(items)
    for op, argument in items:
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            yield from sequences(list(argument[2]))
        elif op is sre.SUBPATTERN:
            yield from sequences(list(argument[-1]))
        elif op is sre.BRANCH:
            for branch in argument[1]:
                yield from sequences(list(branch))


def hostile(pattern: re.Pattern[Any]) -> set[str]:
    """Texts that begin as the pattern wants, go on with parts of it for ever, and end wrongly."""
    made = set()
    for items in sequences(list(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))):
        for start in range(len(items)):
            for end in range(start + 1, min(start + 4, len(items)) + 1):
                part = sample(items[start:end])
                if part:
                    pumped = part * (LONG // len(part))
                    made |= {sample(items[:start]) + pumped + wrong for wrong in ("\x00", "!")} | {pumped}
    return made


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_runs_for_long(name: str) -> None:
    pattern, within = PATTERNS[name]
    for text in hostile(pattern):
        given: Any = text.encode("utf-8", "replace") if isinstance(pattern.pattern, bytes) else text
        took = min(_took(pattern, given, within) for _ in range(2))
        assert took < SECONDS, (pattern.pattern, text[:60], took)


def _took(pattern: re.Pattern[Any], text: Any, within: bool) -> float:
    began = time.process_time()
    pattern.match(text)
    pattern.fullmatch(text)
    if within:
        pattern.findall(text)
    return time.process_time() - began


def test_there_are_patterns_of_every_kind() -> None:
    assert len(PATTERNS) > 40
    assert {"registry.values._AMOUNT", "birth.birth_time"} <= PATTERNS.keys()
    assert any(name.startswith("registry.rights: ") for name in PATTERNS)
    assert any(name.startswith("registry.matters.matter: ") for name in PATTERNS)


@pytest.mark.parametrize(
    ("slow", "length"), [(r"(a+)+b", 22), (r"(?:x|xx)*y", 33), (r"ey[\w-]+\.[\w-]+", LONG // 4)]
)
def test_a_pattern_that_runs_for_ever_is_found(slow: str, length: int) -> None:
    pattern = re.compile(slow)
    assert any(_took(pattern, text[:length] + "!", True) > SECONDS for text in hostile(pattern))


@pytest.mark.parametrize(
    "number", ["9" * LONG, "4401061990" * 10_000, "X" * LONG, "１" * LONG, "0" * 17 + "x" * LONG]
)
def test_a_hostile_number_is_refused_at_once(number: str) -> None:
    began = time.process_time()
    for id_type in (
        "citizen_number",
        "credit_code",
        "passport",
        "travel_permit",
        "permanent_residence",
        "birth_number",
        "x",
    ):
        assert values.wrong_identifier(id_type, number)
    assert not identifiers.is_citizen_number(number) and not identifiers.is_credit_code(number)
    assert time.process_time() - began < SECONDS
