"""The events alone rebuild everything that the contracts know."""

import random
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from web3 import Web3
from web3.types import RPCEndpoint

from registry.chain.contracts import interface
from registry.chain.ledger import FOREVER, Ledger
from registry.chain.rpc import Log
from tests.contracts.world import TYPE, Town, code, town

ISSUERS = 3
REASON = b"account_stolen".ljust(32, b"\0")
ADDRESSES = [Web3.to_checksum_address(f"0x{number:040x}") for number in range(0xA1, 0xA4)]
THUMBPRINTS = [sha256(bytes([number])).digest() for number in range(4)]
VERSION = (TYPE.rstrip(b"\0").decode(), 1)

Deed = Callable[[Town, random.Random], Any]


def _time(built: Town, chance: random.Random) -> int:
    """Now, never, or a little later: blocks are two seconds apart."""
    now = built.web3.eth.get_block("latest")["timestamp"]
    return chance.choice([0, FOREVER, now + chance.randrange(2, 30), now + chance.randrange(2, 30)])


def _window(built: Town, chance: random.Random) -> tuple[int, int]:
    now = built.web3.eth.get_block("latest")["timestamp"]
    return chance.choice([0, now + chance.randrange(2, 30)]), now + chance.randrange(30, 60)


def _issuer(chance: random.Random) -> bytes:
    return code(chance.randrange(ISSUERS))


def _next(built: Town, issuer: bytes) -> int:
    return int(built.certificates.functions.nextSequence(issuer).call())


def _anchor(built: Town, chance: random.Random) -> Any:
    issuer, root = _issuer(chance), chance.randbytes(32)
    seq = _next(built, issuer)
    return built.certificates.functions.anchorBatch(issuer, seq, root, chance.randrange(1, 2**32))


def _void(built: Town, chance: random.Random) -> Any:
    issuer = _issuer(chance)
    first = chance.randrange(1, _next(built, issuer) + 1)
    return built.certificates.functions.voidBatches(issuer, first, first + chance.randrange(2), REASON)


def _set_status(built: Town, chance: random.Random) -> Any:
    words = chance.sample(range(1_024), 3)
    masks = [1 << 2 * chance.randrange(128) for _ in words]
    value, number = chance.randrange(4), chance.randrange(2)
    return built.certificates.functions.setStatus(_issuer(chance), TYPE, number, words, masks, value)


DEEDS: list[Deed] = [
    _anchor,
    _anchor,
    _void,
    _set_status,
    _set_status,
    lambda t, c: t.issuers.functions.addAccount(_issuer(c), c.choice(ADDRESSES), *_window(t, c)),
    lambda t, c: t.issuers.functions.endAccount(_issuer(c), c.choice(ADDRESSES), c.randrange(3), _time(t, c)),
    lambda t, c: t.issuers.functions.addKey(_issuer(c), c.choice(THUMBPRINTS), 3, *_window(t, c)),
    lambda t, c: t.issuers.functions.endKey(_issuer(c), c.choice(THUMBPRINTS), c.randrange(3), _time(t, c)),
    lambda t, c: t.issuers.functions.reportCompromised(_issuer(c), THUMBPRINTS[0]),
    lambda t, c: t.issuers.functions.grantRight(_issuer(c), TYPE, *_window(t, c)),
    lambda t, c: t.issuers.functions.endRight(_issuer(c), TYPE, c.randrange(3), _time(t, c)),
    lambda t, c: t.issuers.functions.addTypeVersion(TYPE, 1, b"\1" * 32, *_window(t, c)),
    lambda t, c: t.issuers.functions.endTypeVersion(TYPE, 1, c.randrange(3), _time(t, c)),
    lambda t, c: t.issuers.functions.setSuccessor(_issuer(c), TYPE, _issuer(c), _time(t, c)),
]


def _replace_what_is_void(built: Town, ledger: Ledger) -> None:
    """Every other voided batch gets a new root, as the authority does it: from the fold's own knowledge."""
    for name, department in ledger.departments.items():
        issuer = name.encode().ljust(32, b"\0")
        for seq, batch in department.batches.items():
            if department.voided(seq) and seq % 2:
                root = sha256(batch.root).digest()
                built.send(
                    built.certificates.functions.replaceBatch(issuer, seq, batch.root, root, batch.size)
                )


def _folded(built: Town) -> Ledger:
    ledger = Ledger()
    names = {built.issuers.address: "IssuerRegistry", built.certificates.address: "CertificateRegistry"}
    for entry in built.web3.eth.get_logs({"fromBlock": 0}):
        name = names[entry["address"]]
        log = Log(entry["address"].lower(), tuple(map(bytes, entry["topics"])), bytes(entry["data"]), 0, b"")
        event = interface(name).event(log)
        assert event is not None
        ledger.apply(name, event.name, event.args, entry["blockNumber"])
    return ledger


def _assert_issuers_agree(built: Town, ledger: Ledger) -> None:
    ask = built.issuers.functions
    assert [tuple(one) for one in ask.typeVersionWindows(TYPE, 1).call()] == ledger.types[VERSION].windows
    for name, department in ledger.departments.items():
        issuer = name.encode().ljust(32, b"\0")
        for address in ADDRESSES:
            found = [tuple(one) for one in ask.accountWindows(issuer, address).call()]
            assert found == department.accounts.get(address.lower(), [])
        for thumbprint in THUMBPRINTS:
            found = [tuple(one) for one in ask.keyWindows(issuer, thumbprint).call()]
            key = department.keys.get(thumbprint)
            assert found == (key.windows if key else [])
            assert ask.keyAt(issuer, thumbprint, 0).call()[1] == ((key and key.compromised) or 0)
        found = [tuple(one) for one in ask.rightWindows(issuer, TYPE).call()]
        assert found == department.rights.get(VERSION[0], [])
        last = ledger.successor(name, VERSION[0])
        assert ask.successorAt(issuer, TYPE, FOREVER).call().rstrip(b"\0").decode() == (
            last.successor if last else ""
        )


def _assert_certificates_agree(built: Town, ledger: Ledger) -> None:
    ask = built.certificates.functions
    for name, department in ledger.departments.items():
        issuer = name.encode().ljust(32, b"\0")
        assert _next(built, issuer) == len(department.batches) + 1
        for seq, batch in department.batches.items():
            found = ask.anchorOf(issuer, batch.root).call()
            assert found == (seq, batch.size, batch.time, False, department.voided(seq))
        for seq, batch in department.replacements.items():
            found = ask.anchorOf(issuer, batch.root).call()
            assert found == (seq, batch.size, batch.time, True, False)
        for number in range(2):
            words = department.words.get((VERSION[0], number), {})
            found = ask.wordsOf(issuer, TYPE, number, 0, 1_024).call()
            assert {word: value for word, value in enumerate(found) if value} == words


def test_folding_all_events_gives_what_the_views_say() -> None:
    chance = random.Random(3)
    with town(ISSUERS) as built:
        for _ in range(250):
            deed = chance.choice(DEEDS)(built, chance)
            deed.transact({"from": built.account, "gas": 2_000_000})
            built.web3.provider.make_request(RPCEndpoint("evm_increaseTime"), [2])
            built.node.mine()
        _replace_what_is_void(built, _folded(built))
        ledger = _folded(built)
        departments = ledger.departments.values()
        assert any(one.replacements for one in departments)
        assert any(key.compromised for one in departments for key in one.keys.values())
        assert any(len(windows) > 1 for one in departments for windows in one.rights.values())
        _assert_issuers_agree(built, ledger)
        _assert_certificates_agree(built, ledger)
