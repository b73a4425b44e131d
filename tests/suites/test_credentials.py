"""An issuer with SM2 and SM3: its credentials, copies, answers and lists verify, and each tampering shows."""

import sys
from dataclasses import replace

import pytest

from registry import b64, bundlepayload, certificate, credential, jcs, proofcode, sm
from registry.credential import Kind
from registry.lifecycle import Status
from registry.signing import SigningKey
from registry.suites import ES256, SM
from registry.trust import TrustedKey, Window
from tests.formats.asking import found, only, outcome
from tests.formats.world import NOW, ORIGIN, THREE, World, certified


@pytest.fixture
def world():
    return World()


@pytest.fixture
def licence(world):
    return world.licence(world.department("business_licence", key=SigningKey.generate(SM)))


def changed_jwt(text, key, header=None, **payload):
    """The credential with other members, signed by `key`."""
    head, body, _ = (b64.decode(part) for part in text.split("."))
    parts = (jcs.loads(head) | (header or {}), jcs.loads(body) | payload)
    signing_input = ".".join(b64.encode(jcs.dumps(part)) for part in parts)
    return f"{signing_input}.{b64.encode(key.sign(signing_input.encode()))}"


@pytest.mark.parametrize("kind", [Kind.CODE, Kind.REQUEST, Kind.ANSWER])
def test_a_genuine_presentation_is_valid(world, licence, kind):
    report = found(world, licence, world.show(licence, kind))
    assert report.verdict == "valid"
    assert set(report.claims) == set(THREE)


def test_a_genuine_copy_is_a_copy(world, licence):
    assert found(world, licence, world.show(licence, Kind.COPY)).verdict == "copy"


def test_it_says_sm2_and_sm3_and_is_bound_by_a_p256_key_of_its_wallet(world, licence):
    text = world.show(licence)
    shown = credential.parse(text)
    assert (shown.header.alg, shown.payload.sd_alg) == ("SM2", "sm3")
    assert shown.payload.cnf.jwk.crv == "P-256"
    before = text[: text.rindex("~") + 1]
    assert shown.binding.payload.sd_hash == b64.encode(sm.sm3(before.encode()))
    disclosed = text.split("~")[1]
    assert b64.encode(sm.sm3(disclosed.encode())) in shown.payload.sd


class TestTampering:
    def test_a_changed_bit_of_the_signature_fails(self, world, licence):
        jwt = world.credential(licence)
        head, signature = jwt[: jwt.rindex(".") + 1], b64.decode(jwt[jwt.rindex(".") + 1 :])
        for bit in (0, 200, 300, 511):
            other = (int.from_bytes(signature) ^ 1 << bit).to_bytes(64)
            report = world.verify(world.bind(head + b64.encode(other), [], licence.wallet))
            assert only(report, "issuer_key")

    def test_a_changed_payload_fails(self, world, licence):
        jwt = world.credential(licence)
        head, _, signature = jwt.split(".")
        payload = jcs.loads(b64.decode(jwt.split(".")[1])) | {"iat": NOW - 3599}
        changed = f"{head}.{b64.encode(jcs.dumps(payload))}.{signature}"
        assert only(world.verify(world.bind(changed, [], licence.wallet)), "issuer_key")

    def test_a_changed_disclosure_fails(self, world, licence):
        disclosure = licence.disclosures(("capital",))[0]
        salt, name, _ = jcs.loads(b64.decode(disclosure))
        forged = b64.encode(jcs.dumps([salt, name, "9000000.00"]))
        text = world.bind(world.credential(licence), [forged], licence.wallet)
        assert only(found(world, licence, text), "disclosures")

    def test_digests_called_sha256_lead_to_another_leaf(self, world, licence):
        text = changed_jwt(world.credential(licence), licence.department.key, _sd_alg="sha-256")
        report = world.verify(world.bind(text, licence.disclosures(THREE), licence.wallet))
        assert {outcome(report, name) for name in ("disclosures", "anchor")} == {"fail"}
        assert report.verdict == "invalid"

    @pytest.mark.parametrize("sd_alg", ["SM3", "sm3 ", "md5", None, ["sm3"]])
    def test_no_other_name_of_a_digest_is_read(self, world, licence, sd_alg):
        text = changed_jwt(world.credential(licence), licence.department.key, _sd_alg=sd_alg)
        assert world.verify(world.bind(text, [], licence.wallet)).failed == ["parse"]

    @pytest.mark.parametrize("alg", ["sm2", "SM2-SM3", "none", "ES384"])
    def test_no_other_name_of_an_algorithm_is_read(self, world, licence, alg):
        text = changed_jwt(world.credential(licence), licence.department.key, {"alg": alg})
        assert world.verify(world.bind(text, [], licence.wallet)).failed == ["parse"]

    def test_the_header_does_not_choose_the_algorithm(self, world, licence):
        text = changed_jwt(world.credential(licence), licence.department.key, {"alg": "ES256"})
        assert only(world.verify(world.bind(text, [], licence.wallet)), "issuer_key")

    def test_a_p256_key_with_the_sm2_keys_name_fails(self, world, licence):
        text = changed_jwt(world.credential(licence), SigningKey.generate(), {"alg": "ES256"})
        assert only(world.verify(world.bind(text, [], licence.wallet)), "issuer_key")

    def test_another_sm2_key_fails(self, world, licence):
        thief = SigningKey.generate(SM)
        assert only(found(world, licence, world.show(licence, key=thief, x5c=certified(thief))), "issuer_key")
        named = world.show(licence, key=licence.department.key, x5c=certified(thief))
        assert only(found(world, licence, named), "issuer_key")

    def test_a_newer_certificate_of_the_same_key_is_the_keys(self, world, licence):
        again = certified(licence.department.key, "another name")
        assert found(world, licence, world.show(licence, x5c=again)).verdict == "valid"

    def test_a_wallets_key_on_sm2_binds_nothing(self, world, licence):
        licence.wallet = SigningKey.generate(SM)
        assert world.verify(world.show(licence)).failed == ["parse"]

    def test_sd_hash_by_sha256_fails(self, world, licence):
        jwt, disclosures = world.credential(licence), licence.disclosures(THREE)
        shown = "~".join((jwt, *disclosures, ""))
        payload = {
            "aud": credential.CODE_AUDIENCE,
            "iat": NOW,
            "nonce": "n",
            "sd_hash": certificate.digest(shown),
        }
        head = b64.encode(jcs.dumps({"alg": "ES256", "typ": "kb+jwt"}))
        signing_input = f"{head}.{b64.encode(jcs.dumps(payload))}"
        text = f"{shown}{signing_input}.{b64.encode(licence.wallet.sign(signing_input.encode()))}"
        assert only(found(world, licence, text), "holder")


