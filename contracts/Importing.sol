// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IImporting} from "./interfaces/IImporting.sol";

/// @title Authority's role and the one-time import, the same in every contract of a registry.
abstract contract Importing is IImporting {
    /// @inheritdoc IImporting
    bool public importClosed;

    modifier onlyAuthority() {
        _requireAuthority();
        _;
    }

    modifier onlyImport() {
        _requireAuthority();
        if (importClosed) revert ImportIsClosed();
        _;
    }

    modifier afterImport() {
        if (!importClosed) revert ImportIsOpen();
        _;
    }

    /// @inheritdoc IImporting
    function closeImport() external onlyImport {
        importClosed = true;
        emit ImportClosed(uint64(block.timestamp));
    }

    /// @dev Whether an account holds the authority's role, wherever that is kept.
    function _isAuthority(address account) internal view virtual returns (bool);

    /// @dev Reverts with NotPast.
    function _requirePast(uint64 time) internal view {
        if (time == 0 || time > block.timestamp) revert NotPast(time, uint64(block.timestamp));
    }

    function _requireAuthority() private view {
        if (!_isAuthority(msg.sender)) revert NotAuthority(msg.sender);
    }
}
