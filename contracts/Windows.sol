// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IWindows} from "./interfaces/IWindows.sol";

/// @title Lists of windows in time order, appended only; one storage slot a window.
library Windows {
    /// @notice Appends [from, until), wherever in time it lies.
    /// @dev Reverts with EmptyWindow, WindowOverlaps.
    /// @return index Of the new window.
    function append(IWindows.Window[] storage list, uint64 from, uint64 until) internal returns (uint32 index) {
        if (until <= from) revert IWindows.EmptyWindow(from, until);
        uint256 count = list.length;
        if (count != 0 && from < list[count - 1].until) {
            revert IWindows.WindowOverlaps(from, list[count - 1].until);
        }
        list.push(IWindows.Window(from, until));
        return uint32(count);
    }

    /// @notice Brings the end of a window forward, 0 meaning this block's time.
    /// @dev Reverts with NoSuchWindow, InThePast, EndNotEarlier.
    /// @return end The `until` as stored.
    function bringForward(IWindows.Window[] storage list, uint32 index, uint64 until) internal returns (uint64 end) {
        if (index >= list.length) revert IWindows.NoSuchWindow(index, list.length);
        end = notPast(until);
        uint64 current = list[index].until;
        if (end >= current) revert IWindows.EndNotEarlier(end, current);
        list[index].until = end;
    }

    /// @notice Whether one of the windows holds at a time. The newest is looked at first.
    function holdAt(IWindows.Window[] storage list, uint64 time) internal view returns (bool) {
        for (uint256 i = list.length; i != 0; --i) {
            IWindows.Window memory window = list[i - 1];
            if (window.from <= time && time < window.until) return true;
        }
        return false;
    }

    /// @notice A time given by the authority, 0 meaning this block's.
    /// @dev Reverts with InThePast.
    function notPast(uint64 time) internal view returns (uint64) {
        if (time == 0) return uint64(block.timestamp);
        if (time < block.timestamp) revert IWindows.InThePast(time, uint64(block.timestamp));
        return time;
    }
}
