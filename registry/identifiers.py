"""Identifiers of certificates (GB/T 36904-2018), persons (GB 11643) and organisations (GB 32100).

Issue only what is right, import what is real: parsing accepts old identifiers whose issuer part is no
credit code or whose check is wrong, and `check_certificate_id` says what is wrong with them.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple, Self

from stdnum import numdb
from stdnum.cn import ric, uscc
from stdnum.iso7064 import mod_37_36

from registry.errors import RegistryError

ARC = "1.2.156.3005.2"
LAST_VERSION = 999
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
REMARKS = frozenset({"issuer"})
"""Fields whose fault is worth saying but makes no identifier wrong: real, older ones name their issuer by
another code."""

_SHAPE = re.compile(
    r"1\.2\.156\.3005\.2\.([0-9A-Z]{21})\.([0-9A-Z]{1,32})\.([0-9A-Z]{1,32})\.([0-9]{3})\.([0-9A-Z])",
    re.ASCII,
)
_CREDIT_CODE = re.compile(r"[0-9]{8}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)
_LONGEST = len(ARC) + 21 + 32 + 32 + 3 + 1 + 5


class Fault(NamedTuple):
    """One thing that is wrong with what was given: which field, and why. Never the value."""

    field: str
    zh: str
    en: str


class NotAnIdentifier(RegistryError):
    """The text does not have the shape of a certificate identifier (GB/T 36904-2018)."""

    kind = "not-an-identifier"


class NoFurtherVersion(RegistryError):
    """Version 999 was reached: the next one takes a new serial."""

    kind = "no-further-version"
    status = 409


@dataclass(frozen=True, slots=True)
class CertificateId:
    """A certificate identifier: `1.2.156.3005.2.<type>.<issuer>.<serial>.<version>.<check>`.

    type: 21 characters, the credit code of the authority that defines the type and a 3-digit number.
    issuer: the issuer's code, 18 characters (imported ones: what they have).
    serial: 1 to 32 of 0-9 A-Z. version: 1 to 999. check: as given, right or not.
    """

    type: str
    issuer: str
    serial: str
    version: int
    check: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an identifier. Raises NotAnIdentifier where the shape is wrong; the check is not judged."""
        found = _SHAPE.fullmatch(text) if len(text) <= _LONGEST else None
        if found is None:
            raise NotAnIdentifier(
                "不是电子证照标识（GB/T 36904）。", "Not a certificate identifier (GB/T 36904)."
            )
        return cls(found[1], found[2], found[3], int(found[4]), found[5])

    def __str__(self) -> str:
        return f"{ARC}.{self.type}.{self.issuer}.{self.serial}.{self.version:03d}.{self.check}"

    @property
    def right_check(self) -> str:
        """The check character it should have: ISO 7064 MOD 37,36 over type, issuer, serial, version."""
        return check_character(f"{self.type}{self.issuer}{self.serial}{self.version:03d}")

    @property
    def checks(self) -> bool:
        """Whether the check character is right."""
        return self.check == self.right_check


def make_certificate_id(type_code: str, issuer: str, serial: str, version: int) -> CertificateId:
    """The identifier of a certificate that is being issued.

    Raises:
        NotAnIdentifier: a part has the wrong shape, or type or issuer is no credit code.
        NoFurtherVersion: version is above 999.
    """
    if version > LAST_VERSION:
        raise NoFurtherVersion("版本号已满，请换用新的流水号。", "Versions are used up: take a new serial.")
    check = check_character(f"{type_code}{issuer}{serial}{version:03d}")
    made = CertificateId.parse(f"{ARC}.{type_code}.{issuer}.{serial}.{version:03d}.{check}")
    if made.version < 1 or not is_type_code(type_code) or not is_credit_code(issuer):
        raise NotAnIdentifier(
            "类型代码或颁发机构代码不正确。", "The type code or the issuer's code is not right."
        )
    return made


