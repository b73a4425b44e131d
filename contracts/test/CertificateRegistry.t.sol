// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICertificateRegistry} from "../interfaces/ICertificateRegistry.sol";
import {IImporting} from "../interfaces/IImporting.sol";
import {Town} from "./Town.sol";

contract CertificateRegistryTest is Town {
    bytes32 internal constant ROOT = keccak256("root");
    bytes32 internal constant GENUINE = keccak256("genuine");
    bytes32 internal constant STOLEN = "account_stolen";

    function test_AnAnchorIsKeptWithSeqSizeAndTime() public {
        VM.expectEmit();
        emit ICertificateRegistry.BatchAnchored(HOUSING, ROOT, HOUSING_ACCOUNT, 1, 10, NOW);
        _anchor(HOUSING, HOUSING_ACCOUNT, 1, ROOT);
        ICertificateRegistry.Anchor memory anchor = certificates.anchorOf(HOUSING, ROOT);
        require(anchor.seq == 1 && anchor.size == 10 && anchor.time == NOW, "as anchored");
        require(!anchor.voided && !anchor.replacement, "it counts");
        _same(certificates.nextSequence(HOUSING), 2, "next");
        _same(certificates.anchorOf(POLICE, ROOT).seq, 0, "not police's");
    }

    function test_NobodyAnchorsForAnotherIssuer() public {
        _refused(abi.encodeWithSelector(ICertificateRegistry.NotAccountOf.selector, HOUSING, POLICE_ACCOUNT));
        _anchor(HOUSING, POLICE_ACCOUNT, 1, ROOT);
        issuers.setSuccessor(HOUSING, LICENCE, POLICE, 0);
        _refused(abi.encodeWithSelector(ICertificateRegistry.NotAccountOf.selector, HOUSING, POLICE_ACCOUNT));
        _anchor(HOUSING, POLICE_ACCOUNT, 1, ROOT);
        _refused(abi.encodeWithSelector(ICertificateRegistry.NotAccountOf.selector, HOUSING, address(this)));
        certificates.anchorBatch(HOUSING, 1, ROOT, 1);
    }

    function test_AnEndedAccountAnchorsNothing() public {
        issuers.endAccount(HOUSING, HOUSING_ACCOUNT, 0, 0);
        _refused(abi.encodeWithSelector(ICertificateRegistry.NotAccountOf.selector, HOUSING, HOUSING_ACCOUNT));
        _anchor(HOUSING, HOUSING_ACCOUNT, 1, ROOT);
    }

    function test_ASequenceHasNoHoleAndNoRepetition() public {
        _refused(abi.encodeWithSelector(ICertificateRegistry.OutOfSequence.selector, HOUSING, 1, 2));
        _anchor(HOUSING, HOUSING_ACCOUNT, 2, ROOT);
        _anchor(HOUSING, HOUSING_ACCOUNT, 1, ROOT);
        _refused(abi.encodeWithSelector(ICertificateRegistry.OutOfSequence.selector, HOUSING, 2, 1));
        _anchor(HOUSING, HOUSING_ACCOUNT, 1, GENUINE);
    }

    function test_ARootIsAnchoredOnceAnIssuerVoidedOnesIncluded() public {
        _anchor(HOUSING, HOUSING_ACCOUNT, 1, ROOT);
        _refused(abi.encodeWithSelector(ICertificateRegistry.RootTaken.selector, HOUSING, ROOT, 1));
        _anchor(HOUSING, HOUSING_ACCOUNT, 2, ROOT);
        certificates.voidBatches(HOUSING, 1, 1, STOLEN);
        _refused(abi.encodeWithSelector(ICertificateRegistry.RootTaken.selector, HOUSING, ROOT, 1));
        _anchor(HOUSING, HOUSING_ACCOUNT, 2, ROOT);
        _anchor(POLICE, POLICE_ACCOUNT, 1, ROOT);
    }

    function test_ABatchHasARootAndLeaves() public {
        _refused(abi.encodeWithSelector(ICertificateRegistry.EmptyBatch.selector, 1));
        _anchor(HOUSING, HOUSING_ACCOUNT, 1, 0);
        VM.prank(HOUSING_ACCOUNT);
        _refused(abi.encodeWithSelector(ICertificateRegistry.EmptyBatch.selector, 1));
        certificates.anchorBatch(HOUSING, 1, ROOT, 0);
    }

    function test_OpeningASequenceChangesNothingAndIsForRegisteredIssuers() public {
        bytes32[] memory codes = new bytes32[](1);
        codes[0] = HOUSING;
        certificates.openSequences(codes);
        _same(certificates.nextSequence(HOUSING), 1, "opened");
        _anchor(HOUSING, HOUSING_ACCOUNT, 1, ROOT);
        certificates.openSequences(codes);
        _same(certificates.nextSequence(HOUSING), 2, "as it was");
        codes[0] = IDENTITY;
        _refused(abi.encodeWithSelector(ICertificateRegistry.UnknownIssuer.selector, IDENTITY));
        certificates.openSequences(codes);
    }

    function test_VoidedBatchesDoNotCount() public {
        _anchorThree();
        VM.warp(NOW + 60);
        VM.expectEmit();
        emit ICertificateRegistry.BatchesVoided(HOUSING, 2, 3, STOLEN, NOW + 60);
        certificates.voidBatches(HOUSING, 2, 3, STOLEN);
        require(!certificates.anchorOf(HOUSING, _root(1)).voided, "before the range");
        require(certificates.anchorOf(HOUSING, _root(2)).voided, "its beginning");
        require(certificates.anchorOf(HOUSING, _root(3)).voided, "its end");
        _same(certificates.nextSequence(HOUSING), 4, "the sequence goes on");
        _same(certificates.voidedRanges(HOUSING).length, 1, "listed");
    }

    function test_OnlyAnchoredBatchesAreVoidedAndOnce() public {
        _anchorThree();
        _refused(abi.encodeWithSelector(ICertificateRegistry.BadRange.selector, 3, 4, 4));
        certificates.voidBatches(HOUSING, 3, 4, STOLEN);
        _refused(abi.encodeWithSelector(ICertificateRegistry.BadRange.selector, 0, 1, 4));
        certificates.voidBatches(HOUSING, 0, 1, STOLEN);
        _refused(abi.encodeWithSelector(ICertificateRegistry.BadRange.selector, 3, 2, 4));
        certificates.voidBatches(HOUSING, 3, 2, STOLEN);
        certificates.voidBatches(HOUSING, 2, 2, STOLEN);
        _refused(abi.encodeWithSelector(ICertificateRegistry.AlreadyVoided.selector, 2));
        certificates.voidBatches(HOUSING, 1, 3, STOLEN);
        VM.prank(THIEF);
        _refused(abi.encodeWithSelector(IImporting.NotAuthority.selector, THIEF));
        certificates.voidBatches(HOUSING, 1, 1, STOLEN);
    }

    function test_AReplacementCountsAsAnchoredAtTheOldTime() public {
        _anchorThree();
        certificates.voidBatches(HOUSING, 2, 2, STOLEN);
        VM.warp(NOW + 60);
        VM.expectEmit();
        emit ICertificateRegistry.BatchReplaced(HOUSING, GENUINE, _root(2), 2, 7, NOW);
        certificates.replaceBatch(HOUSING, 2, _root(2), GENUINE, 7);
        ICertificateRegistry.Anchor memory anchor = certificates.anchorOf(HOUSING, GENUINE);
        require(anchor.seq == 2 && anchor.size == 7 && anchor.time == NOW, "at the old time");
        require(anchor.replacement && !anchor.voided, "it counts");
        require(certificates.anchorOf(HOUSING, _root(2)).voided, "the old one does not");
        _same(certificates.replacementOf(HOUSING, 2), GENUINE, "known by seq");
    }

    function test_TheVoidedRootItselfCanComeBackWithAnotherSize() public {
        _anchorThree();
        certificates.voidBatches(HOUSING, 2, 2, STOLEN);
        certificates.replaceBatch(HOUSING, 2, _root(2), _root(2), 9);
        ICertificateRegistry.Anchor memory anchor = certificates.anchorOf(HOUSING, _root(2));
        require(anchor.size == 9 && anchor.replacement && !anchor.voided, "it counts again");
    }

    function test_OnlyAVoidedBatchIsReplacedAndOnce() public {
        _anchorThree();
        _refused(abi.encodeWithSelector(ICertificateRegistry.NotVoided.selector, HOUSING, 2));
        certificates.replaceBatch(HOUSING, 2, _root(2), GENUINE, 7);
        certificates.voidBatches(HOUSING, 2, 3, STOLEN);
        _refused(abi.encodeWithSelector(ICertificateRegistry.NotThatBatch.selector, HOUSING, 2, _root(3)));
        certificates.replaceBatch(HOUSING, 2, _root(3), GENUINE, 7);
        _refused(abi.encodeWithSelector(ICertificateRegistry.RootTaken.selector, HOUSING, _root(3), 3));
        certificates.replaceBatch(HOUSING, 2, _root(2), _root(3), 7);
        _refused(abi.encodeWithSelector(ICertificateRegistry.EmptyBatch.selector, 2));
        certificates.replaceBatch(HOUSING, 2, _root(2), GENUINE, 0);
        certificates.replaceBatch(HOUSING, 2, _root(2), GENUINE, 7);
        _refused(abi.encodeWithSelector(ICertificateRegistry.AlreadyReplaced.selector, HOUSING, 2, GENUINE));
        certificates.replaceBatch(HOUSING, 2, _root(2), keccak256("more"), 7);
        VM.prank(THIEF);
        _refused(abi.encodeWithSelector(IImporting.NotAuthority.selector, THIEF));
        certificates.replaceBatch(HOUSING, 3, _root(3), keccak256("more"), 7);
    }

    function testFuzz_OnlyTheNextSeqIsTaken(uint64 seq) public {
        _anchorThree();
        if (seq != 4) _refused(abi.encodeWithSelector(ICertificateRegistry.OutOfSequence.selector, HOUSING, 4, seq));
        _anchor(HOUSING, HOUSING_ACCOUNT, seq, GENUINE);
    }

    function _anchorThree() private {
        for (uint64 seq = 1; seq < 4; ++seq) _anchor(HOUSING, HOUSING_ACCOUNT, seq, _root(seq));
    }

    function _root(uint64 seq) private pure returns (bytes32) {
        return keccak256(abi.encode(seq));
    }
}
