// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The cheat codes that Hardhat and forge share, as far as these tests use them.
interface Vm {
    function warp(uint256 time) external;
    function prank(address caller) external;
    function assume(bool condition) external pure;
    function expectRevert(bytes calldata data) external;
    function expectEmit() external;
}
