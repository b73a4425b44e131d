// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CertificateRegistry} from "../CertificateRegistry.sol";
import {IssuerRegistry} from "../IssuerRegistry.sol";
import {Vm} from "./Vm.sol";

/// @title Everything that the authority, two issuers and a thief may try, and a book of what was so.
/// @dev Who may act is kept here by plain end times, apart from the registry's windows.
contract Deeds {
    struct Answer {
        uint256 question;
        uint64 time;
        bool so;
    }

    struct Entry {
        bytes32 root;
        uint32 size;
        uint64 time;
    }

    Vm internal constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bytes32 internal constant REASON = "account_stolen";

    IssuerRegistry internal immutable ISSUERS;
    CertificateRegistry internal immutable CERTIFICATES;
    address internal immutable AUTHORITY;
    bytes32 internal immutable TYPE;

    bytes32[2] public codes;
    address[3] public accounts;

    /// @notice Who holds an account of which issuer, until when; index 2 is the thief, who holds none.
    uint64[2][3] public accountEnds;
    /// @notice An account anchored for an issuer, or set its status, that was not its own.
    bool public foreignDeed;
    /// @notice A seq, root or window was taken that should not have been.
    bool public wronglyTaken;

    Entry[][2] internal _batches;
    Answer[] internal _answers;
    uint32[] internal _revoked;
    uint256 internal _roots;

    constructor(
        IssuerRegistry issuers,
        CertificateRegistry certificates,
        bytes32[2] memory codes_,
        address[3] memory accounts_,
        bytes32 typeCode
    ) {
        (ISSUERS, CERTIFICATES, AUTHORITY, TYPE) = (issuers, certificates, msg.sender, typeCode);
        (codes, accounts) = (codes_, accounts_);
        (accountEnds[0][0], accountEnds[1][1]) = (type(uint64).max, type(uint64).max);
    }

    function wait(uint16 time) external {
        VM.warp(block.timestamp + 1 + time);
    }

    /// @notice Any account tries to anchor for any issuer, mostly under the next seq, at times an old root.
    function anchor(uint256 who, uint256 issuer, uint256 offset, bool oldRoot, uint32 size) external {
        (who, issuer) = (who % 3, issuer % 2);
        uint64 seq = uint64(_batches[issuer].length + 1);
        if (offset % 4 == 0) seq += uint64(offset % 5);
        bytes32 root = keccak256(abi.encode(++_roots));
        if (oldRoot && _batches[issuer].length != 0) root = _batches[issuer][0].root;
        VM.prank(accounts[who]);
        try CERTIFICATES.anchorBatch(codes[issuer], seq, root, size) {
            if (block.timestamp >= accountEnds[who][issuer]) foreignDeed = true;
            if (seq != _batches[issuer].length + 1) wronglyTaken = true;
            for (uint256 i = 0; i < _batches[issuer].length; ++i) {
                if (_batches[issuer][i].root == root) wronglyTaken = true;
            }
            _batches[issuer].push(Entry(root, size, uint64(block.timestamp)));
        } catch {}
    }

    /// @notice Any account tries to set the status of some of eight entries of the first issuer.
    function setStatus(uint256 who, uint8 entries, uint8 value) external {
        who = who % 3;
        uint256 mask = 0;
        for (uint32 i = 0; i < 8; ++i) if ((entries >> i) & 1 == 1) mask |= 1 << (2 * i);
        uint32[] memory words = new uint32[](1);
        uint256[] memory masks = new uint256[](1);
        masks[0] = mask;
        VM.prank(accounts[who]);
        try CERTIFICATES.setStatus(codes[0], TYPE, 0, words, masks, value % 4) {
            if (block.timestamp >= accountEnds[who][0]) foreignDeed = true;
            for (uint32 i = 0; i < 8; ++i) if (value % 4 == 1 && (entries >> i) & 1 == 1) _revoked.push(i);
        } catch {}
    }

    /// @notice The authority gives an issuer's own account another window, or ends the last one.
    function changeAccount(uint256 issuer, bool end, uint16 length) external {
        issuer = issuer % 2;
        uint256 count = ISSUERS.accountWindows(codes[issuer], accounts[issuer]).length;
        VM.prank(AUTHORITY);
        if (end) {
            try ISSUERS.endAccount(codes[issuer], accounts[issuer], uint32(count - 1), 0) {
                accountEnds[issuer][issuer] = uint64(block.timestamp);
            } catch {}
        } else {
            uint64 until = uint64(block.timestamp) + 1 + length;
            try ISSUERS.addAccount(codes[issuer], accounts[issuer], 0, until) {
                if (block.timestamp < accountEnds[issuer][issuer]) wronglyTaken = true;
                accountEnds[issuer][issuer] = until;
            } catch {}
        }
    }

    /// @notice The authority grants or ends a right, at whatever times are given.
    function changeRight(uint256 issuer, bool end, uint256 index, uint64 from, uint64 until) external {
        bytes32 code = codes[issuer % 2];
        (from, until) = (_near(from), _near(until));
        VM.prank(AUTHORITY);
        if (end) {
            try ISSUERS.endRight(code, TYPE, uint32(index % 8), until) {} catch {}
        } else {
            try ISSUERS.grantRight(code, TYPE, from, until) {} catch {}
        }
    }

    /// @notice The authority voids some batches, and replaces one.
    function voidAndReplace(uint256 issuer, uint64 from, uint64 length, bool replace, bool same) external {
        issuer = issuer % 2;
        uint256 count = _batches[issuer].length;
        if (count == 0) return;
        from = 1 + from % uint64(count);
        VM.prank(AUTHORITY);
        try CERTIFICATES.voidBatches(codes[issuer], from, from + length % 2, REASON) {} catch {}
        bytes32 old = _batches[issuer][from - 1].root;
        bytes32 root = same ? old : keccak256(abi.encode(++_roots));
        if (!replace || CERTIFICATES.replacementOf(codes[issuer], from) != 0) return;
        VM.prank(AUTHORITY);
        try CERTIFICATES.replaceBatch(codes[issuer], from, old, root, 77) {
            if (!CERTIFICATES.isVoided(codes[issuer], from)) wronglyTaken = true;
            if (same) _batches[issuer][from - 1].size = 77;
        } catch {}
    }

    /// @notice Writes down who had a right or an account at a time that is over.
    function remember(uint256 question, uint16 ago) external {
        uint64 time = uint64(block.timestamp) - 1 - ago;
        _answers.push(Answer(question % 4, time, answer(question % 4, time)));
    }

    function answer(uint256 question, uint64 time) public view returns (bool) {
        bytes32 code = codes[question % 2];
        if (question < 2) return ISSUERS.rightAt(code, TYPE, time);
        return ISSUERS.accountAt(code, accounts[question % 2], time);
    }

    function batches(uint256 issuer) external view returns (Entry[] memory) {
        return _batches[issuer];
    }

    function answers() external view returns (Answer[] memory) {
        return _answers;
    }

    function revoked() external view returns (uint32[] memory) {
        return _revoked;
    }

    /// @dev Some time around now, or one of the words for now and for ever.
    function _near(uint64 time) private view returns (uint64) {
        if (time % 5 == 0) return 0;
        if (time % 5 == 1) return type(uint64).max;
        return uint64(block.timestamp) + (time % 2000) - 500;
    }
}
