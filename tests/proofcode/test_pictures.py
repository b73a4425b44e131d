"""Pictures that went through a phone, a messenger or a tilted hand are read all the same."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

from registry import pictures, proofcode
from tests.proofcode.made import ORIGINS, Made

CODE = proofcode.encode(Made(path=16).presentation(), ORIGINS)
COPY = proofcode.encode_copy(
    Made(
        bound=False, shown=[(f"claim_{n}", "广州市某某区某某路一百二十八号") for n in range(8)]
    ).presentation(),
    ORIGINS,
    "https://registry.example",
)


def half(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)


def tilted(image: Image.Image) -> Image.Image:
    return image.rotate(5, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def same(image: Image.Image) -> Image.Image:
    return image


@pytest.mark.parametrize("text", [CODE, COPY], ids=["code", "copy"])
@pytest.mark.parametrize("change", [same, half, tilted])
@pytest.mark.parametrize(
    "options", [{"format": "PNG"}, {"format": "JPEG", "quality": 60}], ids=["png", "jpeg 60"]
)
def test_a_picture_is_read_back(
    text: str, change: Callable[[Image.Image], Image.Image], options: dict[str, object]
) -> None:
    out = io.BytesIO()
    change(Image.open(io.BytesIO(pictures.draw(text))).convert("L")).save(out, **options)  # type: ignore[arg-type]
    assert pictures.read(out.getvalue()) == (text,)


def test_a_large_photograph_is_read_at_a_part_of_its_size() -> None:
    photograph = Image.new("L", (7_000, 5_000), 255)
    code = Image.open(io.BytesIO(pictures.draw(CODE, module=24))).convert("L")
    photograph.paste(code, (400, 300))
    out = io.BytesIO()
    photograph.save(out, "JPEG", quality=80)
    assert pictures.read(out.getvalue()) == (CODE,)


def test_a_printed_copy_carries_its_link() -> None:
    paper = pictures.Paper(
        "营业执照", "Business licence", "市市场监督管理局", [("名称", "某某有限公司")], COPY
    )
    assert pictures.read(pictures.draw_paper(paper, file_format="PNG")) == (COPY,)
    assert pictures.draw_paper(paper).startswith(b"%PDF-")


def test_a_machine_without_chinese_characters_prints_the_code_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "_FONTS", ())
    paper = pictures.Paper("营业执照", "Business licence", "市市场监督管理局", [("名称", "某某")], COPY)
    assert pictures.read(pictures.draw_paper(paper, file_format="PNG")) == (COPY,)
