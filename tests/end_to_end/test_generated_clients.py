"""Clients that are generated from the interface's description, strictly typed: each makes a look-up by number.

The generators are fetched from their registries, with the hashes of `tests/clients/`: in `make deep` only, and where
npm or a package index can be reached.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.generate_docs import openapi
from shikaku.clock import today
from shikaku.persons.dataset import load_dataset
from tests.builders.stack import PopulatedStack
from tests.depth import DEEP

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / "tests" / "clients"
PERSON = "P01-valid"
UV = Path(sys.executable).parent / "uv"
PRINTED = ["1 試験　有効", "as-of-out-of-range"]
FETCH_SECONDS, RUN_SECONDS = 600, 300

deep = pytest.mark.skipif(not DEEP, reason="generated clients: in `make deep`")

Run = Callable[..., list[str]]


@pytest.fixture(scope="module")
def run(stack: PopulatedStack) -> Run:
    """Runs a program in a folder with the stack's address and a token; returns the lines that it printed."""
    stack.enrol_person(load_dataset(today()), PERSON)

    def started(*command: str | Path, folder: Path, **more: str) -> list[str]:
        token = stack.run("clinic-terminal", "token").stdout.strip()
        environment = stack.environment | {
            "PATH": os.environ["PATH"],
            "TOKEN": token,
            "REDOCLY_TELEMETRY": "off",
        }
        done = subprocess.run(
            command, cwd=folder, env=environment | more,
            capture_output=True, text=True, check=False, timeout=RUN_SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()

    return started


def fetched(*command: str | Path, folder: Path) -> None:
    """Fetch packages, or skip with one line where they cannot be had."""
    try:
        subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=FETCH_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"{command[0]} cannot fetch the generator: {type(error).__name__}")


@pytest.fixture(scope="module")
def npm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the programs in TypeScript, the description, and the packages of the lock."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("npm")
    for name in ("package.json", "package-lock.json", "tsconfig.json", "number.ts"):
        shutil.copy(CLIENTS / name, folder)
    (folder / "openapi.json").write_text(openapi(), encoding="utf-8")
    fetched("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
    return folder


@deep
def test_openapi_typescript(run: Run, npm: Path) -> None:
    run("npx", "openapi-typescript", "openapi.json", "--output", "schema.ts", "--enum", folder=npm)
    run("npx", "tsc", "--project", ".", folder=npm)
    assert run("node", "number.js", folder=npm) == PRINTED


@deep
@pytest.mark.parametrize(
    ("sources", "strictness"),
    [
        (["examples/javascript/claims-computer.mjs", "examples/npm/with-shikaku.mjs"], ["--strict"]),
        (["examples/npm/reception.test.mjs", "docs/first-answer.md"], []),
    ],
    ids=["typed", "plain"],
)
def test_the_types_of_the_javascript_to_copy_are_right(
    run: Run, npm: Path, sources: list[str], strictness: list[str]
) -> None:
    """By `tsc --checkJs`, as the page of the examples says; a page's program is checked too."""
    names = []
    for source in sources:
        text = (ROOT / source).read_text(encoding="utf-8")
        if source.endswith(".md"):
            [text] = re.findall(r"```js\n(.*?)```", text, re.DOTALL)
        names.append(f"{Path(source).stem}.mjs")
        (npm / names[-1]).write_text(text, encoding="utf-8")
    check = ("npx", "tsc", "--noEmit", "--allowJs", "--checkJs", *strictness)
    run(*check, "--target", "es2023", "--module", "nodenext", "--types", "node", *names, folder=npm)


@deep
def test_the_description_has_no_fault_by_redoclys_recommended_rules(run: Run, npm: Path) -> None:
    """A warning counts."""
    command = (
        "npx",
        "redocly",
        "lint",
        "openapi.json",
        "--extends",
        "recommended-strict",
        "--format",
        "summary",
    )
    run(*command, folder=npm)


@pytest.fixture(scope="module")
def generators(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment with the generators of the lock."""
    environment = tmp_path_factory.mktemp("generators") / "venv"
    fetched(UV, "venv", "--quiet", environment, folder=ROOT)
    install = (UV, "pip", "install", "--quiet", "--python", environment / "bin" / "python")
    fetched(*install, "--require-hashes", "--requirement", CLIENTS / "requirements.txt", folder=ROOT)
    return environment / "bin"


@deep
def test_openapi_python_client(run: Run, generators: Path, tmp_path: Path) -> None:
    python = generators / "python"
    (tmp_path / "openapi.json").write_text(openapi(), encoding="utf-8")
    generate = (python, "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--meta", "none")
    run(*generate, "--output-path", "client", folder=tmp_path, PATH=f"{generators}:/usr/bin:/bin")
    shutil.copy(CLIENTS / "number.py", tmp_path / "check.py")
    assert run(python, "check.py", folder=tmp_path) == PRINTED


@deep
@pytest.mark.skipif(
    shutil.which("java") is None or shutil.which("javac") is None, reason="not installed: java, javac"
)
def test_openapi_generator_java(run: Run, generators: Path, tmp_path: Path) -> None:
    """With the JDK's own HTTP client. The libraries of the generated code are those inside the generator."""
    [jar] = generators.parent.glob("lib/*/site-packages/openapi_generator_cli/openapi-generator.jar")
    (tmp_path / "openapi.json").write_text(openapi(), encoding="utf-8")
    packages = "invokerPackage=client,apiPackage=client.api,modelPackage=client.model"
    plain = "openApiNullable=false,useJakartaEe=false,hideGenerationTimestamp=true"
    generate = ("java", "-jar", jar, "generate", "--generator-name", "java", "--library", "native")
    options = ("--additional-properties", f"{packages},{plain}", "--input-spec", "openapi.json")
    run(*generate, *options, "--output", "generated", folder=tmp_path)
    sources = f"{CLIENTS / 'java'}:generated/src/main/java"
    compiler = ("javac", "-encoding", "UTF-8", "-proc:none", "-d", "classes", "-cp", jar)
    run(*compiler, "-sourcepath", sources, CLIENTS / "java" / "NumberCheck.java", folder=tmp_path)
    assert run("java", "-cp", f"classes:{jar}", "NumberCheck", folder=tmp_path) == PRINTED


def test_the_locks_have_hashes_and_no_addresses() -> None:
    packages = json.loads((CLIENTS / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    fetched_packages = {name: one for name, one in packages.items() if name}
    assert fetched_packages
    assert all(one["integrity"].startswith("sha512-") for one in fetched_packages.values())
    assert not any("resolved" in one for one in fetched_packages.values())
    lock = (CLIENTS / "requirements.txt").read_text(encoding="utf-8")
    entries = re.findall(r"^[a-z].*?(?=^[a-z]|\Z)", lock, re.MULTILINE | re.DOTALL)
    assert len(entries) > 20
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in lock
