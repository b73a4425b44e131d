"""Checks 7 to 9: time, holder, type. Each fails alone when its thing is broken."""

import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from registry import b64, certificate, credential, definition, jcs
from registry.credential import Kind
from registry.signing import SigningKey
from registry.trust import TrustedType, Window
from tests.formats.asking import found, only, shown
from tests.formats.world import AUDIENCE, DAY, NOW, ORIGIN, credit_code

ANY_KIND = list(Kind)
BOUND = [Kind.CODE, Kind.REQUEST]


class TestTime:
    @pytest.mark.parametrize(
        ("members", "valid"),
        [
            ({"valid_from": NOW + 60}, True),
            ({"valid_from": NOW + 61}, False),
            ({"valid_until": NOW - 59}, True),
            ({"valid_until": NOW - 60}, False),
        ],
    )
    def test_a_certificate_counts_within_its_validity(self, world, members, valid):
        licence = world.issue(world.department("business_licence"))
        core = licence.certificate.core
        given = {name: getattr(core, name) for name in core.__struct_fields__}
        licence.certificate = replace(licence.certificate, core=type(core)(**{**given, **members}))
        world.anchor(licence)
        report = found(world, licence)
        assert report.verdict == "valid" if valid else only(report, "time")

    @pytest.mark.parametrize(
        ("members", "valid"),
        [
            ({"nbf": NOW + 60}, True),
            ({"nbf": NOW + 61}, False),
            ({"exp": NOW - 59}, True),
            ({"exp": NOW - 60}, False),
        ],
    )
    @pytest.mark.parametrize("kind", ANY_KIND)
    def test_a_credential_counts_between_nbf_and_exp(self, world, licence, kind, members, valid):
        report = found(world, licence, world.show(licence, kind, **members))
        assert report.failed == ([] if valid else ["time"])

    def test_an_expired_certificate_is_said_to_have_expired_never_to_be_invalid(self, world):
        licence = world.issue(world.department("business_licence"), last_day="2021-01-01")
        world.anchor(licence)
        line = next(check for check in found(world, licence).checks if check.id == "time")
        assert "已过期" in line.zh
        assert "无效" not in line.zh


class TestHolder:
    @pytest.mark.parametrize("kind", ANY_KIND)
    def test_a_kind_that_the_caller_did_not_name_fails(self, world, licence, kind):
        kinds = frozenset(Kind) - {kind}
        assert only(found(world, licence, world.show(licence, kind), kinds=kinds), "holder")

    @pytest.mark.parametrize("kind", BOUND)
    def test_a_credential_without_its_wallets_signature_fails(self, world, licence, kind):
        text = world.show(licence, kind)
        stripped = text[: text.rindex("~") + 1]
        report = found(world, licence, stripped, kinds={Kind.CODE})
        assert only(report, "holder")
        assert report.checks[8].en == "the holder's wallet has not signed"

    @pytest.mark.parametrize("kind", BOUND)
    def test_another_wallets_signature_fails(self, world, licence, kind):
        thief = SigningKey.generate()
        text = world.bind(world.credential(licence), [], thief, kind)
        assert only(found(world, licence, text), "holder")

    def test_a_signature_on_a_copy_or_answer_fails(self, world, licence):
        for kind in (Kind.ANSWER, Kind.COPY):
            jwt = world.credential(licence, kind)
            assert only(found(world, licence, world.bind(jwt, [], licence.wallet)), "holder")

    def test_a_credential_for_a_wallet_and_a_department_at_once_fails(self, world, licence):
        text = world.show(licence, Kind.CODE, aud=AUDIENCE)
        assert only(found(world, licence, text), "holder")

    @pytest.mark.parametrize(
        ("age", "valid"), [(-31, False), (-30, True), (0, True), (60, True), (61, False), (3600, False)]
    )
    def test_a_code_counts_for_sixty_seconds(self, world, licence, age, valid):
        text = world.bind(world.credential(licence), [], licence.wallet, iat=NOW - age)
        report = found(world, licence, text)
        assert report.verdict == "valid" if valid else only(report, "holder")

    @pytest.mark.parametrize(("age", "valid"), [(-301, False), (-300, True), (300, True), (301, False)])
    def test_a_request_is_answered_within_five_minutes(self, world, licence, age, valid):
        text = world.bind(world.credential(licence), [], licence.wallet, Kind.REQUEST, iat=NOW - age)
        report = found(world, licence, text)
        assert report.verdict == "valid" if valid else only(report, "holder")

    def test_what_was_shown_to_somebody_else_fails(self, world, licence):
        text = world.bind(world.credential(licence), [], licence.wallet, Kind.REQUEST, aud="x509_hash:other")
        assert only(found(world, licence, text), "holder")

    def test_what_answers_another_request_fails(self, world, licence):
        text = world.bind(world.credential(licence), [], licence.wallet, Kind.REQUEST, nonce="another")
        assert only(found(world, licence, text), "holder")

    def test_without_the_callers_name_or_nonce_a_request_is_unknown(self, world, licence):
        text = world.show(licence, Kind.REQUEST)
        for missing in ({"audience": None}, {"nonce": None}):
            report = found(world, licence, text, **missing)
            assert (report.verdict, report.unknown) == ("unknown", ["holder"])

    @pytest.mark.parametrize("change", ["add", "remove", "swap"])
    def test_disclosures_changed_after_the_wallet_signed_fail(self, world, licence, change):
        text = world.show(licence)
        jwt, *disclosures, binding = text.split("~")
        if change == "add":
            disclosures += licence.disclosures(["premises"])
        elif change == "remove":
            disclosures.pop()
        else:
            disclosures.reverse()
        changed = "~".join((jwt, *disclosures, binding))
        assert only(found(world, licence, changed), "holder")

    def test_a_holders_key_that_is_no_point_fails(self, world, licence):
        point = {"crv": "P-256", "kty": "EC", "x": b64.encode(bytes(32)), "y": b64.encode(bytes([1] * 32))}
        jwt = world.credential(licence, cnf=SimpleNamespace(jwk=point))
        assert only(found(world, licence, world.bind(jwt, [], licence.wallet)), "holder")

    def test_an_answer_to_another_department_fails(self, world, licence):
        text = world.show(licence, Kind.ANSWER, aud="somebody else")
        assert only(found(world, licence, text), "holder")

    def test_an_answer_about_another_holder_fails(self, world, licence):
        text = world.show(licence, Kind.ANSWER)
        assert only(found(world, licence, text, holder=("credit_code", credit_code(999))), "holder")
        own = next(shown(licence, "credit_code")).value
        assert only(found(world, licence, text, holder=("citizen_number", own)), "holder")

    def test_an_answer_that_does_not_disclose_the_holder_fails(self, world, licence):
        text = world.show(licence, Kind.ANSWER, names=["company_name"])
        assert only(found(world, licence, text), "holder")

    def test_an_answer_about_the_certificate_that_was_asked_for_passes(self, world, licence):
        text = world.show(licence, Kind.ANSWER, names=["company_name"])
        own = licence.certificate.core.certificate_id
        assert found(world, licence, text, holder=None, certificate_id=own).verdict == "valid"
        report = found(world, licence, text, holder=None, certificate_id=own[:-1] + "?")
        assert only(report, "holder")

    def test_an_answer_without_saying_who_asked_about_whom_is_unknown(self, world, licence):
        text = world.show(licence, Kind.ANSWER)
        for missing in ({"audience": None}, {"holder": None}):
            report = found(world, licence, text, **missing)
            assert (report.verdict, report.unknown) == ("unknown", ["holder"])


