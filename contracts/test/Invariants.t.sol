// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICertificateRegistry} from "../interfaces/ICertificateRegistry.sol";
import {Deeds} from "./Deeds.sol";
import {Town} from "./Town.sol";

/// @title The four promises, whatever anybody does.
contract InvariantsTest is Town {
    Deeds internal deeds;

    function setUp() public override {
        super.setUp();
        deeds = new Deeds(
            issuers,
            certificates,
            [bytes32(HOUSING), POLICE],
            [HOUSING_ACCOUNT, POLICE_ACCOUNT, THIEF],
            LICENCE
        );
    }

    /// @dev What forge and Hardhat call at random.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(deeds);
    }

    function invariant_RevokedNeverComesBack() public view {
        uint32[] memory revoked = deeds.revoked();
        for (uint256 i = 0; i < revoked.length; ++i) {
            _same(certificates.statusOf(HOUSING, LICENCE, 0, revoked[i]), 1, "revoked came back");
        }
    }

    function invariant_ASequenceHasNoHole() public view {
        for (uint256 issuer = 0; issuer < 2; ++issuer) {
            bytes32 code = deeds.codes(issuer);
            Deeds.Entry[] memory batches = deeds.batches(issuer);
            _same(certificates.nextSequence(code), batches.length + 1, "a hole");
            for (uint256 i = 0; i < batches.length; ++i) {
                ICertificateRegistry.Anchor memory anchor = certificates.anchorOf(code, batches[i].root);
                _same(anchor.seq, i + 1, "a seq moved");
                _same(anchor.size, batches[i].size, "a size changed");
                _same(anchor.time, batches[i].time, "a time changed");
                require(anchor.voided == (certificates.isVoided(code, anchor.seq) && !anchor.replacement), "voided");
            }
        }
    }

    function invariant_NobodyActsForAnotherIssuer() public view {
        require(!deeds.foreignDeed(), "a foreign deed");
    }

    function invariant_NothingIsTakenTwiceOrOutOfOrder() public view {
        require(!deeds.wronglyTaken(), "wrongly taken");
    }

    function invariant_HistoryIsNeverRewritten() public view {
        Deeds.Answer[] memory answers = deeds.answers();
        for (uint256 i = 0; i < answers.length; ++i) {
            require(deeds.answer(answers[i].question, answers[i].time) == answers[i].so, "history was rewritten");
        }
    }
}
