"""Whether two names that a department gives are one clerk's: where it takes two, and where one is counted.

A department names its clerks in its own words. Case, width, accents, spaces, what stands between
words and what nobody sees make no other person.
"""

import unicodedata


def same_person(one: str, other: str) -> bool:
    """Whether both names are one person's; a name without a letter or digit is nobody's, so everybody's."""
    names = {_letters(one), _letters(other)}
    return len(names) == 1 or "" in names


def counted(name: str) -> str:
    """By what the questions of a clerk are counted."""
    return _letters(name) or name.strip()


def _letters(name: str) -> str:
    """Letters and digits without case, width and accents (Unicode 15, D146; UAX #15, NFKD)."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return "".join(each for each in folded if unicodedata.category(each)[0] in "LN")
