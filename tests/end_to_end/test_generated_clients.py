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


@deep
def test_openapi_python_client(run: Run, tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    python = environment / "bin" / "python"
    fetched(UV, "venv", "--quiet", environment, folder=ROOT)
    lock = CLIENTS / "requirements.txt"
    fetched(
        UV,
        "pip",
        "install",
        "--quiet",
        "--python",
        python,
        "--require-hashes",
        "--requirement",
        lock,
        folder=ROOT,
    )
    (tmp_path / "openapi.json").write_text(openapi(), encoding="utf-8")
    generate = (python, "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--meta", "none")
    path = f"{environment / 'bin'}:/usr/bin:/bin"
    run(*generate, "--output-path", "client", folder=tmp_path, PATH=path)
    shutil.copy(CLIENTS / "number.py", tmp_path / "check.py")
    assert run(python, "check.py", folder=tmp_path) == PRINTED


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
