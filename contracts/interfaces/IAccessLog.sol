// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IImporting} from "./IImporting.sol";
import {IWindows} from "./IWindows.sol";

/// @title Heads of the access logs and hashes of the query policies (查询日志).
/// @notice A registry is named by the address of its CertificateRegistry. Heads are blinded; nothing personal
/// is ever stored or emitted here.
/// @dev Folding all events from deployment on rebuilds the whole state; imports emit the same events.
interface IAccessLog is IImporting, IWindows {
    /// @notice The newest head of one department's log.
    struct Head {
        uint64 seq;
        uint64 time;
        bytes32 head;
    }

    /// @notice Window `index` was added to a log account of a registry.
    event LogAccountAdded(address indexed registry, address indexed account, uint32 index, uint64 from, uint64 until);
    /// @notice The end of a log account's window `index` was brought forward.
    event LogAccountEnded(address indexed registry, address indexed account, uint32 index, uint64 until);
    /// @notice For each i, heads[i] is the seqs[i]-th head of issuers[i]'s log.
    event HeadsAnchored(address indexed registry, bytes32[] issuers, uint64[] seqs, bytes32[] heads, uint64 time);
    /// @notice A registry's policy of that version has this hash.
    event PolicyAnchored(address indexed registry, uint64 indexed version, bytes32 hash, uint64 time);

    /// @notice Neither a registry nor an account is the zero address.
    error BadAccount();
    /// @notice The account belongs to another registry.
    error AccountTaken(address account, address registry);
    /// @notice The caller is no log account now.
    error NotLogAccount(address caller);
    /// @notice Issuers, seqs and heads are not equally many, or none.
    error BadLength(uint256 issuers, uint256 seqs, uint256 heads);
    /// @notice The numbers of a log's heads rise strictly.
    error SeqNotRising(bytes32 issuer, uint64 seq, uint64 current);
    /// @notice Versions count 1, 2, 3 …
    error BadVersion(address registry, uint64 version, uint64 expected);

    /// @notice Gives a registry's log account a window; an account serves one registry.
    /// @dev Reverts with NotAuthority, BadAccount, AccountTaken, InThePast, EmptyWindow, WindowOverlaps.
    function addLogAccount(address registry, address account, uint64 from, uint64 until) external;

    /// @notice Brings the end of a log account's window forward.
    /// @dev Reverts with NotAuthority, NoSuchWindow, InThePast, EndNotEarlier.
    function endLogAccount(address registry, address account, uint32 index, uint64 until) external;

    /// @notice Anchors the heads of a registry's logs; the caller's registry is known by its account.
    /// @param seqs The heads' own numbers, one up for an unchanged log too, so that activity does not show.
    /// @dev Reverts with ImportIsOpen, NotLogAccount, BadLength, SeqNotRising.
    function anchorHeads(bytes32[] calldata issuers, uint64[] calldata seqs, bytes32[] calldata heads) external;

    /// @notice Anchors the hash of a registry's query policy, appended only.
    /// @dev Reverts with NotAuthority, BadVersion.
    function anchorPolicy(address registry, uint64 version, bytes32 hash) external;

    /// @notice Imports a window of a log account that began in the past.
    /// @dev Reverts as addLogAccount does, but with NotPast where `from` is after this block, and ImportIsClosed.
    function importLogAccount(address registry, address account, uint64 from, uint64 until) external;

    /// @notice Imports heads anchored at a past time.
    /// @dev Reverts with NotAuthority, ImportIsClosed, NotPast, BadLength, SeqNotRising.
    function importHeads(
        address registry,
        bytes32[] calldata issuers,
        uint64[] calldata seqs,
        bytes32[] calldata heads,
        uint64 time
    ) external;

    /// @notice Imports the hash of a policy anchored at a past time.
    /// @dev Reverts with NotAuthority, ImportIsClosed, NotPast, BadVersion.
    function importPolicy(address registry, uint64 version, bytes32 hash, uint64 time) external;

    /// @notice The newest head of an issuer's log in a registry; all zero if none.
    function headOf(address registry, bytes32 issuer) external view returns (Head memory);

    /// @notice How many policies a registry has anchored: the newest version.
    function policyVersion(address registry) external view returns (uint64);

    /// @notice The hash of a policy version; zero if there is none.
    function policyOf(address registry, uint64 version) external view returns (bytes32);

    /// @notice All windows of a log account, by index.
    function logAccountWindows(address registry, address account) external view returns (Window[] memory);
}
