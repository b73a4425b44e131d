"""Values of claims by their data type: what is wrong with one, said in both languages and without the value.

All are strings (protocol.md, Values): text in NFC, dates YYYY-MM-DD, amounts as decimal strings, numbers as
printed, pictures and files as base64. Patterns are linear: bounded quantifiers, no groups (threat 17).
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import pybase64

from registry import identifiers
from registry.status import LIST_SIZE

LARGEST_FILE = 32 * 1024
LONGEST_TEXT = 2_000

ID_TYPES: dict[str, tuple[str, str]] = {
    "citizen_number": ("公民身份号码", "citizen number"),
    "credit_code": ("统一社会信用代码", "unified social credit code"),
    "mainland_travel_permit": ("来往内地（大陆）通行证号码", "mainland travel permit number"),
    "passport": ("护照号码", "passport number"),
    "permanent_residence": ("外国人永久居留身份证号码", "permanent residence number"),
}


class Why(NamedTuple):
    """Why a value is refused."""

    zh: str
    en: str


_TOO_LONG = Why("太长", "too long")
_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,6})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TRAVEL_PERMIT = re.compile(r"[HM][0-9]{8,10}|[0-9]{8}", re.ASCII)
_PASSPORT = re.compile(r"[A-Z0-9]{5,20}", re.ASCII)
_PERMANENT_RESIDENCE = re.compile(r"9[0-9]{17}|[A-Z]{3}[0-9]{12}", re.ASCII)
_STATUS_PLACE = re.compile(
    r"([0-9A-Z]{1,32})\.([0-9A-Z]{21})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})", re.ASCII
)
LONGEST_STATUS_PLACE = 32 + 21 + 6 + 6 + 3
_OTHER_DOTS = frozenset("•・‧．.∙⋅●᛫")
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
_FILES = (*_PICTURES, b"%PDF-", b"PK\x03\x04")


def normalised(value: str) -> str:
    """The value as it will be digested: NFC, without white space around it.

    What no type can take stays as it is: sorting a long run of combining marks is quadratic.
    """
    stripped = value.strip()
    if stripped.isascii() or len(stripped) > 2 * LONGEST_TEXT:
        return stripped
    return unicodedata.normalize("NFC", stripped)


def wrong_text(value: str, longest: int) -> Why | None:
    """Text: not empty; no control, format, private-use or replacement characters; no formula."""
    if not value:
        return Why("缺少", "missing")
    if len(value) > longest or (not value.isascii() and len(value.encode(errors="replace")) > 3 * longest):
        return _TOO_LONG
    if value[0] in "=+-@":
        return Why("不能以 = + - @ 开头", "must not begin with = + - @")
    if not value.isprintable() and (why := _wrong_character(value)):
        return why
    if "\ufffd" in value:
        return Why(
            "含有无法识别的字符，请检查文件编码", "has characters that were lost; check the file's encoding"
        )
    return None


def wrong_name(value: str, longest: int) -> Why | None:
    """A person's name: text without digits, its middle dot U+00B7."""
    if why := wrong_text(value, longest):
        return why
    if _OTHER_DOTS & set(value) and not value.isascii():
        return Why("间隔号应为“·”（U+00B7）", "its middle dot must be · (U+00B7)")
    if any(character.isdigit() for character in value):
        return Why("姓名中不能有数字", "a name has no digits")
    return None


def wrong_date(value: str) -> Why | None:
    """A day that exists, YYYY-MM-DD, 1850 to 2199."""
    if not _DATE.fullmatch(value[:11]):
        return Why("日期应写作 YYYY-MM-DD", "dates are written YYYY-MM-DD")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return Why("没有这一天", "there is no such day")
    return None if 1850 <= day.year <= 2199 else Why("年份超出范围", "the year is out of range")


def wrong_amount(value: str) -> Why | None:
    """A decimal string: no sign, no separators, at most 6 decimals."""
    if not _AMOUNT.fullmatch(value[:30]):
        return Why("金额应为十进制数字，如 1000000 或 12.50", "amounts are decimal, such as 1000000 or 12.50")
    return None


def wrong_identifier(id_type: str, value: str) -> Why | None:
    """An identifier of a person or organisation, by its type."""
    check = _IDENTIFIERS.get(id_type)
    if check is None:
        return Why("没有这种证件类型", "there is no such type of identifier")
    if check(value[:40]):
        return None
    zh, en = ID_TYPES[id_type]
    return Why(f"不是正确的{zh}", f"not a right {en}")


