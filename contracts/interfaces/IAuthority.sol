// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What every contract of a registry asks: who is the authority.
interface IAuthority {
    /// @notice Whether an account holds the authority's role now.
    function isAuthority(address account) external view returns (bool);
}
