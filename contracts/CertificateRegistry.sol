// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Importing} from "./Importing.sol";
import {Proofs} from "./Proofs.sol";
import {StatusWords} from "./StatusWords.sol";
import {ICertificateRegistry} from "./interfaces/ICertificateRegistry.sol";
import {IIssuerRegistry} from "./interfaces/IIssuerRegistry.sol";

/// @title Batch roots and certificate status (批次与状态).
contract CertificateRegistry is ICertificateRegistry, Importing {
    /// @dev One slot.
    struct StoredAnchor {
        uint64 seq;
        uint32 size;
        uint64 time;
        bool replacement;
    }

    /// @notice Who may act for which issuer, and who is the authority.
    IIssuerRegistry public immutable ISSUERS;

    /// @dev The next seq; 0 where the sequence was not opened, which is 1 too.
    mapping(bytes32 issuer => uint64 next) private _next;
    mapping(bytes32 issuer => mapping(bytes32 root => StoredAnchor anchor)) private _anchors;
    mapping(bytes32 issuer => VoidedRange[] ranges) private _voided;
    mapping(bytes32 issuer => mapping(uint64 seq => bytes32 root)) private _replacements;
    mapping(bytes32 issuer => mapping(bytes32 typeCode => mapping(uint32 list => mapping(uint256 word => uint256))))
        private _words;

    /// @param issuers The IssuerRegistry of this chain.
    constructor(IIssuerRegistry issuers) {
        ISSUERS = issuers;
    }

    /// @inheritdoc ICertificateRegistry
    function openSequences(bytes32[] calldata issuers) external {
        for (uint256 i = 0; i < issuers.length; ++i) {
            bytes32 issuer = issuers[i];
            _requireIssuer(issuer);
            if (_next[issuer] != 0) continue;
            _next[issuer] = 1;
            emit SequenceOpened(issuer);
        }
    }

    /// @inheritdoc ICertificateRegistry
    function anchorBatch(bytes32 issuer, uint64 seq, bytes32 root, uint32 size) external afterImport {
        if (!ISSUERS.isAccountOf(issuer, msg.sender)) revert NotAccountOf(issuer, msg.sender);
        uint64 next = nextSequence(issuer);
        if (seq != next) revert OutOfSequence(issuer, next, seq);
        _next[issuer] = seq + 1;
        _anchor(issuer, PastBatch(root, seq, size, uint64(block.timestamp)), msg.sender);
    }

    /// @inheritdoc ICertificateRegistry
    function voidBatches(bytes32 issuer, uint64 fromSeq, uint64 toSeq, bytes32 reason) external onlyAuthority {
        uint64 next = nextSequence(issuer);
        if (toSeq >= next) revert BadRange(fromSeq, toSeq, next);
        _void(issuer, fromSeq, toSeq, reason, uint64(block.timestamp));
    }

    /// @inheritdoc ICertificateRegistry
    function replaceBatch(bytes32 issuer, uint64 seq, bytes32 voidedRoot, bytes32 root, uint32 size)
        external
        onlyAuthority
    {
        StoredAnchor memory old = _anchors[issuer][voidedRoot];
        if (old.seq != seq || old.replacement) revert NotThatBatch(issuer, seq, voidedRoot);
        _replace(issuer, voidedRoot, PastBatch(root, seq, size, old.time));
    }

    /// @inheritdoc ICertificateRegistry
    function setStatus(
        bytes32 issuer,
        bytes32 typeCode,
        uint32 list,
        uint32[] calldata words,
        uint256[] calldata masks,
        uint8 value
    ) external afterImport {
        if (!ISSUERS.mayActFor(issuer, typeCode, msg.sender)) revert MayNotActFor(issuer, typeCode, msg.sender);
        _requireLengths(words.length, masks.length);
        if (value > StatusWords.SUPERSEDED) revert BadValue(value);
        mapping(uint256 => uint256) storage stored = _words[issuer][typeCode][list];
        for (uint256 i = 0; i < words.length; ++i) {
            uint32 word = words[i];
            _requireWord(word);
            uint256 old = stored[word];
            stored[word] = StatusWords.moved(old, masks[i], value, word);
        }
        emit StatusSet(issuer, typeCode, msg.sender, list, words, masks, value);
    }

    /// @inheritdoc ICertificateRegistry
    function importVoid(bytes32 issuer, uint64 fromSeq, uint64 toSeq, bytes32 reason, uint64 time)
        external
        onlyImport
    {
        _requireIssuer(issuer);
        _requirePast(time);
        _void(issuer, fromSeq, toSeq, reason, time);
        _next[issuer] = _pastVoided(issuer, nextSequence(issuer));
    }

    /// @inheritdoc ICertificateRegistry
    function importBatches(bytes32 issuer, PastBatch[] calldata batches) external onlyImport {
        _requireIssuer(issuer);
        uint64 next = nextSequence(issuer);
        for (uint256 i = 0; i < batches.length; ++i) {
            _requirePast(batches[i].time);
            uint64 seq = batches[i].seq;
            if (seq == 0 || !isVoided(issuer, seq)) {
                if (seq != next) revert OutOfSequence(issuer, next, seq);
                next = _pastVoided(issuer, seq + 1);
            }
            _anchor(issuer, batches[i], address(0));
        }
        _next[issuer] = next;
    }

    /// @inheritdoc ICertificateRegistry
    function importReplacement(
        bytes32 issuer,
        uint64 seq,
        bytes32 voidedRoot,
        bytes32 root,
        uint32 size,
        uint64 time
    ) external onlyImport {
        _requirePast(time);
        _replace(issuer, voidedRoot, PastBatch(root, seq, size, time));
    }

    /// @inheritdoc ICertificateRegistry
    function importWords(
        bytes32 issuer,
        bytes32 typeCode,
        uint32 list,
        uint32[] calldata words,
        uint256[] calldata values
    ) external onlyImport {
        _requireIssuer(issuer);
        _requireLengths(words.length, values.length);
        mapping(uint256 => uint256) storage stored = _words[issuer][typeCode][list];
        for (uint256 i = 0; i < words.length; ++i) {
            uint32 word = words[i];
            _requireWord(word);
            if (stored[word] != 0) revert WordTaken(word, stored[word]);
            stored[word] = values[i];
        }
        emit WordsImported(issuer, typeCode, list, words, values);
    }

    /// @inheritdoc ICertificateRegistry
    function voidedRanges(bytes32 issuer) external view returns (VoidedRange[] memory) {
        return _voided[issuer];
    }

    /// @inheritdoc ICertificateRegistry
    function replacementOf(bytes32 issuer, uint64 seq) external view returns (bytes32) {
        return _replacements[issuer][seq];
    }

    /// @inheritdoc ICertificateRegistry
    function statusOf(bytes32 issuer, bytes32 typeCode, uint32 list, uint32 idx) external view returns (uint8) {
        uint256 word = idx / StatusWords.ENTRIES;
        _requireWord(word);
        return StatusWords.entry(_words[issuer][typeCode][list][word], idx % StatusWords.ENTRIES);
    }

    /// @inheritdoc ICertificateRegistry
    function wordsOf(bytes32 issuer, bytes32 typeCode, uint32 list, uint32 first, uint32 count)
        external
        view
        returns (uint256[] memory found)
    {
        if (uint256(first) + count > StatusWords.PER_LIST) revert BadWord(first);
        found = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) found[i] = _words[issuer][typeCode][list][first + i];
    }

    /// @inheritdoc ICertificateRegistry
    function inclusion(bytes32 issuer, bytes32 leaf, uint64 index, uint64 size, bytes32[] calldata path)
        external
        view
        returns (bool included, Anchor memory anchor)
    {
        anchor = anchorOf(issuer, Proofs.root(leaf, index, size, path));
        included = anchor.seq != 0 && anchor.size == size && !anchor.voided;
    }

    /// @inheritdoc ICertificateRegistry
    function rootOf(bytes32 leaf, uint64 index, uint64 size, bytes32[] calldata path)
        external
        pure
        returns (bytes32)
    {
        return Proofs.root(leaf, index, size, path);
    }

    /// @inheritdoc ICertificateRegistry
    function nextSequence(bytes32 issuer) public view returns (uint64) {
        uint64 next = _next[issuer];
        return next == 0 ? 1 : next;
    }

    /// @inheritdoc ICertificateRegistry
    function anchorOf(bytes32 issuer, bytes32 root) public view returns (Anchor memory) {
        StoredAnchor memory stored = _anchors[issuer][root];
        bool voided = !stored.replacement && isVoided(issuer, stored.seq);
        return Anchor(stored.seq, stored.size, stored.time, stored.replacement, voided);
    }

    /// @inheritdoc ICertificateRegistry
    function isVoided(bytes32 issuer, uint64 seq) public view returns (bool) {
        VoidedRange[] storage ranges = _voided[issuer];
        for (uint256 i = 0; i < ranges.length; ++i) {
            if (ranges[i].fromSeq <= seq && seq <= ranges[i].toSeq) return true;
        }
        return false;
    }

    function _anchor(bytes32 issuer, PastBatch memory batch, address account) private {
        if (batch.root == 0 || batch.size == 0) revert EmptyBatch(batch.seq);
        uint64 taken = _anchors[issuer][batch.root].seq;
        if (taken != 0) revert RootTaken(issuer, batch.root, taken);
        _anchors[issuer][batch.root] = StoredAnchor(batch.seq, batch.size, batch.time, false);
        emit BatchAnchored(issuer, batch.root, account, batch.seq, batch.size, batch.time);
    }

    function _void(bytes32 issuer, uint64 fromSeq, uint64 toSeq, bytes32 reason, uint64 time) private {
        if (fromSeq == 0 || fromSeq > toSeq) revert BadRange(fromSeq, toSeq, nextSequence(issuer));
        VoidedRange[] storage ranges = _voided[issuer];
        for (uint256 i = 0; i < ranges.length; ++i) {
            VoidedRange memory range = ranges[i];
            if (fromSeq <= range.toSeq && range.fromSeq <= toSeq) {
                revert AlreadyVoided(fromSeq > range.fromSeq ? fromSeq : range.fromSeq);
            }
        }
        ranges.push(VoidedRange(fromSeq, toSeq, time));
        emit BatchesVoided(issuer, fromSeq, toSeq, reason, time);
    }

    function _replace(bytes32 issuer, bytes32 voidedRoot, PastBatch memory batch) private {
        if (!isVoided(issuer, batch.seq)) revert NotVoided(issuer, batch.seq);
        if (batch.root == 0 || batch.size == 0) revert EmptyBatch(batch.seq);
        bytes32 replaced = _replacements[issuer][batch.seq];
        if (replaced != 0) revert AlreadyReplaced(issuer, batch.seq, replaced);
        uint64 taken = _anchors[issuer][batch.root].seq;
        if (taken != 0 && taken != batch.seq) revert RootTaken(issuer, batch.root, taken);
        _replacements[issuer][batch.seq] = batch.root;
        _anchors[issuer][batch.root] = StoredAnchor(batch.seq, batch.size, batch.time, true);
        emit BatchReplaced(issuer, batch.root, voidedRoot, batch.seq, batch.size, batch.time);
    }

    /// @dev The first seq from `seq` on that is not voided. Ranges may stand in any order, so look again after a hit.
    function _pastVoided(bytes32 issuer, uint64 seq) private view returns (uint64) {
        VoidedRange[] storage ranges = _voided[issuer];
        uint256 i = 0;
        while (i < ranges.length) {
            VoidedRange memory range = ranges[i++];
            if (range.fromSeq <= seq && seq <= range.toSeq) (seq, i) = (range.toSeq + 1, 0);
        }
        return seq;
    }

    function _requireIssuer(bytes32 issuer) private view {
        if (!ISSUERS.isIssuer(issuer)) revert UnknownIssuer(issuer);
    }

    function _requireLengths(uint256 words, uint256 others) private pure {
        if (words != others || words == 0 || words > StatusWords.PER_CALL) revert BadLength(words, others);
    }

    function _requireWord(uint256 word) private pure {
        if (word >= StatusWords.PER_LIST) revert BadWord(word);
    }

    function _isAuthority(address account) internal view override returns (bool) {
        return ISSUERS.isAuthority(account);
    }
}
