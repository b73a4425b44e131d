// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Importing} from "./Importing.sol";
import {Windows} from "./Windows.sol";
import {IAccessLog} from "./interfaces/IAccessLog.sol";
import {IAuthority} from "./interfaces/IAuthority.sol";

/// @title Heads of the access logs and hashes of the query policies (查询日志).
contract AccessLog is IAccessLog, Importing {
    using Windows for Windows.List;

    /// @notice Who is the authority.
    IAuthority public immutable AUTHORITY;

    mapping(address account => address registry) private _registries;
    mapping(address account => Windows.List windows) private _accounts;
    mapping(address registry => mapping(bytes32 issuer => Head head)) private _heads;
    mapping(address registry => bytes32[] hashes) private _policies;

    /// @param authority The IssuerRegistry of this chain.
    constructor(IAuthority authority) {
        AUTHORITY = authority;
    }

    /// @inheritdoc IAccessLog
    function addLogAccount(address registry, address account, uint64 from, uint64 until) external onlyAuthority {
        _addLogAccount(registry, account, Windows.notPast(from), until);
    }

    /// @inheritdoc IAccessLog
    function endLogAccount(address registry, address account, uint32 index, uint64 until) external onlyAuthority {
        if (_registries[account] != registry) revert NoSuchWindow(index, 0);
        uint64 end = _accounts[account].bringForward(index, until);
        emit LogAccountEnded(registry, account, index, end);
    }

    /// @inheritdoc IAccessLog
    function anchorHeads(bytes32[] calldata issuers, uint64[] calldata seqs, bytes32[] calldata heads)
        external
        afterImport
    {
        if (!_accounts[msg.sender].holdAt(uint64(block.timestamp))) revert NotLogAccount(msg.sender);
        _anchorHeads(_registries[msg.sender], issuers, seqs, heads, uint64(block.timestamp));
    }

    /// @inheritdoc IAccessLog
    function anchorPolicy(address registry, uint64 version, bytes32 hash) external onlyAuthority {
        _anchorPolicy(registry, version, hash, uint64(block.timestamp));
    }

    /// @inheritdoc IAccessLog
    function importLogAccount(address registry, address account, uint64 from, uint64 until) external onlyImport {
        _requirePast(from);
        _addLogAccount(registry, account, from, until);
    }

    /// @inheritdoc IAccessLog
    function importHeads(
        address registry,
        bytes32[] calldata issuers,
        uint64[] calldata seqs,
        bytes32[] calldata heads,
        uint64 time
    ) external onlyImport {
        _requirePast(time);
        _anchorHeads(registry, issuers, seqs, heads, time);
    }

    /// @inheritdoc IAccessLog
    function importPolicy(address registry, uint64 version, bytes32 hash, uint64 time) external onlyImport {
        _requirePast(time);
        _anchorPolicy(registry, version, hash, time);
    }

    /// @inheritdoc IAccessLog
    function headOf(address registry, bytes32 issuer) external view returns (Head memory) {
        return _heads[registry][issuer];
    }

    /// @inheritdoc IAccessLog
    function policyVersion(address registry) external view returns (uint64) {
        return uint64(_policies[registry].length);
    }

    /// @inheritdoc IAccessLog
    function policyOf(address registry, uint64 version) external view returns (bytes32) {
        bytes32[] storage hashes = _policies[registry];
        return version == 0 || version > hashes.length ? bytes32(0) : hashes[version - 1];
    }

    /// @inheritdoc IAccessLog
    function logAccountWindows(address registry, address account) external view returns (Window[] memory) {
        return _registries[account] == registry ? _accounts[account].all() : new Window[](0);
    }

    function _addLogAccount(address registry, address account, uint64 from, uint64 until) private {
        if (registry == address(0) || account == address(0)) revert BadAccount();
        address owner = _registries[account];
        if (owner != address(0) && owner != registry) revert AccountTaken(account, owner);
        _registries[account] = registry;
        uint32 index = _accounts[account].append(from, until);
        emit LogAccountAdded(registry, account, index, from, until);
    }

    function _anchorHeads(
        address registry,
        bytes32[] calldata issuers,
        uint64[] calldata seqs,
        bytes32[] calldata heads,
        uint64 time
    ) private {
        uint256 count = issuers.length;
        if (count == 0 || seqs.length != count || heads.length != count) {
            revert BadLength(count, seqs.length, heads.length);
        }
        for (uint256 i = 0; i < count; ++i) {
            Head storage head = _heads[registry][issuers[i]];
            if (seqs[i] <= head.seq) revert SeqNotRising(issuers[i], seqs[i], head.seq);
            (head.seq, head.time, head.head) = (seqs[i], time, heads[i]);
        }
        emit HeadsAnchored(registry, issuers, seqs, heads, time);
    }

    function _anchorPolicy(address registry, uint64 version, bytes32 hash, uint64 time) private {
        uint64 expected = uint64(_policies[registry].length) + 1;
        if (version != expected) revert BadVersion(registry, version, expected);
        _policies[registry].push(hash);
        emit PolicyAnchored(registry, version, hash, time);
    }

    function _isAuthority(address account) internal view override returns (bool) {
        return AUTHORITY.isAuthority(account);
    }
}
