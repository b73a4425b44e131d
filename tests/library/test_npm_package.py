"""The npm package of the JavaScript verifier, installed alone, does what its documentation says."""

import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from scripts.library import npm
from tests.library.test_library import DOCUMENT, VECTORS


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return npm.build(tmp_path_factory.mktemp("npm"), 0)


@pytest.fixture(scope="module")
def project(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has the package and nothing else."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "package.json").write_text('{"private": true, "type": "module"}', "utf-8")
    tool = shutil.which("npm")
    assert tool is not None
    install = [tool, "install", "--offline", "--no-audit", "--no-fund", "--cache", folder / "cache", package]
    subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=120)
    return folder


def run(project: Path, program: str) -> str:
    path = project / "program.mjs"
    path.write_text(program, "utf-8")
    ran = subprocess.run(["node", path, VECTORS], check=False, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_five_lines_of_the_documentation_say_valid(project: Path) -> None:
    [code] = re.findall(r"^```js\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    imported, _, rest = code.partition("\n")
    now = json.loads((VECTORS / "presentations.json").read_text("utf-8"))["now"]
    text = json.loads((VECTORS / "proof_codes.json").read_text("utf-8"))["made"][0]["code"]
    given = f"""
        import {{ readFileSync }} from "node:fs";
        const read = (name) => readFileSync(`${{process.argv[2]}}/trust/${{name}}`);
        const [bundle, root, now] = [read("bundle.jws"), read("root.json"), {now}];
        const text = {json.dumps(text)};
    """
    assert run(project, imported + given + rest).startswith("valid {")


def test_every_vector_gives_its_report_where_nothing_but_the_package_is_installed(project: Path) -> None:
    shown = run(project, Path(__file__).with_name("alone.mjs").read_text("utf-8"))
    assert shown.splitlines() == [
        case["name"]
        for name in ("presentations.json", "sm2.json")
        for case in json.loads((VECTORS / name).read_text("utf-8"))["cases"]
        if "node" not in case
    ]


def test_its_types_fit_for_whoever_writes_typescript(project: Path) -> None:
    program = """
        import { type Report, type Trust, load, verify } from "zhengtong-verifier";
        type Verdict = Report["verdict"];
        export async function check(bundle: Uint8Array, root: Uint8Array, shown: string): Promise<Verdict> {
          const trust: Trust = await load(null, bundle, 0, root);
          const report = await verify(shown, trust, { kinds: ["code"], audience: null }, 0, { at: 1 });
          return report.checks.every(({ outcome }) => outcome === "pass") ? "valid" : report.verdict;
        }
        // @ts-expect-error: nobody asked for kinds
        export const wrong = (trust: Trust) => verify("", trust, {}, 0);
    """
    (project / "typed.ts").write_text(program, "utf-8")
    options = [
        "--noEmit",
        "--strict",
        "--module",
        "nodenext",
        "--target",
        "es2024",
        "--types",
        "",
        "typed.ts",
    ]
    compiler = npm.ROOT / "node_modules" / ".bin" / "tsc"
    checked = subprocess.run(
        [compiler, *options], cwd=project, check=False, capture_output=True, text=True, timeout=120
    )
    assert checked.returncode == 0, checked.stdout


def test_it_asks_for_no_other_package_and_carries_the_licences_of_what_is_in_it(package: Path) -> None:
    with tarfile.open(package) as archive:
        files = {member.name: archive.extractfile(member) for member in archive}
        description, vendored = files["package/package.json"], files["package/vendor/sm-crypto.js"]
        assert description is not None and vendored is not None
        assert not json.load(description).keys() & {"dependencies", "peerDependencies", "scripts"}
        assert vendored.read().decode("utf-8").count("Permission is hereby granted") == 2


def test_the_same_source_gives_the_same_package(package: Path, tmp_path: Path) -> None:
    assert npm.build(tmp_path, 0).read_bytes() == package.read_bytes()
