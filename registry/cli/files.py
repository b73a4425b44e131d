"""Files that an argument names: one clear line in both languages where one cannot be read, and exit 2."""

import errno
import sys
from datetime import date
from pathlib import Path

import typer

_WHY = {
    errno.ENOENT: ("没有这个文件", "there is no such file"),
    errno.ENOTDIR: ("没有这个文件", "there is no such file"),
    errno.EISDIR: ("这是文件夹", "it is a folder"),
    errno.EACCES: ("没有权限", "permission denied"),
    errno.EPERM: ("没有权限", "permission denied"),
    errno.EROFS: ("只读", "it is read-only"),
    errno.ENOSPC: ("磁盘已满", "the disk is full"),
    errno.ENAMETOOLONG: ("名称过长", "its name is too long"),
}
_MEDIA = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)


class BadUsage(typer.BadParameter):
    """An argument is not what the command takes: exit 2."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")


def read(path: Path) -> bytes:
    """What is in a file. Raises BadUsage where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadUsage(*wrong(error)) from error


def require(path: Path) -> None:
    """Raises BadUsage where a file cannot be opened."""
    try:
        path.open("rb").close()
    except OSError as error:
        raise BadUsage(*wrong(error)) from error


def line(name: str) -> str:
    """The first line of a file, or of standard input (-). Raises BadUsage."""
    data = sys.stdin.buffer.readline() if name == "-" else read(Path(name))
    try:
        return (data.decode("utf-8-sig").splitlines() or [""])[0].strip()
    except UnicodeDecodeError:
        raise BadUsage(f"{name} 不是 UTF-8 文本", f"{name} is no text in UTF-8") from None


def holder(name: str) -> tuple[str, str]:
    """(identifier type, identifier) of TYPE:NUMBER in a file or on standard input, never on the command line,
    which others can see. Raises BadUsage."""
    id_type, colon, number = line(name).partition(":")
    if not (id_type and colon and number):
        raise BadUsage("文件应为一行 证件类型:号码", "the file must hold one line TYPE:NUMBER")
    return id_type.strip(), number.strip().upper()


def person(name: str) -> tuple[str, str, str]:
    """(name, identifier type, identifier) of `TYPE:NUMBER NAME` in a file or on standard input (`holder`).

    Raises BadUsage.
    """
    identifier, _, called = line(name).partition(" ")
    id_type, colon, number = identifier.partition(":")
    if not (id_type and colon and number and called.strip()):
        raise BadUsage(
            "文件应为一行 证件类型:号码 姓名", "the file must hold one line: TYPE:NUMBER, a blank, the name"
        )
    return called.strip(), id_type, number.upper()


def content(name: str) -> bytes:
    """What is in a file, or comes on standard input (-). Raises BadUsage."""
    return sys.stdin.buffer.read() if name == "-" else read(Path(name))


def document(path: Path) -> tuple[bytes, str]:
    """What is in a file, and its media type, of those that a case takes. Raises BadUsage."""
    data = read(path)
    for beginning, media_type in _MEDIA:
        if data.startswith(beginning):
            return data, media_type
    raise BadUsage(f"{path} 应为 PDF、PNG 或 JPEG 文件", f"{path} must be a PDF, PNG or JPEG")


def names(text: str) -> tuple[str, ...]:
    """What stands between commas. Raises BadUsage: nothing."""
    found = tuple(each.strip() for each in text.split(",") if each.strip())
    if not found:
        raise BadUsage("请至少写明一项", "name at least one")
    return found


def day(text: str) -> date:
    """A day as ISO 8601 writes it. Raises BadUsage."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadUsage("日期写作 YYYY-MM-DD", "a day is written YYYY-MM-DD") from None


def demand_order(first: date, last: date) -> None:
    """Raises BadUsage where a period ends before it begins."""
    if last < first:
        raise BadUsage("起始日晚于截止日", "the first day is after the last")


def reason(path: Path | None) -> str:
    """The text of a reason; empty where no file is named. Raises BadUsage."""
    return "" if path is None else read(path).decode("utf-8", "replace").strip()


def texts(path: Path) -> dict[str, str]:
    """The JSON object of texts in a file, or on standard input (-). Raises BadUsage."""
    from registry import jcs

    try:
        found = jcs.loads(content(str(path)))
    except jcs.BadJson:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise BadUsage(
            f"{path} 应为一个 JSON 对象，各项均为文本",
            f"{path} must be one JSON object whose values are texts",
        )
    return found


def wrong(error: OSError) -> tuple[str, str]:
    """What is wrong with a file, in both languages."""
    zh, en = _WHY.get(error.errno or 0, ("读写失败", error.strerror or "it cannot be read or written"))
    return f"{error.filename}：{zh}", f"{error.filename}: {en}"


def is_named(error: OSError) -> bool:
    """Whether the file was named on the command line: otherwise its absence is a fault of ours."""
    name = str(error.filename or "")
    return bool(name) and any(name in (word, word.partition("=")[2]) for word in sys.argv[1:])
