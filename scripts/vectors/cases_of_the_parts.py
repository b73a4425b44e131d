"""Check 6 of a combined licence (一业一证): its parts stand, or one does not, or is not to be seen."""

from collections.abc import Iterator
from typing import Final

from registry.credential import Kind
from registry.lifecycle import Status
from registry.trust import StatusChange
from scripts.vectors.case import Case
from scripts.vectors.cases import FOOD
from scripts.vectors.keys import NOW
from scripts.vectors.place import DAY, Issued, Issuer, Place, credit_code

OWN: Final = ("operator_name", "licence_number")
SHOWN: Final = (*OWN, "part_status")


def parts(place: Place, market: Issuer) -> Iterator[Case]:
    """As it should be, and with each end of a part."""
    office = place.issuer("行政审批局", "combined_licence")
    kitchens = _Kitchens(place, market, office)
    combined, _ = kitchens.made("parts stand")
    yield Case("combined-licence", place.show(combined, names=SHOWN))
    yield Case("copy-of-a-combined-licence", place.show(combined, Kind.COPY, combined.type.paper))
    yield Case("unknown-parts-not-shown", place.show(combined, names=OWN))
    late = place.bind(
        place.credential(combined, Kind.CODE),
        combined.disclosures(SHOWN),
        combined.wallet,
        Kind.CODE,
        iat=NOW + DAY // 2,
    )
    yield Case("unknown-parts-and-status-stale", late, now=NOW + DAY // 2)
    for title, value in (
        ("status-part-revoked", Status.REVOKED),
        ("status-part-suspended", Status.SUSPENDED),
        ("unknown-part-superseded", Status.SUPERSEDED),
    ):
        combined, part = kitchens.made(title)
        place.set_status(part, value)
        yield Case(title, place.show(combined, names=SHOWN))
        if value is Status.REVOKED:
            yield Case(f"{title}-on-paper", place.show(combined, Kind.COPY, combined.type.paper))
            yield Case("unknown-revoked-part-hidden", place.show(combined, names=OWN))
    combined, part = kitchens.made("status-part-revoked-with-a-reason")
    place.set_status(part, Status.REVOKED)
    then, revoked = NOW - 3_600, NOW - 1_800
    place.certificates[part.place] = (StatusChange(Status.REVOKED, "penalty", revoked, revoked),)
    yield Case("status-part-revoked-with-a-reason", place.show(combined, names=SHOWN))
    jwt = place.credential(combined, Kind.CODE)
    shown = place.bind(jwt, combined.disclosures(SHOWN), combined.wallet, Kind.CODE, iat=then)
    yield Case("at-before-the-part-was-revoked", shown, at=then)
    stranger = Issuer("parts of a stranger", credit_code(501), market.key)
    combined, _ = kitchens.made("unknown-part-of-an-unknown-department", of=stranger)
    yield Case("unknown-part-of-an-unknown-department", place.show(combined, names=SHOWN))


class _Kitchens:
    """Restaurants, each with its combined licence and the food licence that is its second part."""

    def __init__(self, place: Place, market: Issuer, office: Issuer) -> None:
        self.place, self.market, self.office = place, market, office
        self.licence = place.issue("licence of a restaurant", market)

    def made(self, title: str, of: Issuer | None = None) -> tuple[Issued, Issued]:
        """The combined licence and its food licence. of: whose that one is, else the market regulator's."""
        food = self.place.prepare(f"food/{title}", of or self.market, "food_business_licence", None, **FOOD)
        if of is None:
            self.place.anchor(food)
        row = {
            "operator_name": FOOD["operator_name"],
            "credit_code": FOOD["credit_code"],
            "representative_name": FOOD["representative_name"],
            "representative_number": "11010519491231002X",
            "trade": "饭店",
            "business_address": FOOD["business_address"],
            "licence_number": "ZH00000000000001",
            "part_status": " ".join(".".join(map(str, each.place)) for each in (self.licence, food)),
            "issuing_authority": "东湖新区行政审批局",
            "issued_on": FOOD["issued_on"],
            "last_day": FOOD["last_day"],
        }
        for number, each in enumerate((self.licence, food), start=1):
            row[f"part_{number}_name"] = each.type.name.zh
            row[f"part_{number}_identifier"] = each.certificate.core.certificate_id
        return self.place.issue(title, self.office, "combined_licence", **row), food
