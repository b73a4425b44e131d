"""The town of the API's tests; the housing department may ask the police about identities."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from registry.querying import Querying
from registry.usecases import UseCases
from tests.api.conftest import founded, serve, town, written
from tests.api.test_departments import desk
from tests.api.town import HOUSING, MARKET, POLICE, Town

__all__ = ["desk", "founded", "town", "written"]


GROUND = {"zh": "政务数据共享条例", "en": "Sharing of Government Data"}
DAYS = {"from": "2026-01-01", "until": "2027-01-01"}


def sharing(**lists: list[str]) -> list[dict[str, Any]]:
    return [{"as": word, "claims": claims, "ground": GROUND} for word, claims in lists.items()]


def write_rights(folder: Path, town: Town) -> None:
    """What each department of the town may do; HOUSING asks."""
    identity, licence = town.definition("resident_identity"), town.definition("business_licence")
    free = [name for name in identity.labels if name not in ("portrait", "ethnicity", "issuing_authority")]
    police = sharing(unconditional=free, conditional=["ethnicity", "issuing_authority"], never=["portrait"])
    documents = {
        "police": {
            "department": POLICE,
            "version": 1,
            "issues": [{"type": identity.type, "basis": GROUND, **DAYS, "sharing": police}],
        },
        "market": {
            "department": MARKET,
            "version": 1,
            "issues": [
                {
                    "type": licence.type,
                    "basis": GROUND,
                    **DAYS,
                    "sharing": sharing(unconditional=list(licence.labels)),
                }
            ],
        },
        "housing": {
            "department": HOUSING,
            "version": 1,
            "asks": [
                right(
                    "housing-identity",
                    identity.type,
                    questions=["has_valid", "claims", "status"],
                    claims=["name", "age_over_18", "ethnicity", "last_day"],
                    equals=["name", "address"],
                    vouches=True,
                ),
                right(
                    "housing-licence",
                    licence.type,
                    questions=["has_valid"],
                    thresholds=[
                        {"claim": "capital", "over": "1500000", "under": "9000000"},
                        {"claim": "established_on", "under": "2021-01-01"},
                    ],
                ),
                right(
                    "housing-stale",
                    identity.type,
                    questions=["has_valid"],
                    matter="old_scheme",
                    until="2026-02-01",
                ),
                right(
                    "housing-consent",
                    identity.type,
                    questions=["claims"],
                    claims=["birth_date"],
                    matter="rent_subsidy",
                    consent=True,
                ),
            ],
        },
    }
    folder.mkdir()
    for name, document in documents.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(document))


def right(id: str, type: str, **changed: Any) -> dict[str, Any]:
    return {
        "id": id,
        "type": type,
        "matter": "title_registration",
        "purpose": {"zh": "不动产登记", "en": "title registration"},
        "basis": {"zh": "不动产登记暂行条例第十六条", "en": "Real-Estate Registration, art. 16"},
        **(DAYS | changed),
    }


def rule(town: Town, **changed: Any) -> UseCases:
    """The town with its rights files, and with these settings."""
    folder = town.runtime.settings.data / "rights"
    if not folder.exists():
        write_rights(folder, town)
    settings = town.runtime.settings.model_copy(update={"rights": folder, **changed})
    town.runtime = replace(town.runtime, settings=settings)
    return UseCases.of(town.runtime, town.trust)


@pytest.fixture
def querying(town: Town) -> Querying:
    return rule(town).querying


@pytest.fixture
def http(town: Town, written: Any) -> Iterator[httpx.Client]:
    """The API of the town with its rights files, where a batch of more than three takes two people."""
    rule(town, query_batch_alone=3, query_batch_most=200)
    yield from serve(town, written)
