// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IImporting} from "./IImporting.sol";

/// @title Batch roots and certificate status (批次与状态).
/// @notice Codes and times as in IIssuerRegistry. Nothing personal is ever stored or emitted here.
/// @dev Folding all events from deployment on rebuilds the whole state; imports emit the same events, but
/// WordsImported, which sets words outright.
interface ICertificateRegistry is IImporting {
    /// @notice What is known of a root of an issuer.
    /// @param seq The batch's number; 0 if the issuer never anchored this root.
    /// @param size Leaves in the batch.
    /// @param time Block time of the anchor; for a replacement, of the batch that it replaces.
    /// @param replacement The authority put it in the place of a voided batch.
    /// @param voided It does not count: its seq was voided, and it is not the replacement.
    struct Anchor {
        uint64 seq;
        uint32 size;
        uint64 time;
        bool replacement;
        bool voided;
    }

    /// @notice Seqs that do not count: both ends belong to it.
    struct VoidedRange {
        uint64 fromSeq;
        uint64 toSeq;
        uint64 time;
    }

    /// @notice A batch of the past.
    struct PastBatch {
        bytes32 root;
        uint64 seq;
        uint32 size;
        uint64 time;
    }

    /// @notice An issuer's sequence was opened, so that its first batch costs no more than another.
    event SequenceOpened(bytes32 indexed issuer);
    /// @notice A batch was anchored; `account` is zero for an imported one.
    event BatchAnchored(
        bytes32 indexed issuer, bytes32 indexed root, address account, uint64 seq, uint32 size, uint64 time
    );
    /// @notice Batches fromSeq to toSeq, both included, do not count.
    event BatchesVoided(bytes32 indexed issuer, uint64 fromSeq, uint64 toSeq, bytes32 reason, uint64 time);
    /// @notice `root` counts in the place of a voided batch, as anchored at `time`, that batch's time.
    event BatchReplaced(
        bytes32 indexed issuer,
        bytes32 indexed root,
        bytes32 indexed voidedRoot,
        uint64 seq,
        uint32 size,
        uint64 time
    );
    /// @notice In each words[i], the entries of masks[i] took `value`: new = (old & ~(m | m<<1)) | m·value.
    event StatusSet(
        bytes32 indexed issuer,
        bytes32 indexed typeCode,
        address account,
        uint32 list,
        uint32[] words,
        uint256[] masks,
        uint8 value
    );
    /// @notice Each words[i] is values[i].
    event WordsImported(
        bytes32 indexed issuer, bytes32 indexed typeCode, uint32 list, uint32[] words, uint256[] values
    );

    /// @notice The caller is no account of the issuer now.
    error NotAccountOf(bytes32 issuer, address caller);
    /// @notice The caller is no account of the issuer nor of one of its successors for the type now.
    error MayNotActFor(bytes32 issuer, bytes32 typeCode, address caller);
    /// @notice The department is not registered.
    error UnknownIssuer(bytes32 issuer);
    /// @notice Batches come in strict sequence.
    error OutOfSequence(bytes32 issuer, uint64 expected, uint64 given);
    /// @notice The issuer anchored this root before.
    error RootTaken(bytes32 issuer, bytes32 root, uint64 seq);
    /// @notice A batch has a root and at least one leaf.
    error EmptyBatch(uint64 seq);
    /// @notice The range is empty, or reaches beyond what was anchored.
    error BadRange(uint64 fromSeq, uint64 toSeq, uint64 next);
    /// @notice A part of the range was voided before.
    error AlreadyVoided(uint64 seq);
    /// @notice Only a voided batch can be replaced.
    error NotVoided(bytes32 issuer, uint64 seq);
    /// @notice The voided root is not what the issuer anchored under that seq.
    error NotThatBatch(bytes32 issuer, uint64 seq, bytes32 voidedRoot);
    /// @notice A batch can be replaced once.
    error AlreadyReplaced(bytes32 issuer, uint64 seq, bytes32 root);
    /// @notice Words and masks (or values) are not equally many, none, or more than 500.
    error BadLength(uint256 words, uint256 others);
    /// @notice A list has 1,024 words.
    error BadWord(uint256 word);
    /// @notice A mask is empty, or has a bit that is not the low one of a pair.
    error BadMask(uint256 word, uint256 mask);
    /// @notice Values are 0 valid, 1 revoked, 2 suspended, 3 superseded.
    error BadValue(uint8 value);
    /// @notice An entry (the index-th of the word, 0 to 127) may not go from its status to that one.
    error ForbiddenMove(uint256 word, uint8 index, uint8 current, uint8 value);
    /// @notice An imported word has another value already.
    error WordTaken(uint256 word, uint256 current);
    /// @notice The path does not have the length that index and size demand, or index is not below size.
    error BadProof(uint64 index, uint64 size, uint256 pathLength);

    /// @notice Opens the sequences of issuers, at their registration, so that a first batch costs no more than
    /// another. Anybody may; what is open already stays as it is.
    /// @dev Reverts with UnknownIssuer.
    function openSequences(bytes32[] calldata issuers) external;

    /// @notice Anchors one batch of certificates for an issuer.
    /// @dev Batches come in strict sequence, so a resent transaction cannot anchor twice. Reverts with
    /// ImportIsOpen, NotAccountOf, OutOfSequence, RootTaken (voided ones included), EmptyBatch.
    /// @param seq The issuer's next batch number, from 1.
    /// @param root RFC 9162 root over the batch's certificate cores.
    /// @param size Leaves in the batch.
    function anchorBatch(bytes32 issuer, uint64 seq, bytes32 root, uint32 size) external;

