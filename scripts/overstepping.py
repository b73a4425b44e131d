"""A department that oversteps: the tax service, with keys and a system of its own, makes a business licence.

Everything about it is real: its signing key and its chain account are registered, the batch is anchored and
final, the signature stands. Only the right to that type is missing, and that is what verifiers must see.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
from eth_utils.address import to_checksum_address

from registry import certificate as certificates
from registry import credential, keys, merkle
from registry.certificate import Core, StatusPosition
from registry.chain.contracts import CERTIFICATE_REGISTRY, code_bytes, interface
from registry.chain.rpc import JsonRpcChain
from registry.credential import Anchor, StatusReference
from registry.definition import TypeDefinition
from registry.identifiers import make_certificate_id, new_serial
from registry.keys import KeyRing, Signing
from registry.merkle import InclusionProof
from registry.signing import SigningKey, Use
from registry.store import Store
from registry.store.tables import ChainAccount, PublicKey
from registry.trust import Trust
from registry.type_metadata import integrity

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Overstepping:
    """The department's own system. code: its own; ring: its own keys, which no process of ours opens."""

    code: str
    ring: KeyRing

    @classmethod
    def open(cls, code: str, folder: Path, passphrase: str) -> "Overstepping":
        """Its key file, made where there is none."""
        path = folder / f"{code}.ring"
        ring = KeyRing.open(path, passphrase) if path.exists() else KeyRing.create(path, passphrase)
        if not ring.has(Signing, code):
            now = int(time.time())
            ring.add(
                keys.new_signing(code, Use.CREDENTIALS | Use.STATUS_LISTS, now), keys.new_account(code, now)
            )
        return cls(code, ring)

    def announce(self, store: Store) -> None:
        """Hand the public halves to the authority, as any department does, before founding."""
        key, account = self.ring.signing(self.code)[-1], self.ring.account(self.code)
        public = key.key.public
        with store.write() as session:
            if session.get(PublicKey, (self.code, public.thumbprint)) is None:
                jwk = orjson.dumps(public.jwk).decode()
                session.add(
                    PublicKey(
                        issuer=self.code,
                        thumbprint=public.thumbprint,
                        jwk=jwk,
                        uses=key.uses,
                        created=key.created,
                    )
                )
            if session.get(ChainAccount, (self.code, account.address)) is None:
                session.add(ChainAccount(issuer=self.code, address=account.address, created=key.created))

    def make(
        self,
        definition: TypeDefinition,
        claims: Mapping[str, str],
        holder: SigningKey,
        *,
        chain: JsonRpcChain,
        trust: Callable[[], Trust],
        x5c: tuple[str, ...],
        wait: Callable[[], None],
        now: int,
    ) -> str:
        """Anchor a certificate of that type in a batch of its own, and cut a credential of it.

        Returns once the batch is final for everybody. x5c: the certificate that the authority gave its key.
        """
        core = Core(
            certificate_id=str(make_certificate_id(definition.type, self.code, new_serial(os.urandom), 1)),
            issuer=self.code,
            type=definition.type,
            type_version=definition.version,
            valid_from=now - _DAY,
            status=StatusPosition(0, 0),
        )
        made = certificates.make(core, claims)
        seq = max(trust().issuers[self.code].roots, default=0) + 1
        self._anchor(chain, trust(), seq, merkle.root([made.leaf]))
        while (root := trust().issuers[self.code].roots.get(seq)) is None or not root.final:
            wait()
        origin = trust().issuers[self.code].origins[-1]
        text = credential.sign_credential(
            core,
            made.sd,
            Anchor.of(seq, InclusionProof(0, 1, ())),
            key=self.ring.signing_key(self.code, Use.CREDENTIALS),
            x5c=x5c,
            origin=origin,
            integrity=integrity(definition, origin),
            iat=now,
            exp=now + _DAY,
            cnf=holder.public,
            status=StatusReference(uri=credential.status_uri(origin, self.code, 0), idx=0),
        )
        return credential.present(text, made.disclosures)

    def _anchor(self, chain: JsonRpcChain, trust: Trust, seq: int, root: bytes) -> None:
        account = self.ring.account(self.code)
        data = interface(CERTIFICATE_REGISTRY).call("anchorBatch", code_bytes(self.code), seq, root, 1)
        base_fee = chain.head().base_fee
        signed = account.sign_transaction(
            {
                "type": 2,
                "chainId": trust.chain_id,
                "nonce": chain.nonce(account.address),
                "to": to_checksum_address(trust.contracts[CERTIFICATE_REGISTRY]),
                "value": 0,
                "data": data,
                "gas": 200_000,
                "maxFeePerGas": 2 * base_fee + 10**9,
                "maxPriorityFeePerGas": 10**9,
            }
        )
        chain.send(bytes(signed.raw_transaction))
