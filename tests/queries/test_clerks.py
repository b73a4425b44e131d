"""Two names that look the same are one clerk's, whatever letters they are made of."""

import pytest

from registry.clerks import counted, same_person


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("clerk 3", "сlerk 3"),  # Cyrillic es
        ("clerk 3", "сlеrк 3"),  # three letters of Cyrillic
        ("clеrk 3", "clerк 3"),  # another letter of Cyrillic in each
        ("clerk 3", "clerk З"),  # Cyrillic ze for three
        ("Pace", "Расе"),  # all Cyrillic
        ("Nina", "Νina"),  # Greek nu
        ("TINA", "ΤΙΝΑ"),  # all Greek
        ("clerk 3", "ｃｌｅｒｋ ３"),
        ("clerk 3", "𝐜𝐥𝐞𝐫𝐤 𝟑"),
        ("clerk 3", "clerk ٣"),  # an Arabic digit
        ("clerk 10", "clerk 1O"),
        ("clerk 1", "clerk l"),
        ("clerk 3", "clerk 3ʼ"),
        ("clerk 3", "clerk 3\u3164"),  # a Hangul letter that nobody sees
        ("王伟", "王伟\u3164"),
        ("王力", "王カ"),  # katakana
        ("王大", "王⼤"),  # a radical
    ],
)
def test_what_looks_the_same_is_one_clerk(one: str, other: str) -> None:
    assert same_person(one, other) and same_person(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("clerk 3", "clerk 4"),
        ("王伟", "李娜"),
        ("王伟", "Li"),
        ("王wei", "王na"),
        ("窗口1", "窗口A"),
        ("Иванов", "Петров"),
        ("Иванов", "Wang"),
        ("二〇一", "二〇二"),
        ("王芳", "clerk 3"),
    ],
)
def test_two_people_are_two(one: str, other: str) -> None:
    assert not same_person(one, other) and counted(one) != counted(other)


def test_names_that_mix_alphabets_are_counted_together() -> None:
    mixed = ("clеrk 3", "clerк 4", "сlerk 5")
    assert len({counted(each) for each in mixed}) == 1