    /// @notice Declares that batches do not count, when a chain account was stolen.
    /// @param reason Right-padded ASCII code, nothing personal.
    /// @dev Reverts with NotAuthority, BadRange, AlreadyVoided.
    function voidBatches(bytes32 issuer, uint64 fromSeq, uint64 toSeq, bytes32 reason) external;

    /// @notice Puts the root over a voided batch's genuine leaves in its place, as anchored at the old time.
    /// @param voidedRoot What was anchored under that seq.
    /// @param root The root over the genuine leaves: a new one, or the voided one itself, also with another size.
    /// @dev Reverts with NotAuthority, NotVoided, NotThatBatch, AlreadyReplaced, RootTaken (under another seq),
    /// EmptyBatch.
    function replaceBatch(bytes32 issuer, uint64 seq, bytes32 voidedRoot, bytes32 root, uint32 size) external;

    /// @notice Sets the status of certificates: entry i is the bit pair i mod 128 of word i/128.
    /// @dev 00 goes to 01, 10, 11; 10 to 00, 01, 11; 11 to 01; 01 to nothing; what is already so stays so.
    /// Reverts with ImportIsOpen, MayNotActFor, BadLength, BadValue, BadWord, BadMask, ForbiddenMove.
    /// @param words At most 500 word numbers, each below 1,024.
    /// @param masks For each word, the low bits of the pairs to set.
    function setStatus(
        bytes32 issuer,
        bytes32 typeCode,
        uint32 list,
        uint32[] calldata words,
        uint256[] calldata masks,
        uint8 value
    ) external;

    /// @notice Imports ranges voided in the past; they may name seqs that are not imported at all.
    /// @dev Comes before importBatches. Reverts with NotAuthority, ImportIsClosed, NotPast, BadRange (empty),
    /// AlreadyVoided.
    function importVoid(bytes32 issuer, uint64 fromSeq, uint64 toSeq, bytes32 reason, uint64 time) external;

    /// @notice Imports batches of the past, in sequence; only what is voided may be skipped, or come in any order.
    /// @dev Reverts with NotAuthority, ImportIsClosed, UnknownIssuer, NotPast, OutOfSequence, RootTaken, EmptyBatch.
    function importBatches(bytes32 issuer, PastBatch[] calldata batches) external;

    /// @notice Imports the replacement of a voided batch, which need not have been imported itself.
    /// Comes after importBatches.
    /// @param time The voided batch's block time.
    /// @dev Reverts with NotAuthority, ImportIsClosed, NotPast, NotVoided, AlreadyReplaced, RootTaken, EmptyBatch.
    function importReplacement(
        bytes32 issuer,
        uint64 seq,
        bytes32 voidedRoot,
        bytes32 root,
        uint32 size,
        uint64 time
    ) external;

    /// @notice Imports status words, at most 500 in a call.
    /// @dev Reverts with NotAuthority, ImportIsClosed, BadLength, BadWord, WordTaken.
    function importWords(
        bytes32 issuer,
        bytes32 typeCode,
        uint32 list,
        uint32[] calldata words,
        uint256[] calldata values
    ) external;

    /// @notice The seq that an issuer's next batch must have.
    function nextSequence(bytes32 issuer) external view returns (uint64);

    /// @notice What is known of a root of an issuer; all zero if it was never anchored.
    function anchorOf(bytes32 issuer, bytes32 root) external view returns (Anchor memory);

    /// @notice Whether a seq of an issuer was voided, replaced or not.
    function isVoided(bytes32 issuer, uint64 seq) external view returns (bool);

    /// @notice All voided ranges of an issuer, oldest first.
    function voidedRanges(bytes32 issuer) external view returns (VoidedRange[] memory);

    /// @notice The root that replaced a voided batch; zero if none did.
    function replacementOf(bytes32 issuer, uint64 seq) external view returns (bytes32);

    /// @notice Status of entry idx: 0 valid, 1 revoked, 2 suspended, 3 superseded.
    function statusOf(bytes32 issuer, bytes32 typeCode, uint32 list, uint32 idx) external view returns (uint8);

    /// @notice Words first to first + count - 1 of a list.
    /// @dev Reverts with BadWord where these reach beyond the list.
    function wordsOf(bytes32 issuer, bytes32 typeCode, uint32 list, uint32 first, uint32 count)
        external
        view
        returns (uint256[] memory);

    /// @notice The root that a leaf and its path lead to (RFC 9162, section 2.1.3.2).
    /// @param leaf SHA-256(0x00 || core).
    /// @param path Sibling hashes from the leaf up.
    /// @dev Reverts with BadProof.
    function rootOf(bytes32 leaf, uint64 index, uint64 size, bytes32[] calldata path)
        external
        pure
        returns (bytes32);

    /// @notice Whether a leaf stands in a batch of an issuer that counts; for other contracts.
    /// @dev Reverts with BadProof.
    /// @return included The root is anchored with that size and not voided.
    /// @return anchor What is known of the root.
    function inclusion(bytes32 issuer, bytes32 leaf, uint64 index, uint64 size, bytes32[] calldata path)
        external
        view
        returns (bool included, Anchor memory anchor);
}
