// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Windows of time, appended only.
/// @notice A window is [from, until) in Unix seconds; `until` 2^64-1 means open-ended. A window that was
/// cancelled before it began keeps its `from` and has `until` <= `from`: it holds at no time.
interface IWindows {
    struct Window {
        uint64 from;
        uint64 until;
    }

    /// @notice A window would begin before this block's time.
    error InThePast(uint64 time, uint64 blockTime);
    /// @notice A window would hold at no time.
    error EmptyWindow(uint64 from, uint64 until);
    /// @notice A window would begin before the one before it ends.
    error WindowOverlaps(uint64 from, uint64 previousUntil);
    /// @notice There is no window of that index.
    error NoSuchWindow(uint256 index, uint256 count);
    /// @notice An end can only be brought forward.
    error EndNotEarlier(uint64 until, uint64 currentUntil);
}
