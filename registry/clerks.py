"""Whether two names that a department gives are one clerk's: where it takes two, and where one is counted.

A department names its clerks in its own words. Case, width, accents, spaces, what stands between
words and what nobody sees make no other person; nor do letters of another alphabet that look the same.
"""

import unicodedata
from typing import Final

_HAN, _LATIN = "CJK", "LATIN"
_ALIKE: Final = str.maketrans("oil", "011")


def same_person(one: str, other: str) -> bool:
    """Whether both names may be one person's.

    A name without a letter or digit is nobody's, so everybody's, and so is one that mixes alphabets (Han and
    Latin go together). Two names in different alphabets are one if they are as long.
    """
    names = {_letters(one), _letters(other)}
    if len(names) == 1 or "" in names or any(map(_is_mixed, names)):
        return True
    alphabets = {frozenset(_scripts(each) - {_HAN}) for each in names}
    return len(alphabets) == 2 and frozenset() not in alphabets and len(set(map(_shape, names))) == 1


def counted(name: str) -> str:
    """By what the questions of a clerk are counted; all names of one length that mix alphabets together."""
    letters = _letters(name)
    return (_shape(letters) if _is_mixed(letters) else letters) or name.strip()


def _letters(name: str) -> str:
    """Letters and digits without case, width and accents (Unicode 15, D146; UAX #15, NFKD).

    Zero and O, one, I and L are one: in many typefaces they look the same.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    kept = (each for each in folded if unicodedata.category(each) != "Lm")
    return "".join(
        str(unicodedata.decimal(each, each)) for each in kept if unicodedata.category(each)[0] in "LN"
    ).translate(_ALIKE)


def _scripts(letters: str) -> set[str]:
    """The alphabets of its letters, by the first word of their names; what has none is an alphabet too."""
    words = {unicodedata.name(each, "").split(" ")[0] for each in letters if not each.isdecimal()}
    return {_HAN if each == "IDEOGRAPHIC" else each for each in words}


def _is_mixed(letters: str) -> bool:
    scripts = _scripts(letters)
    return len(scripts) > 1 and scripts != {_HAN, _LATIN}


def _shape(letters: str) -> str:
    return "".join(each if _scripts(each) == {_HAN} else "?" for each in letters)
