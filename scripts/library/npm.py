"""The JavaScript verifier as an npm package: the folder with its types, packed the same way every time."""

import gzip
import io
import json
import subprocess
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
NAME: Final = "zhengtong-verifier"
VERIFIER: Final = ROOT / "wallet" / "web" / "verifier"
DOCUMENT: Final = ROOT / "docs" / "verifier-library.md"


def build(out: Path, epoch: int) -> Path:
    """Build the package into a folder; its path. epoch: time of its files, Unix seconds."""
    described = _description()
    files = {path.relative_to(VERIFIER).as_posix(): path.read_bytes() for path in VERIFIER.rglob("*.js")}
    files |= _types()
    files["package.json"] = (json.dumps(described, ensure_ascii=False, indent=2) + "\n").encode("utf-8")
    files["README.md"] = DOCUMENT.read_bytes()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size, entry.mtime, entry.mode = len(content), epoch, 0o644
            archive.addfile(entry, io.BytesIO(content))
    path = out / f"{NAME}-{described['version']}.tgz"
    path.write_bytes(gzip.compress(packed.getvalue(), mtime=epoch))
    return path


def _types() -> dict[str, bytes]:
    """Declarations for TypeScript, from the comments."""
    with tempfile.TemporaryDirectory() as scratch:
        compiler = ROOT / "node_modules" / ".bin" / "tsc"
        options = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir", scratch]
        subprocess.run([compiler, "-p", VERIFIER.parent, *options], check=True, timeout=120)
        made = Path(scratch) / VERIFIER.name
        return {path.relative_to(made).as_posix(): path.read_bytes() for path in made.rglob("*.d.ts")}


def _description() -> dict[str, Any]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {
        "name": NAME,
        "version": project["version"],
        "description": "证通: verify electronic certificates offline, in a browser or in Node",
        "type": "module",
        "types": "./index.d.ts",
        "exports": {
            ".": {"types": "./index.d.ts", "default": "./index.js"},
            "./package.json": "./package.json",
        },
        "engines": {"node": ">=22.20"},
        "sideEffects": False,
    }
