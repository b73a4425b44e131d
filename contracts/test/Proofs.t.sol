// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICertificateRegistry} from "../interfaces/ICertificateRegistry.sol";
import {Town} from "./Town.sol";

/// @dev The tree is built here as RFC 9162 section 2.1.1 defines it, by recursion; the contract folds a path.
contract ProofsTest is Town {
    uint256 internal constant MAX_SIZE = 300;

    bytes32[] internal path;

    function testFuzz_APathLeadsToTheRoot(uint256 seed, uint16 sizeSeed, uint16 indexSeed) public {
        uint64 size = uint64(1 + sizeSeed % MAX_SIZE);
        uint64 index = indexSeed % size;
        bytes32 root = _tree(seed, index, 0, size);
        _same(certificates.rootOf(_leaf(seed, index), index, size, path), root, "the root");
    }

    function testFuzz_AnotherIndexSizeLeafOrLengthDoesNot(uint256 seed, uint16 sizeSeed, uint16 indexSeed) public {
        uint64 size = uint64(2 + sizeSeed % MAX_SIZE);
        uint64 index = indexSeed % size;
        bytes32 root = _tree(seed, index, 0, size);
        require(!_leads(_leaf(seed, size), index, size, root), "another leaf");
        require(!_leads(_leaf(seed, index), (index + 1) % size, size, root), "another index");
        require(!_leads(_leaf(seed, index), size, size, root), "an index beyond the tree");
        path.push(root);
        require(!_leads(_leaf(seed, index), index, size, root), "a longer path");
        path.pop();
        path.pop();
        require(!_leads(_leaf(seed, index), index, size, root), "a shorter path");
    }

    function test_APathHasTheLengthThatIndexAndSizeDemand() public {
        _tree(7, 4, 0, 5);
        _same(path.length, 1, "the last of five hangs from the root");
        path.push(0);
        _refused(abi.encodeWithSelector(ICertificateRegistry.BadProof.selector, 4, 5, 2));
        certificates.rootOf(_leaf(7, 4), 4, 5, path);
        _refused(abi.encodeWithSelector(ICertificateRegistry.BadProof.selector, 0, 5, 2));
        certificates.rootOf(_leaf(7, 0), 0, 5, path);
    }

    function test_ALeafIsIncludedWhereItsRootCounts() public {
        bytes32 leaf = _leaf(7, 3);
        bytes32 root = _tree(7, 3, 0, 10);
        (bool included,) = certificates.inclusion(HOUSING, leaf, 3, 10, path);
        require(!included, "not anchored");
        _anchor(HOUSING, HOUSING_ACCOUNT, 1, root);
        ICertificateRegistry.Anchor memory anchor;
        (included, anchor) = certificates.inclusion(HOUSING, leaf, 3, 10, path);
        require(included && anchor.time == NOW, "anchored");
        (included,) = certificates.inclusion(POLICE, leaf, 3, 10, path);
        require(!included, "by housing only");
        certificates.voidBatches(HOUSING, 1, 1, "account_stolen");
        (included,) = certificates.inclusion(HOUSING, leaf, 3, 10, path);
        require(!included, "voided");
        certificates.replaceBatch(HOUSING, 1, root, root, 11);
        (included,) = certificates.inclusion(HOUSING, leaf, 3, 10, path);
        require(!included, "another size");
    }

    function _leads(bytes32 leaf, uint64 index, uint64 size, bytes32 root) private view returns (bool) {
        try certificates.rootOf(leaf, index, size, path) returns (bytes32 found) {
            return found == root;
        } catch {
            return false;
        }
    }

    /// @dev Root of the leaves from first on; pushes the path of leaf `index`, if it is among them, to `path`.
    function _tree(uint256 seed, uint64 index, uint64 first, uint64 size) private returns (bytes32) {
        if (size == 1) return _leaf(seed, first);
        uint64 half = 1;
        while (2 * half < size) half *= 2;
        bytes32 left = _tree(seed, index, first, half);
        bytes32 right = _tree(seed, index, first + half, size - half);
        if (first <= index && index < first + size) path.push(index < first + half ? right : left);
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    function _leaf(uint256 seed, uint64 index) private pure returns (bytes32) {
        return keccak256(abi.encode(seed, index));
    }
}
