"""What the arguments of `registry verify` name: a presentation, a trust bundle, a signing key, a moment."""

import os
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from registry import bundle, pictures, records
from registry.checking import texts_in
from registry.cli.files import BadUsage, read
from registry.settings import Settings
from registry.signing import SigningKey, Use
from registry.trust import Trust

__all__ = ["BadUsage", "dated", "holder", "moment", "shown", "signing_key", "trust"]
_FILES = frozenset({".png", ".jpg", ".jpeg", ".txt", ".jws"})


def shown(argument: str) -> tuple[str, ...]:
    """The texts in a picture, in a text file, on standard input (-), or the argument itself.

    Raises:
        BadUsage: a picture that cannot be read.
    """
    if argument == "-":
        return texts_in(sys.stdin.buffer.read(pictures.LARGEST_FILE + 1))
    try:
        is_file = Path(argument).is_file()
    except OSError:  # too long for a name, so it is a text
        is_file = False
    if not is_file and Path(argument[-8:]).suffix.lower() in _FILES:
        raise BadUsage(f"没有这个文件：{argument}", f"There is no such file: {argument}")
    if not is_file:
        return (argument.strip(),)
    with Path(argument).open("rb") as file:
        data = file.read(pictures.LARGEST_FILE + 1)
    try:
        return texts_in(data)
    except (pictures.BadPicture, pictures.NoCode) as error:
        raise BadUsage(error.zh, error.en) from error


def trust(settings: Settings, file: Path | None, root: Path | None, now: int) -> Trust:
    """The bundle in `file` under the pinned root document, both from the data folder unless named.

    Raises:
        BadUsage: a file is missing.
        RootRefused, BundleRefused: it does not stand, or is too old.
    """
    folder = settings.data / "trust"
    pinned, data = root or folder / "root.json", file or folder / "bundle.jws"
    for path in (pinned, data):
        if not path.is_file():
            raise BadUsage(
                f"缺少文件 {path}（用 --trust 与 --root 指定信任包和根文件）",
                f"{path} is missing (name a trust bundle and its root document by --trust and --root)",
            )
    return bundle.load(None, data.read_bytes(), now, pinned.read_bytes())


def holder(text: str) -> tuple[str, str] | None:
    """TYPE:NUMBER taken apart. Raises BadUsage where it is not that."""
    if not text:
        return None
    id_type, colon, number = text.partition(":")
    if not (id_type and colon and number):
        raise BadUsage("--holder 应为 证件类型:号码", "--holder is TYPE:NUMBER")
    return id_type, number.upper()


def moment(text: str, zone: ZoneInfo) -> int | None:
    """Unix seconds of an ISO 8601 time (in `zone` where it names none) or of a number. Raises BadUsage."""
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return int(text)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise BadUsage("--at 应为 ISO 8601 时间", "--at is a time in ISO 8601") from None
    return int((given if given.tzinfo else given.replace(tzinfo=zone)).timestamp())


def dated(record: Path | None, presentation: str, at: int | None, trust: Trust) -> bool:
    """Whether a record proves that the presentation was there by the time that is asked about.

    Raises:
        BadUsage: no file, no time asked about, or a record of something else or of later.
        BadRecord: its signature does not stand.
    """
    if record is None:
        return False
    if at is None or not record.is_file():
        raise BadUsage("--covered-by 需要 --at 和一个记录文件", "--covered-by needs --at and a record's file")
    earlier = records.read(read(record).decode("ascii", errors="replace"), trust)
    if not earlier.covers(presentation) or earlier.iat > at:
        raise BadUsage(
            "该记录不是这次出示的，或晚于所问时间", "that record is of another presentation, or of later"
        )
    return True


def signing_key(path: Path, code: str, settings: Settings) -> SigningKey:
    """A department's key for messages: a PEM file (PKCS 8), or one of the registry's key files.

    Its passphrase is in ZT_KEY_PASSPHRASE; for the API's own key file, where the API has it.

    Raises:
        BadUsage: not a P-256 key, or the wrong passphrase. NoSuchKey, KeysClosed: of a key file.
    """
    passphrase = os.environ.get("ZT_KEY_PASSPHRASE", "") or settings.api_passphrase
    data = read(path)
    if data.startswith(b"{"):
        from registry.keys import KeyRing  # loads a chain client's keys: only where it is asked for

        return KeyRing.open(path, passphrase).signing_key(code, Use.MESSAGES)
    try:
        key = load_pem_private_key(data, passphrase.encode() if b"ENCRYPTED" in data else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadUsage("打不开签名密钥", "this signing key cannot be opened")
    return SigningKey(key)
