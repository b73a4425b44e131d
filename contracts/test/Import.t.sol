// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICertificateRegistry} from "../interfaces/ICertificateRegistry.sol";
import {IImporting} from "../interfaces/IImporting.sol";
import {IIssuerRegistry} from "../interfaces/IIssuerRegistry.sol";
import {IWindows} from "../interfaces/IWindows.sol";
import {Town} from "./Town.sol";

/// @dev A registry that existed before NOW moves here.
contract ImportTest is Town {
    bytes32 internal constant KEY = keccak256("key");
    bytes32 internal constant ROOT = keccak256("root");
    bytes32 internal constant STOLEN = "account_stolen";
    uint64 internal constant THEN = NOW - 1000;

    function setUp() public override {
        _deploy();
        issuers.importTypeVersion(LICENCE, 1, DEFINITION, THEN, FOREVER);
        issuers.registerIssuer(HOUSING);
        issuers.registerIssuer(POLICE);
        issuers.importAccount(HOUSING, HOUSING_ACCOUNT, THEN, FOREVER);
        issuers.importRight(HOUSING, LICENCE, THEN, THEN + 10);
        issuers.importRight(HOUSING, LICENCE, THEN + 20, FOREVER);
        issuers.importKey(HOUSING, KEY, 1, THEN, FOREVER);
        issuers.importCompromise(HOUSING, KEY, THEN + 5);
        issuers.importSuccessor(HOUSING, LICENCE, POLICE, THEN + 7);
    }

    function test_ThePastIsAsItWas() public view {
        require(issuers.accountAt(HOUSING, HOUSING_ACCOUNT, THEN), "account");
        require(issuers.rightAt(HOUSING, LICENCE, THEN + 9), "right");
        require(!issuers.rightAt(HOUSING, LICENCE, THEN + 15), "its gap");
        (uint16 uses, uint64 compromisedAt) = issuers.keyAt(HOUSING, KEY, THEN);
        require(uses == 1 && compromisedAt == THEN + 5, "key");
        (, bool inForce) = issuers.typeVersionAt(LICENCE, 1, THEN);
        require(inForce, "type");
        _same(issuers.successorAt(HOUSING, LICENCE, THEN + 7), POLICE, "successor");
    }

    function test_OnlyThePastIsImported() public {
        bytes memory notPast = abi.encodeWithSelector(IImporting.NotPast.selector, NOW + 1, NOW);
        _refused(notPast);
        issuers.importAccount(POLICE, POLICE_ACCOUNT, NOW + 1, FOREVER);
        _refused(notPast);
        issuers.importRight(POLICE, LICENCE, NOW + 1, FOREVER);
        _refused(notPast);
        issuers.importTypeVersion(LICENCE, 2, DEFINITION, NOW + 1, FOREVER);
        _refused(notPast);
        issuers.importKey(POLICE, keccak256("police"), 1, NOW + 1, FOREVER);
        _refused(notPast);
        issuers.importCompromise(HOUSING, KEY, NOW + 1);
        _refused(notPast);
        issuers.importSuccessor(HOUSING, LICENCE, 0, NOW + 1);
        _refused(notPast);
        certificates.importVoid(HOUSING, 1, 1, STOLEN, NOW + 1);
        _refused(notPast);
        certificates.importBatches(HOUSING, _batch(1, ROOT, NOW + 1));
        _refused(notPast);
        certificates.importReplacement(HOUSING, 1, 0, ROOT, 1, NOW + 1);
        _refused(abi.encodeWithSelector(IImporting.NotPast.selector, 0, NOW));
        issuers.importCompromise(HOUSING, KEY, 0);
    }

    function test_ImportedWindowsDoNotOverlapEither() public {
        _refused(abi.encodeWithSelector(IWindows.WindowOverlaps.selector, THEN + 30, FOREVER));
        issuers.importRight(HOUSING, LICENCE, THEN + 30, FOREVER);
        _refused(abi.encodeWithSelector(IIssuerRegistry.KeyIsCompromised.selector, KEY));
        issuers.importKey(HOUSING, KEY, 1, THEN + 30, FOREVER);
    }

    function test_WhileItIsOpenNobodyAnchorsOrSetsStatus() public {
        bytes memory isOpen = abi.encodeWithSelector(IImporting.ImportIsOpen.selector);
        _refused(isOpen);
        _anchor(HOUSING, HOUSING_ACCOUNT, 1, ROOT);
        VM.prank(HOUSING_ACCOUNT);
        _refused(isOpen);
        certificates.setStatus(HOUSING, LICENCE, 0, _word(0), _one(1), 1);
        VM.prank(HOUSING_ACCOUNT);
        _refused(isOpen);
        accessLog.anchorHeads(new bytes32[](1), new uint64[](1), new bytes32[](1));
    }

    function test_OnceShutItIsShutForEveryImport() public {
        _close();
        bytes memory isClosed = abi.encodeWithSelector(IImporting.ImportIsClosed.selector);
        _refused(isClosed);
        issuers.closeImport();
        _refused(isClosed);
        issuers.importAccount(POLICE, POLICE_ACCOUNT, THEN, FOREVER);
        _refused(isClosed);
        issuers.importRight(POLICE, LICENCE, THEN, FOREVER);
        _refused(isClosed);
        issuers.importTypeVersion(LICENCE, 2, DEFINITION, THEN, FOREVER);
        _refused(isClosed);
        issuers.importKey(POLICE, keccak256("police"), 1, THEN, FOREVER);
        _refused(isClosed);
        issuers.importCompromise(HOUSING, KEY, THEN);
        _refused(isClosed);
        issuers.importSuccessor(HOUSING, LICENCE, 0, THEN);
        _refused(isClosed);
        certificates.importVoid(HOUSING, 1, 1, STOLEN, THEN);
        _refused(isClosed);
        certificates.importBatches(HOUSING, _batch(1, ROOT, THEN));
        _refused(isClosed);
        certificates.importReplacement(HOUSING, 1, 0, ROOT, 1, THEN);
        _refused(isClosed);
        certificates.importWords(HOUSING, LICENCE, 0, _word(0), _one(1));
        _refused(isClosed);
        accessLog.importLogAccount(address(certificates), THIEF, THEN, FOREVER);
        _refused(isClosed);
        accessLog.importHeads(address(certificates), new bytes32[](1), new uint64[](1), new bytes32[](1), THEN);
        _refused(isClosed);
        accessLog.importPolicy(address(certificates), 1, ROOT, THEN);
    }

    function test_OnlyTheAuthorityImportsAndShuts() public {
        bytes memory notAuthority = abi.encodeWithSelector(IImporting.NotAuthority.selector, THIEF);
        VM.prank(THIEF);
        _refused(notAuthority);
        certificates.closeImport();
        VM.prank(THIEF);
        _refused(notAuthority);
        certificates.importBatches(HOUSING, _batch(1, ROOT, THEN));
        VM.prank(THIEF);
        _refused(notAuthority);
        issuers.importAccount(HOUSING, THIEF, THEN, FOREVER);
    }

    function test_BatchesComeInSequenceAndTheSequenceGoesOn() public {
        _refused(abi.encodeWithSelector(ICertificateRegistry.OutOfSequence.selector, HOUSING, 1, 2));
        certificates.importBatches(HOUSING, _batch(2, ROOT, THEN));
        certificates.importBatches(HOUSING, _batch(1, ROOT, THEN));
        _refused(abi.encodeWithSelector(ICertificateRegistry.RootTaken.selector, HOUSING, ROOT, 1));
        certificates.importBatches(HOUSING, _batch(2, ROOT, THEN));
        _refused(abi.encodeWithSelector(ICertificateRegistry.OutOfSequence.selector, HOUSING, 2, 0));
        certificates.importBatches(HOUSING, _batch(0, keccak256("zero"), THEN));
        _close();
        _refused(abi.encodeWithSelector(ICertificateRegistry.OutOfSequence.selector, HOUSING, 2, 1));
        _anchor(HOUSING, HOUSING_ACCOUNT, 1, keccak256("next"));
        _anchor(HOUSING, HOUSING_ACCOUNT, 2, keccak256("next"));
        _same(certificates.anchorOf(HOUSING, ROOT).time, THEN, "at its old time");
    }

    function test_VoidedSeqsMayBeSkippedOrComeLater() public {
        certificates.importVoid(HOUSING, 4, 5, STOLEN, THEN + 9);
        certificates.importVoid(HOUSING, 2, 3, STOLEN, THEN + 9);
        _same(certificates.nextSequence(HOUSING), 1, "not yet reached");
        certificates.importBatches(HOUSING, _batch(1, ROOT, THEN));
        _same(certificates.nextSequence(HOUSING), 6, "beyond the voided ones");
        certificates.importBatches(HOUSING, _batch(6, keccak256("six"), THEN));
        certificates.importBatches(HOUSING, _batch(3, keccak256("three"), THEN));
        require(certificates.anchorOf(HOUSING, keccak256("three")).voided, "known, and voided");
        _same(certificates.nextSequence(HOUSING), 7, "unmoved by it");
        certificates.importReplacement(HOUSING, 3, keccak256("three"), keccak256("genuine"), 8, THEN + 1);
        certificates.importReplacement(HOUSING, 2, 0, keccak256("two"), 8, THEN + 2);
        ICertificateRegistry.Anchor memory anchor = certificates.anchorOf(HOUSING, keccak256("two"));
        require(anchor.seq == 2 && anchor.time == THEN + 2 && anchor.replacement && !anchor.voided, "it counts");
        _refused(abi.encodeWithSelector(ICertificateRegistry.NotVoided.selector, HOUSING, 1));
        certificates.importReplacement(HOUSING, 1, ROOT, ROOT, 8, THEN);
    }

    function test_AVoidedRangeWithoutEndIsNoTrap() public {
        certificates.importVoid(HOUSING, 2, 1_000_000_000, STOLEN, THEN);
        certificates.importBatches(HOUSING, _batch(1, ROOT, THEN));
        _same(certificates.nextSequence(HOUSING), 1_000_000_001, "in one step");
    }

    function test_WordsAreImportedOnceAndStayMonotone() public {
        certificates.importWords(HOUSING, LICENCE, 2, _word(9), _one(0xB));
        _same(certificates.statusOf(HOUSING, LICENCE, 2, 9 * 128), 3, "superseded");
        _same(certificates.statusOf(HOUSING, LICENCE, 2, 9 * 128 + 1), 2, "suspended");
        _refused(abi.encodeWithSelector(ICertificateRegistry.WordTaken.selector, 9, 0xB));
        certificates.importWords(HOUSING, LICENCE, 2, _word(9), _one(0));
        _close();
        VM.prank(HOUSING_ACCOUNT);
        _refused(abi.encodeWithSelector(ICertificateRegistry.ForbiddenMove.selector, 9, 0, 3, 0));
        certificates.setStatus(HOUSING, LICENCE, 2, _word(9), _one(1), 0);
    }

    function _batch(uint64 seq, bytes32 root, uint64 time)
        private
        pure
        returns (ICertificateRegistry.PastBatch[] memory batches)
    {
        batches = new ICertificateRegistry.PastBatch[](1);
        batches[0] = ICertificateRegistry.PastBatch(root, seq, 10, time);
    }
}
