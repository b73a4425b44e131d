"""Pictures that keep a reader busy: few at once, and nothing else waits for them (threats 16, 24)."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from registry import pictures


def full_of_corners(tiles: int) -> bytes:
    """A small file that seems to hold the corners of tens of thousands of codes."""
    corner = np.full((9, 9), 255, np.uint8)
    corner[1:8, 1:8], corner[2:7, 2:7], corner[3:6, 3:6] = 0, 255, 0
    out = io.BytesIO()
    Image.fromarray(np.tile(corner, (tiles, tiles))).save(out, "PNG")
    return out.getvalue()


def test_a_picture_full_of_corners_is_done_within_seconds() -> None:
    picture = full_of_corners(330)
    assert len(picture) < 50_000
    began = time.monotonic()
    with pytest.raises(pictures.NoCode):
        pictures.read(picture)
    assert time.monotonic() - began < 6, "once, fifteen seconds"


def test_few_are_read_at_once_and_the_rest_is_asked_to_come_back(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, counted = threading.Event(), threading.Lock()
    waiting = threading.Semaphore(0)
    now, most = 0, 0

    def slow(*_: Any, **__: Any) -> list[Any]:
        nonlocal now, most
        with counted:
            now += 1
            most = max(most, now)
        waiting.release()
        released.wait(30)
        with counted:
            now -= 1
        return []

    monkeypatch.setattr("zxingcpp.read_barcodes", slow)
    picture, room = full_of_corners(3), pictures.READERS + pictures.WAITING

    def read(_: int) -> int:
        return http.post("/verify", files={"picture": picture}).status_code

    with ThreadPoolExecutor(room + 8) as pool:
        asked = [pool.submit(read, number) for number in range(room + 8)]
        for _ in range(pictures.READERS):
            waiting.acquire()
        while sum(each.done() for each in asked) < 8:
            threading.Event().wait(0.01)
        assert http.get("/origins").status_code == 200
        released.set()
        answers = sorted(each.result() for each in asked)
    assert answers == [422] * room + [429] * 8
    assert most == pictures.READERS
