// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Codes} from "./Codes.sol";
import {Importing} from "./Importing.sol";
import {Windows} from "./Windows.sol";
import {IAuthority} from "./interfaces/IAuthority.sol";
import {IIssuerRegistry} from "./interfaces/IIssuerRegistry.sol";

/// @title Who may issue what, with which keys and accounts, from when to when (权责清单).
/// @dev Also the one authority contract for all registries on a chain: the default admin, whose change takes
/// a delay, names the accounts with AUTHORITY_ROLE; the other contracts ask here.
contract IssuerRegistry is IIssuerRegistry, Importing, AccessControlDefaultAdminRules {
    using Windows for Windows.List;

    struct Key {
        bytes32 issuer;
        uint64 compromisedAt;
        uint16 uses;
        Windows.List windows;
    }

    struct TypeVersion {
        bytes32 definition;
        Windows.List windows;
    }

    struct Succession {
        bytes32 successor;
        uint64 from;
    }

    /// @notice The role that registers, grants, ends, voids and imports.
    bytes32 public constant AUTHORITY_ROLE = keccak256("AUTHORITY_ROLE");
    /// @notice How deep a chain of successors may be.
    uint256 public constant MAX_SUCCESSORS = 8;

    uint16 private constant ALL_USES = 31;

    /// @inheritdoc IIssuerRegistry
    mapping(bytes32 issuer => bool registered) public isIssuer;

    mapping(bytes32 issuer => mapping(address account => Windows.List windows)) private _accounts;
    mapping(bytes32 thumbprint => Key key) private _keys;
    mapping(bytes32 issuer => mapping(bytes32 typeCode => Windows.List windows)) private _rights;
    mapping(bytes32 typeCode => bool registered) private _types;
    mapping(bytes32 typeCode => mapping(uint32 version => TypeVersion typeVersion)) private _typeVersions;
    mapping(bytes32 issuer => mapping(bytes32 typeCode => Succession[] successions)) private _successions;
    /// @dev The longest chain of predecessors that ever led to an issuer, for a type.
    mapping(bytes32 issuer => mapping(bytes32 typeCode => uint256 depth)) private _predecessors;

    modifier onlyIssuer(bytes32 issuer) {
        _requireIssuer(issuer);
        _;
    }

    /// @param delay Seconds until a change of the default admin can be accepted.
    /// @param admin Names the authority's accounts.
    /// @param authority The first of them; may be the admin.
    constructor(uint48 delay, address admin, address authority) AccessControlDefaultAdminRules(delay, admin) {
        if (authority == address(0)) revert BadAccount();
        _grantRole(AUTHORITY_ROLE, authority);
    }

    /// @inheritdoc IIssuerRegistry
    function registerIssuer(bytes32 issuer) external onlyAuthority {
        if (!Codes.isIssuer(issuer)) revert BadCode(issuer);
        if (isIssuer[issuer]) revert IssuerExists(issuer);
        isIssuer[issuer] = true;
        emit IssuerRegistered(issuer);
    }

    /// @inheritdoc IIssuerRegistry
    function addAccount(bytes32 issuer, address account, uint64 from, uint64 until) external onlyAuthority {
        _addAccount(issuer, account, Windows.notPast(from), until);
    }

    /// @inheritdoc IIssuerRegistry
    function endAccount(bytes32 issuer, address account, uint32 index, uint64 until) external onlyAuthority {
        uint64 end = _accounts[issuer][account].bringForward(index, until);
        emit AccountEnded(issuer, account, index, end);
    }

    /// @inheritdoc IIssuerRegistry
    function addKey(bytes32 issuer, bytes32 thumbprint, uint16 uses, uint64 from, uint64 until)
        external
        onlyAuthority
    {
        _addKey(issuer, thumbprint, uses, Windows.notPast(from), until);
    }

    /// @inheritdoc IIssuerRegistry
    function endKey(bytes32 issuer, bytes32 thumbprint, uint32 index, uint64 until) external onlyAuthority {
        uint64 end = _keyOf(issuer, thumbprint).windows.bringForward(index, until);
        emit KeyEnded(issuer, thumbprint, index, end);
    }

    /// @inheritdoc IIssuerRegistry
    function reportCompromised(bytes32 issuer, bytes32 thumbprint) external onlyAuthority {
        _reportCompromised(issuer, thumbprint, uint64(block.timestamp));
    }

    /// @inheritdoc IIssuerRegistry
    function grantRight(bytes32 issuer, bytes32 typeCode, uint64 from, uint64 until) external onlyAuthority {
        _grantRight(issuer, typeCode, Windows.notPast(from), until);
    }

    /// @inheritdoc IIssuerRegistry
    function endRight(bytes32 issuer, bytes32 typeCode, uint32 index, uint64 until) external onlyAuthority {
        uint64 end = _rights[issuer][typeCode].bringForward(index, until);
        emit RightEnded(issuer, typeCode, index, end);
    }

    /// @inheritdoc IIssuerRegistry
    function addTypeVersion(bytes32 typeCode, uint32 version, bytes32 definition, uint64 from, uint64 until)
        external
        onlyAuthority
    {
        _addTypeVersion(typeCode, version, definition, Windows.notPast(from), until);
    }

    /// @inheritdoc IIssuerRegistry
    function endTypeVersion(bytes32 typeCode, uint32 version, uint32 index, uint64 until) external onlyAuthority {
        uint64 end = _typeVersions[typeCode][version].windows.bringForward(index, until);
        emit TypeVersionEnded(typeCode, version, index, end);
    }

    /// @inheritdoc IIssuerRegistry
    function setSuccessor(bytes32 issuer, bytes32 typeCode, bytes32 successor, uint64 from) external onlyAuthority {
        _setSuccessor(issuer, typeCode, successor, Windows.notPast(from));
    }

    /// @inheritdoc IIssuerRegistry
    function importAccount(bytes32 issuer, address account, uint64 from, uint64 until) external onlyImport {
        _requirePast(from);
        _addAccount(issuer, account, from, until);
    }

    /// @inheritdoc IIssuerRegistry
    function importKey(bytes32 issuer, bytes32 thumbprint, uint16 uses, uint64 from, uint64 until)
        external
        onlyImport
    {
        _requirePast(from);
        _addKey(issuer, thumbprint, uses, from, until);
    }

    /// @inheritdoc IIssuerRegistry
    function importCompromise(bytes32 issuer, bytes32 thumbprint, uint64 time) external onlyImport {
        _requirePast(time);
        _reportCompromised(issuer, thumbprint, time);
    }

    /// @inheritdoc IIssuerRegistry
    function importRight(bytes32 issuer, bytes32 typeCode, uint64 from, uint64 until) external onlyImport {
        _requirePast(from);
        _grantRight(issuer, typeCode, from, until);
    }

    /// @inheritdoc IIssuerRegistry
    function importTypeVersion(bytes32 typeCode, uint32 version, bytes32 definition, uint64 from, uint64 until)
        external
        onlyImport
    {
        _requirePast(from);
        _addTypeVersion(typeCode, version, definition, from, until);
    }

    /// @inheritdoc IIssuerRegistry
    function importSuccessor(bytes32 issuer, bytes32 typeCode, bytes32 successor, uint64 from) external onlyImport {
        _requirePast(from);
        _setSuccessor(issuer, typeCode, successor, from);
    }

    /// @inheritdoc IIssuerRegistry
    function isAccountOf(bytes32 issuer, address account) external view returns (bool) {
        return _accounts[issuer][account].holdAt(uint64(block.timestamp));
    }

    /// @inheritdoc IIssuerRegistry
    function mayActFor(bytes32 issuer, bytes32 typeCode, address account) external view returns (bool) {
        bytes32 code = issuer;
        for (uint256 depth = 0; code != 0 && depth <= MAX_SUCCESSORS; ++depth) {
            if (_accounts[code][account].holdAt(uint64(block.timestamp))) return true;
            code = successorAt(code, typeCode, uint64(block.timestamp));
        }
        return false;
    }

    /// @inheritdoc IIssuerRegistry
    function accountAt(bytes32 issuer, address account, uint64 time) external view returns (bool) {
        return _accounts[issuer][account].holdAt(time);
    }

    /// @inheritdoc IIssuerRegistry
    function rightAt(bytes32 issuer, bytes32 typeCode, uint64 time) external view returns (bool) {
        return _rights[issuer][typeCode].holdAt(time);
    }

    /// @inheritdoc IIssuerRegistry
    function keyAt(bytes32 issuer, bytes32 thumbprint, uint64 time)
        external
        view
        returns (uint16 uses, uint64 compromisedAt)
    {
        Key storage key = _keys[thumbprint];
        if (key.issuer != issuer) return (0, 0);
        return (key.windows.holdAt(time) ? key.uses : 0, key.compromisedAt);
    }

    /// @inheritdoc IIssuerRegistry
    function typeVersionAt(bytes32 typeCode, uint32 version, uint64 time)
        external
        view
        returns (bytes32 definition, bool inForce)
    {
        TypeVersion storage typeVersion = _typeVersions[typeCode][version];
        return (typeVersion.definition, typeVersion.windows.holdAt(time));
    }

    /// @inheritdoc IIssuerRegistry
    function successorChain(bytes32 issuer, bytes32 typeCode, uint64 time) external view returns (bytes32[] memory) {
        bytes32[] memory chain = new bytes32[](MAX_SUCCESSORS);
        uint256 count = 0;
        bytes32 code = successorAt(issuer, typeCode, time);
        while (code != 0 && count < MAX_SUCCESSORS) {
            chain[count++] = code;
            code = successorAt(code, typeCode, time);
        }
        bytes32[] memory found = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) found[i] = chain[i];
        return found;
    }

    /// @inheritdoc IIssuerRegistry
    function accountWindows(bytes32 issuer, address account) external view returns (Window[] memory) {
        return _accounts[issuer][account].all();
    }

    /// @inheritdoc IIssuerRegistry
    function keyWindows(bytes32 issuer, bytes32 thumbprint) external view returns (Window[] memory) {
        Key storage key = _keys[thumbprint];
        return key.issuer == issuer ? key.windows.all() : new Window[](0);
    }

    /// @inheritdoc IIssuerRegistry
    function rightWindows(bytes32 issuer, bytes32 typeCode) external view returns (Window[] memory) {
        return _rights[issuer][typeCode].all();
    }

    /// @inheritdoc IIssuerRegistry
    function typeVersionWindows(bytes32 typeCode, uint32 version) external view returns (Window[] memory) {
        return _typeVersions[typeCode][version].windows.all();
    }

    /// @inheritdoc IAuthority
    function isAuthority(address account) external view returns (bool) {
        return _isAuthority(account);
    }

    /// @inheritdoc IIssuerRegistry
    function successorAt(bytes32 issuer, bytes32 typeCode, uint64 time) public view returns (bytes32) {
        Succession[] storage list = _successions[issuer][typeCode];
        for (uint256 i = list.length; i != 0; --i) {
            if (list[i - 1].from <= time) return list[i - 1].successor;
        }
        return 0;
    }

    function _addAccount(bytes32 issuer, address account, uint64 from, uint64 until) private onlyIssuer(issuer) {
        if (account == address(0)) revert BadAccount();
        uint32 index = _accounts[issuer][account].append(from, until);
        emit AccountAdded(issuer, account, index, from, until);
    }

    function _addKey(bytes32 issuer, bytes32 thumbprint, uint16 uses, uint64 from, uint64 until)
        private
        onlyIssuer(issuer)
    {
        Key storage key = _keys[thumbprint];
        if (uses == 0 || uses > ALL_USES) revert BadUses(uses);
        if (key.issuer == 0) {
            key.issuer = issuer;
            key.uses = uses;
        }
        if (key.issuer != issuer) revert KeyTaken(thumbprint, key.issuer);
        if (key.uses != uses) revert BadUses(uses);
        if (key.compromisedAt != 0) revert KeyIsCompromised(thumbprint);
        uint32 index = key.windows.append(from, until);
        emit KeyAdded(issuer, thumbprint, uses, index, from, until);
    }

    function _reportCompromised(bytes32 issuer, bytes32 thumbprint, uint64 time) private {
        Key storage key = _keyOf(issuer, thumbprint);
        if (key.compromisedAt != 0) revert KeyIsCompromised(thumbprint);
        key.compromisedAt = time;
        emit KeyCompromised(issuer, thumbprint, time);
    }

    function _grantRight(bytes32 issuer, bytes32 typeCode, uint64 from, uint64 until) private onlyIssuer(issuer) {
        if (!_types[typeCode]) revert UnknownType(typeCode);
        uint32 index = _rights[issuer][typeCode].append(from, until);
        emit RightGranted(issuer, typeCode, index, from, until);
    }

    function _addTypeVersion(bytes32 typeCode, uint32 version, bytes32 definition, uint64 from, uint64 until)
        private
    {
        if (!Codes.isType(typeCode)) revert BadCode(typeCode);
        if (version == 0 || definition == 0) revert BadVersion(typeCode, version);
        TypeVersion storage typeVersion = _typeVersions[typeCode][version];
        if (typeVersion.definition == 0) {
            typeVersion.definition = definition;
            _types[typeCode] = true;
        }
        if (typeVersion.definition != definition) revert BadVersion(typeCode, version);
        uint32 index = typeVersion.windows.append(from, until);
        emit TypeVersionAdded(typeCode, version, definition, index, from, until);
    }

    function _setSuccessor(bytes32 issuer, bytes32 typeCode, bytes32 successor, uint64 from)
        private
        onlyIssuer(issuer)
    {
        if (!_types[typeCode]) revert UnknownType(typeCode);
        Succession[] storage list = _successions[issuer][typeCode];
        if (list.length != 0 && from < list[list.length - 1].from) {
            revert SuccessionOutOfOrder(from, list[list.length - 1].from);
        }
        if (successor != 0) {
            _requireIssuer(successor);
            _deepen(issuer, typeCode, successor);
        }
        list.push(Succession(successor, from));
        emit SuccessorSet(issuer, typeCode, successor, from);
    }

    /// @dev Follows every succession ahead, begun or planned, counting each issuer's predecessors anew.
    function _deepen(bytes32 issuer, bytes32 typeCode, bytes32 successor) private {
        bytes32 code = successor;
        uint256 depth = _predecessors[issuer][typeCode];
        while (code != 0) {
            if (code == issuer) revert SuccessorCycle(issuer, typeCode, successor);
            if (++depth > MAX_SUCCESSORS) revert SuccessorTooDeep(issuer, typeCode, successor);
            if (_predecessors[code][typeCode] < depth) _predecessors[code][typeCode] = depth;
            code = _lastSuccessor(code, typeCode);
        }
    }

    function _keyOf(bytes32 issuer, bytes32 thumbprint) private view returns (Key storage key) {
        key = _keys[thumbprint];
        if (issuer == 0 || key.issuer != issuer) revert UnknownKey(issuer, thumbprint);
    }

    function _lastSuccessor(bytes32 issuer, bytes32 typeCode) private view returns (bytes32) {
        Succession[] storage list = _successions[issuer][typeCode];
        return list.length == 0 ? bytes32(0) : list[list.length - 1].successor;
    }

    function _requireIssuer(bytes32 issuer) private view {
        if (!isIssuer[issuer]) revert UnknownIssuer(issuer);
    }

    function _isAuthority(address account) internal view override returns (bool) {
        return hasRole(AUTHORITY_ROLE, account);
    }
}
