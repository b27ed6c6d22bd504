"""What other people's CI uses: the command from the wheel, the examples, the fixture, the npm script.

`make test` runs what needs no stack of its own; `make deep` installs the wheel outside of this checkout and runs all.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from shikaku.clock import today
from shikaku.persons.dataset import load_dataset
from shikaku.sites import serve_exchange
from tests.builders.stack import PopulatedStack
from tests.builders.wheel import ROOT, build_wheel
from tests.depth import DEEP

EXAMPLES = ROOT / "examples"
DEEP_ONLY = pytest.mark.skipif(not DEEP, reason="starts a stack of its own: make deep")
READY_SECONDS = 300


def missing(*tools: str) -> pytest.MarkDecorator:
    absent = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(absent), reason=f"not installed: {', '.join(absent)}")


def prepared(
    command: list[str], environment: dict[str, str], folder: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment outside of this checkout with the wheel, its extra `stack` and pytest, in the lock's versions."""
    folder = tmp_path_factory.mktemp("installed")
    wheel = build_wheel(folder)
    uv = str(Path(sys.executable).with_name("uv"))
    prepared([uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv")], dict(os.environ))
    python = str(folder / "venv" / "bin" / "python")
    install = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--python",
        python,
        "--constraint",
        str(ROOT / "locks" / "test.txt"),
    ]
    prepared([*install, f"{wheel}[stack]", "pytest"], dict(os.environ))
    return folder / "venv" / "bin"


def environment_of(installed: Path) -> dict[str, str]:
    """A shell's environment in which the wheel's commands are found, and nothing of this checkout."""
    kept = {name: value for name, value in os.environ.items() if name in {"HOME", "LANG", "TMPDIR"}}
    return kept | {"PATH": f"{installed}:{os.environ['PATH']}", "NO_PROXY": "127.0.0.1"}


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A strict stack, started by the page's command from the wheel's file, in the lock's versions."""
    folder = tmp_path_factory.mktemp("elsewhere")
    file = folder / "ready.json"
    uvx = [str(Path(sys.executable).with_name("uvx")), "--quiet", "--python", sys.executable]
    command = [
        "--from",
        f"{build_wheel(folder)}[stack]",
        "shikaku",
        "--ports",
        "free",
        "--ready-file",
        str(file),
    ]
    environment = dict(os.environ) | {
        "PATH": "/usr/bin:/bin", "UV_CONSTRAINT": str(ROOT / "locks" / "test.txt"), "NO_PROXY": "127.0.0.1",
    }  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*uvx, *command, "--strict"], cwd=folder, env=environment, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not file.exists():
            assert process.poll() is None, (folder / "log").read_text(encoding="utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield json.loads(file.read_text(encoding="utf-8"))
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(90) == 130
    assert not file.exists()


@DEEP_ONLY
def test_the_wheels_command_serves_everything_outside_a_clone(ready: dict[str, Any]) -> None:
    pages = ("fund", "console", "screens", "insurer_desk")
    with httpx2.Client(follow_redirects=True, trust_env=False) as http:
        found = {
            name: http.get(ready[name] + ("/readyz" if name == "fund" else "")).status_code for name in pages
        }
        strict = http.get(f"{ready['fund']}/sandbox/faults").json()["strict"]
    assert found == dict.fromkeys(pages, 200)
    assert strict is True
    persons = json.loads(Path(ready["persons"]).read_text(encoding="utf-8"))["persons"]
    assert all((Path(ready["cards"]) / f"{one['card']}.json").exists() for one in persons if one["card"])
    assert str(ROOT) not in json.dumps(ready)


@DEEP_ONLY
def test_the_fixture_is_found_and_its_tests_pass(installed: Path, tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "pytest" / "test_reception.py", tmp_path)
    done = prepared([str(installed / "pytest"), "-q"], environment_of(installed), tmp_path)
    assert "1 passed" in done.stdout


@DEEP_ONLY
@missing("node", "npm")
def test_the_npm_script_starts_and_ends_a_stack(installed: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(EXAMPLES / "npm", tmp_path / "npm"))
    done = prepared(["npm", "test", "--silent"], environment_of(installed), folder)
    assert "# pass 2" in done.stdout
    assert "# fail 0" in done.stdout


PROJECT = "examples/csharp"
CLAIMS_COMPUTERS = [
    pytest.param([sys.executable, "-X", "utf8", "examples/python/claims_computer.py"], id="python"),
    pytest.param(["node", "examples/javascript/claims-computer.mjs"], id="javascript", marks=missing("node")),
    pytest.param(["mono", "{folder}/claims.exe"], id="csharp-mono", marks=missing("mcs", "mono")),
    pytest.param(["dotnet", "run", "--project", PROJECT], id="csharp", marks=[missing("dotnet"), DEEP_ONLY]),
]


@pytest.fixture(scope="module")
def exchange(stack: PopulatedStack) -> Iterator[Path]:
    """The exchange folder of the clinic, whose person P01 has a registered card."""
    person = stack.enrol_person(load_dataset(today()), "P01-valid")
    stack.tap("--card", stack.cards / person.card_file, "--register")
    folder = stack.home / "exchange"
    if not stack.screens_url:
        serve_exchange(stack, folder)
    stack.connect(TERMINAL_EXCHANGE_ROOT=str(folder))
    for name in ("res", "face"):  # of other tests' taps
        for file in (folder / name).glob("*siquc01*"):
            file.unlink()
    yield folder
    stack._wiring.pop("TERMINAL_EXCHANGE_ROOT", None)


@pytest.mark.parametrize("command", CLAIMS_COMPUTERS)
def test_a_claims_computer_asks_by_number_and_reads_a_face_file(
    stack: PopulatedStack, exchange: Path, command: list[str], tmp_path: Path
) -> None:
    if command[0] == "mono":
        compile_csharp = ["mcs", "-r:System.Xml,System.Xml.Linq", f"-out:{tmp_path}/claims.exe"]
        prepared([*compile_csharp, f"{PROJECT}/Program.cs"], dict(os.environ))
    stack.tap("--card", stack.cards / "P01-valid.json")
    words = [word.format(folder=tmp_path) for word in command]
    done = prepared([*words, str(exchange)], dict(os.environ))
    assert done.stdout.splitlines() == ["number 1 試験　有効", "face 1 試験　有効"]
    left = [file for name in ("req", "res", "face") for file in (exchange / name).glob("*siquc01*")]
    assert left == []
