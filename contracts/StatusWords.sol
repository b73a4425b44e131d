// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICertificateRegistry} from "./interfaces/ICertificateRegistry.sol";

/// @title Status words: 128 bit pairs each, 00 valid, 01 revoked, 10 suspended, 11 superseded.
library StatusWords {
    /// @notice Words in a list of 131,072 entries.
    uint256 internal constant PER_LIST = 1024;
    /// @notice Words in one call.
    uint256 internal constant PER_CALL = 500;
    /// @notice Entries in a word.
    uint256 internal constant ENTRIES = 128;

    uint8 internal constant VALID = 0;
    uint8 internal constant REVOKED = 1;
    uint8 internal constant SUSPENDED = 2;
    uint8 internal constant SUPERSEDED = 3;

    uint256 private constant LOW_BITS = type(uint256).max / 3;

    /// @notice A word after the entries of a mask took a value.
    /// @dev Reverts with BadMask, ForbiddenMove. 01 goes nowhere else; 11 only to 01; the rest anywhere.
    function moved(uint256 old, uint256 mask, uint8 value, uint256 word) internal pure returns (uint256) {
        if (mask == 0 || mask & ~LOW_BITS != 0) revert ICertificateRegistry.BadMask(word, mask);
        if (value != REVOKED) {
            uint256 stuck = old & mask;
            if (value == SUPERSEDED) stuck &= ~(old >> 1);
            if (stuck != 0) _refuse(old, stuck, value, word);
        }
        return (old & ~(mask | (mask << 1))) | (mask * value);
    }

    /// @notice Entry `index` of a word, 0 to 127.
    function entry(uint256 word, uint256 index) internal pure returns (uint8) {
        return uint8((word >> (2 * index)) & 3);
    }

    /// @dev Reverts with ForbiddenMove for the first entry that may not move.
    function _refuse(uint256 old, uint256 stuck, uint8 value, uint256 word) private pure {
        uint8 index = 0;
        while ((stuck >> (2 * uint256(index))) & 1 == 0) ++index;
        revert ICertificateRegistry.ForbiddenMove(word, index, entry(old, index), value);
    }
}