def wrong_picture(value: str) -> Why | None:
    """A portrait: base64 of PNG, JPEG or WebP, at most 32 kB."""
    return _wrong_bytes(
        value, _PICTURES, Why("应为 PNG、JPEG 或 WebP 图片", "must be a PNG, JPEG or WebP picture")
    )


def wrong_file(value: str) -> Why | None:
    """A file: base64 of a picture, PDF or OFD, at most 32 kB."""
    return _wrong_bytes(value, _FILES, Why("应为图片、PDF 或 OFD", "must be a picture, PDF or OFD"))


def status_places(value: str) -> tuple[tuple[str, str, int, int], ...] | None:
    """Places of status entries on the chain, (issuer, type, list, idx); None where the text is none.

    `<issuer>.<type>.<list>.<idx>`, each once, a space between two.
    """
    found = [_STATUS_PLACE.fullmatch(each) for each in value.split(" ")]
    places = [(each[1], each[2], int(each[3]), int(each[4])) for each in found if each is not None]
    right = len(set(places)) == len(found) and all(idx < LIST_SIZE for _, _, _, idx in places)
    return tuple(places) if right else None


def wrong_status_places(value: str, longest: int) -> Why | None:
    """Places of status entries, as `status_places` reads them."""
    if len(value) > longest:
        return _TOO_LONG
    if status_places(value) is None:
        return Why(
            "应为状态条目的位置（机构.类型.列表.条目），以空格分隔，不重复",
            "must be places of status entries (issuer.type.list.entry), a space between them, each once",
        )
    return None


@lru_cache(maxsize=1_024)
def compiled(pattern: str) -> re.Pattern[str]:
    """A claim's pattern, compiled once."""
    return re.compile(pattern, re.ASCII)


_ATOM = re.compile(
    r"(?:\\[d.\-()/\[\]]|\[(?:[^\]\[\\^]|\\[d.\-])+\]|[^\\\[\](){}*+?|^$.])(?:\{([0-9]{1,3})(?:,([0-9]{1,3}))?\}|(\?))?"
)
_MOST_BACKTRACKING = 4_096


def is_linear(pattern: str) -> bool:
    """Whether a pattern can only ever take a bounded number of steps.

    Literals, \\d and classes, each with {n}, {m,n} or ?; no groups, alternatives, stars or plus. The product
    of what its variable parts can try stays small, so the longest value is refused at once.
    """
    position, tries = 0, 1
    while position < len(pattern):
        atom = _ATOM.match(pattern, position)
        if atom is None:
            return False
        least, most, optional = atom.groups()
        tries *= 2 if optional else int(most or least or 1) - int(least or 1) + 1
        position = atom.end()
    return 0 < tries <= _MOST_BACKTRACKING


def _wrong_character(value: str) -> Why | None:
    """Wide spaces, and characters newer than this Python, are unprintable to it and yet no fault."""
    categories = {unicodedata.category(character) for character in value if not character.isprintable()}
    if categories & {"Co", "Cs"}:
        return Why(
            "含有自定义区字符，请改用 GB 18030-2022 的正式编码",
            "has private-use characters; give their code in GB 18030-2022",
        )
    if categories & {"Cc", "Cf", "Zl", "Zp"}:
        return Why("含有不可见的控制字符", "has invisible control characters")
    return None


def _wrong_bytes(value: str, beginnings: tuple[bytes, ...], otherwise: Why) -> Why | None:
    if len(value) > LARGEST_FILE * 4 // 3 + 4:
        return Why("超过 32 kB", "larger than 32 kB")
    try:
        content = pybase64.b64decode(value, validate=True)
    except ValueError:
        return Why("不是 base64", "not base64")
    if len(content) > LARGEST_FILE:
        return Why("超过 32 kB", "larger than 32 kB")
    return None if content.startswith(beginnings) else otherwise


_IDENTIFIERS: dict[str, Callable[[str], bool]] = {
    "citizen_number": identifiers.is_citizen_number,
    "credit_code": identifiers.is_credit_code,
    "mainland_travel_permit": lambda value: bool(_TRAVEL_PERMIT.fullmatch(value)),
    "passport": lambda value: bool(_PASSPORT.fullmatch(value)),
    "permanent_residence": lambda value: bool(_PERMANENT_RESIDENCE.fullmatch(value)),
}