class TestBothSuites:
    """An issuer that changes its suite: what was digested before is signed by the new key, and back."""

    def rotated(self, world, before, after):
        department = world.department("business_licence", key=SigningKey.generate(before))
        licence = world.licence(department)
        old = department.trusted().keys
        department.key = SigningKey.generate(after)
        department.x5c = certified(department.key)
        department.more_keys.update(old)
        return licence

    @pytest.mark.parametrize(("before", "after"), [(ES256, SM), (SM, ES256)], ids=["to SM2", "from SM2"])
    def test_a_certificate_keeps_its_digests_and_gets_the_new_signature(self, world, before, after):
        licence = self.rotated(world, before, after)
        text = world.show(licence)
        shown = credential.parse(text)
        assert (shown.header.alg, shown.payload.sd_alg) == (after.alg, before.sd_alg)
        assert found(world, licence, text).verdict == "valid"
        assert (
            proofcode.decode(proofcode.encode(text, (ORIGIN,)), proofcode.directory_of(world.trust())) == text
        )


class TestStatus:
    def test_its_list_is_signed_with_sm2_and_counts(self, world, licence):
        token = licence.department.list_token(NOW)
        assert b64.decode(token.split(".")[0]).startswith(b'{"alg":"SM2"')
        text = world.show(licence)
        licence.department.entries.set(licence.entry.idx, Status.REVOKED)
        assert only(world.verify(text), "status")

    def test_a_list_by_another_key_is_none(self, world, licence):
        licence.department.key, own = SigningKey.generate(SM), licence.department.key
        forged = licence.department.list_token(NOW)
        licence.department.key = own
        with pytest.raises(Exception, match="signed"):
            world_list(world, forged)


def world_list(world, token):
    from registry.trust import trust_list

    return trust_list(token, world.trust().issuers)


class TestProofCode:
    @pytest.mark.parametrize("names", [(), THREE])
    def test_a_code_restores_the_very_bytes(self, world, licence, names):
        text = world.show(licence, names=names)
        code = proofcode.encode(text, (ORIGIN,))
        assert proofcode.decode(code, proofcode.directory_of(world.trust())) == text

    def test_a_copy_restores_the_very_bytes(self, world, licence):
        text = world.show(licence, Kind.COPY)
        code = proofcode.encode_copy(text, (ORIGIN,), ORIGIN)
        assert proofcode.decode(code, proofcode.directory_of(world.trust())) == text

    def test_it_costs_four_bytes_more_than_a_code_of_the_first_suite(self, world, licence):
        other = world.licence(world.department("business_licence"))
        for each in (licence, other):
            assert len(proofcode.encode(world.show(each), (ORIGIN,))) <= proofcode.LONGEST_CODE
        sizes = [len(proofcode.encode(world.show(each, names=()), (ORIGIN,))) for each in (licence, other)]
        assert 0 <= sizes[0] - sizes[1] <= 12  # a few characters also by what deflates


def test_a_bundle_carries_sm2_keys_and_the_lists_that_they_signed(world, licence):
    root = world.root_document()
    trust = replace(world.trust(), root=root)
    again = bundlepayload.unpack(bundlepayload.pack(trust), root)
    assert again.issuers[licence.department.code].keys == trust.issuers[licence.department.code].keys
    assert found(world, licence, world.show(licence), trust=again).verdict == "valid"


def test_without_the_binding_the_signature_is_unknown_and_never_wrong(world, licence, monkeypatch):
    text, trust = world.show(licence), world.trust()
    monkeypatch.setitem(sys.modules, "tongsuopy.crypto.asymciphers", None)
    sm._binding.cache_clear()
    try:
        report = world.verify(text, trust)
    finally:
        monkeypatch.undo()
        sm._binding.cache_clear()
    assert outcome(report, "issuer_key") == "unknown"
    assert (report.verdict, report.failed) == ("unknown", [])


def test_a_compromised_sm2_key_counts_for_nothing(world, licence):
    own = licence.department
    text = world.show(licence)
    own.compromised = NOW
    trusted = TrustedKey(own.key.public, own.uses, (Window(0),), NOW, (own.x5c,))
    assert own.trusted().keys[own.key.public.thumbprint] == trusted
    assert "issuer_key" in world.verify(text).failed
