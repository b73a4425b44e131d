// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAccessLog} from "../interfaces/IAccessLog.sol";
import {IImporting} from "../interfaces/IImporting.sol";
import {Town} from "./Town.sol";

contract AccessLogTest is Town {
    address internal constant REGISTRY = address(0x4E6);
    address internal constant LOGGER = address(0x106);

    function setUp() public override {
        super.setUp();
        accessLog.addLogAccount(REGISTRY, LOGGER, 0, FOREVER);
    }

    function test_HeadsAreAnchoredByTheLogAccount() public {
        _heads(1, 2);
        IAccessLog.Head memory head = accessLog.headOf(REGISTRY, POLICE);
        require(head.seq == 2 && head.time == NOW && head.head == keccak256("police"), "as anchored");
        _same(accessLog.headOf(THIEF, POLICE).seq, 0, "in its registry only");
    }

    function test_NumbersOfHeadsRiseStrictly() public {
        _heads(1, 2);
        _refused(abi.encodeWithSelector(IAccessLog.SeqNotRising.selector, POLICE, 2, 2));
        _heads(2, 2);
        _heads(2, 7);
    }

    function test_NobodyElseAnchorsHeads() public {
        _refused(abi.encodeWithSelector(IAccessLog.NotLogAccount.selector, address(this)));
        accessLog.anchorHeads(new bytes32[](1), new uint64[](1), new bytes32[](1));
        accessLog.endLogAccount(REGISTRY, LOGGER, 0, 0);
        _refused(abi.encodeWithSelector(IAccessLog.NotLogAccount.selector, LOGGER));
        _heads(1, 1);
    }

    function test_ACallHasAsManyOfEach() public {
        VM.prank(LOGGER);
        _refused(abi.encodeWithSelector(IAccessLog.BadLength.selector, 2, 1, 2));
        accessLog.anchorHeads(new bytes32[](2), new uint64[](1), new bytes32[](2));
        VM.prank(LOGGER);
        _refused(abi.encodeWithSelector(IAccessLog.BadLength.selector, 0, 0, 0));
        accessLog.anchorHeads(new bytes32[](0), new uint64[](0), new bytes32[](0));
    }

    function test_AnAccountServesOneRegistry() public {
        _refused(abi.encodeWithSelector(IAccessLog.AccountTaken.selector, LOGGER, REGISTRY));
        accessLog.addLogAccount(THIEF, LOGGER, 0, FOREVER);
        _refused(abi.encodeWithSelector(IAccessLog.BadAccount.selector));
        accessLog.addLogAccount(REGISTRY, address(0), 0, FOREVER);
        _same(accessLog.logAccountWindows(REGISTRY, LOGGER).length, 1, "its window");
        _same(accessLog.logAccountWindows(THIEF, LOGGER).length, 0, "of no other");
    }

    function test_PoliciesAreAppendedOnlyByTheAuthority() public {
        accessLog.anchorPolicy(REGISTRY, 1, keccak256("first"));
        _refused(abi.encodeWithSelector(IAccessLog.BadVersion.selector, REGISTRY, 1, 2));
        accessLog.anchorPolicy(REGISTRY, 1, keccak256("rewritten"));
        _refused(abi.encodeWithSelector(IAccessLog.BadVersion.selector, REGISTRY, 3, 2));
        accessLog.anchorPolicy(REGISTRY, 3, keccak256("third"));
        accessLog.anchorPolicy(REGISTRY, 2, keccak256("second"));
        _same(accessLog.policyOf(REGISTRY, 1), keccak256("first"), "kept");
        _same(accessLog.policyVersion(REGISTRY), 2, "two");
        _same(accessLog.policyOf(REGISTRY, 3), bytes32(0), "none");
        VM.prank(LOGGER);
        _refused(abi.encodeWithSelector(IImporting.NotAuthority.selector, LOGGER));
        accessLog.anchorPolicy(REGISTRY, 3, keccak256("third"));
    }

    function test_ThePastIsImportedWithItsTimes() public {
        _deploy();
        bytes32[] memory codes = new bytes32[](1);
        uint64[] memory seqs = new uint64[](1);
        bytes32[] memory heads = new bytes32[](1);
        (codes[0], seqs[0], heads[0]) = (HOUSING, 9, keccak256("housing"));
        accessLog.importLogAccount(REGISTRY, LOGGER, NOW - 10, FOREVER);
        accessLog.importHeads(REGISTRY, codes, seqs, heads, NOW - 5);
        accessLog.importPolicy(REGISTRY, 1, keccak256("first"), NOW - 5);
        _same(accessLog.headOf(REGISTRY, HOUSING).time, NOW - 5, "its time");
        _same(accessLog.policyVersion(REGISTRY), 1, "its policy");
        _same(accessLog.logAccountWindows(REGISTRY, LOGGER)[0].from, NOW - 10, "its account");
    }

    function _heads(uint64 housing, uint64 police) private {
        bytes32[] memory codes = new bytes32[](2);
        uint64[] memory seqs = new uint64[](2);
        bytes32[] memory heads = new bytes32[](2);
        (codes[0], codes[1]) = (HOUSING, POLICE);
        (seqs[0], seqs[1]) = (housing, police);
        (heads[0], heads[1]) = (keccak256("housing"), keccak256("police"));
        VM.prank(LOGGER);
        accessLog.anchorHeads(codes, seqs, heads);
    }
}
