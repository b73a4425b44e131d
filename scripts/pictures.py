"""`python -m scripts.pictures`: the pictures of the documentation, each made by a command.

Always the flow, as SVG. With `--data` and `--origin` of a sample town that is being served (`make run`), also
a proof code of its story and its front page in both languages, as Debian's Chromium shows them.
"""

import argparse
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from PIL import Image

FOLDER: Final = Path(__file__).resolve().parent.parent / "docs" / "pictures"
WIDTH, HEIGHT = 960, 430
CHROMIUM: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1100,960",
)


@dataclass(frozen=True)
class Box:
    """Somebody in the picture: middle in pixels, name and what they do, in both languages."""

    x: int
    y: int
    zh: str
    en: str
    does_zh: str
    does_en: str


@dataclass(frozen=True)
class Arrow:
    """What goes from one to another: from and to in pixels, where its two lines of text stand."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: tuple[int, int]
    zh: str
    en: str


BOXES: Final = (
    Box(130, 90, "颁发部门", "Issuing department", "签发、变更、撤销", "issues, changes, revokes"),
    Box(480, 90, "证通登记系统", "Registry", "加盐摘要，加密保存", "salts, digests, seals"),
    Box(830, 90, "区块链", "Chain", "只有根和状态，没有个人信息", "roots and status, nothing personal"),
    Box(130, 330, "主管机构", "Authority", "登记部门，签发信任数据", "registers departments, signs trust"),
    Box(480, 330, "公民的钱包", "Citizen's wallet", "自己决定出示哪几项", "chooses which claims to show"),
    Box(830, 330, "用证部门（或任何人）", "Verifier (anyone)", "离线十项检查", "ten checks, offline"),
)
ARROWS: Final = (
    Arrow((235, 75), (375, 75), (305, 52), "① 签发", "issue"),
    Arrow((235, 105), (375, 105), (305, 122), "⑤ 撤销：当即变红", "revoke: red at once"),
    Arrow((585, 90), (725, 90), (655, 66), "② 上链", "anchor"),
    Arrow((480, 142), (480, 278), (412, 200), "③ 领取", "claim"),
    Arrow((585, 330), (725, 330), (655, 306), "④ 二维码", "a QR"),
    Arrow((830, 142), (830, 278), (897, 200), "信任数据", "trust bundle"),
    Arrow((130, 278), (130, 142), (75, 200), "权责、密钥", "rights, keys"),
)


def main() -> None:
    """Draw what was asked for."""
    parser = argparse.ArgumentParser(description="Make the pictures of the documentation.")
    parser.add_argument("--data", type=Path, help="folder of a sample town: draws its proof code")
    parser.add_argument("--origin", help="address of a sample town that is served: draws its front page")
    arguments = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "flow.svg").write_text(flow(), "utf-8")
    if arguments.data:
        newest = max((arguments.data / "story").glob("*/licence.png"))
        shutil.copyfile(newest, FOLDER / "proof-code.png")
    if arguments.origin:
        for language in ("zh", "en"):
            screenshot(f"{arguments.origin}/?lang={language}", FOLDER / f"front-{language}.png")


def flow() -> str:
    """The way of one certificate, as SVG in both languages."""
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
            ' font-family="sans-serif" text-anchor="middle">',
            "<title>证通：一张证照的一生 / The way of one certificate</title>",
            '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7"'
            ' orient="auto"><path d="M0 0 10 5 0 10z" fill="#57606a"/></marker></defs>',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            *(_arrow(each) for each in ARROWS),
            *(_box(each) for each in BOXES),
            "</svg>\n",
        )
    )


def _box(box: Box) -> str:
    left, top = box.x - 105, box.y - 52
    return (
        f'<rect x="{left}" y="{top}" width="210" height="104" rx="10" fill="#f6f8fa" stroke="#b3261e"'
        ' stroke-width="1.5"/>'
        + _text(box.x, box.y - 24, box.zh, 17, "#1f2328", bold=True)
        + _text(box.x, box.y - 4, box.en, 13, "#1f2328")
        + _text(box.x, box.y + 20, box.does_zh, 13, "#57606a")
        + _text(box.x, box.y + 38, box.does_en, 12, "#57606a")
    )


def _arrow(arrow: Arrow) -> str:
    (x1, y1), (x2, y2) = arrow.start, arrow.end
    return (
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#57606a" stroke-width="1.5"'
        ' marker-end="url(#tip)"/>'
        + _text(arrow.text[0], arrow.text[1], arrow.zh, 14, "#1f2328")
        + _text(arrow.text[0], arrow.text[1] + 16, arrow.en, 12, "#57606a")
    )


def _text(x: int, y: int, text: str, size: int, colour: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}"{weight}>{escape(text)}</text>'


def screenshot(address: str, path: Path) -> None:
    """A page as Chromium shows it, in 128 colours, which is a quarter of the size."""
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "page.png"
        chromium = shutil.which("chromium") or "chromium"
        subprocess.run(
            [chromium, *CHROMIUM, f"--user-data-dir={folder}/profile", f"--screenshot={shot}", address],
            check=True,
            capture_output=True,
            timeout=60,
        )
        with Image.open(shot) as picture:
            picture.convert("RGB").quantize(128).save(path, optimize=True)


if __name__ == "__main__":
    main()
