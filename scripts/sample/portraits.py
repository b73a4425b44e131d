"""Small drawn portraits: lines and a few greys, never a photograph. The same seed draws the same faces."""

import base64
import io
from random import Random

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 90, 120
_PALETTE = [255, 255, 255, 40, 40, 40, 214, 196, 180, 120, 140, 170]
_WHITE, _DARK, _SKIN, _CLOTH = range(4)


def portraits(random: Random, count: int) -> list[str]:
    """So many portraits as base64 PNG, each well below 2 kB."""
    return [base64.b64encode(_png(random)).decode() for _ in range(count)]


def _png(random: Random) -> bytes:
    image = Image.new("P", (WIDTH, HEIGHT), _WHITE)
    image.putpalette(_PALETTE)
    _draw(ImageDraw.Draw(image), random)
    content = io.BytesIO()
    image.save(content, "PNG", optimize=True, bits=2)
    return content.getvalue()


def _draw(draw: ImageDraw.ImageDraw, random: Random) -> None:
    middle, wide, high = 45 + random.randint(-2, 2), random.randint(19, 24), random.randint(25, 30)
    top, eyes = 24 + random.randint(-3, 3), 48 + random.randint(-2, 3)
    shoulders = random.randint(30, 40)
    draw.ellipse((middle - shoulders, 88, middle + shoulders, 150), fill=_CLOTH, outline=_DARK)
    draw.rectangle((middle - 8, 70, middle + 8, 92), fill=_SKIN)
    hair = random.randint(2, 7)
    draw.ellipse(
        (middle - wide - 3, top - hair, middle + wide + 3, top + high + random.randint(0, 40)), fill=_DARK
    )
    draw.ellipse((middle - wide, top + hair, middle + wide, top + 2 * high), fill=_SKIN, outline=_DARK)
    apart, size = random.randint(8, 11), random.randint(2, 3)
    for side in (middle - apart, middle + apart):
        draw.ellipse((side - size, eyes - size, side + size, eyes + size), fill=_DARK)
        draw.line((side - 5, eyes - 8, side + 5, eyes - 8 + random.randint(-2, 2)), fill=_DARK, width=2)
    draw.line((middle, eyes + 3, middle - random.randint(1, 4), eyes + 12, middle + 2, eyes + 13), fill=_DARK)
    draw.arc(
        (middle - 8, eyes + 14, middle + 8, eyes + 22),
        random.randint(0, 20),
        random.randint(150, 180),
        _DARK,
        2,
    )
    if random.random() < 0.25:
        for side in (middle - apart, middle + apart):
            draw.rectangle((side - 7, eyes - 5, side + 7, eyes + 5), outline=_DARK)
        draw.line((middle - apart + 7, eyes, middle + apart - 7, eyes), fill=_DARK)
