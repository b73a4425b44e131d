"""`registry request`, as a clerk runs it, against a served town and a wallet that answers."""

import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from registry import b64, credential, definition, jcs, pictures
from registry.cli import main as registry_main
from registry.store.tables import ChainEvent, Follower, PublicKey
from tests.api.town import HOUSING, MARKET, NAMES, POLICE, YEAR, Town
from tests.openid4vp.conftest import Phone
from tests.wallet.test_cli import founded, served  # noqa: F401
from wallet.answering import Answering
from wallet.keyfile import WalletFile

BOTH = ("--ask", "resident_identity:name,age_over_18", "--ask", "business_licence:company_name")


def write_chain(town: Town) -> None:
    """The departments, their keys and the types, as a follower would have found them on the chain."""

    def word(text: str) -> str:
        return "0x" + text.encode().ljust(32, b"\0").hex()

    always = {"from": town.now - YEAR, "until": 2**64 - 1}
    told: list[tuple[str, str, dict[str, Any]]] = [
        ("IssuerRegistry", "ImportClosed", {}),
        ("CertificateRegistry", "ImportClosed", {}),
    ]
    told += [("IssuerRegistry", "IssuerRegistered", {"issuer": word(code)}) for code in NAMES]
    for each in town.runtime.catalogue:
        found = {"version": each.version, "definition": "0x" + definition.hash(each).hex()}
        told.append(("IssuerRegistry", "TypeVersionAdded", {"typeCode": word(each.type), **found, **always}))
    for row in town.rows(PublicKey):
        assert isinstance(row, PublicKey)
        key = {"thumbprint": "0x" + b64.decode(row.thumbprint).hex(), "uses": row.uses}
        told.append(("IssuerRegistry", "KeyAdded", {"issuer": word(row.issuer), **key, **always}))
    with town.runtime.store.write() as session:
        session.add(
            Follower(deployment=1, head_number=9, head_hash=b"h", reached_at=town.now, health="green")
        )
        for number, (contract, name, args) in enumerate(told):
            session.add(
                ChainEvent(
                    deployment=1, block_number=2, log_index=number, block_hash=b"b",
                    transaction_hash=b"t", contract=contract, name=name, args=jcs.dumps(args).decode(),
                )
            )  # fmt: skip


@pytest.fixture
def phone(served: Town, tmp_path: Path) -> Iterator[Phone]:  # noqa: F811
    write_chain(served)
    with httpx.Client(timeout=20) as http:
        made = Phone(served, http, WalletFile.create(tmp_path / "phone.wallet", "phone", cost=16))
        made.claim(POLICE, served.citizen(7))
        licence = served.issue(MARKET, "business_licence", served.licence_row(7))
        served.anchor(MARKET)
        made.claim(MARKET, licence)
        yield made


