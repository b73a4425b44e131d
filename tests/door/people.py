"""What the people of these tests hold."""

from tests.api.town import MARKET, POLICE, Town, citizen_number


def everything(town: Town, number: int = 7) -> dict[str, str]:
    """Identifiers of a citizen's certificates, by alias: her own, her company's, her child's."""
    made = {
        "resident_identity": town.issue(POLICE, "resident_identity", town.identity_row(number)),
        "driving_licence": town.issue(POLICE, "driving_licence", town.driving_row(number)),
        "business_licence": town.issue(MARKET, "business_licence", town.licence_row(number)),
        "food_business_licence": town.issue(MARKET, "food_business_licence", food_row(town, number)),
        "birth": town.issue(MARKET, "birth", birth_row(town, number)),
    }
    town.anchor(POLICE)
    town.anchor(MARKET)
    return made


def food_row(town: Town, number: int) -> dict[str, str]:
    """A food licence of the company of `Town.licence_row`; it does not say its representative's number."""
    licence = town.licence_row(number)
    return {
        "operator_name": licence["company_name"],
        "credit_code": licence["credit_code"],
        "representative_name": licence["representative_name"],
        "registered_address": licence["premises"],
        "business_address": f"羊城市珠江新城 {number} 号",
        "main_format": "餐饮服务经营者",
        "items": "热食类食品制售",
        "licence_number": f"JY2440106000{number:04d}",
        "complaints": "12315",
        "issuing_authority": "羊城市市场监督管理局",
        "signatory": "张伟",
        "issued_on": "2025-06-01",
        "last_day": "2030-05-31",
    }


def birth_row(town: Town, number: int) -> dict[str, str]:
    """The birth of a child whose mother is citizen `number`."""
    mother = town.identity_row(number)
    return {
        "certificate_number": f"Q44{number:07d}",
        "child_name": "艾孜买提",
        "child_sex": "男",
        "birth_date": "2025-08-01",
        "birth_time": "08:30",
        "gestational_weeks": "39",
        "weight": "3300",
        "length": "50",
        "birthplace": "羊城市",
        "facility": "羊城市妇幼保健院",
        "mother_name": mother["name"],
        "mother_birth_date": mother["birth_date"],
        "mother_nationality": "中国",
        "mother_ethnicity": mother["ethnicity"],
        "mother_address": mother["address"],
        "mother_id_type": "citizen_number",
        "mother_number": citizen_number(number),
        "issuing_authority": "羊城市妇幼保健院",
        "issued_on": "2025-08-03",
    }
