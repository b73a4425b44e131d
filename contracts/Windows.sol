// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IWindows} from "./interfaces/IWindows.sol";

/// @title Lists of windows in time order, appended only.
/// @dev The newest window lies in one slot with the count, so that the everyday question costs one read.
library Windows {
    struct Newest {
        uint64 from;
        uint64 until;
        uint32 count;
    }

    struct List {
        Newest newest;
        mapping(uint256 index => IWindows.Window window) older;
    }

    /// @notice Appends [from, until), wherever in time it lies.
    /// @dev Reverts with EmptyWindow, WindowOverlaps.
    /// @return index Of the new window.
    function append(List storage list, uint64 from, uint64 until) internal returns (uint32 index) {
        if (until <= from) revert IWindows.EmptyWindow(from, until);
        Newest memory newest = list.newest;
        index = newest.count;
        if (index != 0) {
            uint64 end = _lastEnd(list);
            if (from < end) revert IWindows.WindowOverlaps(from, end);
            list.older[index - 1] = IWindows.Window(newest.from, newest.until);
        }
        list.newest = Newest(from, until, index + 1);
    }

    /// @notice Brings the end of a window forward, 0 meaning this block's time.
    /// @dev Reverts with NoSuchWindow, InThePast, EndNotEarlier.
    /// @return end The `until` as stored.
    function bringForward(List storage list, uint32 index, uint64 until) internal returns (uint64 end) {
        uint32 count = list.newest.count;
        if (index >= count) revert IWindows.NoSuchWindow(index, count);
        end = notPast(until);
        uint64 current = windowAt(list, index).until;
        if (end >= current) revert IWindows.EndNotEarlier(end, current);
        if (index + 1 == count) list.newest.until = end;
        else list.older[index].until = end;
    }

    /// @notice Whether one of the windows holds at a time.
    /// @dev None begins before those that hold at some time before it have ended, so the last one begun decides.
    function holdAt(List storage list, uint64 time) internal view returns (bool) {
        Newest memory newest = list.newest;
        if (newest.from <= time) return time < newest.until;
        for (uint256 i = newest.count; i > 1; --i) {
            IWindows.Window memory window = list.older[i - 2];
            if (window.from <= time) return time < window.until;
        }
        return false;
    }

    /// @notice The index-th window, of those there are.
    function windowAt(List storage list, uint256 index) internal view returns (IWindows.Window memory) {
        Newest memory newest = list.newest;
        return index + 1 == newest.count ? IWindows.Window(newest.from, newest.until) : list.older[index];
    }

    /// @notice All windows, by index.
    function all(List storage list) internal view returns (IWindows.Window[] memory found) {
        found = new IWindows.Window[](list.newest.count);
        for (uint256 i = 0; i < found.length; ++i) found[i] = windowAt(list, i);
    }

    /// @notice A time given by the authority, 0 meaning this block's.
    /// @dev Reverts with InThePast.
    function notPast(uint64 time) internal view returns (uint64) {
        if (time == 0) return uint64(block.timestamp);
        if (time < block.timestamp) revert IWindows.InThePast(time, uint64(block.timestamp));
        return time;
    }

    /// @dev Where the last window ends that holds at some time; 0 if none does.
    function _lastEnd(List storage list) private view returns (uint64) {
        for (uint256 i = list.newest.count; i != 0; --i) {
            IWindows.Window memory window = windowAt(list, i - 1);
            if (window.from < window.until) return window.until;
        }
        return 0;
    }
}
