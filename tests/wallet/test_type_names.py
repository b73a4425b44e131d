"""What a wallet calls its certificates and claims."""

import httpx

from registry import credential
from registry.credential import Payload
from wallet.keyfile import WalletFile
from wallet.type_names import learn, names


def held(wallet: WalletFile) -> Payload:
    return credential.parse(wallet.content.held[0].credential).payload


def test_a_type_and_its_claims_have_their_names_in_both_languages(wallet: WalletFile) -> None:
    found = names(wallet.content, held(wallet))
    assert (found.name.zh, found.name.en) == ("居民身份证", "Resident identity card")
    assert found.claim("birth_date") == "出生日期 Date of birth (birth_date)"
    assert found.claim("never_heard_of") == "never_heard_of"


def test_names_are_at_hand_without_the_network(wallet: WalletFile) -> None:
    opened = WalletFile.open(wallet.path, "phone")
    assert str(names(opened.content, held(opened)).name) == "居民身份证 Resident identity card"


def test_metadata_that_the_issuer_did_not_sign_names_nothing(
    wallet: WalletFile,
    http: httpx.Client,
) -> None:
    wallet.content.types.clear()
    genuine = http.get(held(wallet).vct).content
    forged = genuine.replace("居民身份证".encode(), "护照".encode())
    assert forged != genuine
    answers = [forged, b"", genuine]
    lying = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=answers.pop(0))))
    for known in (0, 0, 1):
        learn(lying, wallet)
        assert len(wallet.content.types) == known
    learn(lying, wallet)
    assert answers == []
