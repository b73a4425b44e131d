"""What a holder agreed to travels in the KB-JWT, and changes nothing for who asked for nothing."""

from registry import credential, transactiondata
from registry.credential import Kind
from tests.formats.world import THREE, World

TEXT = transactiondata.encode("urn:zt:consent", ["p"], {"matter": "过户"})


def test_a_presentation_that_agrees_to_something_is_valid_and_says_to_what():
    world = World()
    issued = world.licence()
    shown = world.bind(
        world.credential(issued, Kind.REQUEST),
        issued.disclosures(THREE),
        issued.wallet,
        Kind.REQUEST,
        transaction_data_hashes=[transactiondata.digest(TEXT)],
    )
    assert world.verify(shown).verdict == "valid"
    said = credential.parse(shown).binding.payload
    assert said.transaction_data_hashes == (transactiondata.digest(TEXT),)
    assert said.transaction_data_hashes_alg == "sha-256"


def test_the_digest_is_over_the_text_as_it_travels():
    # OpenID4VP 1.0, appendix B.3.3.1: SHA-256 over the base64url text itself, not what it decodes to.
    assert transactiondata.digest("YWJj") == "NdlWlNPxYCFdspPHiZ2qWQeDeDj7S4EZ7XE-MkRsEmY"
