"""What Python reads from the text of a QR, JavaScript reads too, byte for byte; what it refuses, both refuse.

Every test of tests/proofcode that reads a code runs here once more.
"""

import pytest

from registry import proofcode
from registry.proofcode import BadCode
from tests.proofcode import test_codes, test_hostile
from tests.web.borrowing import borrowed
from tests.web.node import Refused

globals().update(borrowed(test_codes, test_hostile))

for _name in [name for name in globals() if "picture" in name or "png" in name]:
    del globals()[_name]


@pytest.fixture(autouse=True, scope="module")
def both(node):
    decode = proofcode.decode

    def decode_both(text, directory):
        if len(text) > 1_000_000:  # to send it would take the time and memory that are measured
            return decode(text, directory)
        asked = {}

        def find(code):
            asked[code] = directory(code)
            return asked[code]

        try:
            read = decode(text, find)
        except BadCode as error:
            with pytest.raises(Refused) as refusal:
                node.ask("decode", text=text, issuers=issuers(asked))
            assert (refusal.value.kind, refusal.value.zh) == (error.kind, error.zh)
            raise
        assert node.ask("decode", text=text, issuers=issuers(asked)) == read
        return read

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proofcode, "decode", decode_both)
        yield


def issuers(asked):
    return {
        code: {
            "origins": known.origins,
            "keys": {chain.kid: {"x5c": [chain.x5c], "alg": chain.alg} for chain in known.chains.values()},
        }
        for code, known in asked.items()
        if known is not None
    }
