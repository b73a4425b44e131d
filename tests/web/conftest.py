import json

import pytest

from registry.verification import Report, verify
from tests.formats import world as worlds
from tests.formats.conftest import kitchen, licence, world
from tests.web.node import Node

__all__ = ["kitchen", "licence", "world"]


@pytest.fixture(scope="session")
def node():
    with Node() as process:
        yield process


@pytest.fixture
def both(node, monkeypatch):
    """Wherever a world is asked for a report, Node is asked too, and says the same."""
    taken_in: dict[int, str] = {}
    kept = []

    def ask_both(presentation, trust, expected, now, at=None, *, dated=False) -> Report:
        report = verify(presentation, trust, expected, now, at, dated=dated)
        if id(trust) not in taken_in:
            kept.append(trust)  # so that no other one gets its id
            taken_in[id(trust)] = node.trust(trust)
        theirs, guard = node.verify(presentation, taken_in[id(trust)], expected, now, at, dated=dated)
        assert theirs == json.loads(json.dumps(report.to_dict()))
        ours = report.guard
        assert guard == (ours and {"audience": ours.audience, "nonce": ours.nonce, "expires": ours.expires})
        return report

    monkeypatch.setattr(worlds, "verify", ask_both)
