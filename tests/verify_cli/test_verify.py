"""`registry verify` as a person at a counter uses it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from typer.testing import CliRunner, Result

from registry import b64, pictures, records
from registry.cli import verify
from registry.errors import RegistryError
from registry.store import open_store
from tests.proofcode.made import ORDER
from tests.verify_cli.town import ASKER, CLAIMS, ISSUER, Town

app = typer.Typer()
verify.add_to(app)


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setenv("ZT_DATA", str(tmp_path))
    town = Town(int(time.time()))
    town.write(tmp_path)
    return town


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "120"})


def report(*arguments: str) -> dict[str, Any]:
    result = run("verify", *arguments, "--json")
    found: dict[str, Any] = json.loads(result.stdout)
    assert result.exit_code == verify.EXITS[found["verdict"]]
    return found


def failed(found: dict[str, Any]) -> list[str]:
    return [check["id"] for check in found["checks"] if check["outcome"] == "fail"]


def test_a_code_from_a_picture_is_valid(town: Town, tmp_path: Path) -> None:
    picture = tmp_path / "shown.png"
    picture.write_bytes(pictures.draw(town.code()))
    found = report(str(picture))
    assert found["verdict"] == "valid"
    assert found["claims"] == {"name": "阿依古丽·买买提", "sex": "女", "age_over_18": "true"}
    assert [check["n"] for check in found["checks"]] == list(range(10))


def test_text_file_and_standard_input_do_as_well(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "shown.txt"
    file.write_text(town.code() + "\n")
    assert report(str(file))["verdict"] == "valid"
    piped = CliRunner().invoke(app, ["verify", "-", "--json"], input=town.presentation())
    assert json.loads(piped.stdout)["verdict"] == "valid"


def test_a_copy_is_a_true_copy_and_never_valid(town: Town) -> None:
    found = report(town.copy())
    assert found["verdict"] == "copy"
    assert run("verify", town.copy()).exit_code == 4


def test_an_old_code_is_refused_for_its_moment(town: Town) -> None:
    assert failed(report(town.code(age=63))) == ["holder"]


def test_a_changed_letter_is_refused(town: Town) -> None:
    token, first, *rest = town.presentation().split("~")
    salt, name, _ = orjson.loads(b64.decode(first))
    changed = "~".join([token, b64.encode(orjson.dumps([salt, name, "阿依古丽·买买堤"])), *rest])
    assert "disclosures" in failed(report(changed))


def test_a_revoked_certificate_is_refused_for_its_status(town: Town, tmp_path: Path) -> None:
    town.revoked = True
    town.write(tmp_path)
    assert failed(report(town.code())) == ["status"]


def test_a_code_is_taken_once_where_a_store_is_at_hand(town: Town, tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path / 'registry.sqlite'}").close()
    code = town.code()
    assert report(code)["verdict"] == "valid"
    again = report(code)
    assert (again["verdict"], failed(again)) == ("invalid", ["holder"])
    assert report(town.code(nonce=b"another nonce 16"))["verdict"] == "valid"


def test_an_answer_is_for_who_asked_and_for_whom_it_asked(town: Town) -> None:
    answer, asked = town.answer(), ("--as", ASKER)
    number = CLAIMS["citizen_number"]
    identity = town.definition.holders[0].id_type
    assert report(answer)["verdict"] == "unknown"
    assert report(answer, *asked, "--holder", f"{identity}:{number}")["verdict"] == "valid"
    assert failed(report(answer, *asked, "--holder", f"{identity}:{number[:-1]}X")) == ["holder"]
    assert failed(report(answer, "--as", ISSUER, "--holder", f"{identity}:{number}")) == ["holder"]
    identifier = town.certificate.core.certificate_id
    assert report(answer, *asked, "--certificate", identifier)["verdict"] == "valid"


def test_the_same_code_with_the_other_s_is_the_same_code(town: Town, tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path / 'registry.sqlite'}").close()
    shown = town.presentation()
    head, _, signature = shown.rpartition(".")
    raw = b64.decode(signature)
    other = raw[:32] + (ORDER - int.from_bytes(raw[32:])).to_bytes(32)
    assert report(shown)["verdict"] == "valid"
    assert failed(report(f"{head}.{b64.encode(other)}")) == ["holder"]


def test_a_past_time_is_not_judged_without_its_history(town: Town) -> None:
    found = report(town.code(), "--at", str(town.now - 5))
    assert found["at"] == town.now - 5
    assert [check["id"] for check in found["checks"] if check["outcome"] == "unknown"] == ["status"]


def test_a_record_covers_its_own_presentation_only_and_no_earlier_time(town: Town, tmp_path: Path) -> None:
    shown, file = town.presentation(), tmp_path / "record.jws"
    file.write_text(
        records.sign({}, shown, code=ASKER, purpose="购房", key=town.asker_key, now=town.now - 20)
    )
    covered = ("--covered-by", str(file), "--at")
    assert run("verify", shown, *covered, str(town.now - 10)).exit_code == 3
    assert run("verify", shown, *covered, str(town.now - 30)).exit_code == 2
    assert run("verify", town.presentation("name"), *covered, str(town.now - 10)).exit_code == 2
    assert run("verify", shown, "--covered-by", str(file)).exit_code == 2


def test_what_the_bundle_does_not_know_is_not_said_to_be_false(town: Town) -> None:
    result = run("verify", Town(town.now, x5c=("AAAA",)).code())
    assert result.exit_code == 3
    assert "update it" in result.stderr


def test_a_bundle_of_another_root_is_refused(town: Town, tmp_path: Path) -> None:
    code = town.code()
    (tmp_path / "trust" / "root.json").write_bytes(Town(town.now).root_document)
    with pytest.raises(RegistryError):
        CliRunner().invoke(app, ["verify", code], catch_exceptions=False)


def test_an_address_is_never_opened(town: Town) -> None:
    found = run("verify", "https://registry.example/p/abc#key")
    assert found.exit_code == 3
    assert "never opened" in found.stderr


@pytest.mark.parametrize("text", ["hello", "ZT1:", "ZT1:%%%", "https://x.example/c#0"])
def test_nonsense_is_refused(town: Town, text: str) -> None:
    assert run("verify", text).exit_code in {1, 3}


def test_a_program_reads_a_report_also_on_what_could_not_be_read(town: Town) -> None:
    nonsense = report("ZT1:%%%")
    assert (nonsense["verdict"], failed(nonsense), nonsense["kind"]) == ("invalid", ["parse"], None)
    for lacking in (Town(town.now, x5c=("AAAA",)).code(), "https://registry.example/p/abc#key"):
        found = report(lacking)
        assert (found["verdict"], failed(found)) == ("unknown", [])
        assert [check["outcome"] for check in found["checks"]] == ["unknown"] * 10


def test_the_page_shows_ten_checks_in_both_languages(town: Town) -> None:
    shown = run("verify", town.code()).stdout
    for words in (
        "证照有效",
        "Valid",
        "上链锚定",
        "Anchor on the chain",
        "临江市公安局",
        "阿依古丽·买买提",
        "居民身份证",
    ):
        assert words in shown


def test_a_record_says_what_was_checked_and_by_whom(town: Town, tmp_path: Path) -> None:
    file, code = tmp_path / "record.jws", town.code()
    found = report(
        code,
        "--record",
        str(file),
        "--as",
        ASKER,
        "--key",
        str(tmp_path / "asker.pem"),
        "--purpose",
        "购房资格",
    )
    record = records.read(file.read_text(), town.trust)
    assert record.report == found
    assert (record.iss, record.purpose) == (ASKER, "购房资格")
    assert file.stat().st_mode & 0o077 == 0


def test_a_record_that_was_changed_is_none(town: Town, tmp_path: Path) -> None:
    shown = town.presentation()
    text = records.sign({}, shown, code=ASKER, purpose="购房", key=town.asker_key, now=town.now)
    assert records.read(text, town.trust).covers(shown)
    header, payload, signature = text.split(".")
    other = b64.encode(b64.decode(payload).replace("购房".encode(), "贷款".encode()))
    foreign = records.sign({}, shown, code=ASKER, purpose="购房", key=town.issuer_key, now=town.now)
    early = records.sign({}, shown, code=ASKER, purpose="购房", key=town.asker_key, now=town.now - 9_000)
    for bad in (f"{header}.{other}.{signature}", foreign, early, "x.y.z", ""):
        with pytest.raises(records.BadRecord):
            records.read(bad, town.trust)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--record", "r.jws"),
        ("--holder", "no colon"),
        ("--at", "yesterday"),
        ("--trust", "missing.jws"),
    ],
)
def test_wrong_usage_exits_with_2(town: Town, arguments: tuple[str, ...]) -> None:
    assert run("verify", town.code(), *arguments).exit_code == 2


def test_a_picture_without_a_code_is_wrong_usage(town: Town, tmp_path: Path) -> None:
    picture = tmp_path / "torn.png"
    picture.write_bytes(b"\x89PNG torn")
    assert run("verify", str(picture)).exit_code == 2


@pytest.mark.parametrize(
    ("identifier", "code", "said"),
    [
        ("1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U", 0, "正确"),
        (
            "1.2.156.3005.2.11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M",
            1,
            "should be D",
        ),
        ("1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9", 0, "no unified social credit code"),
        ("1.2.3", 1, "GB/T 36904"),
    ],
)
def test_an_identifier_is_judged_with_its_reason(identifier: str, code: int, said: str) -> None:
    result = run("id", "check", identifier)
    assert (result.exit_code, said in result.stdout) == (code, True)


def test_a_file_that_is_not_there_is_wrong_usage() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "registry.cli.main", "verify", "missing.png"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == 2
    assert "no such file" in done.stderr
