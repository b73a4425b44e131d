// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICertificateRegistry} from "../interfaces/ICertificateRegistry.sol";
import {Town} from "./Town.sol";

contract StatusTest is Town {
    uint256 internal constant LOW_BITS = type(uint256).max / 3;

    /// @dev Row: from; column: to; as protocol.md lists the moves, and what is so already.
    bool[4][4] internal allowed = [
        [true, true, true, true],
        [false, true, false, false],
        [true, true, true, true],
        [false, true, false, true]
    ];

    function test_EveryMoveIsAllowedOrRefusedAsListed() public {
        for (uint8 from = 0; from < 4; ++from) {
            for (uint8 to = 0; to < 4; ++to) {
                uint32 word = uint32(from) * 4 + to;
                if (from != 0) _set(word, 1 << 14, from);
                if (!allowed[from][to]) {
                    _refused(abi.encodeWithSelector(ICertificateRegistry.ForbiddenMove.selector, word, 7, from, to));
                }
                _set(word, 1 << 14, to);
                _same(_status(word * 128 + 7), allowed[from][to] ? to : from, "as listed");
            }
        }
    }

    function test_AnEntryIsThePairOfItsIndex() public {
        _set(1023, 1 << 254, 2);
        _same(_status(131_071), 2, "the last entry");
        _same(_status(131_070), 0, "its neighbour");
        _same(certificates.wordsOf(HOUSING, LICENCE, 0, 1023, 1)[0], uint256(2) << 254, "low bit first");
        _set(0, 1, 1);
        _same(_status(0), 1, "the first entry");
    }

    function test_WhatIsAlreadySoStaysSoAndTheEventComes() public {
        _set(3, LOW_BITS, 1);
        VM.expectEmit();
        emit ICertificateRegistry.StatusSet(HOUSING, LICENCE, HOUSING_ACCOUNT, 0, _word(3), _one(LOW_BITS), 1);
        _set(3, LOW_BITS, 1);
        _same(certificates.wordsOf(HOUSING, LICENCE, 0, 3, 1)[0], LOW_BITS, "all revoked");
    }

    function test_TheIssuerAndItsSuccessorsSetStatusAndNobodyElse() public {
        _refused(_mayNot(POLICE_ACCOUNT));
        _setBy(POLICE_ACCOUNT, 0, 1, 1);
        issuers.setSuccessor(HOUSING, LICENCE, POLICE, NOW + 10);
        _refused(_mayNot(POLICE_ACCOUNT));
        _setBy(POLICE_ACCOUNT, 0, 1, 1);
        VM.warp(NOW + 10);
        _setBy(POLICE_ACCOUNT, 0, 1, 1);
        _setBy(HOUSING_ACCOUNT, 0, 4, 1);
        _refused(_mayNot(THIEF));
        _setBy(THIEF, 0, 1, 1);
        issuers.endAccount(HOUSING, HOUSING_ACCOUNT, 0, 0);
        _refused(_mayNot(HOUSING_ACCOUNT));
        _setBy(HOUSING_ACCOUNT, 0, 1, 1);
    }

    function test_ACallIsWellFormedOrRefused() public {
        _refused(abi.encodeWithSelector(ICertificateRegistry.BadValue.selector, 4));
        _set(0, 1, 4);
        _refused(abi.encodeWithSelector(ICertificateRegistry.BadMask.selector, 0, 2));
        _set(0, 2, 1);
        _refused(abi.encodeWithSelector(ICertificateRegistry.BadMask.selector, 0, 0));
        _set(0, 0, 1);
        _refused(abi.encodeWithSelector(ICertificateRegistry.BadWord.selector, 1024));
        _set(1024, 1, 1);
        _refused(abi.encodeWithSelector(ICertificateRegistry.BadLength.selector, 0, 0));
        _setAll(new uint32[](0), new uint256[](0));
        _refused(abi.encodeWithSelector(ICertificateRegistry.BadLength.selector, 1, 2));
        _setAll(new uint32[](1), new uint256[](2));
        _refused(abi.encodeWithSelector(ICertificateRegistry.BadLength.selector, 501, 501));
        _setAll(new uint32[](501), new uint256[](501));
        _refused(abi.encodeWithSelector(ICertificateRegistry.BadWord.selector, 1024));
        certificates.statusOf(HOUSING, LICENCE, 0, 131_072);
        _refused(abi.encodeWithSelector(ICertificateRegistry.BadWord.selector, 1000));
        certificates.wordsOf(HOUSING, LICENCE, 0, 1000, 25);
    }

    function test_OneForbiddenMoveRefusesTheWholeCall() public {
        _set(9, 1 << 20, 1);
        uint32[] memory words = new uint32[](2);
        uint256[] memory masks = new uint256[](2);
        (words[0], words[1]) = (8, 9);
        (masks[0], masks[1]) = (1, LOW_BITS);
        VM.prank(HOUSING_ACCOUNT);
        _refused(abi.encodeWithSelector(ICertificateRegistry.ForbiddenMove.selector, 9, 10, 1, 2));
        certificates.setStatus(HOUSING, LICENCE, 0, words, masks, 2);
        _same(_status(8 * 128), 0, "nothing moved");
    }

    function test_IssuersTypesAndListsAreApart() public {
        _set(0, 1, 1);
        _same(certificates.statusOf(POLICE, LICENCE, 0, 0), 0, "another issuer");
        _same(certificates.statusOf(HOUSING, IDENTITY, 0, 0), 0, "another type");
        _same(certificates.statusOf(HOUSING, LICENCE, 1, 0), 0, "another list");
    }

    /// @dev Against a model that moves one entry at a time.
    function testFuzz_AWordMovesAsItsEntriesDo(uint256[4] memory masks, uint8[4] memory values) public {
        uint8[128] memory model;
        for (uint256 step = 0; step < 4; ++step) {
            uint256 mask = (masks[step] & LOW_BITS) | 1;
            uint8 value = values[step] % 4;
            bool fits = true;
            for (uint256 i = 0; i < 128; ++i) {
                if ((mask >> (2 * i)) & 1 == 1 && !allowed[model[i]][value]) fits = false;
            }
            VM.prank(HOUSING_ACCOUNT);
            try certificates.setStatus(HOUSING, LICENCE, 0, _word(5), _one(mask), value) {
                require(fits, "a forbidden move was taken");
                for (uint256 i = 0; i < 128; ++i) if ((mask >> (2 * i)) & 1 == 1) model[i] = value;
            } catch {
                require(!fits, "an allowed move was refused");
            }
        }
        uint256 word = certificates.wordsOf(HOUSING, LICENCE, 0, 5, 1)[0];
        for (uint256 i = 0; i < 128; ++i) _same((word >> (2 * i)) & 3, model[i], "as the model");
    }

    function _set(uint32 word, uint256 mask, uint8 value) private {
        _setBy(HOUSING_ACCOUNT, word, mask, value);
    }

    function _setBy(address account, uint32 word, uint256 mask, uint8 value) private {
        VM.prank(account);
        certificates.setStatus(HOUSING, LICENCE, 0, _word(word), _one(mask), value);
    }

    function _setAll(uint32[] memory words, uint256[] memory masks) private {
        VM.prank(HOUSING_ACCOUNT);
        certificates.setStatus(HOUSING, LICENCE, 0, words, masks, 1);
    }

    function _status(uint32 idx) private view returns (uint8) {
        return certificates.statusOf(HOUSING, LICENCE, 0, idx);
    }

    function _mayNot(address account) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICertificateRegistry.MayNotActFor.selector, HOUSING, LICENCE, account);
    }
}
