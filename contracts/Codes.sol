// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The shape of codes: 0-9 A-Z, right-padded with zeros (GB 32100, GB/T 36904).
library Codes {
    uint256 private constant ISSUER_LENGTH = 18;
    uint256 private constant TYPE_LENGTH = 21;

    /// @notice Whether a code is 18 characters of 0-9 A-Z.
    function isIssuer(bytes32 code) internal pure returns (bool) {
        return _isText(code, ISSUER_LENGTH);
    }

    /// @notice Whether a code is 21 characters of 0-9 A-Z.
    function isType(bytes32 code) internal pure returns (bool) {
        return _isText(code, TYPE_LENGTH);
    }

    function _isText(bytes32 code, uint256 length) private pure returns (bool) {
        for (uint256 i = 0; i < length; ++i) {
            bytes1 c = code[i];
            if (!((c >= "0" && c <= "9") || (c >= "A" && c <= "Z"))) return false;
        }
        return code << (8 * length) == 0;
    }
}
