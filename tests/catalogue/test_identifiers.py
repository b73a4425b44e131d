"""GB/T 36904, GB 11643 and GB 32100: published identifiers are vectors, the rest are laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from registry import identifiers
from registry.identifiers import ALPHABET, CertificateId, NoFurtherVersion, NotAnIdentifier

TYPE, ISSUER = "11100000000013338W011", "11430000006122244L"
RIGHT = (
    f"1.2.156.3005.2.{TYPE}.{ISSUER}.20230000403.001.U",
    "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
)
OLD = "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9"
WRONG = "1.2.156.3005.2.11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M"

serials = st.text(ALPHABET, min_size=1, max_size=32)
versions = st.integers(1, 999)


@pytest.mark.parametrize("text", RIGHT)
def test_a_published_identifier_is_right(text: str) -> None:
    assert identifiers.check_certificate_id(text) == []


def test_an_old_identifier_whose_issuer_is_no_credit_code_is_kept_and_said() -> None:
    assert str(CertificateId.parse(OLD)) == OLD
    assert CertificateId.parse(OLD).checks
    assert [fault.field for fault in identifiers.check_certificate_id(OLD)] == ["issuer"]


def test_a_published_sample_with_a_wrong_check_is_kept_and_the_right_one_named() -> None:
    parsed = CertificateId.parse(WRONG)
    assert str(parsed) == WRONG
    assert not parsed.checks
    [fault] = identifiers.check_certificate_id(WRONG)
    assert (fault.field, parsed.right_check) == ("check", "D")
    assert "D" in fault.en


@given(serials, versions)
def test_what_is_made_reads_back_and_checks(serial: str, version: int) -> None:
    made = identifiers.make_certificate_id(TYPE, ISSUER, serial, version)
    assert CertificateId.parse(str(made)) == made
    assert identifiers.check_certificate_id(str(made)) == []


@given(serials, versions, st.data())
def test_one_changed_character_is_always_found(serial: str, version: int, data: st.DataObject) -> None:
    made = identifiers.make_certificate_id(TYPE, ISSUER, serial, version)
    at = data.draw(st.integers(0, len(serial) - 1))
    other = data.draw(st.sampled_from(ALPHABET.replace(serial[at], "")))
    changed = CertificateId(
        made.type, made.issuer, serial[:at] + other + serial[at + 1 :], version, made.check
    )
    assert not changed.checks


@pytest.mark.parametrize(
    "text",
    ["", RIGHT[0].lower(), RIGHT[0] + "\n", RIGHT[0][:-2], RIGHT[0].replace("001.U", "1.U"), "9" * 1_000_000],
)
def test_another_shape_is_refused(text: str) -> None:
    with pytest.raises(NotAnIdentifier):
        CertificateId.parse(text)


@pytest.mark.parametrize(
    ("type_code", "issuer", "version"),
    [(TYPE, "340100", 1), ("11100000000013338X011", ISSUER, 1), (TYPE, ISSUER, 0), (TYPE, ISSUER.lower(), 1)],
)
def test_only_what_is_right_is_issued(type_code: str, issuer: str, version: int) -> None:
    with pytest.raises(NotAnIdentifier):
        identifiers.make_certificate_id(type_code, issuer, "A1", version)


def test_after_version_999_a_new_serial_is_asked_for() -> None:
    with pytest.raises(NoFurtherVersion):
        identifiers.make_certificate_id(TYPE, ISSUER, "A1", 1_000)


def test_a_serial_is_twenty_characters_of_the_randomness_given() -> None:
    assert identifiers.new_serial(bytes) == "0" * 20
    serial = identifiers.new_serial()
    assert len(serial) == 20
    assert set(serial) <= set(ALPHABET)


def test_a_serial_never_contains_a_citizen_number() -> None:
    number = "11010119900307109X"
    if not identifiers.is_citizen_number(number):
        number = _citizen_number("11010119900307109")
    with_it = sum(ALPHABET.index(one) * 36**place for place, one in enumerate("A" + number + "Z"))
    draws = iter([with_it.to_bytes(20), bytes(20)])
    assert identifiers.new_serial(lambda _: next(draws)) == "0" * 20


@given(st.from_regex(r"[0-9]{17}[0-9X]", fullmatch=True))
def test_a_citizen_number_has_one_check_digit(text: str) -> None:
    right = [check for check in "0123456789X" if identifiers.is_citizen_number(text[:17] + check)]
    assert len(right) <= 1


@pytest.mark.parametrize(
    "text",
    ["", "36042619910101007", "360426199101010072", "360426199102300079", " 360426199101010071", "３" * 18],
)
def test_a_wrong_citizen_number_is_refused(text: str) -> None:
    assert not identifiers.is_citizen_number(text)


def test_whoever_was_born_before_the_numbers_came_has_a_right_one() -> None:
    old = _citizen_number("44010319480229003"[:6] + "19480229" + "003")
    assert identifiers.is_citizen_number(old)
    assert identifiers.birth_date(old) == "1948-02-29"
    assert identifiers.is_male(old)


def test_a_credit_code_is_taken_only_as_it_is_written() -> None:
    assert identifiers.is_credit_code(ISSUER)
    for other in (ISSUER.lower(), f"{ISSUER[:2]} {ISSUER[2:]}", ISSUER[:-1] + "0", ISSUER[:17]):
        assert not identifiers.is_credit_code(other)


def _citizen_number(body: str) -> str:
    return next(body + check for check in "0123456789X" if identifiers.is_citizen_number(body + check))


@given(st.from_regex(r"[0-9]{8}[0-9A-HJ-NPQRTUWXY]{9}", fullmatch=True), st.data())
def test_a_credit_code_is_what_stdnum_says_it_is(body: str, data: st.DataObject) -> None:
    right = body + uscc.calc_check_digit(body)
    assert identifiers.is_credit_code(right)
    at, other = data.draw(st.integers(0, 17)), data.draw(st.sampled_from(ALPHABET + " -xé\n"))
    changed = right[:at] + other + right[at + 1 :]
    assert identifiers.is_credit_code(changed) == _as_written(changed)


def _as_written(text: str) -> bool:
    try:
        return uscc.is_valid(text) and uscc.compact(text) == text
    except ValueError:  # stdnum looks up a line break that it took for the end of the digits
        return False
