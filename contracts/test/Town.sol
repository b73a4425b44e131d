// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessLog} from "../AccessLog.sol";
import {CertificateRegistry} from "../CertificateRegistry.sol";
import {IssuerRegistry} from "../IssuerRegistry.sol";
import {Vm} from "./Vm.sol";

/// @title A town to test in: the test contract is the authority; housing and police may act from NOW on.
abstract contract Town {
    Vm internal constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    bytes32 internal constant HOUSING = "11440101000000001A";
    bytes32 internal constant POLICE = "11440101000000002B";
    bytes32 internal constant LICENCE = "11100000000013338W011";
    bytes32 internal constant IDENTITY = "11100000000013338W002";
    bytes32 internal constant DEFINITION = keccak256("definition");

    address internal constant HOUSING_ACCOUNT = address(0xA1);
    address internal constant POLICE_ACCOUNT = address(0xA2);
    address internal constant THIEF = address(0xBAD);

    uint64 internal constant FOREVER = type(uint64).max;
    uint64 internal constant NOW = 1_800_000_000;

    IssuerRegistry internal issuers;
    CertificateRegistry internal certificates;
    AccessLog internal accessLog;

    function setUp() public virtual {
        _deploy();
        issuers.addTypeVersion(LICENCE, 1, DEFINITION, 0, FOREVER);
        issuers.registerIssuer(HOUSING);
        issuers.registerIssuer(POLICE);
        issuers.addAccount(HOUSING, HOUSING_ACCOUNT, 0, FOREVER);
        issuers.addAccount(POLICE, POLICE_ACCOUNT, 0, FOREVER);
        _close();
    }

    /// @dev New contracts, import open, nobody registered.
    function _deploy() internal {
        VM.warp(NOW);
        issuers = new IssuerRegistry(0, address(this), address(this));
        certificates = new CertificateRegistry(issuers);
        accessLog = new AccessLog(issuers);
    }

    function _close() internal {
        issuers.closeImport();
        certificates.closeImport();
        accessLog.closeImport();
    }

    function _anchor(bytes32 issuer, address account, uint64 seq, bytes32 root) internal {
        VM.prank(account);
        certificates.anchorBatch(issuer, seq, root, 10);
    }

    function _one(uint256 value) internal pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = value;
    }

    function _word(uint32 value) internal pure returns (uint32[] memory list) {
        list = new uint32[](1);
        list[0] = value;
    }

    function _refused(bytes memory refusal) internal {
        VM.expectRevert(refusal);
    }

    function _same(uint256 found, uint256 expected, string memory claim) internal pure {
        require(found == expected, claim);
    }

    function _same(bytes32 found, bytes32 expected, string memory claim) internal pure {
        require(found == expected, claim);
    }
}
