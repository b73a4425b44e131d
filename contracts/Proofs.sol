// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICertificateRegistry} from "./interfaces/ICertificateRegistry.sol";

/// @title Inclusion proofs of RFC 9162, section 2.1.3.2, by the SHA-256 precompile.
library Proofs {
    /// @notice The root that a leaf hash and its path lead to.
    /// @dev Reverts with BadProof where the path does not have exactly the length that (index, size) demands.
    function root(bytes32 leaf, uint64 index, uint64 size, bytes32[] calldata path) internal pure returns (bytes32) {
        if (index >= size) revert ICertificateRegistry.BadProof(index, size, path.length);
        bytes32 hash = leaf;
        uint64 position = index;
        uint64 last = size - 1;
        for (uint256 i = 0; i < path.length; ++i) {
            if (last == 0) revert ICertificateRegistry.BadProof(index, size, path.length);
            if (position & 1 == 1 || position == last) {
                hash = _node(path[i], hash);
                while (position & 1 == 0 && position != 0) {
                    position >>= 1;
                    last >>= 1;
                }
            } else {
                hash = _node(hash, path[i]);
            }
            position >>= 1;
            last >>= 1;
        }
        if (last != 0) revert ICertificateRegistry.BadProof(index, size, path.length);
        return hash;
    }

    function _node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
