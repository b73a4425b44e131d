// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAuthority} from "./IAuthority.sol";
import {IImporting} from "./IImporting.sol";
import {IWindows} from "./IWindows.sol";

/// @title Who may issue what, with which keys and accounts, from when to when (权责清单).
/// @notice Codes are right-padded ASCII: an issuer's 18 characters, a type's 21. Key thumbprints are
/// RFC 7638 SHA-256. Times are Unix seconds; in `add…`, `grant…`, `set…` and `end…` 0 means this block's time.
/// Nothing personal is ever stored or emitted here.
/// @dev Folding all events from deployment on rebuilds the whole state; imports emit the same events.
interface IIssuerRegistry is IAuthority, IImporting, IWindows {
    /// @notice A department was registered.
    event IssuerRegistered(bytes32 indexed issuer);

    /// @notice Window `index` was added to a chain account of an issuer.
    event AccountAdded(bytes32 indexed issuer, address indexed account, uint32 index, uint64 from, uint64 until);
    /// @notice The end of an account's window `index` was brought forward.
    event AccountEnded(bytes32 indexed issuer, address indexed account, uint32 index, uint64 until);

    /// @notice Window `index` was added to a key of an issuer; `uses` never changes for a key.
    event KeyAdded(
        bytes32 indexed issuer, bytes32 indexed thumbprint, uint16 uses, uint32 index, uint64 from, uint64 until
    );
    /// @notice The end of a key's window `index` was brought forward.
    event KeyEnded(bytes32 indexed issuer, bytes32 indexed thumbprint, uint32 index, uint64 until);
    /// @notice A key is compromised, for ever.
    event KeyCompromised(bytes32 indexed issuer, bytes32 indexed thumbprint, uint64 time);

    /// @notice Window `index` was added to an issuer's right to issue a type.
    event RightGranted(bytes32 indexed issuer, bytes32 indexed typeCode, uint32 index, uint64 from, uint64 until);
    /// @notice The end of a right's window `index` was brought forward.
    event RightEnded(bytes32 indexed issuer, bytes32 indexed typeCode, uint32 index, uint64 until);

    /// @notice Window `index` was added to a version of a type; `definition` never changes for a version.
    event TypeVersionAdded(
        bytes32 indexed typeCode,
        uint32 indexed version,
        bytes32 definition,
        uint32 index,
        uint64 from,
        uint64 until
    );
    /// @notice The end of a type version's window `index` was brought forward.
    event TypeVersionEnded(bytes32 indexed typeCode, uint32 indexed version, uint32 index, uint64 until);

    /// @notice From `from` on `successor` acts for what `issuer` issued of a type; zero means nobody does.
    /// @dev In force at a time T: the last such event with `from` <= T.
    event SuccessorSet(bytes32 indexed issuer, bytes32 indexed typeCode, bytes32 indexed successor, uint64 from);

    /// @notice Not 18 (an issuer) or 21 (a type) characters of 0-9 A-Z, padded with zeros.
    error BadCode(bytes32 code);
    /// @notice The department is not registered.
    error UnknownIssuer(bytes32 issuer);
    /// @notice The department is registered already.
    error IssuerExists(bytes32 issuer);
    /// @notice The zero address is nobody's account.
    error BadAccount();
    /// @notice The issuer has no such key.
    error UnknownKey(bytes32 issuer, bytes32 thumbprint);
    /// @notice The key belongs to another issuer.
    error KeyTaken(bytes32 thumbprint, bytes32 owner);
    /// @notice Uses are a set of the bits 1, 2, 4, 8 and 16, at least one of them, the same for all windows of a key.
    error BadUses(uint16 uses);
    /// @notice The key is compromised; it gets no further window, and no second report.
    error KeyIsCompromised(bytes32 thumbprint);
    /// @notice No version of that type is registered.
    error UnknownType(bytes32 typeCode);
    /// @notice Versions count from 1, and a version's definition never changes.
    error BadVersion(bytes32 typeCode, uint32 version);
    /// @notice The new succession begins before the one set last.
    error SuccessionOutOfOrder(uint64 from, uint64 previousFrom);
    /// @notice The successor already leads back to the issuer.
    error SuccessorCycle(bytes32 issuer, bytes32 typeCode, bytes32 successor);
    /// @notice The chain of successors would be more than 8 deep.
    error SuccessorTooDeep(bytes32 issuer, bytes32 typeCode, bytes32 successor);

