"""Stolen keys, from end to end: of an account of the chain (threat 3), of credentials (threat 27)."""

from registry import b64, credential, merkle
from registry.authority.founding import certify_keys
from registry.chain.contracts import code_bytes
from registry.credential import CODE_AUDIENCE, Anchor, Kind, StatusReference
from registry.provisioning import add_key
from registry.renewing import Renewal
from registry.signing import SigningKey, Use
from registry.status_changes import Decision
from registry.verification import Expected, verify
from tests.authority.conftest import MARKET, ORIGIN, POLICE
from tests.faults.whole import Whole, failed
from tests.formats.world import INTEGRITY, Issued, World
from tests.refusals import refused


def test_a_thiefs_batch_never_counts_again_and_genuine_ones_go_on_by_a_new_account(whole: Whole) -> None:
    genuine, robbed = whole.issue(2, MARKET)
    whole.settle()
    held, lost = whole.claim(genuine, MARKET), whole.claim(robbed, MARKET)
    thief = whole.accounts(MARKET)[-1]
    forged = forgery()
    whole.by_account(thief, "anchorBatch", code_bytes(MARKET), 2, forged.certificate.leaf, 1)
    whole.set_status_by(thief, robbed, 1)
    whole.work()
    noticed = {(MARKET, "seq_taken"), (MARKET, "foreign_nonce")}
    assert whole.stops() == noticed, "though the department has nothing to send"
    [waiting], [elsewhere] = whole.issue(1, MARKET), whole.issue(1, POLICE)
    for _ in range(6):
        whole.work()
        whole.mine()
    assert whole.stops() == noticed
    assert whole.health().colour == "red"
    assert whole.batches(MARKET) == [(1, 2, "final")]
    assert whole.verdict(whole.claim(elsewhere)) == "valid", "other departments go on"
    assert whole.check(shown_by_thief(whole, forged))["verdict"] == "valid", "the threat is real"

    whole.decide.end_account(MARKET, thief.address)
    whole.decide.void(MARKET, 2, 2)
    whole.register_new_account(MARKET)
    whole.later()
    whole.settle()
    assert (whole.stops(), whole.health().colour) == (set(), "green")
    assert whole.accounts(MARKET)[-1].address != thief.address
    assert whole.batches(MARKET) == [(1, 2, "final"), (3, 1, "final")]
    assert failed(whole.check(shown_by_thief(whole, forged))) == ["anchor"]
    assert [whole.verdict(one) for one in (held, whole.claim(waiting, MARKET))] == ["valid", "valid"]
    whole.check_independently(foreign=[(MARKET, 2)], stolen=[thief.address])

    whole.later()
    whole.settle()
    assert whole.intents() == ["foreign"]
    assert whole.failed(lost) == ["status"]
    again = whole.services.cases.changing.renew(MARKET, robbed, Renewal(Decision("reissued"), {}, "again"))
    whole.settle()
    anew = lost.renewed()
    assert (anew.certificate_id, whole.verdict(anew)) == (again.certificate_id, "valid")
    assert (whole.on_chain(robbed), whole.on_chain(again.certificate_id)) == (1, 0)
    assert whole.stops() == set()

    whole.lose_the_chain()
    whole.work()
    whole.heal()
    whole.later()
    whole.settle()
    assert whole.stops() == set()
    assert [whole.verdict(one) for one in (held, anew)] == ["valid", "valid"]
    assert failed(whole.check(shown_by_thief(whole, forged))) == ["anchor"]
    assert (whole.on_chain(robbed), whole.on_chain(again.certificate_id)) == (1, 0)


def test_a_batch_whose_root_the_thief_took_is_replaced_and_survives_a_reset(whole: Whole) -> None:
    identifiers = whole.issue(2, MARKET)
    whole.work(unsent=True)
    [(root,)] = whole.query("SELECT root FROM batch")
    thief = whole.accounts(MARKET)[-1]
    whole.by_account(thief, "anchorBatch", code_bytes(MARKET), 1, root, 7)
    [elsewhere] = whole.issue(1, POLICE)
    for _ in range(5):
        whole.work()
        whole.mine()
    assert {issuer for issuer, _ in whole.stops()} == {MARKET}
    assert whole.verdict(whole.claim(elsewhere)) == "valid", "other departments go on"
    whole.decide.end_account(MARKET, thief.address)
    whole.decide.void(MARKET, 1, 1)
    whole.register_new_account(MARKET)
    whole.work()
    assert (MARKET, "root_taken") in whole.stops()
    whole.decide.replace(MARKET, 1, root, 2)
    whole.settle()
    assert (whole.batches(MARKET), whole.stops()) == ([(1, 2, "final")], set())
    held = [whole.claim(one, MARKET) for one in identifiers]
    assert [whole.verdict(one) for one in held] == ["valid", "valid"]

    whole.lose_the_chain()
    whole.work()
    assert [whole.verdict(one) for one in held] == ["unknown", "unknown"]
    whole.heal()
    later = whole.issue(1, MARKET)
    whole.settle()
    assert whole.batches(MARKET) == [(1, 2, "final"), (2, 1, "final")]
    assert [whole.verdict(one) for one in (*held, whole.claim(later[0], MARKET))] == ["valid"] * 3
    assert whole.stops() == set()


