"""A town small enough to stand in memory: one issuer, one asking department, one citizen, one bundle."""

import base64
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from registry import b64, bundle, certificate, credential, merkle, proofcode, rootdocument, status
from registry.catalogue import load_catalogue
from registry.certificate import Core, StatusPosition
from registry.credential import Anchor, StatusReference
from registry.definition import hash as definition_hash
from registry.identifiers import make_certificate_id
from registry.lifecycle import Status
from registry.merkle import InclusionProof
from registry.rootdocument import RootDocument
from registry.signing import SigningKey, Use
from registry.status import StatusBits
from registry.trust import Trust, TrustedIssuer, TrustedKey, TrustedRoot, TrustedType, Window, trust_list

ISSUER = "11440101MB2C00011F"
ASKER = "11440101MB2C000387"
ORIGIN = "https://registry.example"
X5C = (base64.b64encode(b"certificate" * 40).decode(),)
CATALOGUE = load_catalogue()
CLAIMS = {
    "name": "阿依古丽·买买提",
    "sex": "女",
    "ethnicity": "维吾尔",
    "birth_date": "1990-03-07",
    "address": "临江市东湖区解放大道128号",
    "citizen_number": "110105199003070025",
    "portrait": "",
    "issuing_authority": "临江市公安局",
    "first_day": "2026-01-01",
    "last_day": "2046-01-01",
    "age_over_18": "true",
}


@dataclass
class Town:
    """now: Unix seconds that everything is made at. revoked: whether the certificate is."""

    now: int
    revoked: bool = False
    x5c: tuple[str, ...] = X5C
    issuer_key: SigningKey = field(default_factory=SigningKey.generate)
    asker_key: SigningKey = field(default_factory=SigningKey.generate)
    holder_key: SigningKey = field(default_factory=SigningKey.generate)
    bundle_key: SigningKey = field(default_factory=SigningKey.generate)
    root_keys: list[SigningKey] = field(default_factory=lambda: [SigningKey.generate() for _ in range(3)])

    def __post_init__(self) -> None:
        self.definition = CATALOGUE.by_alias("resident_identity")
        core = Core(
            certificate_id=str(make_certificate_id(self.definition.type, ISSUER, "Q7Z2M0K4XJ9TB8A3WPND", 1)),
            issuer=ISSUER,
            type=self.definition.type,
            type_version=self.definition.version,
            valid_from=self.now - 86_400,
            valid_until=self.now + 86_400_000,
            status=StatusPosition(list=0, idx=70_411),
        )
        self.certificate = certificate.make(core, {k: v for k, v in CLAIMS.items() if v}, decoys=1)
        leaves = [bytes([n]) * 32 for n in range(7)] + [self.certificate.leaf]
        self.root = merkle.root(leaves)
        self.proof = InclusionProof(7, 8, merkle.proofs(leaves)[7])

    @cached_property
    def list_uri(self) -> str:
        return credential.status_uri(ORIGIN, ISSUER, 0)

    def credential(self, *, bound: bool = True, asker: str | None = None) -> str:
        return credential.sign_credential(
            self.certificate.core,
            self.certificate.sd,
            Anchor.of(1, self.proof),
            key=self.issuer_key,
            x5c=self.x5c,
            origin=ORIGIN,
            integrity=bytes(32),
            iat=self.now - 60,
            exp=self.now + 86_400,
            cnf=self.holder_key.public if bound else None,
            aud=asker,
            status=None if asker else StatusReference(uri=self.list_uri, idx=5),
        )

    def chosen(self, *names: str) -> list[str]:
        return [
            one for one in self.certificate.disclosures if certificate.parse_disclosure(one).name in names
        ]

    def presentation(self, *names: str, age: int = 0, nonce: bytes = bytes(16)) -> str:
        """A code's presentation, made `age` seconds ago."""
        return credential.present(
            self.credential(),
            self.chosen(*(names or ("name", "sex", "age_over_18"))),
            key=self.holder_key,
            nonce=b64.encode(nonce),
            iat=self.now - age,
        )

    def code(self, *names: str, age: int = 0, nonce: bytes = bytes(16)) -> str:
        return proofcode.encode(self.presentation(*names, age=age, nonce=nonce), (ORIGIN,))

    def copy(self) -> str:
        shown = credential.present(self.credential(bound=False), self.chosen("name", "citizen_number"))
        return proofcode.encode_copy(shown, (ORIGIN,), ORIGIN)

    def answer(self) -> str:
        """What a department got that asked for a name by a number."""
        token = self.credential(bound=False, asker=ASKER)
        return credential.present(token, self.chosen("name", "citizen_number"))

    @property
    def trust(self) -> Trust:
        window = (Window(self.now - 1000),)
        key = TrustedKey(self.issuer_key.public, Use.CREDENTIALS | Use.STATUS_LISTS, window, x5c=(self.x5c,))
        asker = TrustedKey(self.asker_key.public, Use.REQUESTS | Use.MESSAGES, window)
        words = StatusBits(131_072)
        if self.revoked:
            words.set(70_411, Status.REVOKED)
        issuer = TrustedIssuer(
            ISSUER,
            "临江市公安局",
            "Linjiang Public Security Bureau",
            (ORIGIN,),
            {self.issuer_key.public.thumbprint: key},
            {self.definition.type: window},
            roots={1: TrustedRoot(self.root, 8, self.now - 100)},
            words={(self.definition.type, 0): words.to_bytes()},
        )
        department = TrustedIssuer(
            ASKER, "临江市房产局", "Linjiang Housing", (ORIGIN,), {self.asker_key.public.thumbprint: asker}
        )
        state = Trust(
            31337,
            {},
            1,
            7,
            self.now,
            self.now + 43_200,
            {ISSUER: issuer, ASKER: department},
            {
                (self.definition.type, self.definition.version): TrustedType(
                    self.definition, definition_hash(self.definition), window
                )
            },
        )
        token = status.sign_list(
            StatusBits(131_072),
            uri=self.list_uri,
            version=1,
            iat=self.now - 10,
            exp=self.now + 43_200,
            ttl=60,
            key=self.issuer_key,
        )
        return replace(state, lists={self.list_uri: trust_list(token, state.issuers)})

    @property
    def root_document(self) -> bytes:
        document = RootDocument(
            1,
            tuple(key.public for key in self.root_keys),
            (self.bundle_key.public,),
            self.now - 100,
            self.now + 10_000_000,
        )
        return rootdocument.sign(document, self.root_keys[:2])

    def write(self, folder: Path) -> None:
        """Bundle, root document and the asking department's key, as files."""
        trusted = folder / "trust"
        trusted.mkdir(parents=True, exist_ok=True)
        (trusted / "root.json").write_bytes(self.root_document)
        signed = bundle.sign(self.trust, key=self.bundle_key, line=[self.root_document])
        (trusted / "bundle.jws").write_bytes(signed)
        pem = self.asker_key.imported.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "asker.pem").write_bytes(pem)
