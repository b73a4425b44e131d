"""The rows that departments hand in: one certificate each, columns named by the type's claims."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from random import Random

from scripts.sample import names
from scripts.sample.enterprises import CATERING, Enterprise
from scripts.sample.people import TODAY, Family, Person, some_day, years_later

Row = dict[str, str]
POLICE = f"{names.TOWN}公安局"


def identities(random: Random, people: Iterable[Person], faces: Sequence[str]) -> Iterator[Row]:
    """居民身份证: five years for children, then ten, twenty, and without end from 46."""
    for person in people:
        young = person.age() < 24
        first = some_day(
            random, max(person.born + timedelta(days=30), date(2024 if young else 2020, 7, 1)), TODAY
        )
        age = person.age(first)
        term = 5 if age < 16 else 10 if age < 26 else 20 if age < 46 else 0
        yield {
            "name": person.name,
            "sex": person.sex,
            "ethnicity": person.ethnicity,
            "birth_date": person.born.isoformat(),
            "address": person.family.address,
            "citizen_number": person.number,
            "portrait": _face(person, faces),
            "issuing_authority": f"{POLICE}{person.family.district.removesuffix('区')}分局",
            "first_day": first.isoformat(),
            "last_day": years_later(first, term).isoformat() if term else "",
        }


def household_pages(random: Random, people: Iterable[Person]) -> Iterator[Row]:
    """居民户口簿: a page for each member."""
    for person in people:
        family = person.family
        moved = person.relation in {"户主", "配偶"} and random.random() < 0.4
        yield {
            "household_number": family.number,
            "household_kind": "家庭户",
            "head_name": family.members[0].name,
            "relation": person.relation,
            "name": person.name,
            "former_name": "",
            "sex": person.sex,
            "ethnicity": person.ethnicity,
            "birth_date": person.born.isoformat(),
            "birthplace": person.birthplace,
            "native_place": family.members[0].birthplace,
            "citizen_number": person.number,
            "education": _education(random, person),
            "marital_status": "已婚" if family.couple and person in family.couple else "",
            "occupation": random.choice(names.OCCUPATIONS) if 22 <= person.age() < 60 else "",
            "address": family.address,
            "moved_from": random.choice(tuple(names.ELSEWHERE.values())) if moved else "",
            "moved_on": family.registered.isoformat() if moved else "",
            "issuing_authority": f"{POLICE}{family.district.removesuffix('区')}分局",
            "registered_on": max(family.registered, person.born + timedelta(days=20)).isoformat(),
        }


def driving_licences(random: Random, people: Iterable[Person], faces: Sequence[str]) -> Iterator[Row]:
    """机动车驾驶证."""
    for position, person in enumerate(people):
        first_ever = some_day(random, max(years_later(person.born, 19), date(1995, 1, 1)), date(2025, 12, 31))
        first = some_day(random, max(first_ever, date(2021, 1, 1)), TODAY)
        yield {
            "citizen_number": person.number,
            "name": person.name,
            "sex": person.sex,
            "nationality": "中国",
            "address": person.family.address,
            "birth_date": person.born.isoformat(),
            "first_issued_on": first_ever.isoformat(),
            "vehicle_class": random.choice(("C1", "C1", "C1", "C2", "C2", "B2", "A1", "D")),
            "file_number": f"4401{position + 10_000_000:08d}",
            "portrait": _face(person, faces),
            "issuing_authority": f"{POLICE}交通警察支队",
            "first_day": first.isoformat(),
            "last_day": years_later(first, 10).isoformat(),
        }


def social_security_cards(random: Random, people: Iterable[Person], faces: Sequence[str]) -> Iterator[Row]:
    """社会保障卡."""
    for position, person in enumerate(people):
        yield {
            "name": person.name,
            "citizen_number": person.number,
            "card_number": f"R{position + 10_000_000:08d}",
            "sex": person.sex,
            "birth_date": person.born.isoformat(),
            "insured_place": names.TOWN + person.family.district,
            "bank": random.choice(("榕州银行", "中国工商银行", "中国农业银行", "中国建设银行", "")),
            "portrait": _face(person, faces),
            "issuing_authority": f"{names.TOWN}人力资源和社会保障局",
            "issued_on": some_day(random, date(2021, 1, 1), TODAY).isoformat(),
        }


def business_licences(random: Random, enterprises: Iterable[Enterprise]) -> Iterator[Row]:
    """营业执照."""
    for one in enterprises:
        yield {
            "credit_code": one.code,
            "company_name": one.name,
            "kind": one.kind,
            "representative_name": one.representative.name,
            "representative_number": one.representative.number,
            "capital": str(one.capital),
            "established_on": one.established.isoformat(),
            "last_day": years_later(one.established, 30).isoformat() if random.random() < 0.3 else "",
            "premises": one.premises,
            "scope": one.scope,
            "approved_on": one.approved.isoformat(),
        }


def food_licences(random: Random, enterprises: Iterable[Enterprise]) -> Iterator[Row]:
    """食品经营许可证: five years."""
    for position, one in enumerate(enterprises):
        issued = some_day(random, max(one.established, date(2023, 12, 1)), TODAY)
        catering = one.trade == CATERING
        yield {
            "operator_name": one.name,
            "credit_code": one.code,
            "representative_name": one.representative.name,
            "registered_address": one.premises,
            "business_address": names.address(random, one.district),
            "main_format": "餐饮服务经营者" if catering else "食品销售经营者",
            "items": "热食类食品制售；冷食类食品制售" if catering else "预包装食品销售；散装食品销售",
            "licence_number": f"JY{2 if catering else 1}4401{position + 1:09d}",
            "complaints": "12315",
            "issuing_authority": f"{names.TOWN}市场监督管理局",
            "signatory": names.surname(random) + names.given_name(random, man=True),
            "issued_on": issued.isoformat(),
            "last_day": (years_later(issued, 5) - timedelta(days=1)).isoformat(),
        }


def safety_licences(random: Random, enterprises: Iterable[Enterprise]) -> Iterator[Row]:
    """建筑施工企业安全生产许可证: three years."""
    for position, one in enumerate(enterprises):
        first = some_day(random, max(one.established, date(2025, 1, 1)), TODAY)
        yield {
            "licence_number": f"(榕)JZ安许证字[{first.year}]{position + 1:06d}",
            "company_name": one.name,
            "credit_code": one.code,
            "responsible_name": one.representative.name,
            "address": one.premises,
            "economic_kind": one.kind,
            "permitted_scope": "建筑施工",
            "issuing_authority": f"{names.TOWN}住房和城乡建设局",
            "issued_on": first.isoformat(),
            "first_day": first.isoformat(),
            "last_day": (years_later(first, 3) - timedelta(days=1)).isoformat(),
        }


def marriages(families: Iterable[Family]) -> Iterator[Row]:
    """结婚证: one certificate with both spouses as holders."""
    for position, family in enumerate(families):
        if family.couple is None or family.wedding is None:
            continue
        row = {
            "certificate_number": f"J440100-{family.wedding.year}-{position + 1:06d}",
            "registered_on": family.wedding.isoformat(),
            "registration_office": f"{names.TOWN}民政局婚姻登记处",
        }
        for side, person in enumerate(family.couple, 1):
            row |= {
                f"spouse_{side}_name": person.name,
                f"spouse_{side}_sex": person.sex,
                f"spouse_{side}_nationality": "中国",
                f"spouse_{side}_birth_date": person.born.isoformat(),
                f"spouse_{side}_id_type": "citizen_number",
                f"spouse_{side}_number": person.number,
            }
        yield row | {"remark": ""}


def births(random: Random, children: Iterable[Person]) -> Iterator[Row]:
    """出生医学证明: the smallest children have no citizen number yet."""
    for position, child in enumerate(children):
        assert child.family.couple is not None
        father, mother = sorted(child.family.couple, key=lambda person: not person.man)
        hospital = f"{names.TOWN}{random.choice(('妇幼保健院', '第一人民医院', '中医院'))}"
        row = {
            "certificate_number": f"{'TUVWXY'[position % 6]}44{position + 1:07d}",
            "child_name": child.name,
            "child_number": "" if child.age() < 1 else child.number,
            "child_sex": child.sex,
            "birth_date": child.born.isoformat(),
            "birth_time": f"{random.randint(0, 23):02d}:{random.randint(0, 59):02d}",
            "gestational_weeks": str(random.randint(36, 41)),
            "weight": str(random.randrange(2_400, 4_200, 10)),
            "length": str(random.randint(46, 54)),
            "birthplace": names.TOWN + child.family.district,
            "facility": hospital,
        }
        yield (
            row
            | _parent("mother", mother)
            | _parent("father", father)
            | {
                "issuing_authority": hospital,
                "issued_on": (child.born + timedelta(days=random.randint(2, 20))).isoformat(),
            }
        )


def titles(random: Random, families: Iterable[Family]) -> Iterator[Row]:
    """不动产权证书: couples own together, in shares now and then, sometimes with a grown child."""
    for position, family in enumerate(families):
        owners = list(family.couple) if family.couple else [family.members[0]]
        owners += [child for child in family.children if child.age() >= 18][: int(random.random() < 0.2)]
        shared = len(owners) > 1 and random.random() < 0.25
        registered = some_day(random, date(2018, 1, 1), TODAY)
        row = {"title_number": f"粤({registered.year})榕州市不动产权第{position + 1:08d}号"}
        for side in range(3):
            row |= _owner(
                ("owner", "co_owner_2", "co_owner_3")[side], owners[side : side + 1], len(owners), shared
            )
        sharing = "按份共有" if shared else "共同共有" if len(owners) > 1 else "单独所有"
        yield row | _property(random, position, registered, family.address, sharing, _HOME)


def shops(random: Random, enterprises: Iterable[Enterprise], begin: int) -> Iterator[Row]:
    """不动产权证书 of premises that the enterprise's representative owns alone. begin: of their numbers."""
    for position, one in enumerate(enterprises, begin):
        registered = some_day(random, date(2018, 1, 1), TODAY)
        row = {"title_number": f"粤({registered.year})榕州市不动产权第{position + 1:08d}号"}
        row |= _owner("owner", [one.representative], 1, shared=False)
        row |= _owner("co_owner_2", (), 1, shared=False) | _owner("co_owner_3", (), 1, shared=False)
        yield row | _property(random, position, registered, one.premises, "单独所有", _SHOP)


