"""A combined licence with its two parts, each of another department."""

from registry.credential import Kind
from tests.formats.world import credit_code

FOOD = {
    "operator_name": "东湖新区光明面馆",
    "credit_code": credit_code(77),
    "representative_name": "买买提·阿依古丽",
    "registered_address": "东湖新区光明路 20 号",
    "business_address": "东湖新区光明路 20 号",
    "main_format": "餐饮服务经营者",
    "items": "热食类食品制售",
    "licence_number": "JY21101000000001",
    "complaints": "12315",
    "issuing_authority": "东湖新区市场监督管理局",
    "signatory": "李静",
    "issued_on": "2026-01-05",
    "last_day": "2031-01-04",
}
OWN = ("operator_name", "credit_code", "licence_number")
ALL = (*OWN, "part_status")


def place(issued):
    core = issued.certificate.core
    return f"{core.issuer}.{core.type}.{core.status.list}.{core.status.idx}"


def combined_row(*parts, **changed):
    row = {
        "operator_name": FOOD["operator_name"],
        "credit_code": FOOD["credit_code"],
        "representative_name": FOOD["representative_name"],
        "representative_number": "11010519491231002X",
        "trade": "饭店",
        "business_address": FOOD["business_address"],
        "licence_number": "ZH00000000000001",
        "part_status": " ".join(map(place, parts)),
        "issuing_authority": FOOD["issuing_authority"],
        "issued_on": "2026-01-05",
        "last_day": "2031-01-04",
    }
    for number, part in enumerate(parts, start=1):
        row[f"part_{number}_name"] = part.type.name.zh
        row[f"part_{number}_identifier"] = part.certificate.core.certificate_id
    return row | changed


class Kitchen:
    """A combined licence of one department, its parts of two others."""

    def __init__(self, world):
        self.world = world
        self.licence = world.licence()
        self.food = world.issue(world.department("food_business_licence"), "food_business_licence", **FOOD)
        world.anchor(self.food)
        row = combined_row(self.licence, self.food)
        self.combined = world.issue(world.department("combined_licence"), "combined_licence", **row)
        world.anchor(self.combined)

    @property
    def parts(self):
        return {"营业执照": self.licence, "食品经营许可证": self.food}

    def report(self, kind=Kind.CODE, names=ALL, **asked):
        text = self.world.show(self.combined, kind, names)
        return self.world.verify(text, holder=("credit_code", FOOD["credit_code"]), **asked)