class TestType:
    def place(self, licence):
        return (licence.type.type, licence.type.version)

    def test_a_type_that_is_not_in_the_trust_data_is_unknown(self, world, licence):
        del world.types[self.place(licence)]
        report = found(world, licence)
        assert (report.verdict, report.unknown) == ("unknown", ["type"])

    def test_a_definition_that_is_not_the_chains_fails(self, world, licence):
        world.types[self.place(licence)] = TrustedType(licence.type, bytes(32), (Window(0),))
        assert only(found(world, licence), "type")

    @pytest.mark.parametrize("window", [Window(0, NOW - DAY), Window(NOW - DAY + 1)])
    def test_a_version_that_was_not_in_force_at_the_anchor_fails(self, world, licence, window):
        world.types[self.place(licence)] = replace(world.types[self.place(licence)], windows=(window,))
        assert only(found(world, licence), "type")

    def test_a_credential_that_names_another_type_fails(self, world, licence):
        jwt = world.credential(licence)
        payload = credential.parse(jwt + "~").payload
        core = payload.core
        other = credential.type_uri(ORIGIN, core.type, core.type_version + 1)
        report = found(world, licence, self.signed(world, licence, vct=other))
        assert only(report, "type")
        elsewhere = credential.type_uri("https://elsewhere", core.type, core.type_version)
        assert only(found(world, licence, self.signed(world, licence, vct=elsewhere)), "type")

    def signed(self, world, licence, **members):
        payload = credential.parse(world.credential(licence) + "~").payload
        changed = {**jcs.loads(jcs.dumps(payload)), **members}
        key = licence.department.key
        header = jcs.dumps(
            {"alg": "ES256", "kid": key.public.thumbprint, "typ": "dc+sd-jwt", "x5c": licence.department.x5c}
        )
        signing_input = f"{b64.encode(header)}.{b64.encode(jcs.dumps(changed))}"
        jwt = f"{signing_input}.{b64.encode(key.sign(signing_input.encode()))}"
        return world.bind(jwt, [], licence.wallet)

    @pytest.mark.parametrize(
        ("name", "value"),
        [("nickname", "小光"), ("established_on", "2020年5月"), ("capital", "many"), ("company_name", "")],
    )
    def test_a_claim_that_does_not_fit_the_type_fails(self, world, name, value):
        licence = world.issue(world.department("business_licence"))
        wrong = certificate.disclosure(name, value, os.urandom(16))
        licence.certificate = replace(
            licence.certificate,
            sd=tuple(sorted((*licence.certificate.sd, certificate.digest(wrong)))),
            disclosures=(wrong,),
        )
        world.anchor(licence)
        text = world.show(licence, names=[name])
        assert only(world.verify(text), "type")

    def test_a_copy_that_shows_what_may_not_be_on_paper_fails(self, world, licence):
        names = ("company_name", "representative_number")
        assert "representative_number" not in licence.type.paper
        assert only(found(world, licence, world.show(licence, Kind.COPY, names)), "type")
        assert found(world, licence, world.show(licence, Kind.CODE, names)).verdict == "valid"

    def test_a_newer_version_of_the_type_leaves_older_certificates_as_they_are(self, world, licence):
        newer = definition.parse({**licence_document(licence), "version": 2, "paper": ["company_name"]})
        world.types[(newer.type, 2)] = TrustedType(newer, definition.hash(newer), (Window(NOW - 10),))
        world.types[self.place(licence)] = replace(
            world.types[self.place(licence)], windows=(Window(0, NOW - 10),)
        )
        assert found(world, licence).verdict == "valid"


def licence_document(licence):
    return jcs.loads(licence.type.canonical)
