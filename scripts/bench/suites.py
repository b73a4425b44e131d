"""What SM2 and SM3 cost: each thing beside the same thing with P-256 and SHA-256."""

import os
import time
from collections.abc import Callable, Iterator

from registry import b64, certificate, credential
from registry.certificate import SdAlg
from registry.credential import Kind
from registry.suites import DIGESTS, ES256, SM
from registry.trust import Trust
from registry.verification import Expected, verify
from scripts.bench.measuring import Pair, in_turns, repeated
from scripts.bench.offline import cutting
from scripts.bench.world import World, licence

Work = Callable[[], object]


def pairs(world: World, *, slice_seconds: float, rounds: int) -> Iterator[Pair]:
    """The second suite as what is measured, the first as its limit; none where SM2 is not installed."""
    if not world.second:
        return
    world.keep_following()
    now = int(time.time())
    keys, cuts, checks = [], [], []
    for issuer in (world.second, world.issuer):
        held = world.held(issuer)
        key, cut = cutting(world, held, now, issuer)
        keys.append(key)
        cuts.append(cut)
        checks.append(held.show(now, b64.encode(os.urandom(16))))
    trust = world.trust()

    def pair(name: str, unit: str, *works: Work) -> Pair:
        second, first = (repeated(work, seconds=slice_seconds) for work in works)
        return Pair(name, unit, in_turns(second, first), rounds)

    message = credential.parse(checks[1]).signing_input
    signatures = [(key.public, key.sign(message)) for key in keys]
    yield pair("sm_sign", "signatures/s", *((lambda key=key: key.sign(message)) for key in keys))
    yield pair(
        "sm_verify", "signatures/s",
        *((lambda key=key, made=made: key.verify(made, message)) for key, made in signatures),
    )  # fmt: skip
    disclosure = certificate.disclosure("company_name", "羊城珠江餐饮管理有限公司", bytes(16)).encode()
    yield pair(
        "sm_digest",
        "digests/s",
        *((lambda suite=suite: DIGESTS[suite.sd_alg](disclosure)) for suite in (SM, ES256)),
    )
    yield pair(
        "sm_make_certificate", "certificates/s", *(_making(world, suite.sd_alg) for suite in (SM, ES256))
    )
    yield pair("sm_cut_credential", "credentials/s", *cuts)
    yield pair("sm_verify_offline", "presentations/s", *(_checking(text, trust, now) for text in checks))


def _making(world: World, sd_alg: SdAlg) -> Work:
    """Claims salted and digested, the leaf over them."""
    core = certificate.parse_canonical(world.final_certificate().canonical).core
    claims = licence(1)
    return lambda: certificate.make(core, claims, decoys=4, sd_alg=sd_alg).leaf


def _checking(text: str, trust: Trust, now: int) -> Work:
    expected = Expected(kinds=frozenset({Kind.CODE}))
    verdict = verify(text, trust, expected, now).verdict
    if verdict != "valid":
        raise RuntimeError(f"a genuine presentation is {verdict}")
    return lambda: verify(text, trust, expected, now)