    /// @notice Registers a department: one that issues, or one that only asks.
    /// @dev Reverts with NotAuthority, BadCode, IssuerExists.
    function registerIssuer(bytes32 issuer) external;

    /// @notice Gives a chain account of an issuer a window.
    /// @dev Reverts with NotAuthority, UnknownIssuer, BadAccount, InThePast (`from` before this block),
    /// EmptyWindow (`until` not after `from`), WindowOverlaps (`from` before the last window's end).
    function addAccount(bytes32 issuer, address account, uint64 from, uint64 until) external;

    /// @notice Brings the end of an account's window forward.
    /// @dev Reverts with NotAuthority, NoSuchWindow, InThePast (`until` before this block), EndNotEarlier.
    function endAccount(bytes32 issuer, address account, uint32 index, uint64 until) external;

    /// @notice Gives a key of an issuer a window.
    /// @param uses 1 credentials, 2 status lists, 4 answers, 8 request objects and metadata, 16 messages
    /// to other registries.
    /// @dev Reverts as addAccount does, and with BadUses, KeyTaken (another issuer's), KeyIsCompromised.
    function addKey(bytes32 issuer, bytes32 thumbprint, uint16 uses, uint64 from, uint64 until) external;

    /// @notice Brings the end of a key's window forward.
    /// @dev Reverts with NotAuthority, UnknownKey, NoSuchWindow, InThePast, EndNotEarlier.
    function endKey(bytes32 issuer, bytes32 thumbprint, uint32 index, uint64 until) external;

    /// @notice Marks a key compromised, for ever: none of its credentials stand, the certificates do.
    /// @dev Reverts with NotAuthority, UnknownKey, KeyIsCompromised.
    function reportCompromised(bytes32 issuer, bytes32 thumbprint) external;

    /// @notice Gives an issuer a window in which it may issue a type.
    /// @dev Reverts as addAccount does (but BadAccount), and with UnknownType.
    function grantRight(bytes32 issuer, bytes32 typeCode, uint64 from, uint64 until) external;

    /// @notice Brings the end of a right's window forward.
    /// @dev Reverts with NotAuthority, NoSuchWindow, InThePast, EndNotEarlier.
    function endRight(bytes32 issuer, bytes32 typeCode, uint32 index, uint64 until) external;

    /// @notice Gives a version of a type a window in which it is in force.
    /// @param definition SHA-256 of the type definition's canonical JSON.
    /// @dev Reverts with NotAuthority, BadCode, BadVersion (0, no definition, or another definition than before),
    /// InThePast, EmptyWindow, WindowOverlaps.
    function addTypeVersion(bytes32 typeCode, uint32 version, bytes32 definition, uint64 from, uint64 until)
        external;

    /// @notice Brings the end of a type version's window forward.
    /// @dev Reverts with NotAuthority, NoSuchWindow, InThePast, EndNotEarlier.
    function endTypeVersion(bytes32 typeCode, uint32 version, uint32 index, uint64 until) external;

    /// @notice Names who, from `from` on, sets status for what `issuer` issued of a type, and renews it.
    /// @param successor Zero ends the succession.
    /// @dev Reverts with NotAuthority, UnknownIssuer, UnknownType, InThePast, SuccessionOutOfOrder,
    /// SuccessorCycle, SuccessorTooDeep.
    function setSuccessor(bytes32 issuer, bytes32 typeCode, bytes32 successor, uint64 from) external;

