"""From a cell of another system to the value of a claim, or why it is none; never with the value in it."""

import unicodedata
from collections.abc import Mapping as Cells
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import pybase64

from registry.definition import TypeDefinition
from registry.importing.mapping import Field
from registry.sheets import LONGEST_CELL
from registry.values import Why

BINARY: Final = frozenset({"portrait", "file"})
"""Data types whose value is base64."""
_MOST_DIGITS: Final = 10**15
_NO_TEXT: Final = Why("编码无法识别", "is no text in the encoding given")
_TOO_LARGE: Final = Why("超过 64 kB", "is larger than 64 kB")


class Unfit(Exception):
    """A cell from which no value can be made."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.en)
        self.why = why


def value_of(
    field: Field, cells: Cells[str, Any], *, encoding: str, absent: frozenset[str], binary: bool
) -> str:
    """The claim's value; empty where nothing is there. binary: bytes are kept as base64. Raises Unfit."""
    if field.constant:
        return field.constant
    texts = [as_text(cells[name], encoding=encoding, binary=binary) for name in field.sources]
    parts = [each for each in texts if each not in absent]
    text = field.between.join(part for part in parts if part)
    if field.half_width:
        text = unicodedata.normalize("NFKC", text).strip()
    if field.upper:
        text = text.upper()
    if not text:
        return ""
    if field.codes:
        return _coded(field.codes, text)
    return _dated(field.date, text) if field.date else text


def as_text(cell: Any, *, encoding: str, binary: bool = False) -> str:
    """A cell as text without white space around it. Raises Unfit."""
    match cell:
        case None:
            return ""
        case bytes() if binary:
            text = pybase64.b64encode(cell).decode()
        case bytes():
            text = _decoded(cell, encoding)
        case str():
            text = cell
        case bool():
            raise Unfit(Why("应为文本", "must be text"))
        case int():
            text = str(cell)
        case float():
            text = _number(cell)
        case Decimal():
            text = format(cell.normalize(), "f")
        case datetime() | date():
            text = cell.isoformat().partition("T")[0]
        case _:
            raise Unfit(Why("应为文本", "must be text"))
    if len(text) > LONGEST_CELL:
        raise Unfit(_TOO_LARGE)
    return text.strip().strip("\u3000\x00")


def is_binary(definition: TypeDefinition, name: str) -> bool:
    """Whether the claim's value is base64."""
    return definition.claim[name].type in BINARY


def _decoded(cell: bytes, encoding: str) -> str:
    for one in ("utf-8", encoding):
        try:
            return cell.decode(one)
        except UnicodeDecodeError:
            continue
    raise Unfit(_NO_TEXT)


def _number(cell: float) -> str:
    if not abs(cell) < _MOST_DIGITS:
        raise Unfit(Why("长号码存成了数值，末位已失真", "a long number was kept as a number and lost digits"))
    return str(int(cell)) if cell.is_integer() else str(cell)


def _coded(codes: Cells[str, str], text: str) -> str:
    if text not in codes:
        raise Unfit(Why("对照表中没有这个代码", "is a code that the mapping does not know"))
    return codes[text]


def _dated(formats: tuple[str, ...], text: str) -> str:
    for one in formats:
        try:
            return datetime.strptime(text, one).date().isoformat()
        except ValueError:
            continue
    raise Unfit(Why("不是映射文件所列格式的日期", "is no date of the mapping's formats"))