class Clerk:
    """One run of the command."""

    def __init__(self, town: Town, *arguments: str) -> None:
        command = [sys.executable, "-u", "-m", "registry.cli.main", "request", "--issuer", HOUSING]
        self.process = subprocess.Popen(
            [*command, *arguments],
            env={**os.environ, **self.environment(town)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.giving_up = threading.Timer(60, self.process.kill)
        self.giving_up.start()
        self.printed: list[str] = []

    @staticmethod
    def environment(town: Town) -> dict[str, str]:
        """What the command is told of its registry."""
        return {
            "ZT_DATA": str(town.runtime.settings.data),
            "ZT_API_PASSPHRASE": "api's",
            "COLUMNS": "160",
        }

    def link(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed.append(line)
            if line.startswith("{"):
                return str(json.loads(line)["link"])
            if line.startswith("openid4vp://"):
                return line.strip()
        raise AssertionError(self.process.communicate())

    def end(self) -> tuple[int, str, str]:
        """Exit code, what was printed since the link, and what was said on standard error."""
        out, err = self.process.communicate(timeout=60)
        self.giving_up.cancel()
        return self.process.returncode, out, err


def answer(phone: Phone, link: str) -> None:
    answering = Answering(phone.wallet, phone.http, lambda: int(time.time()))
    answering.send(answering.consider(answering.read(link)))


def test_a_clerk_asks_for_two_certificates_of_two_departments_and_gets_two_verdicts(phone: Phone) -> None:
    clerk = Clerk(phone.town, *BOTH, "--json")
    answer(phone, clerk.link())
    code, out, err = clerk.end()
    assert code == 0, err
    found = json.loads(out)
    assert (found["state"], found["satisfied"]) == ("answered", True)
    shown = {each["query"]: each["report"] for each in found["certificates"]}
    assert [each["verdict"] for each in shown.values()] == ["valid", "valid"]
    assert shown["resident_identity"]["claims"].keys() == {"name", "age_over_18"}
    assert shown["business_licence"]["claims"].keys() == {"company_name"}


def test_a_revoked_certificate_is_told_apart_from_the_valid_one_beside_it(phone: Phone) -> None:
    licence = credential.parse(phone.credentials[1][0]).payload.core.certificate_id
    phone.town.revoke(MARKET, licence)
    clerk = Clerk(phone.town, *BOTH)
    answer(phone, clerk.link())
    code, out, _ = clerk.end()
    assert code == 1
    identity, _, business = out.partition("营业执照")
    assert "证照有效" in identity
    assert "核验不通过" in business
    assert "证照状态 Status" in business
    assert "Not everything asked for is there and valid" in business
    assert licence in [line.strip() for line in business.splitlines()]


def test_the_terminal_and_the_picture_show_the_link_as_a_qr(phone: Phone, tmp_path: Path) -> None:
    clerk = Clerk(phone.town, *BOTH, "--out", str(tmp_path / "qr.png"))
    link = clerk.link()
    assert pictures.read((tmp_path / "qr.png").read_bytes()) == (link,)
    drawn = [line.rstrip("\n") for line in clerk.printed if set(line) <= set(" ▀▄█\n")]
    picture = Image.new("L", (len(drawn[1]), 2 * len(drawn)), 255)
    for y, line in enumerate(drawn):
        for x, block in enumerate(line):
            picture.putpixel((x, 2 * y), 0 if block in "▀█" else 255)
            picture.putpixel((x, 2 * y + 1), 0 if block in "▄█" else 255)
    saved = io.BytesIO()
    picture.resize((picture.width * 4, picture.height * 4), Image.Resampling.NEAREST).save(saved, "PNG")
    assert pictures.read(saved.getvalue()) == (link,)
    answer(phone, link)
    assert clerk.end()[0] == 0


def test_one_of_several_is_enough_and_a_value_must_be_the_one_asked_for(phone: Phone) -> None:
    for sex, code in (("男", 0), ("女", 1)):
        clerk = Clerk(
            phone.town, "--any-of", f"driving_licence:name/resident_identity:name,sex={sex}",
            "--ask", "business_licence", "--json",
        )  # fmt: skip
        request = phone.read(clerk.link())
        assert [each.id for each in request.dcql_query.credentials] == [
            "business_licence", "driving_licence", "resident_identity",
        ]  # fmt: skip
        token = {
            "resident_identity": [phone.present(request, 0, ["name", "sex"])],
            "business_licence": [phone.present(request, 1, [])],
        }
        assert phone.answer(request, token).is_success
        assert clerk.end()[0] == code


def test_a_query_in_dcql_is_asked_as_it_stands(phone: Phone, tmp_path: Path) -> None:
    vct = credential.parse(phone.credentials[0][0]).payload.vct
    asked = {
        "credentials": [
            {"id": "x", "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}, "claims": [{"path": ["sex"]}]}
        ]
    }
    (tmp_path / "query.json").write_text(json.dumps(asked))
    clerk = Clerk(phone.town, "--query", str(tmp_path / "query.json"), "--json")
    answer(phone, clerk.link())
    code, out, _ = clerk.end()
    assert (code, json.loads(out)["certificates"][0]["query"]) == (0, "x")


def test_a_holder_who_refuses_is_said_to_have_refused(phone: Phone) -> None:
    clerk = Clerk(phone.town, *BOTH)
    answering = Answering(phone.wallet, phone.http, lambda: int(time.time()))
    answering.refuse(answering.read(clerk.link()))
    code, out, _ = clerk.end()
    assert code == 1
    assert "持证人拒绝出示" in out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("--ask", ":name"), 2),
        (("--ask", "resident_identity:,"), 2),
        (("--ask", "resident_identity", "--query", "x.json"), 2),
        (("--query", "not there.json"), 2),
        (("--query", __file__), 2),
        (("--ask", "no_such_type"), 1),
        (("--ask", "resident_identity:no_such_claim"), 1),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(
    served: Town,  # noqa: F811
    arguments: tuple[str, ...],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in Clerk.environment(served).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["registry", "request", "--issuer", HOUSING, *arguments])
    with pytest.raises(SystemExit) as ended:
        registry_main.main()
    told = capsys.readouterr()
    assert (ended.value.code, told.out) == (code, "")
    assert "Traceback" not in told.err
