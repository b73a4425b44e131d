// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The one-time door through which a registry's past moves to a new chain.
/// @notice While it is open the authority may write past times; a follower trusts nothing yet.
interface IImporting {
    /// @notice The door is shut for good; from here on the contract can be trusted.
    event ImportClosed(uint64 time);

    /// @notice An `import…` or `closeImport` after the door was shut.
    error ImportIsClosed();
    /// @notice An everyday action by an issuer or a log account before the door was shut.
    error ImportIsOpen();
    /// @notice The caller does not hold the authority's role.
    error NotAuthority(address caller);
    /// @notice An imported time is 0 or lies after this block's time.
    error NotPast(uint64 time, uint64 blockTime);

    /// @notice Shuts the import for good: the last step of founding and of healing.
    /// @dev Reverts with NotAuthority for anyone else, with ImportIsClosed the second time.
    function closeImport() external;

    /// @notice Whether the import was shut.
    function importClosed() external view returns (bool);
}
