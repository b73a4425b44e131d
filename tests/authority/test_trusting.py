"""The trust state: what the contracts say, and what follows from it for certificates."""

from collections.abc import Callable
from typing import Any

import pytest

from registry import b64, merkle
from registry.authority.decisions import Decisions
from registry.authority.office import ActionRefused, Office
from registry.chain.contracts import code_bytes, interface
from registry.chain.ledger import load_ledger
from registry.credential import Anchor
from registry.signing import SigningKey
from tests.authority.case import Case, licence_of, ring_key
from tests.authority.conftest import HOUSING, MARKET, POLICE, as_issuer, in_force, root, settle
from tests.authority.test_healing import busy


@pytest.fixture
def case(founded: Office) -> Case:
    return licence_of(founded)


def test_what_is_folded_is_what_the_contracts_say(founded: Office) -> None:
    deployment = busy(founded)
    with founded.store.read() as session:
        ledger = load_ledger(session, deployment.id or 0)

    def ask(contract: str, function: str, *arguments: object) -> Any:
        address = (
            deployment.issuer_registry if contract == "IssuerRegistry" else deployment.certificate_registry
        )
        return interface(contract).ask(founded.chain, address, function, *arguments)

    def windows(function: str, *arguments: object) -> list[tuple[int, int]]:
        return [tuple(each) for each in ask("IssuerRegistry", function, *arguments)]

    now = founded.chain.head().time
    for code, department in ledger.departments.items():
        issuer = code_bytes(code)
        for address, spans in department.accounts.items():
            assert windows("accountWindows", issuer, address) == spans
        for thumbprint, key in department.keys.items():
            assert windows("keyWindows", issuer, thumbprint) == key.windows
            assert ask("IssuerRegistry", "keyAt", issuer, thumbprint, now)[1] == (key.compromised or 0)
        for type_code, spans in department.rights.items():
            assert windows("rightWindows", issuer, code_bytes(type_code)) == spans
        for seq, batch in department.batches.items():
            anchor = ask("CertificateRegistry", "anchorOf", issuer, batch.root)
            counts = seq not in department.replacements
            assert anchor[:3] == (seq, batch.size, batch.time)
            assert anchor[4] == (not counts or department.voided(seq))
        for seq, replacement in department.replacements.items():
            assert ask("CertificateRegistry", "replacementOf", issuer, seq) == replacement.root
            assert ask("CertificateRegistry", "anchorOf", issuer, replacement.root) == (
                seq,
                replacement.size,
                replacement.time,
                True,
                False,
            )
        for (type_code, number), words in department.words.items():
            told = ask("CertificateRegistry", "wordsOf", issuer, code_bytes(type_code), number, 0, 1024)
            assert {index: word for index, word in enumerate(told) if word} == words
    for (type_code, version), kind in ledger.types.items():
        assert windows("typeVersionWindows", code_bytes(type_code), version) == kind.windows
        told = ask("IssuerRegistry", "typeVersionAt", code_bytes(type_code), version, now)
        assert told[0] == kind.definition
    for each in ledger.successions:
        told = ask("IssuerRegistry", "successorAt", code_bytes(each.issuer), code_bytes(each.type), now)
        assert told == code_bytes(each.successor)
    assert ledger.closed == {"IssuerRegistry", "CertificateRegistry", "AccessLog"}


def test_an_anchored_certificate_passes_all_checks_but_for_its_own_list(case: Case) -> None:
    case.anchor()
    report = case.report()
    assert report.failed == []
    assert report.unknown == ["status"]


def test_a_young_anchor_is_not_final(case: Case) -> None:
    case.issued.anchor = Anchor.of(1, merkle.InclusionProof(0, 1, ()))
    as_issuer(case.office, MARKET, "anchorBatch", 1, case.root, 1)
    assert "anchor" in case.report().unknown
    settle(case.office)
    assert "anchor" not in case.report().unknown


def test_a_compromised_key_fails_its_credentials_while_the_certificate_stands(case: Case) -> None:
    case.anchor()
    Decisions(case.office).compromised(MARKET, case.key.public.thumbprint)
    assert case.report().failed == ["issuer_key"]
    fresh = SigningKey.generate()
    register(case.office, MARKET, fresh)
    assert case.report(key=fresh).failed == []


def register(office: Office, code: str, key: SigningKey) -> None:
    """A new signing key: its public half in the store, its right on the chain."""
    from registry import jcs
    from registry.store.tables import PublicKey

    with office.store.write() as session:
        jwk = jcs.dumps(key.public.jwk).decode()
        session.add(PublicKey(issuer=code, thumbprint=key.public.thumbprint, jwk=jwk, uses=1, created=0))
    Decisions(office).add_key(code, key.public.thumbprint, 1)
    office.wait()


