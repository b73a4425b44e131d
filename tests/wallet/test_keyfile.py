"""The wallet's file."""

import stat
from pathlib import Path

import pytest

from wallet.keyfile import WalletFile, WrongPassphrase

CHEAP = 1 << 4


def test_what_was_saved_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    wallet = WalletFile.create(tmp_path / "w", "right", cost=CHEAP)
    wallet.content.keys["k"] = b"private"
    wallet.save()
    assert WalletFile.open(tmp_path / "w", "right").content.keys == {"k": b"private"}
    with pytest.raises(WrongPassphrase):
        WalletFile.open(tmp_path / "w", "wrong")


def test_nothing_in_the_file_is_readable_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    wallet = WalletFile.create(tmp_path / "w", "right", cost=CHEAP)
    wallet.content.recovery["https://town.example"] = "ABCD-EFGH"
    wallet.save()
    assert b"ABCD-EFGH" not in (tmp_path / "w").read_bytes()
    assert b"town.example" not in (tmp_path / "w").read_bytes()
    assert stat.S_IMODE((tmp_path / "w").stat().st_mode) == 0o600


@pytest.mark.parametrize("place", [30, -5, -40])
def test_a_changed_byte_is_noticed(tmp_path: Path, place: int) -> None:
    WalletFile.create(tmp_path / "w", "right", cost=CHEAP)
    text = bytearray((tmp_path / "w").read_bytes())
    # Of the last letter of base64 only two bits may count: A to P are alike in them, and z is not.
    text[place] = ord("z") if text[place] in b"ABCDEFGHIJKLMNOP" else ord("A")
    (tmp_path / "w").write_bytes(text)
    with pytest.raises(WrongPassphrase):
        WalletFile.open(tmp_path / "w", "right")
