"""QR pictures: made, read back from whatever a scanner or a mail brings, and put on paper.

Reading finds text and nothing else: no address in a picture is ever opened. Pictures come from strangers, so
their size is judged by the header, before anything is decoded.
"""

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import qrcode
import zxingcpp
from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError
from qrcode.exceptions import DataOverflowError

from registry.errors import RegistryError

LARGEST_FILE = 12_000_000
"""Bytes of a picture file."""
LARGEST_PNG = 9_000_000
"""Pixels of a PNG, which is decoded whole: more than a 4K screen."""
LARGEST_JPEG = 64_000_000
"""Pixels of a JPEG, which is decoded at a half, a quarter or an eighth where it has more than a PNG may."""
LARGEST_SCANNED = 4_000_000
"""Pixels that are searched for codes; a larger picture is halved first. Full of marks that look like a code's
corners, this many take five seconds, twice as many four times that."""
READERS = 2
"""Pictures searched at once in a process."""
WAITING = 14
"""Pictures that may wait for it; more are asked to come back, so that they hold up nothing else."""
QUIET = 4
"""Modules of white around a QR (ISO/IEC 18004)."""

_reading = threading.BoundedSemaphore(READERS)
_admitted = threading.BoundedSemaphore(READERS + WAITING)
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_LEFT, _RIGHT, _BOTTOM = 110, 1130, 1650
_NOTES_ZH = ("副本，不是原件。", "扫码即可核验；", "核验时请核对本人。")
_NOTES_EN = ("A copy, not the original.", "Scan to check it, and", "make sure of the person.")
_FONTS = (
    ("NotoSansCJK-Regular.ttc", 2),  # 0 is the Japanese form of the same characters
    ("NotoSansSC-Regular.otf", 0),
    ("SourceHanSansSC-Regular.otf", 0),
    ("wqy-microhei.ttc", 0),
    ("msyh.ttc", 0),
    ("PingFang.ttc", 0),
)


class BadPicture(RegistryError):
    """The file is no PNG or JPEG, is damaged, or is too large."""

    kind = "bad-picture"
    status = 415


class Busy(RegistryError):
    """Too many pictures are being read."""

    kind = "too-many-requests"
    status = 429

    def __init__(self) -> None:
        super().__init__(
            "正在识读的图片过多，请稍后再试", "too many pictures are being read; try again a little later"
        )


class NoCode(RegistryError):
    """No QR was found in the picture."""

    kind = "no-code"
    status = 422

    def __init__(self) -> None:
        super().__init__("图片里没有找到二维码", "no QR code was found in the picture")


class TooLong(RegistryError):
    """The text is more than the largest QR holds."""

    kind = "too-long"
    status = 422

    def __init__(self) -> None:
        super().__init__("内容过长，放不进二维码", "this is too long for a QR code")


@dataclass(frozen=True, slots=True)
class Paper:
    """What a printed copy shows beside its QR.

    title_zh, title_en: of the certificate type. issuer: its name.
    lines: label and value of each claim, in order.
    link: the copy's address (`proofcode.encode_copy`).
    """

    title_zh: str
    title_en: str
    issuer: str
    lines: Sequence[tuple[str, str]]
    link: str


def version(text: str) -> int:
    """The QR version (1 to 40, level L) that the text takes."""
    return int(_code(text).version)


def draw(text: str, *, module: int = 6) -> bytes:
    """The text as a QR in a PNG, level L, `module` pixels a module."""
    return _saved(_image(text, module), "PNG")


def blocks(text: str) -> str:
    """The text as a QR for a terminal, dark on light: two modules a character, one above the other.

    Raises:
        TooLong: it does not fit.
    """
    code = _code(text)
    code.make(fit=True)
    rows = code.get_matrix()
    rows += [[False] * len(rows)]  # a QR has an odd number of rows
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join(
        "".join(" ▄▀█"[2 * above + below] for above, below in zip(*pair, strict=True)) for pair in pairs
    )


def read(picture: bytes) -> tuple[str, ...]:
    """The texts of all QR codes in a PNG or JPEG, the largest code first.

    Raises:
        BadPicture: not a picture that may be read.
        NoCode: there is none in it.
        Busy: too many others are being read.
    """
    if not _admitted.acquire(blocking=False):
        raise Busy
    try:
        with _reading:
            codes = zxingcpp.read_barcodes(_opened(picture), formats=_QR)
    finally:
        _admitted.release()
    found = [one for one in codes if one.valid and one.text]
    if not found:
        raise NoCode
    return tuple(one.text for one in sorted(found, key=lambda one: len(one.text), reverse=True))


