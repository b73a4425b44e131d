"""People in families, with citizen numbers that check (GB 11643)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from stdnum.cn import ric

from scripts.sample import names

TODAY = date(2026, 6, 1)
"""The sample's own day: what is made does not depend on when."""


@dataclass(slots=True)
class Person:
    """One inhabitant."""

    name: str
    man: bool
    born: date
    number: str
    ethnicity: str
    birthplace: str
    family: "Family" = field(repr=False)
    relation: str = "户主"

    @property
    def sex(self) -> str:
        """As printed."""
        return "男" if self.man else "女"

    def age(self, day: date = TODAY) -> int:
        """Whole years on a day."""
        return day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))


@dataclass(slots=True)
class Family:
    """One household: its members, and the couple with their wedding day if there is one."""

    number: str
    district: str
    address: str
    registered: date
    members: list[Person] = field(default_factory=list)
    couple: tuple[Person, Person] | None = None
    wedding: date | None = None
    children: list[Person] = field(default_factory=list)


class Numbers:
    """Citizen numbers, each given once."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._taken: set[str] = set()

    def take(self, area: str, born: date, *, man: bool) -> str:
        """A number for someone registered in that area."""
        while True:
            order = self._random.randrange(1, 999, 2) if man else self._random.randrange(2, 999, 2)
            body = f"{area}{born:%Y%m%d}{order:03d}"
            number = body + ric.calc_check_digit(body + "0")
            if number not in self._taken:
                self._taken.add(number)
                return number


def families(random: Random, people: int) -> Iterator[Family]:
    """Families until so many people live in the town."""
    numbers = Numbers(random)
    household = 410_000_000
    while people > 0:
        household += 1
        family = _family(random, numbers, str(household), people)
        people -= len(family.members)
        yield family


def some_day(random: Random, first: date, last: date) -> date:
    """A day between two days, both included (the first where they are the wrong way round)."""
    return first + timedelta(days=random.randint(0, max(0, (last - first).days)))


def years_later(day: date, years: int) -> date:
    """The same day, years later; 29 February becomes 28."""
    return day.replace(year=day.year + years, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _family(random: Random, numbers: Numbers, number: str, room: int) -> Family:
    area = random.choice(tuple(names.DISTRICTS))
    district = names.DISTRICTS[area]
    registered = some_day(random, date(2005, 1, 1), date(2019, 12, 31))
    family = Family(number, district, names.address(random, district), registered)
    ethnicity = random.choices(("汉", "维吾尔", "藏", random.choice(names.ETHNICITIES)), (92, 3, 1, 4))[0]
    home = {"维吾尔": names.UYGHUR_HOME, "藏": names.TIBETAN_HOME}.get(ethnicity)
    if home is None and random.random() < 0.25:
        home = random.choice(tuple(names.ELSEWHERE.items()))
    place = home or (area, names.TOWN + district)
    born = some_day(random, date(1945, 1, 1), date(2001, 12, 31))
    head = _person(random, numbers, family, born, place, ethnicity, man=random.random() < 0.55)
    if room > 1 and random.random() < 0.8 and head.age() >= 26:
        _marry(random, numbers, family, head, place, area, room)
    return family


def _marry(
    random: Random,
    numbers: Numbers,
    family: Family,
    head: Person,
    place: tuple[str, str],
    area: str,
    room: int,
) -> None:
    """A spouse, then children while there is room."""
    born = head.born + timedelta(days=random.randint(-1200, 1200))
    spouse = _person(random, numbers, family, born, place, head.ethnicity, man=not head.man, relation="配偶")
    adult = max(years_later(head.born, 22), years_later(spouse.born, 22))
    wedding = some_day(random, adult, min(TODAY - timedelta(days=60), adult + timedelta(days=2_500)))
    family.couple = (head, spouse)
    family.wedding = wedding
    father, mother = (head, spouse) if head.man else (spouse, head)
    birthday = wedding
    for _ in range(random.choices((0, 1, 2, 3), (18, 44, 32, 6))[0]):
        birthday = some_day(random, birthday + timedelta(days=300), birthday + timedelta(days=1_800))
        late = birthday > TODAY - timedelta(days=90) or mother.age(birthday) > 44
        if late or len(family.members) >= room:
            return
        man = random.random() < 0.51
        child = _person(
            random,
            numbers,
            family,
            birthday,
            (area, names.TOWN + family.district),
            father.ethnicity,
            man=man,
            relation="子" if man else "女",
            after=father,
        )
        family.children.append(child)


def _person(
    random: Random,
    numbers: Numbers,
    family: Family,
    born: date,
    place: tuple[str, str],
    ethnicity: str,
    *,
    man: bool,
    relation: str = "户主",
    after: Person | None = None,
) -> Person:
    if ethnicity in {"维吾尔", "藏"}:
        name = names.foreign_script_name(random, ethnicity, man=man)
    else:
        surname = _surname_of(after) if after else names.surname(random)
        name = surname + names.given_name(random, man=man)
    person = Person(
        name, man, born, numbers.take(place[0], born, man=man), ethnicity, place[1], family, relation
    )
    family.members.append(person)
    return person


def _surname_of(parent: Person) -> str:
    return parent.name[:2] if parent.name.startswith(names.COMPOUND_SURNAMES) else parent.name[:1]