    /// @notice Imports a window of an account that began in the past.
    /// @dev Reverts as addAccount does, but with NotPast where `from` is after this block, and with ImportIsClosed.
    function importAccount(bytes32 issuer, address account, uint64 from, uint64 until) external;

    /// @notice Imports a window of a key that began in the past.
    /// @dev Reverts as addKey does, but with NotPast where `from` is after this block, and with ImportIsClosed.
    function importKey(bytes32 issuer, bytes32 thumbprint, uint16 uses, uint64 from, uint64 until) external;

    /// @notice Imports the report that a key was compromised at a past time.
    /// @dev Reverts as reportCompromised does, with NotPast where `time` is after this block, and ImportIsClosed.
    function importCompromise(bytes32 issuer, bytes32 thumbprint, uint64 time) external;

    /// @notice Imports a window of a right that began in the past.
    /// @dev Reverts as grantRight does, but with NotPast where `from` is after this block, and with ImportIsClosed.
    function importRight(bytes32 issuer, bytes32 typeCode, uint64 from, uint64 until) external;

    /// @notice Imports a window of a type version that began in the past.
    /// @dev Reverts as addTypeVersion does, but with NotPast where `from` is after this block, and ImportIsClosed.
    function importTypeVersion(bytes32 typeCode, uint32 version, bytes32 definition, uint64 from, uint64 until)
        external;

    /// @notice Imports a succession that began in the past.
    /// @dev Reverts as setSuccessor does, but with NotPast where `from` is after this block, and ImportIsClosed.
    function importSuccessor(bytes32 issuer, bytes32 typeCode, bytes32 successor, uint64 from) external;

    /// @notice Whether a department is registered.
    function isIssuer(bytes32 issuer) external view returns (bool);

    /// @notice Whether an account may anchor for an issuer now.
    function isAccountOf(bytes32 issuer, address account) external view returns (bool);

    /// @notice Whether an account may set status now for what an issuer issued of a type: its own account, or
    /// one of a code on the chain of its successors.
    function mayActFor(bytes32 issuer, bytes32 typeCode, address account) external view returns (bool);

    /// @notice Whether an account was an issuer's at a time.
    function accountAt(bytes32 issuer, address account, uint64 time) external view returns (bool);

    /// @notice Whether an issuer had the right to issue a type at a time.
    function rightAt(bytes32 issuer, bytes32 typeCode, uint64 time) external view returns (bool);

    /// @notice A key as of a time.
    /// @return uses Its uses if one of its windows holds at `time`, else 0.
    /// @return compromisedAt When it was reported compromised, which counts at every time; 0 if never.
    function keyAt(bytes32 issuer, bytes32 thumbprint, uint64 time)
        external
        view
        returns (uint16 uses, uint64 compromisedAt);

    /// @notice The hash of a type version's definition and whether it was in force at a time.
    function typeVersionAt(bytes32 typeCode, uint32 version, uint64 time)
        external
        view
        returns (bytes32 definition, bool inForce);

    /// @notice Who acts for an issuer's certificates of a type at a time, one step; zero if nobody.
    function successorAt(bytes32 issuer, bytes32 typeCode, uint64 time) external view returns (bytes32);

    /// @notice All who act for an issuer's certificates of a type at a time, nearest first, at most 8.
    function successorChain(bytes32 issuer, bytes32 typeCode, uint64 time) external view returns (bytes32[] memory);

    /// @notice All windows of an account, by index.
    function accountWindows(bytes32 issuer, address account) external view returns (Window[] memory);

    /// @notice All windows of a key, by index.
    function keyWindows(bytes32 issuer, bytes32 thumbprint) external view returns (Window[] memory);

    /// @notice All windows of a right, by index.
    function rightWindows(bytes32 issuer, bytes32 typeCode) external view returns (Window[] memory);

    /// @notice All windows of a type version, by index.
    function typeVersionWindows(bytes32 typeCode, uint32 version) external view returns (Window[] memory);
}
