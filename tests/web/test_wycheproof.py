"""Project Wycheproof's vectors against the JavaScript verifier too: every test of the Python one."""

import base64

import pytest

from registry import signing
from registry.errors import RegistryError
from registry.signing import PublicKey
from tests.interop import test_wycheproof
from tests.web.borrowing import borrowed
from tests.web.node import Refused

globals().update(borrowed(test_wycheproof))


@pytest.fixture(autouse=True)
def both(node, monkeypatch):
    verify, verify_jws = PublicKey.verify, signing.verify_jws

    def verify_both(key, signature, data):
        stands = verify(key, signature, data)
        given = [base64.b64encode(part).decode() for part in (signature, data)]
        assert node.ask("es256", jwk=key.jwk, signature=given[0], data=given[1]) == stands
        return stands

    def verify_jws_both(text, key, *, typ):
        asked = {"text": text, "jwk": key.jwk, "typ": typ}
        try:
            payload = verify_jws(text, key, typ=typ)
        except RegistryError:
            with pytest.raises(Refused, match=r"^Error: "):
                node.ask("jws", **asked)
            raise
        assert node.ask("jws", **asked) == payload
        return payload

    monkeypatch.setattr(PublicKey, "verify", verify_both)
    monkeypatch.setattr(signing, "verify_jws", verify_jws_both)
