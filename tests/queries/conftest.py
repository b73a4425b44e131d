"""The town of the API's tests; the housing department may ask the police about identities."""

from dataclasses import replace

import pytest
import yaml

from registry.querying import Querying
from registry.rights import load_rights
from registry.usecases import UseCases
from tests.api.conftest import founded, town
from tests.api.town import HOUSING, Town

__all__ = ["founded", "town"]


@pytest.fixture
def querying(town: Town) -> Querying:
    folder = town.runtime.settings.data / "rights"
    folder.mkdir()
    rule = {
        "id": "housing-identity",
        "type": town.definition("resident_identity").type,
        "questions": ["has_valid", "claims", "status"],
        "claims": ["name", "age_over_18"],
        "matter": "title_registration",
        "purpose": {"zh": "不动产登记", "en": "title registration"},
        "basis": {"zh": "不动产登记暂行条例第十六条", "en": "Real-Estate Registration, art. 16"},
        "from": "2026-01-01",
        "until": "2027-01-01",
    }
    (folder / "housing.yaml").write_text(yaml.safe_dump({"asker": HOUSING, "version": 1, "rules": [rule]}))
    cases = UseCases.of(town.runtime, town.trust)
    return replace(cases.querying, rights=load_rights(folder, town.runtime.tz))
