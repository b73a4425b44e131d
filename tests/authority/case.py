"""One licence on a founded registry, and what a verifier finds of it."""

from dataclasses import dataclass

from registry import credential, merkle
from registry.authority.office import Office
from registry.credential import CODE_AUDIENCE, Anchor, Kind, StatusReference
from registry.keys import KeyRing
from registry.signing import SigningKey, Use
from registry.verification import Expected, Report, verify
from tests.authority.conftest import MARKET, ORIGIN, as_issuer, settle
from tests.formats.world import INTEGRITY, Issued, World, certified


@dataclass
class Case:
    """A licence of the market regulator, its batch not anchored yet."""

    office: Office
    issued: Issued
    key: SigningKey

    @property
    def root(self) -> bytes:
        return merkle.root([self.issued.certificate.leaf])

    def anchor(self, seq: int = 1) -> None:
        self.issued.anchor = Anchor.of(seq, merkle.InclusionProof(0, 1, ()))
        as_issuer(self.office, MARKET, "anchorBatch", seq, self.root, 1)
        settle(self.office)

    def report(self, *, signer: str | None = None, key: SigningKey | None = None) -> Report:
        """What a verifier finds now, with the office's trust state."""
        assert self.issued.anchor is not None
        now = self.office.chain.head().time
        made = self.issued.certificate
        token = credential.sign_credential(
            made.core,
            made.sd,
            self.issued.anchor,
            key=key or self.key,
            x5c=certified(key or self.key),
            origin=ORIGIN,
            integrity=INTEGRITY,
            iat=now,
            exp=now + 3600,
            cnf=self.issued.wallet.public,
            signer=signer,
            status=StatusReference(uri=credential.status_uri(ORIGIN, signer or MARKET, 0), idx=5),
        )
        shown = credential.present(
            token, made.disclosures[:1], key=self.issued.wallet, aud=CODE_AUDIENCE, nonce="n" * 22, iat=now
        )
        return verify(shown, self.office.trust.current(), Expected(kinds={Kind.CODE}), now)


def ring_key(office: Office, code: str) -> SigningKey:
    return KeyRing.open(office.settings.keys / "api.ring", "a").signing_key(code, Use.CREDENTIALS)


def licence_of(office: Office) -> Case:
    """A new licence of the market regulator."""
    world = World()
    department = world.department("business_licence")
    department.code = MARKET
    return Case(office, world.issue(department), ring_key(office, MARKET))
