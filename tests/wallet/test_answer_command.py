"""`wallet answer`, as a citizen runs it: a verifier's web server on one side, the town's on the other."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from registry import transactiondata
from registry.pictures import draw
from registry.signing import Use
from tests.api.town import HOUSING, POLICE, Town
from tests.wallet.asking import Verifier, certified
from tests.wallet.conftest import Authority
from tests.wallet.test_answering import asks_for, query
from tests.wallet.test_cli import run, served  # noqa: F401
from wallet.answering import CONSENT
from wallet.cli import app


@pytest.fixture
def verifier(served: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Verifier]:  # noqa: F811
    """A stranger, and a wallet with an identity credential that it asks for."""
    authority = Authority(served)
    assert served.services is not None
    offer = served.services.sharing.offer(POLICE, served.citizen(), made_by="clerk 7", seen="card")
    run(tmp_path, "claim", offer.link(served.origin), "--pin", offer.pin)
    authority.publish(served.trust())
    made = Verifier(query(asks_for(served, "name", "birth_date")), now=int(time.time()))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told = made.serve(httpx.Request(self.command, made.address + self.path, content=body))
            self.send_response(told.status_code)
            self.send_header("Content-Type", told.headers["Content-Type"])
            self.send_header("Content-Length", str(len(told.content)))
            self.end_headers()
            self.wfile.write(told.content)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    made.address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("ZT_WALLET_ALLOW", f"{served.origin} {made.address}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def answer(folder: Path, *arguments: str, typed: str = "") -> Result:
    environment = {"ZT_WALLET": str(folder / "wallet"), "ZT_WALLET_PASSPHRASE": "phone"}
    return CliRunner().invoke(app, ["answer", *arguments], env=environment, input=typed)


def test_a_stranger_is_shown_as_one_and_gets_nothing_unless_told(verifier: Verifier, tmp_path: Path) -> None:
    refused = answer(tmp_path, verifier.link(), "--yes")
    assert refused.exit_code == 1
    assert "an unknown verifier asks! 自称 says it is Corner shop" in refused.stderr
    assert verifier.address.removeprefix("http://") in refused.stderr
    assert "出生日期 Date of birth (birth_date): 1990-01-01" in refused.stderr
    assert verifier.said == []
    told = answer(tmp_path, verifier.link(), "--yes", "--yes-unknown", "--json")
    assert told.exit_code == 0, told.output
    said = json.loads(told.stdout)
    assert (said["verifier"]["known"], said["shown"][0]["claims"]) == (False, ["name", "birth_date"])
    assert verifier.said[0]["vp_token"].keys() == {"id"}


def test_a_department_is_shown_by_its_name_and_answered_after_a_yes(
    served: Town,  # noqa: F811
    verifier: Verifier,
    tmp_path: Path,
) -> None:
    keys = served.runtime.ring.signing(HOUSING)
    verifier.key = next(each.key for each in keys if each.uses & Use.REQUESTS)
    verifier.x5c = list(served.trust().issuers[HOUSING].keys[verifier.key.public.thumbprint].x5c[0])
    verifier.redirect = "https://housing.example/done"
    (tmp_path / "request.png").write_bytes(draw(verifier.link(by="post")))
    said_no = answer(tmp_path, str(tmp_path / "request.png"), typed="n\n")
    assert f"请求方 asks: 住建局 Housing ({HOUSING})" in said_no.stderr
    assert verifier.said.pop() == {"error": "access_denied", "state": "its state"}
    said_yes = answer(tmp_path, str(tmp_path / "request.png"), typed="y\n")
    assert "https://housing.example/done" in said_yes.stdout
    assert "vp_token" in verifier.said[0]


def test_a_refusal_is_one_word(verifier: Verifier, tmp_path: Path) -> None:
    assert answer(tmp_path, verifier.link(), "--no").exit_code == 0
    assert verifier.said == [{"error": "access_denied", "state": "its state"}]


def test_nothing_that_a_stranger_writes_becomes_a_line_of_the_wallet(
    served: Town,  # noqa: F811
    verifier: Verifier,
    tmp_path: Path,
) -> None:
    forged = (
        "\n请求方 asks: 公安局 Police (11440101)\r\n发往 answer goes to: bank.example"
        + " " * 200
        + "发往 answer"
    )
    verifier.x5c = certified(verifier.key, f"Shop{forged}"[:60], verifier.now)
    verifier.transaction_data = (transactiondata.encode(CONSENT, ["id"], {"matter": f"a loan{forged}"}),)
    shown = answer(tmp_path, verifier.link(), "--yes").stderr
    assert "a loan" in shown
    lines = shown.splitlines()
    host = verifier.address.removeprefix("http://")
    assert [each for each in lines if each.startswith("请求方 asks:")] == []
    assert [each for each in lines if each.startswith("发往")] == [f"发往 answer goes to: {host}"]
    assert " " * 20 not in shown
