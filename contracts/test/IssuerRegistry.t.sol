// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IssuerRegistry} from "../IssuerRegistry.sol";
import {IImporting} from "../interfaces/IImporting.sol";
import {IIssuerRegistry} from "../interfaces/IIssuerRegistry.sol";
import {IWindows} from "../interfaces/IWindows.sol";
import {Town} from "./Town.sol";

contract IssuerRegistryTest is Town {
    bytes32 internal constant KEY = keccak256("key");
    bytes32 internal constant NOBODY = "11440101000000009Z";

    function test_OnlyTheAuthorityDecides() public {
        bytes memory refusal = abi.encodeWithSelector(IImporting.NotAuthority.selector, THIEF);
        VM.prank(THIEF);
        _refused(refusal);
        issuers.registerIssuer(NOBODY);
        VM.prank(THIEF);
        _refused(refusal);
        issuers.addAccount(HOUSING, THIEF, 0, FOREVER);
        VM.prank(THIEF);
        _refused(refusal);
        issuers.endAccount(HOUSING, HOUSING_ACCOUNT, 0, 0);
        VM.prank(THIEF);
        _refused(refusal);
        issuers.addKey(HOUSING, KEY, 1, 0, FOREVER);
        VM.prank(THIEF);
        _refused(refusal);
        issuers.endKey(HOUSING, KEY, 0, 0);
        VM.prank(THIEF);
        _refused(refusal);
        issuers.reportCompromised(HOUSING, KEY);
        VM.prank(THIEF);
        _refused(refusal);
        issuers.grantRight(HOUSING, LICENCE, 0, FOREVER);
        VM.prank(THIEF);
        _refused(refusal);
        issuers.endRight(HOUSING, LICENCE, 0, 0);
        VM.prank(THIEF);
        _refused(refusal);
        issuers.addTypeVersion(LICENCE, 2, DEFINITION, 0, FOREVER);
        VM.prank(THIEF);
        _refused(refusal);
        issuers.endTypeVersion(LICENCE, 1, 0, 0);
        VM.prank(THIEF);
        _refused(refusal);
        issuers.setSuccessor(HOUSING, LICENCE, POLICE, 0);
    }

    function test_TheAdminNamesAndDismissesTheAuthority() public {
        bytes32 role = issuers.AUTHORITY_ROLE();
        issuers.grantRole(role, THIEF);
        require(issuers.isAuthority(THIEF), "named");
        issuers.revokeRole(role, THIEF);
        require(!issuers.isAuthority(THIEF), "dismissed");
        bytes32 admin = issuers.DEFAULT_ADMIN_ROLE();
        VM.prank(THIEF);
        _refused(abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, THIEF, admin));
        issuers.grantRole(role, THIEF);
    }

    function test_ARegistryWithoutAuthorityIsNotMade() public {
        _refused(abi.encodeWithSelector(IIssuerRegistry.BadAccount.selector));
        new IssuerRegistry(0, address(this), address(0));
    }

    function test_ADepartmentIsRegisteredOnceUnderACodeOf18Characters() public {
        _refused(abi.encodeWithSelector(IIssuerRegistry.IssuerExists.selector, HOUSING));
        issuers.registerIssuer(HOUSING);
        bytes32[4] memory bad = [bytes32("11440101000000001"), "11440101000000001AB", "11440101000000001a", 0];
        for (uint256 i = 0; i < bad.length; ++i) {
            _refused(abi.encodeWithSelector(IIssuerRegistry.BadCode.selector, bad[i]));
            issuers.registerIssuer(bad[i]);
        }
    }

    function test_ZeroMeansThisBlockAndForeverHasNoEnd() public {
        issuers.grantRight(HOUSING, LICENCE, 0, FOREVER);
        require(!issuers.rightAt(HOUSING, LICENCE, NOW - 1), "not before");
        require(issuers.rightAt(HOUSING, LICENCE, NOW), "from now");
        require(issuers.rightAt(HOUSING, LICENCE, FOREVER - 1), "for ever");
    }

    function test_AWindowNeverBeginsInThePast() public {
        _refused(abi.encodeWithSelector(IWindows.InThePast.selector, NOW - 1, NOW));
        issuers.grantRight(HOUSING, LICENCE, NOW - 1, FOREVER);
    }

    function test_AWindowHoldsAtSomeTime() public {
        _refused(abi.encodeWithSelector(IWindows.EmptyWindow.selector, NOW, NOW));
        issuers.grantRight(HOUSING, LICENCE, NOW, NOW);
        _refused(abi.encodeWithSelector(IWindows.EmptyWindow.selector, NOW, uint64(0)));
        issuers.grantRight(HOUSING, LICENCE, 0, 0);
    }

    function test_AnEndIsOnlyBroughtForwardAndNeverBeforeNow() public {
        issuers.grantRight(HOUSING, LICENCE, 0, NOW + 100);
        VM.warp(NOW + 50);
        _refused(abi.encodeWithSelector(IWindows.InThePast.selector, NOW + 49, NOW + 50));
        issuers.endRight(HOUSING, LICENCE, 0, NOW + 49);
        _refused(abi.encodeWithSelector(IWindows.EndNotEarlier.selector, NOW + 100, NOW + 100));
        issuers.endRight(HOUSING, LICENCE, 0, NOW + 100);
        _refused(abi.encodeWithSelector(IWindows.NoSuchWindow.selector, 1, 1));
        issuers.endRight(HOUSING, LICENCE, 1, 0);
        issuers.endRight(HOUSING, LICENCE, 0, 0);
        require(issuers.rightAt(HOUSING, LICENCE, NOW + 49), "it held");
        require(!issuers.rightAt(HOUSING, LICENCE, NOW + 50), "it ended");
    }

    function test_AWindowFollowsTheOneBefore() public {
        issuers.grantRight(HOUSING, LICENCE, 0, NOW + 100);
        _refused(abi.encodeWithSelector(IWindows.WindowOverlaps.selector, NOW + 99, NOW + 100));
        issuers.grantRight(HOUSING, LICENCE, NOW + 99, FOREVER);
        issuers.grantRight(HOUSING, LICENCE, NOW + 100, NOW + 200);
        issuers.grantRight(HOUSING, LICENCE, NOW + 300, FOREVER);
        require(issuers.rightAt(HOUSING, LICENCE, NOW + 99), "first");
        require(issuers.rightAt(HOUSING, LICENCE, NOW + 100), "second");
        require(!issuers.rightAt(HOUSING, LICENCE, NOW + 200), "gap");
        require(issuers.rightAt(HOUSING, LICENCE, NOW + 300), "third");
        _same(issuers.rightWindows(HOUSING, LICENCE).length, 3, "count");
    }

    function test_APlannedWindowCanBeCancelledForAnEarlierOne() public {
        issuers.grantRight(HOUSING, LICENCE, 0, NOW + 10);
        issuers.grantRight(HOUSING, LICENCE, NOW + 100, FOREVER);
        issuers.endRight(HOUSING, LICENCE, 1, NOW + 5);
        _refused(abi.encodeWithSelector(IWindows.WindowOverlaps.selector, NOW + 7, NOW + 10));
        issuers.grantRight(HOUSING, LICENCE, NOW + 7, NOW + 60);
        issuers.grantRight(HOUSING, LICENCE, NOW + 50, NOW + 60);
        require(issuers.rightAt(HOUSING, LICENCE, NOW + 7), "first still holds");
        require(!issuers.rightAt(HOUSING, LICENCE, NOW + 20), "gap");
        require(issuers.rightAt(HOUSING, LICENCE, NOW + 55), "earlier one holds");
        require(!issuers.rightAt(HOUSING, LICENCE, NOW + 100), "cancelled");
        IWindows.Window[] memory windows = issuers.rightWindows(HOUSING, LICENCE);
        _same(windows[1].until, NOW + 5, "kept as it was said");
    }

    function test_AKeyKeepsItsUsesAndItsIssuer() public {
        issuers.addKey(HOUSING, KEY, 3, 0, NOW + 10);
        _refused(abi.encodeWithSelector(IIssuerRegistry.BadUses.selector, 1));
        issuers.addKey(HOUSING, KEY, 1, NOW + 10, FOREVER);
        _refused(abi.encodeWithSelector(IIssuerRegistry.KeyTaken.selector, KEY, HOUSING));
        issuers.addKey(POLICE, KEY, 3, 0, FOREVER);
        _refused(abi.encodeWithSelector(IIssuerRegistry.BadUses.selector, 32));
        issuers.addKey(HOUSING, keccak256("other"), 32, 0, FOREVER);
        _refused(abi.encodeWithSelector(IIssuerRegistry.BadUses.selector, 0));
        issuers.addKey(HOUSING, keccak256("other"), 0, 0, FOREVER);
        (uint16 uses, uint64 compromisedAt) = issuers.keyAt(HOUSING, KEY, NOW);
        require(uses == 3 && compromisedAt == 0, "as registered");
        (uses,) = issuers.keyAt(HOUSING, KEY, NOW + 10);
        _same(uses, 0, "out of its window");
        (uses,) = issuers.keyAt(POLICE, KEY, NOW);
        _same(uses, 0, "not police's");
    }

    function test_ACompromisedKeyIsSoForEver() public {
        issuers.addKey(HOUSING, KEY, 1, 0, NOW + 10);
        VM.warp(NOW + 5);
        issuers.reportCompromised(HOUSING, KEY);
        (, uint64 compromisedAt) = issuers.keyAt(HOUSING, KEY, NOW);
        _same(compromisedAt, NOW + 5, "counts at every time");
        _refused(abi.encodeWithSelector(IIssuerRegistry.KeyIsCompromised.selector, KEY));
        issuers.reportCompromised(HOUSING, KEY);
        _refused(abi.encodeWithSelector(IIssuerRegistry.KeyIsCompromised.selector, KEY));
        issuers.addKey(HOUSING, KEY, 1, NOW + 20, FOREVER);
        _refused(abi.encodeWithSelector(IIssuerRegistry.KeyTaken.selector, KEY, HOUSING));
        issuers.addKey(POLICE, KEY, 1, NOW + 20, FOREVER);
        _refused(abi.encodeWithSelector(IIssuerRegistry.UnknownKey.selector, POLICE, KEY));
        issuers.reportCompromised(POLICE, KEY);
    }

    function test_AVersionKeepsItsDefinition() public {
        _refused(abi.encodeWithSelector(IIssuerRegistry.BadVersion.selector, LICENCE, 1));
        issuers.addTypeVersion(LICENCE, 1, keccak256("another"), 0, FOREVER);
        _refused(abi.encodeWithSelector(IIssuerRegistry.BadVersion.selector, LICENCE, 0));
        issuers.addTypeVersion(LICENCE, 0, DEFINITION, 0, FOREVER);
        _refused(abi.encodeWithSelector(IIssuerRegistry.BadCode.selector, HOUSING));
        issuers.addTypeVersion(HOUSING, 1, DEFINITION, 0, FOREVER);
        issuers.addTypeVersion(LICENCE, 2, keccak256("another"), NOW + 10, FOREVER);
        issuers.endTypeVersion(LICENCE, 1, 0, NOW + 10);
        (bytes32 definition, bool inForce) = issuers.typeVersionAt(LICENCE, 1, NOW + 10);
        require(definition == DEFINITION && !inForce, "known, no longer in force");
        (, inForce) = issuers.typeVersionAt(LICENCE, 2, NOW + 10);
        require(inForce, "the next one is");
    }

    function test_OnlyWhatIsRegisteredGetsWindows() public {
        _refused(abi.encodeWithSelector(IIssuerRegistry.UnknownIssuer.selector, NOBODY));
        issuers.addAccount(NOBODY, THIEF, 0, FOREVER);
        _refused(abi.encodeWithSelector(IIssuerRegistry.BadAccount.selector));
        issuers.addAccount(HOUSING, address(0), 0, FOREVER);
        _refused(abi.encodeWithSelector(IIssuerRegistry.UnknownIssuer.selector, NOBODY));
        issuers.addKey(NOBODY, KEY, 1, 0, FOREVER);
        _refused(abi.encodeWithSelector(IIssuerRegistry.UnknownType.selector, IDENTITY));
        issuers.grantRight(HOUSING, IDENTITY, 0, FOREVER);
        _refused(abi.encodeWithSelector(IIssuerRegistry.UnknownIssuer.selector, NOBODY));
        issuers.setSuccessor(HOUSING, LICENCE, NOBODY, 0);
    }

    function test_ASuccessorActsFromItsDateOn() public {
        issuers.setSuccessor(HOUSING, LICENCE, POLICE, NOW + 10);
        require(!issuers.mayActFor(HOUSING, LICENCE, POLICE_ACCOUNT), "not yet");
        VM.warp(NOW + 10);
        require(issuers.mayActFor(HOUSING, LICENCE, POLICE_ACCOUNT), "from its date");
        require(!issuers.mayActFor(POLICE, LICENCE, HOUSING_ACCOUNT), "not the other way");
        require(!issuers.mayActFor(HOUSING, IDENTITY, POLICE_ACCOUNT), "not for another type");
        require(!issuers.isAccountOf(HOUSING, POLICE_ACCOUNT), "it does not anchor for it");
        _same(issuers.successorAt(HOUSING, LICENCE, NOW + 9), bytes32(0), "as of before");
    }

    function test_ASuccessionCanBeSetAnewButNotBackwards() public {
        issuers.setSuccessor(HOUSING, LICENCE, POLICE, NOW + 10);
        _refused(abi.encodeWithSelector(IIssuerRegistry.SuccessionOutOfOrder.selector, NOW + 9, NOW + 10));
        issuers.setSuccessor(HOUSING, LICENCE, POLICE, NOW + 9);
        issuers.setSuccessor(HOUSING, LICENCE, 0, NOW + 20);
        _same(issuers.successorAt(HOUSING, LICENCE, NOW + 19), POLICE, "before");
        _same(issuers.successorAt(HOUSING, LICENCE, NOW + 20), bytes32(0), "after");
    }

    function test_SuccessorsFormNoCircleAndAtMostEightSteps() public {
        bytes32[] memory codes = new bytes32[](10);
        for (uint256 i = 0; i < 10; ++i) {
            codes[i] = bytes32(uint256(bytes32("11440101000000000C")) | (i << (8 * 15)));
            issuers.registerIssuer(codes[i]);
        }
        _refused(abi.encodeWithSelector(IIssuerRegistry.SuccessorCycle.selector, codes[0], LICENCE, codes[0]));
        issuers.setSuccessor(codes[0], LICENCE, codes[0], 0);
        for (uint256 i = 1; i < 8; ++i) issuers.setSuccessor(codes[i], LICENCE, codes[i + 1], 0);
        issuers.setSuccessor(codes[0], LICENCE, codes[1], 0);
        bytes32[] memory chain = issuers.successorChain(codes[0], LICENCE, NOW);
        _same(chain.length, 8, "eight steps");
        _same(chain[7], codes[8], "the last one");
        _refused(abi.encodeWithSelector(IIssuerRegistry.SuccessorTooDeep.selector, codes[8], LICENCE, codes[9]));
        issuers.setSuccessor(codes[8], LICENCE, codes[9], 0);
        _refused(abi.encodeWithSelector(IIssuerRegistry.SuccessorTooDeep.selector, codes[9], LICENCE, codes[0]));
        issuers.setSuccessor(codes[9], LICENCE, codes[0], 0);
        _refused(abi.encodeWithSelector(IIssuerRegistry.SuccessorCycle.selector, codes[3], LICENCE, codes[1]));
        issuers.setSuccessor(codes[3], LICENCE, codes[1], 0);
        issuers.addAccount(codes[8], THIEF, 0, FOREVER);
        require(issuers.mayActFor(codes[0], LICENCE, THIEF), "the eighth acts");
    }

    /// @dev Against the plain definition: some window holds.
    function testFuzz_WindowsAnswerAsTheirListSays(uint64[8] memory gaps, uint8[8] memory ends, uint64 time) public {
        uint64 from = NOW;
        for (uint256 i = 0; i < 8; ++i) {
            from += gaps[i] % 50;
            issuers.grantRight(HOUSING, LICENCE, from, from + 40);
            if (ends[i] % 2 == 0) issuers.endRight(HOUSING, LICENCE, uint32(i), from - (from - NOW) / 2 + ends[i] % 40);
            else from += 40;
            IWindows.Window[] memory current = issuers.rightWindows(HOUSING, LICENCE);
            if (current[i].until > from) from = current[i].until;
        }
        time = NOW - 10 + time % 900;
        bool expected = false;
        IWindows.Window[] memory windows = issuers.rightWindows(HOUSING, LICENCE);
        for (uint256 i = 0; i < 8; ++i) expected = expected || (windows[i].from <= time && time < windows[i].until);
        require(issuers.rightAt(HOUSING, LICENCE, time) == expected, "as the list says");
    }

    function testFuzz_ACodeIs18DigitsAndCapitals(bytes32 code) public {
        bool right = true;
        for (uint256 i = 0; i < 32; ++i) {
            uint8 c = uint8(code[i]);
            bool text = (c >= 48 && c <= 57) || (c >= 65 && c <= 90);
            right = right && (i < 18 ? text : c == 0);
        }
        if (!right) _refused(abi.encodeWithSelector(IIssuerRegistry.BadCode.selector, code));
        issuers.registerIssuer(code);
        require(issuers.isIssuer(code) == right, "as its characters say");
    }
}