def test_a_certificate_anchored_after_the_right_ended_fails_whatever_it_claims(case: Case) -> None:
    licence = case.office.catalogue.by_alias("business_licence").type
    Decisions(case.office).end_right(MARKET, licence)
    case.anchor()
    assert case.report().failed == ["right"]


def test_a_certificate_anchored_before_the_right_ended_stands(case: Case) -> None:
    licence = case.office.catalogue.by_alias("business_licence").type
    case.anchor()
    case.office.chain.request("evm_increaseTime", 2)  # type: ignore[attr-defined]
    Decisions(case.office).end_right(MARKET, licence)
    assert case.report().failed == []


def test_a_batch_of_a_stolen_account_is_voided_and_its_genuine_leaves_anchored_again(case: Case) -> None:
    as_issuer(case.office, MARKET, "anchorBatch", 1, root(666), 9)
    case.anchor(seq=2)
    Decisions(case.office).void(MARKET, 1, 2)
    settle(case.office)
    assert case.report().failed == ["anchor"]
    old_time = case.office.trust.current().issuers[MARKET].roots[2].time
    Decisions(case.office).replace(MARKET, 2, case.root, 1)
    settle(case.office)
    assert case.report().failed == []
    replaced = case.office.trust.current().issuers[MARKET].roots[2]
    assert replaced.replaced and not replaced.voided and replaced.time == old_time


def test_a_successor_signs_for_what_its_predecessor_issued(case: Case) -> None:
    case.anchor()
    heir = ring_key(case.office, POLICE)
    assert case.report(signer=POLICE, key=heir).failed == ["issuer_key"]
    Decisions(case.office).succeed(MARKET, case.office.catalogue.by_alias("business_licence").type, POLICE)
    assert case.report(signer=POLICE, key=heir).failed == []


def test_revoking_on_the_chain_counts_at_once_and_resuming_when_it_is_final(case: Case) -> None:
    licence = case.issued.certificate.core
    word, shift = licence.status.idx // 128, 2 * (licence.status.idx % 128)
    set_status: Callable[[int], None] = lambda value: as_issuer(  # noqa: E731
        case.office, MARKET, "setStatus", code_bytes(licence.type), 0, [word], [1 << shift], value
    )
    case.anchor()
    set_status(2)
    assert case.report().failed == ["status"]
    settle(case.office)
    set_status(0)
    assert case.report().failed == ["status"]
    settle(case.office)
    assert case.report().failed == []


def test_an_intent_to_revoke_counts_before_any_transaction(case: Case) -> None:
    from registry.store.tables import IntentState, StatusIntent

    case.anchor()
    core = case.issued.certificate.core
    assert case.report().failed == []
    stored = StatusIntent(
        certificate=stored_certificate(case),
        issuer=core.issuer,
        type=core.type,
        list=core.status.list,
        idx=core.status.idx,
        value=1,
        state=IntentState.PENDING,
    )
    with case.office.store.write() as session:
        session.add(stored)
    assert case.report().failed == ["status"]


def stored_certificate(case: Case) -> int:
    """A row for the certificate, as issuing leaves it."""
    from registry.store.tables import Certificate, DataKey

    core = case.issued.certificate.core
    with case.office.store.write() as session:
        key = DataKey(issuer=core.issuer, wrapped=b"", created=0)
        session.add(key)
        session.flush()
        row = Certificate(
            certificate_id=core.certificate_id,
            issuer=core.issuer,
            type=core.type,
            type_version=core.type_version,
            serial="0",
            version=1,
            valid_from=core.valid_from,
            status_list=0,
            status_idx=core.status.idx,
            canonical=case.issued.certificate.canonical,
            leaf=case.issued.certificate.leaf,
            disclosures=b"",
            data_key=key.id or 0,
            lineage=1,
            reason="issued",
            issued_at=0,
        )
        session.add(row)
        session.flush()
        return row.id or 0


def test_what_the_contract_refuses_is_said(founded: Office) -> None:
    with pytest.raises(ActionRefused, match="UnknownKey"):
        Decisions(founded).compromised(HOUSING, b64.encode(bytes(32)))
    with pytest.raises(ActionRefused, match="BadRange"):
        Decisions(founded).void(POLICE, 1, 1)


def test_the_trust_state_is_folded_again_only_when_something_changed(founded: Office) -> None:
    before = founded.trust.current()
    assert founded.trust.current().issuers is before.issuers
    as_issuer(founded, POLICE, "anchorBatch", 1, root(1), 1)
    assert founded.trust.current().issuers is not before.issuers
    assert in_force(founded).id is not None