def test_a_genuine_batch_that_was_voided_with_the_thiefs_counts_again_once_replaced(whole: Whole) -> None:
    [early], thief = whole.issue(1, MARKET), whole.accounts(MARKET)[-1]
    whole.settle()
    held = whole.claim(early, MARKET)
    [(root, time)] = whole.query("SELECT root, block_time FROM batch")
    whole.by_account(thief, "anchorBatch", code_bytes(MARKET), 2, b"\7" * 32, 1)
    whole.work()
    whole.decide.end_account(MARKET, thief.address)
    whole.decide.void(MARKET, 1, 2)
    assert whole.failed(held) == ["anchor"]
    assert whole.batches(MARKET) == [(1, 1, "voided")]
    whole.decide.replace(MARKET, 1, root, 1)
    whole.register_new_account(MARKET)
    [late] = whole.issue(1, MARKET)
    whole.settle()
    assert whole.batches(MARKET) == [(1, 1, "final"), (3, 1, "final")]
    assert whole.query("SELECT block_time FROM batch WHERE seq = 1") == [(time,)]
    anew = [whole.claim(one, MARKET) for one in (early, late)]
    assert [whole.verdict(one) for one in (held, *anew)] == ["valid"] * 3


def test_once_a_signing_key_is_reported_its_credentials_fail_at_any_time_and_are_cut_anew(
    whole: Whole,
) -> None:
    certificates = whole.issue(2)
    whole.settle()
    held = [whole.claim(one) for one in certificates]
    assert [whole.verdict(one) for one in held] == ["valid", "valid"]
    shown, before = held[0].shows(whole.clock()), whole.clock()
    ring = whole.services.runtime.ring
    stolen = ring.signing_key(POLICE, Use.CREDENTIALS).public.thumbprint
    whole.decide.compromised(POLICE, stolen)
    for one in held:
        report = whole.report(one)
        assert (report["verdict"], failed(report)) == ("invalid", ["issuer_key"])
    expected = Expected(kinds={Kind.CODE})
    then = verify(shown, whole.services.trust(), expected, whole.clock(), before, dated=True)
    assert then.failed == ["issuer_key"]
    with refused("no-signer"):
        whole.claim(certificates[0])

    fresh = add_key(ring, whole.store, POLICE, Use.CREDENTIALS, whole.clock())
    whole.decide.add_key(POLICE, fresh, Use.CREDENTIALS)
    certify_keys(whole.office)
    whole.settle()
    shown = held[1].shows(whole.clock() + 1)
    assert [whole.verdict(one.renewed()) for one in held] == ["valid", "valid"]
    assert whole.verdict(whole.claim(certificates[1])) == "valid"
    assert failed(whole.check(shown)) == ["issuer_key"]
    assert [whole.on_chain(one) for one in certificates] == [0, 0]
    assert whole.batches() == [(1, 2, "final")]


def forgery() -> Issued:
    """A licence that the department never issued."""
    world = World()
    department = world.department("business_licence")
    department.code = MARKET
    return world.issue(department)


def shown_by_thief(whole: Whole, forged: Issued) -> str:
    """A proof code over what the thief anchored, signed with a signing key that he has stolen too."""
    key = whole.services.runtime.ring.signing_key(MARKET, Use.CREDENTIALS)
    issuer = whole.services.trust().issuers[MARKET]
    whole.clock.reaches(whole.clock() + 1)
    now, wallet = whole.clock(), SigningKey.generate()
    made = forged.certificate
    token = credential.sign_credential(
        made.core,
        made.sd,
        Anchor.of(2, merkle.InclusionProof(0, 1, ())),
        key=key,
        x5c=issuer.keys[key.public.thumbprint].x5c[0],
        origin=ORIGIN,
        integrity=INTEGRITY,
        iat=now,
        exp=now + 3600,
        cnf=wallet.public,
        status=StatusReference(uri=credential.status_uri(ORIGIN, MARKET, 0), idx=5),
    )
    nonce = b64.encode(now.to_bytes(16))
    return credential.present(
        token, made.disclosures[:1], key=wallet, aud=CODE_AUDIENCE, nonce=nonce, iat=now
    )


def test_status_set_by_a_stolen_account_alone_turns_the_light_red_until_that_account_is_ended(
    whole: Whole,
) -> None:
    [robbed] = whole.issue(1, MARKET)
    whole.settle()
    thief = whole.accounts(MARKET)[-1]
    whole.set_status_by(thief, robbed, 2)
    whole.work()
    assert whole.stops() == {(MARKET, "foreign_nonce")}
    whole.register_new_account(MARKET)
    whole.settle()
    assert whole.stops() == {(MARKET, "foreign_nonce")}, "the thief still has an account"
    whole.decide.end_account(MARKET, thief.address)
    whole.later()
    whole.settle()
    assert (whole.stops(), whole.on_chain(robbed)) == (set(), 0), "what the contract allows is mended"
