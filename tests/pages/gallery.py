"""A sample town with three certificates and its front page, in memory: no chain, no keys but its own."""

import json
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fastapi import FastAPI

from api import pages
from api.logs import Log
from api.problems import install
from registry import certificate, credential, merkle, pictures, proofcode, status
from registry.catalogue import load_catalogue
from registry.certificate import Core, StatusPosition
from registry.credential import Anchor, StatusReference
from registry.definition import hash as definition_hash
from registry.identifiers import make_certificate_id
from registry.merkle import InclusionProof
from registry.settings import Settings
from registry.signing import SigningKey, Use
from registry.status import StatusBits
from registry.trust import (
    Trust,
    TrustedIssuer,
    TrustedKey,
    TrustedRoot,
    TrustedType,
    Window,
    trust_list,
)
from tests.verify_cli.town import CLAIMS, ISSUER, ORIGIN, X5C, Town

CATALOGUE = load_catalogue()
SHOWN = {
    "resident_identity": CLAIMS,
    "business_licence": {
        "credit_code": "91440101MA5CXQ3D4C",
        "company_name": "临江市云和机械设备有限公司",
        "kind": "有限责任公司(自然人独资)",
        "representative_name": "阿依古丽·买买提",
        "representative_number": "110105199003070025",
        "capital": "5000000.00",
        "established_on": "2019-03-08",
        "premises": "临江市东湖区解放大道128号3楼",
        "scope": "机械设备销售；机械设备租赁；货物进出口。",
        "approved_on": "2026-01-01",
    },
    "marriage": {
        "certificate_number": "J440101-2026-000123",
        "registered_on": "2026-05-20",
        "registration_office": "临江市民政局<i>",
        "spouse_1_name": "阿依古丽·买买提",
        "spouse_1_birth_date": "1990-03-07",
        "spouse_1_number": "110105199003070025",
        "spouse_2_name": "㐂田乐",
        "spouse_2_birth_date": "1989-11-02",
        "spouse_2_number": "110105198911020011",
    },
}


PLACES = (0, 5, 6)
"""Leaves of the certificates in a batch of 7, whose last leaf has a shorter path."""


class Gallery:
    """The page of a town whose story was just played; `app` serves it."""

    def __init__(self, folder: Path, *, sample_town: bool = True) -> None:
        self.now, self.folder, self.key = int(time.time()), folder, SigningKey.generate()
        self.used: set[tuple[str, str]] = set()
        self.definitions = [CATALOGUE.by_alias(alias) for alias in SHOWN]
        self.certificates = [self._made(n) for n in range(3)]
        leaves = [bytes(32)] * 7
        for at, made in zip(PLACES, self.certificates, strict=True):
            leaves[at] = made.leaf
        self.root, self.paths = merkle.root(leaves), merkle.proofs(leaves)
        self.copies = [self._copy(n) for n in range(3)]
        self.trust = self._trust()
        self.settings = Settings(data=folder, sample_town=sample_town)
        self._tell()
        services = SimpleNamespace(
            runtime=SimpleNamespace(settings=self.settings),
            trust=lambda: self.trust,
            now=lambda: self.now,
            use_once=self._use_once,
        )
        self.app = FastAPI()
        self.app.state.services = services
        self.app.include_router(pages.router)
        self.app.state.log = Log()
        install(self.app)

    def _use_once(self, audience: str, nonce: str, _expires: int) -> bool:
        first = (audience, nonce) not in self.used
        self.used.add((audience, nonce))
        return first

    def _made(self, n: int) -> certificate.Certificate:
        definition, alias = self.definitions[n], list(SHOWN)[n]
        identifier = make_certificate_id(definition.type, ISSUER, f"Q7Z2M0K4XJ9TB8A3WPN{n}", 1)
        core = Core(
            certificate_id=str(identifier),
            issuer=ISSUER,
            type=definition.type,
            type_version=definition.version,
            valid_from=self.now - 86_400,
            status=StatusPosition(list=0, idx=n),
        )
        return certificate.make(core, {k: v for k, v in SHOWN[alias].items() if v})

    def _copy(self, n: int) -> str:
        made, definition = self.certificates[n], self.definitions[n]
        token = credential.sign_credential(
            made.core,
            made.sd,
            Anchor.of(1, InclusionProof(PLACES[n], 7, self.paths[PLACES[n]])),
            key=self.key,
            x5c=X5C,
            origin=ORIGIN,
            integrity=bytes(32),
            iat=self.now - 60,
            exp=self.now + 86_400,
            status=StatusReference(uri=credential.status_uri(ORIGIN, ISSUER, 0), idx=n),
        )
        shown = [d for d in made.disclosures if certificate.parse_disclosure(d).name in definition.paper]
        return proofcode.encode_copy(credential.present(token, shown), (ORIGIN,), ORIGIN)

    def _trust(self) -> Trust:
        window = (Window(self.now - 1000),)
        key = TrustedKey(self.key.public, Use.CREDENTIALS | Use.STATUS_LISTS, window, x5c=(X5C,))
        issuer = TrustedIssuer(
            ISSUER,
            "临江市政务服务中心",
            "Linjiang Civic Service Centre",
            (ORIGIN,),
            {self.key.public.thumbprint: key},
            {each.type: window for each in self.definitions},
            roots={1: TrustedRoot(self.root, 7, self.now - 100)},
        )
        types = {
            (each.type, each.version): TrustedType(each, definition_hash(each), window)
            for each in self.definitions
        }
        state = Trust(31337, {}, 1, 1, self.now, self.now + 43_200, {ISSUER: issuer}, types)
        state = replace(state, words_fresh_until=self.now + 43_200)
        uri = credential.status_uri(ORIGIN, ISSUER, 0)
        token = status.sign_list(
            StatusBits(131_072),
            uri=uri,
            version=1,
            iat=self.now,
            exp=self.now + 43_200,
            ttl=43_200,
            key=self.key,
        )
        return replace(state, lists={uri: trust_list(token, state.issuers)})

    def _tell(self) -> None:
        town = Town(self.now)
        (self.folder / "shown.png").write_bytes(pictures.draw(town.code()))
        story: dict[str, Any] = {
            "citizen": "阿依古丽·买买提",
            "origin": "http://localhost:8080",
            "chain_url": "http://127.0.0.1:8545",
            "pictures": {"shown": "shown.png"},
            "steps": [
                {
                    "zh": "公安局颁发身份证，与 4,095 张证照一起上链。",
                    "en": "The police issue her identity card.",
                },
                {
                    "zh": "她只出示 12 项中的 3 项。",
                    "en": "She shows 3 of 12 claims.",
                    "picture": "shown",
                    "verdict": "valid",
                },
                {
                    "zh": "61 秒后再出示同一张图。",
                    "en": "The same picture 61 seconds later.",
                    "picture": "shown",
                    "verdict": "invalid",
                },
            ],
            "certificates": [
                {"issuer": ISSUER, "certificate_id": made.core.certificate_id, "copy": copy}
                for made, copy in zip(self.certificates, self.copies, strict=True)
            ],
            "batches": [
                {
                    "issuer": ISSUER,
                    "seq": 1,
                    "root": "0x" + self.root.hex(),
                    "size": 7,
                    "block": 42,
                    "transaction": "0x" + "ab" * 32,
                }
            ],
            "revocable": {"issuer": ISSUER, "certificate_id": self.certificates[1].core.certificate_id},
        }
        (self.folder / "story.json").write_text(json.dumps(story, ensure_ascii=False))
