"""What was imported goes the way of every certificate: anchored, claimed, shown, checked; then renewed."""

import csv
from pathlib import Path

import yaml

from registry.identifiers import CertificateId, check_certificate_id, make_certificate_id
from registry.importing import Importing, Summary, load_mapping
from registry.importing.sources import open_source
from tests.authority.conftest import POLICE, template
from tests.chain.town import row
from tests.faults.conftest import whole
from tests.faults.whole import Whole

__all__ = ["template", "whole"]


def take_over(whole: Whole, folder: Path, rows: list[dict[str, str]]) -> Summary:
    with (folder / "old.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    document = {
        "name": "old",
        "type": "resident_identity",
        "source": {"file": "old.csv"},
        "key": ["XH"],
        "identifier": "ZZBS",
        "claims": {name: name for name in row(1)},
    }
    (folder / "old.yaml").write_text(yaml.safe_dump(document), "utf-8")
    mapping = load_mapping(folder / "old.yaml")
    cases = whole.services.cases
    with open_source(mapping, folder) as source:
        return Importing(cases.issuing, cases.changing).run(mapping, POLICE, source, folder / "refused.csv")


def test_an_old_identifier_with_a_wrong_check_is_anchored_claimed_shown_and_found_valid(
    whole: Whole, tmp_path: Path
) -> None:
    type_code = whole.runtime.catalogue.by_alias("resident_identity").type
    right = make_certificate_id(type_code, POLICE, "20080000403", 1)
    old = str(CertificateId(type_code, "340100", right.serial, 1, "0" if right.check != "0" else "1"))
    rows = [row(number) | {"XH": str(number), "ZZBS": old if number == 1 else ""} for number in (1, 2)]
    assert take_over(whole, tmp_path, rows).steps == {"new": 2}
    whole.clock.reaches(whole.clock() + 3)
    whole.settle()
    holder = whole.claim(old)
    report = whole.report(holder)
    assert (report["verdict"], report["core"]["certificate_id"]) == ("valid", old)
    assert {each.field for each in check_certificate_id(old)} == {"issuer", "check"}
    rows[0]["address"] = "新址 1 号"
    assert take_over(whole, tmp_path, rows).steps == {"changed": 1, "same": 1}
    whole.clock.reaches(whole.clock() + 3)
    whole.settle()
    assert whole.verdict(holder) == "invalid", "the old version is superseded"
    new = make_certificate_id(type_code, POLICE, right.serial, 2)
    assert whole.verdict(whole.claim(str(new))) == "valid"
