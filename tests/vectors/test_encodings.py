"""The published vectors of what presentations are built from, read with the library's own functions."""

import json
from typing import Any

import pytest

from registry import bundle, identifiers, merkle, proofcode, status
from registry.answer_checking import check_answer
from registry.bundle import BundleRefused
from registry.errors import RegistryError
from registry.identifiers import CertificateId
from registry.merkle import InclusionProof
from registry.rootdocument import RootRefused
from registry.signing import PublicKey
from registry.status import StatusBits
from tests.vectors.test_vectors import PRESENTATIONS, published, trust

BUNDLES, CODES = published("trust_bundles.json"), published("proof_codes.json")
ROOT_FILES = published("root_files.json")
ANSWERS = published("answers.json")
REFUSALS = {"bundle-refused": BundleRefused, "root-refused": RootRefused}


@pytest.mark.parametrize("case", BUNDLES["cases"], ids=lambda case: case["name"])
def test_a_bundle_is_taken_or_refused_as_published(case: dict[str, Any]) -> None:
    pinned = BUNDLES["root"].encode()
    previous = None
    if "previous" in case:
        previous = bundle.load(None, case["previous"].encode(), PRESENTATIONS["now"], pinned)
    if "refused" in case:
        with pytest.raises(REFUSALS[case["refused"]]):
            bundle.load(previous, case["bundle"].encode(), case["now"], pinned)
        return
    loaded = bundle.load(previous, case["bundle"].encode(), case["now"], pinned)
    assert loaded.root is not None
    assert case["loaded"] == {"epoch": loaded.epoch, "version": loaded.version, "root": loaded.root.version}


@pytest.mark.parametrize("case", ANSWERS["cases"], ids=lambda case: case["name"])
def test_an_answer_has_the_published_verdict_and_report(case: dict[str, Any]) -> None:
    checked = check_answer(
        case["answer"], case["question"], trust(), asker=ANSWERS["asker"], now=ANSWERS["now"]
    )
    assert (checked.verdict, list(checked.statement.failed)) == (case["verdict"], case["statement_failed"])
    assert (checked.report and json.loads(json.dumps(checked.report.to_dict()))) == case["report"]


@pytest.mark.parametrize("case", ROOT_FILES["cases"], ids=lambda case: case["name"])
def test_a_file_of_roots_is_taken_or_refused_as_published(case: dict[str, Any]) -> None:
    state = bundle.load(None, ROOT_FILES["bundle"].encode(), ROOT_FILES["now"], ROOT_FILES["root"].encode())
    if "refused" in case:
        with pytest.raises(REFUSALS[case["refused"]]):
            bundle.load_roots(state, case["token"])
        return
    roots = bundle.load_roots(state, case["token"]).issuers[ROOT_FILES["issuer"]].roots
    assert {"root": roots[1].root.hex(), "voided": roots[1].voided} == case["first"]
    assert {"seq": max(roots), "root": roots[max(roots)].root.hex()} == case["last"]


@pytest.mark.parametrize("case", CODES["made"], ids=lambda case: case["name"])
def test_a_code_is_read_as_the_presentation_it_was_made_of(case: dict[str, Any]) -> None:
    assert proofcode.find(case["code"], proofcode.directory_of(trust())) == case["presentation"]


@pytest.mark.parametrize("case", CODES["refused"], ids=lambda case: case["name"])
def test_what_holds_no_code_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(RegistryError):
        proofcode.find(case["code"], proofcode.directory_of(trust()))


@pytest.mark.parametrize("tree", published("merkle.json")["trees"], ids=lambda tree: len(tree["data"]))
def test_trees_have_the_published_roots_and_proofs(tree: dict[str, Any]) -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(each)) for each in tree["data"]]
    assert [leaf.hex() for leaf in leaves] == tree["leaves"]
    assert merkle.root(leaves).hex() == tree["root"]
    for proof in tree["proofs"]:
        path = tuple(map(bytes.fromhex, proof["path"]))
        inclusion = InclusionProof(proof["index"], len(leaves), path)
        assert inclusion.root(leaves[proof["index"]]).hex() == tree["root"]


@pytest.mark.parametrize(
    "case",
    published("certificate_ids.json")["certificate_ids"],
    ids=lambda case: case["identifier"][-16:] or "empty",
)
def test_identifiers_have_the_published_parts_and_faults(case: dict[str, Any]) -> None:
    faults = [fault.field for fault in identifiers.check_certificate_id(case["identifier"])]
    assert faults == case["faults"]
    if "certificate_id" not in faults:
        parts = CertificateId.parse(case["identifier"])
        assert {name: getattr(parts, name) for name in case.keys() - {"identifier", "faults"}} == {
            name: value for name, value in case.items() if name not in {"identifier", "faults"}
        }


def test_a_list_packs_travels_and_stands_on_the_chain_as_published() -> None:
    case = published("status_lists.json")
    bits = StatusBits(case["size"])
    for idx, value in case["entries"].items():
        bits.set(int(idx), status.Status(value))
    words = {number: int(word, 16) for number, word in enumerate(case["words"])}
    assert bits.to_bytes().hex() == case["packed"]
    assert StatusBits.from_words(words, case["size"]) == bits
    assert status.inflate(case["lst"]).hex() == case["packed"]
    token = status.parse_list(case["token"])
    token.verify(PublicKey.from_jwk(case["key"]))
    assert token.packed == bits.to_bytes()
    assert (token.uri, token.version) == (case["uri"], 9)