_HOME = ("出让/商品房", "城镇住宅用地/住宅")
_SHOP = ("出让/商业", "商服用地/商业服务")


def _property(
    random: Random, position: int, registered: date, location: str, sharing: str, kind: tuple[str, str]
) -> Row:
    area = random.randint(380, 2_200)
    return {
        "sharing": sharing,
        "location": location,
        "unit_number": f"4401{random.randint(3, 13):02d}{random.randint(1, 20):03d}"
        f"{random.randint(1, 99):03d}GB{position % 100_000:05d}F{position + 1:08d}",
        "right_kind": "国有建设用地使用权/房屋所有权",
        "right_nature": kind[0],
        "use": kind[1],
        "floor_area": f"{area / 10:.2f}",
        "land_area": "",
        "use_until": years_later(registered, random.randint(35, 39)).isoformat()
        if kind is _SHOP
        else years_later(registered, random.randint(45, 69)).isoformat(),
        "other": f"房屋结构：钢筋混凝土结构；总层数：{random.randint(6, 33)}层",
        "remark": "",
        "registered_on": registered.isoformat(),
    }


def _owner(role: str, owner: Sequence[Person], owners: int, shared: bool) -> Row:
    person = owner[0] if owner else None
    return {
        f"{role}_name": person.name if person else "",
        f"{role}_id_type": "citizen_number" if person else "",
        f"{role}_number": person.number if person else "",
        f"{role}_share": f"{100 // owners}%" if person and shared else "",
    }


def _parent(role: str, person: Person) -> Row:
    return {
        f"{role}_name": person.name,
        f"{role}_birth_date": person.born.isoformat(),
        f"{role}_nationality": "中国",
        f"{role}_ethnicity": person.ethnicity,
        f"{role}_address": person.family.address,
        f"{role}_id_type": "citizen_number",
        f"{role}_number": person.number,
    }


def _education(random: Random, person: Person) -> str:
    age = person.age()
    if age < 6:
        return ""
    if age < 18:
        return "小学" if age < 13 else "初中" if age < 16 else "高中"
    return random.choice(("研究生", "大学本科", "大学本科", "大学专科", "中等专科", "高中", "初中"))


def _face(person: Person, faces: Sequence[str]) -> str:
    return faces[int(person.number[:17]) % len(faces)]