def check_certificate_id(text: str) -> list[Fault]:
    """Everything that is wrong with an identifier; empty where it is right."""
    try:
        given = CertificateId.parse(text)
    except NotAnIdentifier as refusal:
        return [Fault("certificate_id", refusal.zh, refusal.en)]
    faults = []
    if not is_type_code(given.type):
        faults.append(
            Fault(
                "type",
                "类型代码的前 18 位不是统一社会信用代码。",
                "The type does not begin with a credit code.",
            )
        )
    if not is_credit_code(given.issuer):
        faults.append(
            Fault("issuer", "颁发机构不是统一社会信用代码。", "The issuer is no unified social credit code.")
        )
    if given.version < 1:
        faults.append(Fault("version", "版本号应从 001 起。", "Versions begin with 001."))
    if not given.checks:
        right = given.right_check
        faults.append(Fault("check", f"校验位应为 {right}。", f"The check character should be {right}."))
    return faults


def named_issuer(text: str) -> str:
    """The issuer's code in an identifier; empty where it is none."""
    try:
        return CertificateId.parse(text).issuer
    except NotAnIdentifier:
        return ""


def check_character(text: str) -> str:
    """ISO 7064 MOD 37,36 check character of 0-9 A-Z. Raises NotAnIdentifier for anything else."""
    if not set(text) <= set(ALPHABET):
        raise NotAnIdentifier("只能含数字和大写字母。", "Only digits and upper-case letters.")
    check: str = mod_37_36.calc_check_digit(text)
    return check


def new_serial(randomness: Callable[[int], bytes] = os.urandom) -> str:
    """A serial of 20 random characters of 0-9 A-Z (103 bits).

    Never one that contains a citizen number, though chance alone would take aeons to make it.
    """
    while True:
        number = int.from_bytes(randomness(20)) % 36**20
        characters = []
        for _ in range(20):
            number, digit = divmod(number, 36)
            characters.append(ALPHABET[digit])
        serial = "".join(characters)
        if not contains_citizen_number(serial):
            return serial


def contains_citizen_number(text: str) -> bool:
    """Whether any 18 characters in a row are a citizen number."""
    return any(is_citizen_number(text[start : start + 18]) for start in range(len(text) - 17))


def is_type_code(text: str) -> bool:
    """Whether this is a type code: a credit code and a 3-digit number."""
    return len(text) == 21 and text[18:].isascii() and text[18:].isdigit() and is_credit_code(text[:18])


def is_credit_code(text: str) -> bool:
    """Whether this is a unified social credit code (GB 32100): 18 characters, upper case, check right."""
    return len(text) == 18 and _is_credit_code(text)


@lru_cache(maxsize=8_192)
def _is_credit_code(text: str) -> bool:
    # stdnum's validate would also take spaces, hyphens and lower case. It is slow, so that what was found is
    # kept: a department's own code is in every certificate.
    return _CREDIT_CODE.fullmatch(text) is not None and text[17] == uscc.calc_check_digit(text[:17])


def is_citizen_number(text: str) -> bool:
    """Whether this is a citizen number (GB 11643): place, birth date and check are right, X in upper case."""
    if len(text) != 18 or not text.isascii() or not text[:17].isdigit():
        return False
    year = int(text[6:10])
    return (
        text[17] == ric.calc_check_digit(text)
        and 1850 <= year <= 2199
        and _is_date(year, int(text[10:12]), int(text[12:14]))
        and _is_place(text[:6])
    )


def birth_date(citizen_number: str) -> str:
    """The birth date in a valid citizen number, YYYY-MM-DD."""
    return f"{citizen_number[6:10]}-{citizen_number[10:12]}-{citizen_number[12:14]}"


def is_male(citizen_number: str) -> bool:
    """The sex in a valid citizen number: the 17th digit is odd for men."""
    return int(citizen_number[16]) % 2 == 1


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=8_192)
def _is_place(area: str) -> bool:
    """Whether the area code was ever in use (GB/T 2260).

    Not only in the year of birth, as stdnum asks: whoever was born before the numbers came, or before the
    district was founded, has the code of the place that registered them.
    """
    return any("county" in properties for _, properties in numdb.get("cn/loc").info(area))
