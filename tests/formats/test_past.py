"""What would have been found at a past time (`--at`), and what became known since."""

from dataclasses import replace

import pytest

from registry.credential import Kind
from registry.lifecycle import Status
from registry.signing import SigningKey, Use
from registry.trust import History, StatusChange, TrustedKey, Window
from tests.formats.world import DAY, NOW, World, certified

THEN = NOW - 1800
"""Half an hour ago, after the credential was cut and before now."""


@pytest.fixture
def world():
    world = World()
    world.history = History(0, NOW)
    return world


@pytest.fixture
def licence(world):
    return world.licence()


def shown_then(world, licence, **changed):
    jwt = world.credential(licence, **changed)
    return world.bind(jwt, licence.disclosures(["company_name"]), licence.wallet, iat=THEN)


def changed(world, licence, *changes, credential=False):
    core = licence.certificate.core
    place = (core.issuer, core.type, core.status.list, core.status.idx)
    if credential:
        entry = {(licence.entry.uri, licence.entry.idx): changes}
        world.history = History(0, NOW, {}, entry)
    else:
        world.history = History(0, NOW, {place: changes})


def test_what_was_valid_then_is_valid_as_of_then(world, licence):
    report = world.verify(shown_then(world, licence), at=THEN)
    assert (report.verdict, report.at, report.later) == ("valid", THEN, ())


def test_the_same_presentation_is_too_old_today(world, licence):
    assert world.verify(shown_then(world, licence)).failed == ["holder"]


def test_ttl_and_freshness_do_not_apply(world, licence):
    trust = world.trust(words_fresh_until=0, lists={})
    assert world.verify(shown_then(world, licence), trust, at=THEN).verdict == "valid"


@pytest.mark.parametrize("history", [None, History(THEN + 1, NOW), History(0, THEN - 1)])
def test_without_a_history_that_covers_then_the_status_is_unknown(world, licence, history):
    text = shown_then(world, licence)
    world.history = history
    report = world.verify(text, at=THEN)
    assert (report.verdict, report.unknown) == ("unknown", ["status"])


def test_a_revocation_recorded_by_then_fails_and_is_not_later(world, licence):
    text = shown_then(world, licence)
    changed(world, licence, StatusChange(Status.REVOKED, "penalty", THEN, THEN))
    report = world.verify(text, at=THEN)
    assert (report.failed, report.later) == (["status"], ())


def test_a_suspension_that_was_over_by_then_does_not_matter(world, licence):
    text = shown_then(world, licence)
    changed(
        world,
        licence,
        StatusChange(Status.SUSPENDED, "withheld", THEN - 300, THEN - 300),
        StatusChange(Status.VALID, "resumed", THEN - 100, THEN - 100),
    )
    assert world.verify(text, at=THEN).verdict == "valid"
    assert world.verify(text, at=THEN).later == ()


def test_a_credential_withdrawn_by_then_fails(world, licence):
    text = shown_then(world, licence)
    withdrawn = StatusChange(Status.REVOKED, "reported_lost", THEN - 10, THEN - 10)
    changed(world, licence, withdrawn, credential=True)
    assert world.verify(text, at=THEN).failed == ["status"]


def test_a_revocation_since_then_stands_in_later_and_the_verdict_stays(world, licence):
    text = shown_then(world, licence)
    changed(world, licence, StatusChange(Status.REVOKED, "penalty", THEN + 60, THEN + 60))
    world.set_status(licence, Status.REVOKED)
    report = world.verify(text, at=THEN)
    assert report.verdict == "valid"
    [later] = report.later
    assert (later.status, later.reason, later.recorded) == (Status.REVOKED, "penalty", THEN + 60)


def test_a_change_that_stands_in_both_sources_is_said_once(world, licence):
    text = shown_then(world, licence)
    since = StatusChange(Status.SUSPENDED, "withheld", THEN + 60, THEN + 60)
    changed(world, licence, since)
    changed(world, licence, since, credential=True)
    assert [each.reason for each in world.verify(text, at=THEN).later] == ["withheld"]


@pytest.mark.parametrize("reason", ["annulled", "issued_in_error"])
def test_what_was_void_from_the_beginning_is_invalid_at_every_time(world, licence, reason):
    text = shown_then(world, licence)
    start = licence.certificate.core.valid_from
    changed(world, licence, StatusChange(Status.REVOKED, reason, THEN + 60, start))
    report = world.verify(text, at=THEN)
    assert (report.verdict, report.failed) == ("invalid", ["status"])
    assert [each.reason for each in report.later] == [reason]


def test_a_resumption_since_then_makes_nothing_invalid(world, licence):
    text = shown_then(world, licence)
    changed(
        world,
        licence,
        StatusChange(Status.SUSPENDED, "withheld", THEN + 5, THEN + 5),
        StatusChange(Status.VALID, "resumed", THEN + 9, THEN - 9),
    )
    report = world.verify(text, at=THEN)
    assert report.verdict == "valid"
    assert [each.reason for each in report.later] == ["withheld", "resumed"]


def test_a_key_compromised_since_then_counts_for_nothing_then(world, licence):
    text = shown_then(world, licence)
    licence.department.compromised = NOW
    assert world.verify(text, at=THEN).failed == ["issuer_key"]


def test_a_batch_voided_since_then_was_never_good(world, licence):
    licence.department.roots[1] = replace(licence.department.roots[1], voided=True)
    assert "anchor" in world.verify(shown_then(world, licence), at=THEN).failed


def test_a_batch_anchored_after_then_was_unknown_then(world):
    licence = world.licence(time=THEN + 1)
    report = world.verify(shown_then(world, licence), at=THEN)
    assert (report.verdict, report.unknown) == ("unknown", ["anchor", "right", "type"])


def test_an_expired_certificate_was_valid_while_it_was(world):
    licence = world.issue(world.department("business_licence"), last_day="2021-01-01")
    world.anchor(licence, time=NOW - 3000 * DAY)
    then = licence.certificate.core.valid_until - DAY
    jwt = world.credential(licence, Kind.COPY, iat=then - DAY, exp=NOW + DAY)
    text = jwt + "~"
    assert world.verify(text).failed == ["time"]
    assert world.verify(text, at=then).verdict == "copy"


def test_a_key_retired_long_ago_counts_only_with_a_proof_of_that_time(world, licence):
    old, ended = SigningKey.generate(), NOW - 90 * DAY
    trusted = TrustedKey(old.public, Use.CREDENTIALS, (Window(0, ended),), None, ())
    licence.department.more_keys[old.public.thumbprint] = trusted
    licence.department.roots[1] = replace(licence.department.roots[1], time=ended - 90 * DAY)
    then = ended - 5
    jwt = world.credential(licence, key=old, x5c=certified(old), iat=then - 10, exp=then + DAY)
    text = world.bind(jwt, [], licence.wallet, iat=then)
    assert world.verify(text, at=then).failed == ["issuer_key"]
    assert world.verify(text, at=then, dated=True).verdict == "valid"
