"""The front page: readable without scripts, in both languages, and honest about what it was shown."""

import html
import json
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api import pages
from registry import pictures
from tests.pages.gallery import Gallery

PART = {"X-Part": "1", "Accept-Language": "en"}


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery(tmp_path)


@pytest.fixture
def client(gallery: Gallery) -> TestClient:
    return TestClient(gallery.app)


def check(client: TestClient, text: str, **fields: str) -> str:
    answer = client.post("/check", data={"text": text} | fields, headers=PART)
    assert answer.status_code == 200
    return answer.text


def test_the_page_speaks_both_languages(client: TestClient) -> None:
    chinese = client.get("/", headers={"Accept-Language": "zh-CN"}).text
    english = client.get("/?lang=en").text
    assert "三张证照" in chinese and 'lang="zh-CN"' in chinese
    assert "Three certificates" in english and 'lang="en"' in english
    assert "阿依古丽·买买提" in chinese and "临江市云和机械设备有限公司" in chinese


def test_what_is_on_no_paper_is_not_on_the_page(client: TestClient) -> None:
    page = client.get("/").text
    licence = page[page.index("paper licence") : page.index("paper booklet")]
    assert "法定代表人" in licence and "110105199003070025" not in licence


def test_it_stands_before_any_story_was_played(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path)
    (tmp_path / "story.json").unlink()
    page = TestClient(gallery.app).get("/")
    assert page.status_code == 200 and "paper licence" not in page.text


def test_a_dropped_picture_is_checked_in_ten_checks(client: TestClient) -> None:
    picture = client.get("/story/certificates/0.png").content
    answer = client.post("/check", files={"picture": ("qr.png", picture)}, headers=PART).text
    assert answer.count('class="pass"') + answer.count('class="na"') == 10
    assert "A true copy" in answer


def test_without_scripts_the_report_comes_with_the_whole_page(client: TestClient, gallery: Gallery) -> None:
    answer = client.post("/check", data={"text": gallery.copies[0]}, headers={"Accept-Language": "en"}).text
    assert "<!doctype html>" in answer and "A true copy" in answer


def test_a_changed_letter_turns_it_red(client: TestClient, gallery: Gallery) -> None:
    answer = check(client, gallery.copies[0], change="true")
    assert "Not valid" in answer and "<del>阿依古丽·买买提</del>" in answer
    assert "not this certificate" in html.unescape(answer)


@pytest.mark.parametrize(
    "text", ["", "hello", "https://example.org/p/x#y", "ZT1:ABC", "<script>alert(1)</script>"]
)
def test_what_holds_no_proof_is_said_to_hold_none(client: TestClient, text: str) -> None:
    answer = check(client, text)
    assert "report unknown" in answer and "<script>" not in answer


def test_values_are_text_on_the_page_whatever_they_say(client: TestClient, gallery: Gallery) -> None:
    for page in (client.get("/").text, check(client, gallery.copies[2])):
        assert "<i>" not in page and "&lt;i&gt;" in page


def test_only_the_storys_certificate_can_be_revoked_and_only_in_the_sample_town(
    client: TestClient, gallery: Gallery, tmp_path: Path
) -> None:
    assert "Revoke it" in check(client, gallery.copies[1])
    assert "Revoke it" not in check(client, gallery.copies[0])
    elsewhere = Gallery(tmp_path, sample_town=False)
    assert "Revoke it" not in check(TestClient(elsewhere.app), elsewhere.copies[1])
    assert TestClient(elsewhere.app).post("/demo/revocation").status_code == 404
    foreign = client.post("/demo/revocation", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 409


def test_pictures_outside_the_data_folder_are_not_served(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/story/shown.png").headers["content-type"] == "image/png"
    story = json.loads((tmp_path / "story.json").read_text())
    outside = tmp_path.parent / "outside.png"
    outside.write_bytes(pictures.draw("x"))
    (tmp_path / "key.txt").write_text("secret")
    for name, path in {"a": "../outside.png", "b": str(outside), "c": "key.txt"}.items():
        story["pictures"][name] = path
        (tmp_path / "story.json").write_text(json.dumps(story))
        assert client.get(f"/story/{name}.png").status_code == 404


def test_the_page_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for name in pages.STATIC:
        assert client.get(f"/static/{name}").status_code == 200
    assert client.get("/static/../pages.py").status_code == 404
    assert client.get("/web/verifier/index.js").headers["content-type"].startswith("text/javascript")
    assert client.get("/web/generate.py").status_code == 404
    assert client.get("/web/../cli.py").status_code == 404


def test_the_independent_script_comes_to_the_same_root(
    client: TestClient, gallery: Gallery, tmp_path: Path
) -> None:
    script, receipt = tmp_path / "recompute.py", tmp_path / "certificate.json"
    script.write_bytes(client.get("/recompute.py").content)
    assert "registry" not in script.read_text()
    for number in range(3):
        receipt.write_bytes(client.get(f"/story/certificates/{number}.json").content)
        said = subprocess.run(
            [sys.executable, "-I", str(script), str(receipt)], capture_output=True, text=True, check=True
        ).stdout
        assert f"leaf {gallery.certificates[number].leaf.hex()}" in said
        assert f"root {gallery.root.hex()}" in said
        assert "NOT BELONG" not in said
