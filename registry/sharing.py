"""Sharing: everything between an issued certificate and a wallet, put together for one process."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from registry import offers, withdrawing
from registry.claims import Claims
from registry.copies import Copies
from registry.cutting import Cutter
from registry.lists import Lists, newest_origin
from registry.nonces import ClaimNonces
from registry.offers import MadeOffer
from registry.runtime import Runtime
from registry.secrets import Randomness
from registry.signers import Signers
from registry.signing import SigningKey
from registry.store import Store
from registry.trust import Trust
from registry.vault import Vault


@dataclass(frozen=True, slots=True)
class Sharing:
    """The use cases of offers, claims and copies.

    identity_type: code of the type that is the login. request_key: opens encrypted credential requests.
    attested_types: codes of types that need attested keys, each with the `key_storage` values that do.
    """

    store: Store
    vault: Vault
    signers: Signers
    lists: Lists
    cutter: Cutter
    claims: Claims
    copies: Copies
    nonces: ClaimNonces
    clock: Callable[[], int]
    randomness: Randomness
    identity_type: str
    request_key: SigningKey
    attested_types: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(
        cls,
        runtime: Runtime,
        trust: Callable[[], Trust],
    ) -> "Sharing":
        """Put together from what an API process has opened, and the trust state of the moment."""
        settings, store, vault = runtime.settings, runtime.store, runtime.sealed
        signers = Signers(runtime.ring, trust)
        lists = Lists(signers, runtime.permutation, ttl=settings.list_ttl, expiry=settings.list_expiry)
        cutter = Cutter(
            signers,
            lists,
            vault,
            runtime.catalogue,
            runtime.tz,
            settings.credential_days,
            answer_hours=settings.answer_hours,
        )
        # Derived, not stored: every API process must know every other's nonces, and open every request.
        secret = hmac.digest(runtime.ring.secret("permutation"), b"c_nonce", hashlib.sha256)
        seed = hmac.digest(runtime.ring.secret("permutation"), b"credential requests", hashlib.sha512)
        return cls(
            store,
            vault,
            signers,
            lists,
            cutter,
            Claims(store, cutter, runtime.randomness),
            Copies(store, cutter, trust),
            ClaimNonces(store, secret, runtime.randomness),
            runtime.clock,
            runtime.randomness,
            runtime.catalogue.by_alias(settings.identity_type).type,
            SigningKey.from_seed(seed),
            {
                runtime.catalogue.by_alias(alias).type: tuple(storage)
                for alias, storage in settings.attested_types.items()
            },
        )

    def offer(
        self,
        issuer: str,
        certificate_id: str,
        *,
        made_by: str,
        role: str | None = None,
        holder: tuple[str, str] | None = None,
        seen: str = "",
    ) -> MadeOffer:
        """Offer a certificate to its holder. holder: type and identifier of the one meant, if several.

        seen: how the clerk `made_by` saw the person (`card`, say).

        Raises: as `offers.make_offer`.
        """
        with self.store.write() as session:
            certificate = offers.own_certificate(session, issuer, certificate_id)
            definition = self.cutter.catalogue.definition(certificate.type, certificate.type_version)
            return offers.make_offer(
                session,
                issuer=issuer,
                certificate_id=certificate_id,
                made_by=made_by,
                now=self.clock(),
                randomness=self.randomness,
                roles=offers.grounds(definition, role),
                holder=None if holder is None else self.vault.holder_index(*holder),
                seen=seen,
                identity_type=self.identity_type,
            )

    def offer_again(self, issuer: str, offer_id: str, *, made_by: str, seen: str = "") -> MadeOffer:
        """Make an offer anew, with another code and PIN. Raises: as `offers.remake`."""
        with self.store.write() as session:
            return offers.remake(
                session,
                issuer=issuer,
                offer_id=offer_id,
                made_by=made_by,
                seen=seen,
                now=self.clock(),
                randomness=self.randomness,
                identity_type=self.identity_type,
            )

    def origin(self) -> str:
        """The public origin that new credentials and offers name."""
        with self.store.read() as session:
            return newest_origin(session).origin

    def withdraw_by_code(self, code: str) -> int:
        """Withdraw the wallet whose recovery code this is. Raises NotFound."""
        return withdrawing.withdraw_by_code(self.store, self.lists, code=code, now=self.clock())

    def withdraw_by_clerk(
        self, issuer: str, certificate_id: str, *, by: str, holder: tuple[str, str] | None = None
    ) -> int:
        """Withdraw the wallets in which a holder has this certificate. Raises NotFound."""
        return withdrawing.withdraw_by_clerk(
            self.store,
            self.lists,
            issuer=issuer,
            certificate_id=certificate_id,
            holder=None if holder is None else self.vault.holder_index(*holder),
            by=by,
            now=self.clock(),
        )