def draw_paper(paper: Paper, *, file_format: Literal["PNG", "PDF"] = "PDF") -> bytes:
    """A printed copy: one A4 page at 150 dots an inch, with the copy's QR.

    Where this machine has no font with Chinese characters, the page carries the English title and the QR,
    which holds the claims in any case.
    """
    page = Image.new("L", (1240, 1754), 255)
    pen = ImageDraw.Draw(page)
    code = _image(paper.link, max(3, 620 // (17 + 4 * version(paper.link) + 2 * QUIET)))
    above = _BOTTOM - code.height
    page.paste(code, (_LEFT, above))
    chinese = _font(34) is not None
    heading, body = _font(52) or ImageFont.load_default(52), _font(34) or ImageFont.load_default(34)
    titles = [paper.title_zh, paper.title_en] if chinese else [paper.title_en]
    top = _write(pen, titles, heading, _LEFT, 110)
    pen.line((_LEFT, top + 10, _RIGHT, top + 10), fill=0, width=3)
    lines = [f"颁发机构：{paper.issuer}", *(f"{label}：{_said(value)}" for label, value in paper.lines)]
    _write(pen, lines if chinese else [], body, _LEFT, top + 50, above)
    _write(pen, (_NOTES_ZH if chinese else ()) + _NOTES_EN, body, _LEFT + code.width + 30, above + 30)
    return _saved(page, file_format)


def _said(value: str) -> str:
    return "是" if value == "true" else value


def _write(
    pen: ImageDraw.ImageDraw,
    lines: Sequence[str],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    left: int,
    top: int,
    bottom: int = 1754,
) -> int:
    """Lines from `top` on, broken at the right margin, as far as they fit; where the next would begin."""
    height = int(font.size * 1.5) if isinstance(font, ImageFont.FreeTypeFont) else 20
    for line in lines:
        rest = line
        while rest and top + height < bottom:
            fits = len(rest)
            while fits > 1 and pen.textlength(rest[:fits], font=font) > _RIGHT - left:
                fits -= 1
            pen.text((left, top), rest[:fits], font=font, fill=0)
            rest, top = rest[fits:], top + height
    return top


def _code(text: str) -> "qrcode.QRCode[object]":
    code: qrcode.QRCode[object] = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_L, border=QUIET
    )
    code.add_data(text)
    try:
        code.best_fit()
    except (ValueError, DataOverflowError):  # the library has both
        raise TooLong from None
    return code


def _image(text: str, module: int) -> Image.Image:
    code = _code(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    side = len(matrix)
    small = Image.new("L", (side, side))
    small.putdata([0 if dark else 255 for row in matrix for dark in row])
    return small.resize((side * module, side * module), Image.Resampling.NEAREST)


def _opened(picture: bytes) -> Image.Image:
    too_large = BadPicture("图片太大", "the picture is too large")
    if len(picture) > LARGEST_FILE:
        raise too_large
    try:
        image = Image.open(io.BytesIO(picture), formats=["PNG", "JPEG"])
        pixels = image.width * image.height
        if pixels > (LARGEST_JPEG if image.format == "JPEG" else LARGEST_PNG):
            raise too_large
        if image.format == "JPEG":
            image.draft("L", _within(image.width, image.height))
        grey = image.convert("L")
        return grey.reduce(2) if grey.width * grey.height > LARGEST_SCANNED else grey
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadPicture("这不是完好的 PNG 或 JPEG 图片", "this is no sound PNG or JPEG picture") from error


def _within(width: int, height: int) -> tuple[int, int]:
    """The size, halved until it has no more pixels than a PNG may."""
    while width * height > LARGEST_PNG:
        width, height = width // 2, height // 2
    return width, height


def _font(size: int) -> ImageFont.FreeTypeFont | None:
    """A font of this machine that has Chinese characters."""
    for name, index in _FONTS:
        try:
            return ImageFont.truetype(name, size, index=index)
        except OSError:
            continue
    return None


def _saved(image: Image.Image, file_format: str) -> bytes:
    out = io.BytesIO()
    image.save(out, file_format, **({"resolution": 150.0} if file_format == "PDF" else {"optimize": True}))
    return out.getvalue()
