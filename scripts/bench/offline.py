"""What needs neither store nor network: verifying, cutting, proof codes, trees, status lists."""

import os
import time
import zlib
from collections.abc import Callable, Iterator
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from registry import b64, certificate, credential, merkle, proofcode, receipts, status
from registry.credential import Kind, StatusReference
from registry.lifecycle import Status
from registry.signing import PublicKey, SigningKey
from registry.status import StatusBits
from registry.type_metadata import integrity
from registry.verification import Expected, verify
from scripts.bench.measuring import Pair, Side, in_turns, repeated
from scripts.bench.world import Held, World

Work = Callable[[], object]
ES256 = ec.ECDSA(hashes.SHA256())
LEAVES = 16_384
NODE = 65
"""Bytes that a node of a tree is the hash of."""


def pairs(world: World, *, slice_seconds: float, rounds: int) -> Iterator[Pair]:
    """Each of them beside the raw cryptography in it."""

    def pair(name: str, unit: str, subject: Side, limit: Side) -> Pair:
        return Pair(name, unit, in_turns(subject, limit), rounds)

    def often(work: Work, units: int = 1) -> Side:
        return repeated(work, seconds=slice_seconds, units=units)

    held = world.held()
    world.keep_following()
    trust, now = world.trust(), int(time.time())
    shown = held.show(now, b64.encode(os.urandom(16)))
    expected = Expected(kinds=frozenset({Kind.CODE}))
    verdict = verify(shown, trust, expected, now).verdict
    if verdict != "valid":
        raise RuntimeError(f"a genuine presentation is {verdict}")

    issuer_key = trust.issuers[world.issuer].keys[credential.parse(shown).header.kid].public
    one, two = _verifications(shown, issuer_key, held)
    yield pair(
        "verify_offline", "presentations/s",
        often(lambda: verify(shown, trust, expected, now)), often(lambda: (one(), two())),
    )  # fmt: skip

    origins = trust.issuers[world.issuer].origins
    code = proofcode.encode(shown, origins)
    directory = proofcode.directory_of(trust)
    yield pair("proof_code_encode", "codes/s", often(lambda: proofcode.encode(shown, origins)), often(one))
    yield pair("proof_code_decode", "codes/s", often(lambda: proofcode.decode(code, directory)), often(one))

    signer, cut = cutting(world, held, now, world.issuer)
    message = held.jwt.rpartition(".")[0].encode()
    yield pair(
        "cut_credential", "credentials/s", often(cut), often(lambda: signer.imported.sign(message, ES256))
    )

    yield pair(
        "tree_and_proofs", "certificates/s",
        often(_tree, LEAVES), often(lambda: _hash(2 * LEAVES - 1), LEAVES),
    )  # fmt: skip

    bits = StatusBits()
    for idx in range(0, status.LIST_SIZE, 100):
        bits.set(idx, Status.REVOKED)
    packed = bits.to_bytes()

    def sign_list() -> str:
        uri = credential.status_uri(origins[0], world.issuer, 0)
        return status.sign_list(bits, uri=uri, version=2, iat=now, exp=now + 43_200, ttl=60, key=signer)

    yield pair(
        "sign_status_list", "lists/s",
        often(sign_list), often(lambda: signer.imported.sign(zlib.compress(packed, 6), ES256)),
    )  # fmt: skip


def _verifications(shown: str, issuer_key: PublicKey, held: Held) -> tuple[Work, Work]:
    """The two raw verifications in a presentation, everything else done beforehand."""
    parsed = credential.parse(shown)
    assert parsed.binding is not None
    return (
        _raw(issuer_key, parsed.signature, parsed.signing_input),
        _raw(held.wallet.public, parsed.binding.signature, parsed.binding.signing_input),
    )


def _raw(key: PublicKey, signature: bytes, message: bytes) -> Work:
    der = utils.encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    verify_raw = key.imported.verify
    return lambda: verify_raw(der, message, ES256)


def cutting(world: World, held: Held, now: int, issuer: str) -> tuple[SigningKey, Work]:
    """The key that signs credentials, and what cuts the same credential anew, its receipt at hand."""
    row = world.final_certificate(issuer)
    with world.runtime.store.read() as session:
        anchor = receipts.receipt(session, row)
    leaf = certificate.parse_canonical(row.canonical)
    parsed = credential.parse(held.jwt + "~")
    kid, origin = parsed.header.kid, world.trust().issuers[issuer].origins[0]
    key = next(each.key for each in world.runtime.ring.signing(issuer) if each.key.public.thumbprint == kid)
    place = StatusReference(uri=credential.status_uri(origin, issuer, 0), idx=7)
    digest = integrity(world.definition, origin)

    def cut() -> str:
        return credential.sign_credential(
            leaf.core, leaf.sd, anchor, sd_alg=leaf.sd_alg, key=key, x5c=parsed.header.x5c, origin=origin,
            integrity=digest, iat=now, exp=now + 86_400, cnf=held.wallet.public, status=place,
        )  # fmt: skip

    return key, cut


def _tree() -> None:
    """Leaf hashes, tree and every proof, over as little data as a node has."""
    data = bytes(NODE - 1)
    merkle.proofs([merkle.leaf_hash(data) for _ in range(LEAVES)])


def _hash(count: int) -> None:
    data = bytes(NODE)
    for _ in range(count):
        sha256(data).digest()
