"""A type changes: certificates of both versions are read by their own, and neither passes for the other."""

from dataclasses import replace

import msgspec
import pytest

from registry import certificate as certificates
from registry import credential
from registry import definition as definitions
from registry.catalogue import Catalogue
from registry.credential import Kind
from registry.usecases import UseCases
from registry.verification import Expected, Report, verify
from tests.api.town import MARKET, Town


@pytest.fixture
def changed(town: Town) -> Town:
    """The business licence gets a claim in version 2; its paper may show it."""
    first = town.definition("business_licence")
    document = msgspec.to_builtins(first)
    document["version"] = 2
    document["claims"] = [
        *document["claims"],
        {"name": "website", "zh": "网址", "en": "Website", "type": "text", "required": False},
    ]
    document["paper"] = [*document["paper"], "website"]
    town.runtime = replace(
        town.runtime, catalogue=Catalogue([*town.runtime.catalogue, definitions.parse(document)])
    )
    return town


def licence(town: Town, number: int, **more: str) -> str:
    certificate_id = town.issue(MARKET, "business_licence", town.licence_row(number, **more))
    town.anchor(MARKET)
    return certificate_id


def shown(town: Town, certificate_id: str) -> str:
    cases = UseCases.of(town.runtime, town.trust)
    return cases.sharing.copies.copy(MARKET, certificate_id, town.now).presentation


def checked(town: Town, presentation: str) -> Report:
    return verify(presentation, town.trust(), Expected(frozenset({Kind.COPY})), town.now)


def test_certificates_of_both_versions_are_genuine(town: Town, request: pytest.FixtureRequest) -> None:
    old = licence(town, 1)
    request.getfixturevalue("changed")
    new = licence(town, 2, website="example.org")
    before, after = checked(town, shown(town, old)), checked(town, shown(town, new))
    assert (before.verdict, after.verdict) == ("copy", "copy")
    assert before.core is not None
    assert after.core is not None
    assert (before.core.type_version, after.core.type_version) == (1, 2)
    assert after.claims["website"] == "example.org"
    assert "website" not in before.claims


def test_a_claim_of_the_new_version_does_not_pass_in_the_old_one(changed: Town) -> None:
    """The definition of the version in the core decides, not the newest."""
    new = shown(changed, licence(changed, 2, website="example.org"))
    jwt, disclosures = credential.split(new)
    names = {certificates.parse_disclosure(text).name for text in disclosures}
    assert "website" in names
    trust = changed.trust()
    kind = changed.definition("business_licence").type
    older = {**trust.types, (kind, 2): replace(trust.types[kind, 1], windows=trust.types[kind, 2].windows)}
    report = verify(
        credential.present(jwt, disclosures),
        replace(trust, types=older),
        Expected(frozenset({Kind.COPY})),
        changed.now,
    )
    assert report.failed == ["type"]
