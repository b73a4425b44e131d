"""The JavaScript verifier takes in and refuses the same bundles, root documents and files of roots.

Every test of tests/formats/test_bundle.py runs here once more: what Python makes of a document is compared,
whole, with what Node makes of it, and so are the refusals, with their words.
"""

import base64
import json
from contextlib import contextmanager

import msgspec
import pytest

from registry import bundle, rootdocument
from registry.errors import RegistryError
from registry.verification import verify
from tests.formats import test_bundle
from tests.formats import world as worlds
from tests.formats.test_bundle import authority, trust, world
from tests.web.borrowing import borrowed
from tests.web.node import Refused
from tests.web.summary import summary

__all__ = ["authority", "trust", "world"]

globals().update(borrowed(test_bundle))


class Asked:
    """Both sides, with the names under which Node knows a trust state."""

    def __init__(self, node):
        self.node, self.names, self.kept = node, {}, []

    @contextmanager
    def compared(self, does, **given):
        """What Node answers; where Python refuses, Node refuses in the same words."""
        answer = refusal = None
        try:
            answer = self.node.ask(does, **given)
        except Refused as said:
            refusal = (said.kind, said.zh, said.en)
        try:
            yield answer
        except RegistryError as error:
            assert refusal == (error.kind, error.zh, error.en)
            raise
        assert refusal is None

    def name(self, trust):
        if id(trust) not in self.names:
            self.remember(trust, self.node.trust(trust))
        return self.names[id(trust)]

    def remember(self, trust, name):
        self.kept.append(trust)  # so that no other one gets its id
        self.names[id(trust)] = name

    def verify(self, presentation, trust, expected, now, at=None, *, dated=False):
        report = verify(presentation, trust, expected, now, at, dated=dated)
        theirs, _ = self.node.verify(presentation, self.name(trust), expected, now, at, dated=dated)
        assert theirs == json.loads(json.dumps(report.to_dict()))
        return report


@pytest.fixture(autouse=True)
def both(node, monkeypatch):
    asked = Asked(node)
    load, load_roots, read, follow = bundle.load, bundle.load_roots, rootdocument.read, rootdocument.follow

    def load_both(previous, data, now, root_document):
        before = None if previous is None else asked.name(previous)
        name = node.new_name()
        given = {
            "name": name,
            "previous": before,
            "data": text(data),
            "now": now,
            "root": text(root_document),
            "limit": bundle.MAX_BUNDLE,
        }
        with asked.compared("bundle", **given) as theirs:
            loaded = load(previous, data, now, root_document)
            assert theirs == summary(loaded)
        asked.remember(loaded, name)
        return loaded

    def load_roots_both(previous, token):
        name = node.new_name()
        with asked.compared("roots", name=name, previous=asked.name(previous), token=token) as theirs:
            loaded = load_roots(previous, token)
            assert theirs == summary(loaded)
        asked.remember(loaded, name)
        return loaded

    def read_both(data):
        with asked.compared("root", pinned=text(data), later=[], now=None) as theirs:
            document = read(data)
            assert theirs == said(document)
        return document

    def follow_both(pinned, later, *, now, known=None):
        if known is not None:  # within a bundle, which is compared whole
            return follow(pinned, later, now=now, known=known)
        given = {"pinned": text(pinned), "later": [text(each) for each in later], "now": now}
        with asked.compared("root", **given) as theirs:
            document = follow(pinned, later, now=now)
            assert theirs == said(document)
        return document

    for module, name, each in (
        (bundle, "load", load_both),
        (bundle, "load_roots", load_roots_both),
        (rootdocument, "read", read_both),
        (rootdocument, "follow", follow_both),
        (worlds, "verify", asked.verify),
    ):
        monkeypatch.setattr(module, name, each)


def text(data):
    return base64.b64encode(data if isinstance(data, bytes) else msgspec.json.encode(data)).decode()


def said(document):
    return {
        "version": document.version,
        "keys": [key.thumbprint for key in document.keys],
        "bundleKeys": [key.thumbprint for key in document.bundle_keys],
        "created": document.created,
        "expires": document.expires,
    }
