"""What Prometheus scrapes: cheap, bounded, with nobody in it, and for whoever has the token."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

import api
from registry.health import Health
from registry.measures.metrics import CONTENT_TYPE, Metrics
from registry.measures.voices import Voices
from registry.store.tables import AskedAgain, CertificateList, QueryReview, Task
from tests.api.test_departments import Desk
from tests.api.town import HOUSING as HOUSING_OF_TOWN
from tests.api.town import ORIGIN, Town, citizen_number
from tests.cases.conftest import CaseTown
from tests.cases.test_restaurant import complete
from tests.measures.ledger import HOUSING, MARKET, NOW, POLICE, Ledger
from tests.measures.test_report import measuring, rate

SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\n"])*",?)*)\})? (-?[0-9.e+]+)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\[\\n"])*)"')
TOKEN = "scrape"
GREEN = Health("green", (), 7, 3, waiting=2, held=1, unfinal=0, heads=20)


def metrics(ledger: Ledger, now: list[int] | None = None, every: float = 60) -> Metrics:
    clock = now or [NOW]
    measured = replace(measuring(ledger), clock=lambda: clock[0])
    return Metrics(measured, lambda _session: GREEN, days=30, every=every)


def read(text: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Samples by metric and labels; every line is one the format knows, each metric told once."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = defaultdict(dict)
    typed: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            _, what, name, said = line.split(" ", 3)
            if what == "TYPE":
                assert name not in typed
                typed[name] = said
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        assert typed[sample[1]] == ("counter" if sample[1].endswith("_total") else "gauge")
        labels = tuple(LABEL.findall(sample[2] or ""))
        assert labels not in found[sample[1]]
        found[sample[1]][labels] = float(sample[3])
    return found


def test_state_is_told_by_department(ledger: Ledger) -> None:
    noon = NOW - 100
    ledger.certificate(POLICE, "T", noon)
    ledger.certificate(POLICE, "T", noon + 50)
    ledger.batch(HOUSING, [noon], closed=noon, block=noon + 4)
    ledger.batch(HOUSING, [noon], closed=noon, block=noon + 9)
    ledger.batch(HOUSING, [noon], closed=noon, block=None)
    review = {"asker": HOUSING, "rule": "r", "matching": b"", "sealed": b"", "data_key": 900, "created": 0}
    ledger.add(
        CertificateList(issuer=POLICE, type="T", list=0, counter=5),
        CertificateList(issuer=POLICE, type="T", list=1, counter=2),
        QueryReview(id="a", issuer=POLICE, due=NOW - 1, **review),
        QueryReview(id="b", issuer=POLICE, due=NOW + 1, **review),
        QueryReview(id="c", issuer=POLICE, due=NOW - 1, decided_at=NOW, **review),
    )
    for due, state in ((NOW, "open"), (NOW + 1, "open"), (NOW - 1, "done")):
        task = {"kind": "linked", "cause": f"{due}", "sealed": b"", "created": 0, "data_key": 900}
        ledger.add(Task(id=f"{due}", department=POLICE, due=due, state=state, **task))
    found = read(metrics(ledger).text())
    assert found["zhengtong_tasks_open"] == {(("department", POLICE),): 2}
    assert found["zhengtong_tasks_overdue"] == {(("department", POLICE),): 1}
    assert found["zhengtong_healthy"] == {(): 1}
    assert found["zhengtong_age_seconds"] == {(("of", "follower"),): 3, (("of", "log_heads"),): 20}
    assert found["zhengtong_anchor_waiting_seconds"] == {(("department", POLICE),): 100}
    assert found["zhengtong_anchor_lag_seconds"] == {(("department", HOUSING),): 9}
    assert found["zhengtong_entries_given_out_total"] == {(("department", POLICE), ("type", "T")): 7}
    assert found["zhengtong_reviews_waiting"] == {(("department", POLICE),): 2}
    assert found["zhengtong_reviews_overdue"] == {(("department", POLICE),): 1}


def test_each_entry_of_a_log_is_counted_once_from_the_first_scrape_on(ledger: Ledger) -> None:
    ledger.asked(POLICE, "yes", times=5)
    scraped = metrics(ledger)
    assert "zhengtong_query_decisions_total" not in read(scraped.text())
    ledger.asked(POLICE, "no", times=2)
    ledger.asked(MARKET, "refused", "not-shared")
    scraped.text()
    ledger.asked(POLICE, "no")
    found = read(scraped.text())
    assert found["zhengtong_query_decisions_total"] == {
        (("department", MARKET), ("outcome", "refused")): 1,
        (("department", POLICE), ("outcome", "no")): 3,
    }
    assert found["zhengtong_query_refusals_total"] == {(("rule", "not-shared"), ("outcome", "refused")): 1}


def test_labels_stay_few_whatever_stands_in_a_log(ledger: Ledger) -> None:
    scraped = metrics(ledger)
    scraped.text()
    for number in range(30):
        ledger.asked(POLICE, f"outcome {number}" if number % 2 else "refused", f'rule "{number}"\n')
    found = read(scraped.text())
    assert found["zhengtong_query_refusals_total"] == {(("rule", "other"), ("outcome", "refused")): 15}
    outcomes = {dict(labels)["outcome"] for labels in found["zhengtong_query_decisions_total"]}
    assert outcomes == {"refused", "other"}


def test_a_measure_stands_beside_the_plan_and_small_groups_are_left_out(ledger: Ledger) -> None:
    rate(ledger, MARKET, *(5,) * 20)
    rate(ledger, POLICE, *(1,) * 9)
    found = read(metrics(ledger).text())
    satisfied = {
        dict(labels)["department"]: value
        for labels, value in found["zhengtong_measure"].items()
        if dict(labels)["measure"] == "satisfaction"
    }
    assert satisfied == {"": 100, MARKET: 100}
    key = (("measure", "satisfaction"),)
    assert (found["zhengtong_measure_baseline"][key], found["zhengtong_measure_target"][key]) == (92, 98)
    light = (("measure", "satisfaction"), ("department", MARKET))
    assert found["zhengtong_measure_light"][light] == 0


def test_measures_are_counted_once_in_a_while_and_state_each_time(ledger: Ledger) -> None:
    clock = [NOW]
    scraped = metrics(ledger, clock)
    scraped.text()
    statements: list[str] = []

    def noted(*context: object) -> None:
        statements.append(str(context[2]))

    for engine in (ledger.store.engine, ledger.store._reading):
        event.listen(engine, "before_cursor_execute", noted)
    case = ledger.case()
    ledger.add(AskedAgain(case=case, fact="title", department=MARKET, at=NOW))
    ledger.certificate(POLICE, "T", NOW - 5)
    statements.clear()
    clock[0] += 59
    found = read(scraped.text())
    assert found["zhengtong_anchor_waiting_seconds"] == {(("department", POLICE),): 64}
    assert "zhengtong_asked_again_total" not in found
    assert not [each for each in statements if "case_file" in each or "case_fact" in each]
    clock[0] += 1
    assert read(scraped.text())["zhengtong_asked_again_total"] == {(("department", MARKET),): 1}


@pytest.fixture
def scraped(town: Town) -> Iterator[httpx.Client]:
    """The API of a town whose settings have a token."""
    settings = town.runtime.settings.model_copy(update={"metrics_token": TOKEN, "statistics_least": 2})
    town.runtime = replace(town.runtime, settings=settings)
    app = api.create_app(town.runtime, town.trust)
    town.services = app.state.services
    with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False) as client:
        yield client


def test_only_who_has_the_token_scrapes(scraped: httpx.Client, http: httpx.Client) -> None:
    for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": f"Basic {TOKEN}"}):
        refused = scraped.get("/metrics", headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (401, "urn:zt:problem:bad-metrics-token")
    answer = scraped.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, CONTENT_TYPE)
    assert "zhengtong_healthy" in read(answer.text)


def test_without_a_token_in_the_settings_there_is_nothing_to_scrape(http: httpx.Client) -> None:
    for headers in ({}, {"Authorization": "Bearer "}):
        assert http.get("/metrics", headers=headers).status_code == 404


def test_a_department_reads_measures_with_its_own_token_and_no_other(
    scraped: httpx.Client, town: Town
) -> None:
    desk = Desk(town, scraped, HOUSING_OF_TOWN)
    asked = {"params": {"since": "2026-01-01"}, "headers": {"Authorization": f"Bearer {desk.token}"}}
    told = scraped.get(f"/issuers/{desk.code}/measures", **asked)  # type: ignore[arg-type]
    assert told.status_code == 200
    assert {each["name"] for each in told.json()["measures"]} >= {"satisfaction", "working_days"}
    assert {each["name"] for each in told.json()["not_measured"]} >= {"data_shared", "holders_due"}
    assert scraped.get(f"/issuers/{desk.code}/measures", params={"since": "2026-01-01"}).status_code == 401
    assert scraped.get(f"/issuers/{MARKET}/measures", **asked).status_code == 404  # type: ignore[arg-type]
    asked["params"] = {"since": "9999-12-05"}
    assert scraped.get(f"/issuers/{desk.code}/measures", **asked).status_code == 200  # type: ignore[arg-type]
    asked["params"] = {"since": "soon"}
    assert scraped.get(f"/issuers/{desk.code}/measures", **asked).status_code == 400  # type: ignore[arg-type]


def test_nobody_is_in_what_is_scraped_after_a_case_went_through(here: CaseTown) -> None:
    number = complete(here)
    here.cases.deciding.decide(number)
    here.cases.effects.carry_out(number)
    she = here.cases.world.vault.holder_index("citizen_number", citizen_number(7))
    Voices(here.cases.world).rate(number, 5, holder=she)
    settings = here.town.runtime.settings.model_copy(update={"metrics_token": TOKEN})
    runtime = replace(here.town.runtime, settings=settings)
    client = TestClient(api.create_app(runtime, here.town.trust), base_url=ORIGIN)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    first = client.get("/metrics", headers=headers).text
    assert read(first)["zhengtong_cases"]
    with runtime.store.read() as session:
        from sqlmodel import select

        from registry.store.tables import Certificate

        identifiers = list(session.exec(select(Certificate.certificate_id)))
    personal = [citizen_number(7), "买买提", number, she.hex(), *identifiers]
    assert not [each for each in personal if each in first]
