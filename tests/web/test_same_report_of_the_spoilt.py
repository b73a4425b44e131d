"""Of thousands of presentations that went wrong, from a seed, both verifiers give the same report."""

import json
import random
from collections import Counter
from dataclasses import replace

import b45
import cbor2
import pytest

from registry import bundle, credential, packing, proofcode, status
from registry.credential import Kind
from registry.errors import RegistryError
from registry.status import StatusBits, StatusList
from registry.suites import ES256, SM
from registry.trust import TrustedList
from registry.verification import verify
from scripts.vectors.case import ANY
from scripts.vectors.keys import NOW
from scripts.vectors.place import ORIGIN, Place
from tests.web.corpus import rearranged, signed, spoilt, spoilt_items, spoilt_list, with_odd_values
from tests.web.node import Refused
from tests.web.summary import summary
from tests.web.test_same_codes import issuers
from tests.web.test_same_trust import text

SHOWN = ("company_name", "credit_code")


def compared(node, place, presentations):
    """How often each verdict came; every report is the same on both sides."""
    signed_bundle, pinned = place.bundle(), place.pinned()
    trust = bundle.load(None, signed_bundle, NOW, pinned)
    name = node.new_name()
    taken = {"data": text(signed_bundle), "root": text(pinned), "limit": bundle.MAX_BUNDLE}
    node.ask("bundle", name=name, previous=None, now=NOW, **taken)
    expected = {"kinds": list(ANY.kinds), "audience": ANY.audience, "nonce": ANY.nonce}
    theirs = node.ask("verify_all", trust=name, presentations=presentations, expected=expected, now=NOW)
    verdicts: Counter[str] = Counter()
    for presentation, their in zip(presentations, theirs, strict=True):
        report = json.loads(json.dumps(verify(presentation, trust, ANY, NOW).to_dict()))
        assert their == report, presentation
        verdicts[report["verdict"]] += 1
    return verdicts


def some(suite):
    """A certificate shown in every kind."""
    if suite is SM:
        pytest.importorskip("tongsuopy", reason="SM2 has no binding on this machine")
    place = Place()
    licence = place.issue("spoilt", place.issuer("spoilt", "business_licence", suite=suite))
    shown = {kind: place.show(licence, kind, SHOWN) for kind in Kind}
    return place, licence, shown


@pytest.mark.parametrize("suite", [ES256, SM], ids=lambda suite: suite.name)
@pytest.mark.parametrize("spoil", [spoilt, rearranged])
def test_of_changed_characters_and_parts(node, suite, spoil):
    place, _, shown = some(suite)
    chosen = random.Random(spoil.__name__)
    texts = [
        spoil(chosen.choice(list(shown.values())), chosen) for _ in range(700 if suite is ES256 else 200)
    ]
    good = set(shown.values())
    verdicts = compared(node, place, [each for each in texts if each not in good])
    assert not verdicts["valid"]
    assert verdicts["invalid"] > sum(verdicts.values()) * 0.8


@pytest.mark.parametrize("suite", [ES256, SM], ids=lambda suite: suite.name)
def test_of_json_that_a_key_signed_and_no_honest_program_writes(node, suite):
    place, licence, _ = some(suite)
    chosen = random.Random(f"signed {suite.name}")
    made = [
        signed(place, licence, chosen.choice(list(Kind)), chosen)
        for _ in range(1500 if suite is ES256 else 250)
    ]
    verdicts = compared(node, place, made)
    assert min(verdicts[each] for each in ("valid", "copy", "invalid", "unknown")) > 0, verdicts


@pytest.mark.parametrize("suite", [ES256, SM], ids=lambda suite: suite.name)
def test_of_codes_whose_items_were_changed(node, suite):
    place, _, shown = some(suite)
    directory = proofcode.directory_of(place.trust())
    known = issuers({code: directory(code) for code in place.issuers})
    chosen = random.Random(f"codes {suite.name}")
    outcomes: Counter[str] = Counter()
    for _ in range(1000 if suite is ES256 else 300):
        kind = chosen.choice((Kind.CODE, Kind.COPY))
        items = cbor2.loads(packing.dumps(packing.read(shown[kind], (ORIGIN,))))
        data = cbor2.dumps(spoilt_items(items, chosen))
        digits = int.from_bytes(b"\x01" + data)
        code = f"ZT1:{b45.encode(data)}" if kind is Kind.CODE else f"{ORIGIN}/c#{digits}"
        outcome = decoded(lambda text=code: proofcode.decode(text, directory))
        assert decoded(lambda text=code: node.ask("decode", text=text, issuers=known)) == outcome
        outcomes[outcome if outcome in {"bad-code", "unknown-origin"} else "read"] += 1
    assert min(outcomes.values()) > 10 and len(outcomes) == 3, outcomes


def decoded(reading):
    """What was read, or the kind of refusal."""
    try:
        return reading()
    except (RegistryError, Refused) as refusal:
        return refusal.kind


def test_of_lists_that_their_issuer_signed_and_no_honest_program_writes(node):
    place = Place()
    issuer = place.issuer("lists", "business_licence")
    chosen, tokens = random.Random("lists"), {}
    for number in range(500):
        uri = credential.status_uri(ORIGIN, issuer.code, number)
        times = {"iat": NOW, "exp": NOW + 9_999, "ttl": 60, "version": 1}
        bits = StatusBits(chosen.choice((4, 64, 1024)))
        token = spoilt_list(status.sign_list(bits, uri=uri, key=issuer.key, **times), issuer.key, chosen)
        read = StatusList(uri=uri, packed=b"", kid="", token=token, **times)
        tokens[uri] = TrustedList(read, issuer.code, NOW)
    signed_bundle, pinned = place.bundle(replace(place.trust(), lists=tokens)), place.pinned()
    taken = {"data": text(signed_bundle), "root": text(pinned), "limit": bundle.MAX_BUNDLE, "now": NOW}
    theirs = node.ask("bundle", name=node.new_name(), previous=None, **taken)
    ours = summary(bundle.load(None, signed_bundle, NOW, pinned))
    assert theirs == ours
    assert 10 < len(ours["lists"]) < 250


def test_of_genuine_certificates_with_odd_values(node):
    place = Place()
    place.issuer("odd", "business_licence")
    chosen = random.Random("odd values")
    verdicts = compared(node, place, [with_odd_values(place, chosen, number) for number in range(600)])
    assert min(verdicts[each] for each in ("valid", "copy", "invalid")) > 10, verdicts
