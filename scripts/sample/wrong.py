"""Rows that are wrong, each in a way that happens in life; the rest of the row stays as it was."""

import base64
from collections.abc import Callable
from random import Random

from stdnum.cn import ric

from scripts.sample.certificates import Row

Spoil = Callable[[Row, Random], None]


def _check_digit(field: str) -> Spoil:
    def spoil(row: Row, random: Random) -> None:
        row[field] = row[field][:-1] + random.choice(
            [each for each in "0123456789" if each != row[field][-1]]
        )

    return spoil


def _put(field: str, value: str) -> Spoil:
    def spoil(row: Row, _: Random) -> None:
        row[field] = value

    return spoil


def _other(field: str, change: Callable[[str], str]) -> Spoil:
    def spoil(row: Row, _: Random) -> None:
        row[field] = change(row[field])

    return spoil


def _area(row: Row, _: Random) -> None:
    """An area that never was, with a check digit that is right."""
    body = "999999" + row["citizen_number"][6:17]
    row["citizen_number"] = body + ric.calc_check_digit(body + "0")


def _swap_dates(row: Row, _: Random) -> None:
    row["issued_on"], row["last_day"] = row["last_day"], row["issued_on"]


def _other_sex(row: Row, _: Random) -> None:
    row["sex"] = "女" if row["sex"] == "男" else "男"


def _letter_in_code(row: Row, random: Random) -> None:
    """A letter that credit codes never have."""
    row["credit_code"] = row["credit_code"][:9] + random.choice("IOSVZ") + row["credit_code"][10:]


NOT_A_PICTURE = base64.b64encode(b"this is no picture").decode()
TOO_LARGE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(33_000)).decode()
DUPLICATE = "second card for the same person"

WAYS: dict[str, tuple[str, str, Spoil | None]] = {
    "check digit of a citizen number": (
        "resident_identity",
        "citizen_number",
        _check_digit("citizen_number"),
    ),
    "area code that does not exist": ("resident_identity", "citizen_number", _area),
    "birth date of somebody else": ("resident_identity", "birth_date", _put("birth_date", "1949-10-01")),
    "sex of somebody else": ("resident_identity", "sex", _other_sex),
    "day that does not exist": (
        "household_register_page",
        "registered_on",
        _put("registered_on", "2023-02-30"),
    ),
    "date written in another way": ("social_security", "issued_on", _put("issued_on", "2023/5/1")),
    "required field empty": ("resident_identity", "address", _put("address", "")),
    "end before the beginning": ("food_business_licence", "last_day", _swap_dates),
    "check character of a credit code": ("business_licence", "credit_code", _check_digit("credit_code")),
    "letter that credit codes never have": ("construction_safety_licence", "credit_code", _letter_in_code),
    "code that is not in the list": ("driving_licence", "vehicle_class", _put("vehicle_class", "Z9")),
    "amount with separators": ("business_licence", "capital", _put("capital", "1,000,000")),
    "private-use character in a name": (
        "household_register_page",
        "name",
        _other("name", lambda old: old + "\ue863"),
    ),
    "another dot for the middle dot": ("resident_identity", "name", _put("name", "阿依古丽•买买提")),
    "formula": (
        "marriage",
        "registration_office",
        _put("registration_office", '=HYPERLINK("http://example.org")'),
    ),
    "number in another format": ("marriage", "certificate_number", _put("certificate_number", "12345")),
    "portrait that is no picture": ("driving_licence", "portrait", _put("portrait", NOT_A_PICTURE)),
    "portrait that is too large": ("social_security", "portrait", _put("portrait", TOO_LARGE)),
    "text too long": ("business_licence", "scope", _other("scope", lambda old: old * 20)),
    "invisible character": (
        "resident_identity",
        "name",
        _other("name", lambda old: old[:1] + "\u200b" + old[1:]),
    ),
    "characters lost in another encoding": ("birth", "child_name", _put("child_name", "\ufffd\ufffd小明")),
    "identifier missing beside its name": ("real_estate_title", "owner_number", _put("owner_number", "")),
    DUPLICATE: ("social_security", "card_number", None),
}
"""Way → type, field, and what spoils the row; a duplicate is an earlier row under another card number."""
