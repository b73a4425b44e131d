"""The wallet's commands against a served API, as a citizen runs them."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from sqlmodel import select
from typer.testing import CliRunner

import api
from api.logs import Log
from registry.cli.serve import _listen
from registry.errors import RegistryError
from registry.pictures import draw, read
from registry.runtime import Runtime
from registry.store.tables import BatchState, Origin
from tests.api.conftest import Written, founded, settings_in  # noqa: F401
from tests.api.town import POLICE, Town
from wallet.cli import app, main


@pytest.fixture
def served(founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:  # noqa: F811
    """The town's API on a free port, by the machine's clock."""
    import shutil
    import time

    shutil.copytree(founded, tmp_path / "data")
    runtime = Runtime.open(settings_in(tmp_path / "data"), "api")
    town = Town(runtime, now=int(time.time()))
    listening = _listen("127.0.0.1", 18_000)
    town.origin = f"http://localhost:{listening.getsockname()[1]}"
    monkeypatch.setenv("ZT_WALLET_ALLOW", town.origin)
    with runtime.store.write() as session:
        row = session.exec(select(Origin)).one()
        row.origin = town.origin
        session.add(row)
    application = api.create_app(runtime, town.trust, Log(Written()))  # type: ignore[arg-type]
    town.services = application.state.services
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield town
    server.should_exit = True
    thread.join()
    runtime.close()


def run(folder: Path, *arguments: str, ok: bool = True) -> str:
    environment = {"ZT_WALLET": str(folder / "wallet"), "ZT_WALLET_PASSPHRASE": "phone", "COLUMNS": "40"}
    result = CliRunner().invoke(app, arguments, env=environment)
    assert (result.exit_code == 0) is ok, result.output
    return result.stdout


def test_a_citizen_claims_shows_and_withdraws(served: Town, tmp_path: Path) -> None:
    certificate_id = served.citizen()
    assert served.services is not None
    offer = served.services.sharing.offer(POLICE, certificate_id, made_by="clerk 7", seen="card")
    (tmp_path / "offer.png").write_bytes(draw(offer.link(served.origin)))
    said = json.loads(run(tmp_path, "claim", str(tmp_path / "offer.png"), "--pin", offer.pin, "--json"))
    assert [each["certificate_id"] for each in said["held"]] == [certificate_id]
    assert certificate_id in run(tmp_path, "list").splitlines()
    assert certificate_id in run(tmp_path, "show", certificate_id).splitlines()
    assert "买买提·艾力" in run(tmp_path, "show", certificate_id)
    out = tmp_path / "qr.png"
    run(tmp_path, "present", certificate_id, "--claims", "name,age_over_18", "--out", str(out))
    (code,) = read(out.read_bytes())
    assert code.startswith("ZT1:")
    assert "#" in run(tmp_path, "present", certificate_id, "--claims", "name,portrait", "--link")
    every = ",".join(json.loads(run(tmp_path, "show", certificate_id, "--json"))["claims"])
    run(tmp_path, "present", certificate_id, "--claims", every, "--out", str(out))
    assert read(out.read_bytes())[0].startswith(f"{served.origin}/p/")
    assert "nothing to renew" in run(tmp_path, "renew")
    renewed = json.loads(run(tmp_path, "renew", "--all", "--json"))
    assert len(renewed["held"]) == 1
    withdrawn = run(
        tmp_path, "withdraw", "--issuer", served.origin, "--recovery-code", said["recovery_code"], "--json"
    )
    assert json.loads(withdrawn) == {"credentials": 2}
    lost = json.loads(run(tmp_path, "renew", "--all", "--json"))
    assert lost["lost"] == [offer.configuration]


def test_a_citizen_logs_in_for_everything_and_withdraws_a_lost_phone(served: Town, tmp_path: Path) -> None:
    identity = served.citizen()
    driving = served.issue(POLICE, "driving_licence", served.driving_row(7))
    served.anchor(POLICE)
    assert served.services is not None
    for name in ("lost", "new"):
        offer = served.services.sharing.offer(POLICE, identity, made_by="clerk 7", seen="card")
        run(tmp_path / name, "claim", offer.link(served.origin), "--pin", offer.pin)
        said = json.loads(run(tmp_path / name, "login", "--json"))
        assert [each["certificate_id"] for each in said["held"]] == [driving]
    offered = served.services.sharing.offer(POLICE, driving, made_by="clerk 7", seen="card")
    run(tmp_path / "new", "claim", offered.link(served.origin))
    run(tmp_path / "other", "claim", offered.link(served.origin), ok=False)
    assert driving in run(tmp_path / "new", "list").splitlines()
    assert driving in run(tmp_path / "new", "show", "驾驶证").splitlines()
    assert driving in run(tmp_path / "new", "show", "driving").splitlines()
    run(tmp_path / "new", "show", "证", ok=False)
    shown = json.loads(run(tmp_path / "new", "wallets", "--json"))
    (lost,) = [each["id"] for each in shown if not each["this"]]
    assert lost in run(tmp_path / "new", "wallets").splitlines()
    withdrawn = run(tmp_path / "new", "withdraw", "--other-wallet", lost, "--json")
    assert json.loads(withdrawn) == {"credentials": 2}
    run(tmp_path / "new", "withdraw", "--other-wallet", lost, ok=False)
    lost_ones = json.loads(run(tmp_path / "lost", "renew", "--json"))["lost"]
    assert len(lost_ones) == 2


def test_a_claim_waits_for_the_chain(served: Town, tmp_path: Path) -> None:
    certificate_id = served.issue(POLICE, "resident_identity", served.identity_row(3))
    served.anchor(POLICE, BatchState.MINED)
    assert served.services is not None
    offer = served.services.sharing.offer(POLICE, certificate_id, made_by="clerk 7", seen="card")
    link = offer.link(served.origin)
    said = json.loads(run(tmp_path, "claim", link, "--pin", offer.pin, "--no-wait", "--json"))
    assert (said["held"], said["pending"]) == ([], True)
    served.finish(POLICE)
    said = json.loads(run(tmp_path, "renew", "--json"))
    assert [each["certificate_id"] for each in said["held"]] == [certificate_id]


def test_a_refusal_is_one_line_and_exit_1(
    served: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert served.services is not None
    offer = served.services.sharing.offer(POLICE, served.citizen(), made_by="clerk 7", seen="card")
    arguments = ["wallet", "claim", offer.link(served.origin), "--pin", "nonsense"]
    monkeypatch.setattr("sys.argv", [*arguments, "--file", str(tmp_path / "w"), "--passphrase", "phone"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    made, refusal = capsys.readouterr().err.splitlines()
    assert made == f"新建钱包 / making a new wallet: {tmp_path / 'w'}"
    assert "The PIN is wrong, or the offer has ended" in refusal


def refused(folder: Path, *arguments: str) -> str:
    """The one line of a refusal, by exit 1."""
    environment = {"ZT_WALLET": str(folder / "wallet"), "ZT_WALLET_PASSPHRASE": "phone"}
    result = CliRunner().invoke(app, arguments, env=environment)
    assert isinstance(result.exception, RegistryError), result.output
    return f"{result.exception.zh} / {result.exception.en}"


def test_what_has_ended_is_said_in_words_and_not_by_a_code(served: Town, tmp_path: Path) -> None:
    assert served.services is not None
    identity = served.citizen()
    offer = served.services.sharing.offer(POLICE, identity, made_by="clerk 7", seen="card")
    for _ in range(5):
        assert "The PIN is wrong" in refused(tmp_path, "claim", offer.link(served.origin), "--pin", "000000x")
    for pin in (["--pin", offer.pin], []):
        assert "The offer has ended" in refused(tmp_path, "claim", offer.link(served.origin), *pin)
    assert "claim it at a window first" in refused(tmp_path, "login")
    offer = served.services.sharing.offer(POLICE, identity, made_by="clerk 7", seen="card")
    said = json.loads(run(tmp_path, "claim", offer.link(served.origin), "--pin", offer.pin, "--json"))
    run(tmp_path, "withdraw", "--issuer", served.origin, "--recovery-code", said["recovery_code"])
    assert "Claim it at a window again" in refused(tmp_path, "login")


@pytest.mark.parametrize("code", ["ABCDE-FGHJK-MNPQR-STVWX-YZ012", "nonsense"])
def test_a_wrong_recovery_code_is_said_to_be_one(
    served: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    monkeypatch.setattr("sys.argv", ["wallet", "withdraw", "--issuer", served.origin])
    monkeypatch.setenv("ZT_RECOVERY_CODE", code)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "The recovery code is wrong" in capsys.readouterr().err


def test_a_new_passphrase_is_asked_for_twice(served: Town, tmp_path: Path) -> None:
    assert served.services is not None
    offer = served.services.sharing.offer(POLICE, served.citizen(), made_by="clerk 7", seen="card")
    asked = ["claim", offer.link(served.origin), "--pin", offer.pin, "--file", str(tmp_path / "w")]
    mistyped = CliRunner().invoke(app, asked, input="one\nother\n")
    assert (mistyped.exit_code, (tmp_path / "w").exists()) == (1, False)
    assert CliRunner().invoke(app, asked, input="one\none\n").exit_code == 0
    listed = CliRunner().invoke(app, ["list", "--file", str(tmp_path / "w")], input="one\n")
    assert listed.exit_code == 0


def test_an_offer_that_leads_inside_is_not_followed_unless_its_origin_is_listed(
    served: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert served.services is not None
    offer = served.services.sharing.offer(POLICE, served.citizen(), made_by="clerk 7", seen="card")
    arguments = ("claim", offer.link(served.origin), "--pin", offer.pin)
    monkeypatch.setenv("ZT_WALLET_ALLOW", "http://localhost:1")
    run(tmp_path, *arguments, ok=False)
    monkeypatch.setenv("ZT_WALLET_ALLOW", f"http://localhost:1 {served.origin}")
    run(tmp_path, *arguments)
