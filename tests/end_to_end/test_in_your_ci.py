"""What other people's CI uses: the command from the wheel, the examples, the fixture, the npm script, the container.

`make test` runs what needs no stack of its own; `make deep` installs the wheel outside of this checkout and runs all.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx2
import pytest

from shikaku.clock import today
from shikaku.persons.dataset import load_dataset
from shikaku.ports import Ports
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
def ready(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A strict stack started by the wheel's command."""
    folder = tmp_path_factory.mktemp("elsewhere")
    file = folder / "ready.json"
    command = [str(installed / "shikaku"), "--ports", "free", "--strict", "--ready-file", str(file)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment_of(installed), stdout=log, stderr=log)
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


CLAIMS_COMPUTERS = [
    pytest.param([sys.executable, "-X", "utf8", "examples/python/claims_computer.py"], id="python"),
    pytest.param(["node", "examples/javascript/claims-computer.mjs"], id="javascript", marks=missing("node")),
    pytest.param(
        ["dotnet", "run", "--project", "examples/csharp"], id="csharp", marks=[missing("dotnet"), DEEP_ONLY]
    ),
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
    stack: PopulatedStack, exchange: Path, command: list[str]
) -> None:
    stack.tap("--card", stack.cards / "P01-valid.json")
    done = prepared([*command, str(exchange)], dict(os.environ))
    assert done.stdout.splitlines() == ["number 1 試験　有効", "face 1 試験　有効"]
    left = [file for name in ("req", "res", "face") for file in (exchange / name).glob("*siquc01*")]
    assert left == []


PODMAN = """#!/bin/sh
echo "$*" >>"$LOG"
case "$1 $2" in
    "image exists") test -e "$IMAGE" ;;
    build*) touch "$IMAGE" ;;
    run*) echo c0ffee ;;
    "healthcheck run") echo starting; echo x >>"$TRIES"; test "$(wc -l <"$TRIES")" -gt "$STARTING" ;;
    "container exists") test "$(wc -l <"$TRIES")" -lt "$DIES_AT" ;;
    logs*) echo "no address" ;;
esac
"""
"""A podman whose container becomes healthy at the question after `STARTING`, or is gone at question `DIES_AT`."""


@pytest.fixture
def in_a_container(tmp_path: Path) -> Callable[..., tuple[subprocess.CompletedProcess[str], list[str]]]:
    """Runs the example with that podman; returns its end, and what podman was asked."""
    podman, sleep = tmp_path / "bin" / "podman", tmp_path / "bin" / "sleep"
    podman.parent.mkdir()
    podman.write_text(PODMAN, encoding="utf-8")
    sleep.write_text("#!/bin/sh\n", encoding="utf-8")
    podman.chmod(0o755)
    sleep.chmod(0o755)
    for name in ("log", "tries"):
        (tmp_path / name).touch()

    def run(*command: str, **variables: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        usual = {"STARTING": "2", "DIES_AT": "99", "BASE": "python"}
        files = {name: str(tmp_path / name.lower()) for name in ("LOG", "TRIES", "IMAGE")}
        done = subprocess.run(
            ["sh", str(EXAMPLES / "container" / "with-shikaku.sh"), *command],
            env={"PATH": f"{podman.parent}:{os.environ['PATH']}", **files, **usual, **variables},
            cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done, [line.partition(" --")[0] for line in (tmp_path / "log").read_text().splitlines()]

    return run


def test_a_command_runs_while_the_container_is_healthy(
    in_a_container: Callable[..., tuple[subprocess.CompletedProcess[str], list[str]]], tmp_path: Path
) -> None:
    done, asked = in_a_container("sh", "-c", 'echo run >>"$LOG"; echo "$0 done"; exit 7', "it is")
    assert (done.returncode, done.stdout) == (7, "it is done\n")
    healthy = ["healthcheck run c0ffee", "container exists c0ffee"] * 2 + ["healthcheck run c0ffee"]
    assert asked == ["image exists localhost/shikaku", "build", "run", *healthy, "run", "stop c0ffee"]
    log = (tmp_path / "log").read_text()
    assert f"build --build-arg BASE=python --tag localhost/shikaku {ROOT}\n" in log
    ports = re.findall(r"127\.0\.0\.1:(\d+):\1 ", log)
    assert sorted(map(int, ports)) == sorted(asdict(Ports.named("fixed")).values())
    in_a_container("true")
    assert (tmp_path / "log").read_text().count("build ") == 1  # the image is there


def test_a_container_that_ends_ends_the_wait_with_its_log(
    in_a_container: Callable[..., tuple[subprocess.CompletedProcess[str], list[str]]],
) -> None:
    done, asked = in_a_container("echo", "run", DIES_AT="3", STARTING="9")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The stack is not ready:\nno address\n"
    assert asked[-1] == "stop c0ffee"


def test_without_an_image_to_build_on_nothing_is_started(
    in_a_container: Callable[..., tuple[subprocess.CompletedProcess[str], list[str]]],
) -> None:
    done, asked = in_a_container("true", BASE="")
    assert done.returncode != 0
    assert "BASE: names an image" in done.stderr
    assert asked == ["image exists localhost/shikaku"]


def test_the_container_is_locked_unprivileged_and_watched() -> None:
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    assert text.count("FROM ${BASE}") == text.count("FROM ") == 2
    assert text.count("--require-hashes") == text.count("pip install") - 1  # the wheel itself is built here
    assert "--no-deps /wheel/" in text
    assert text.index("USER 10001") < text.index("ENTRYPOINT")
    assert "HEALTHCHECK" in text
    for lock in ("demo", "build"):
        assert f"locks/{lock}.txt" in text


@DEEP_ONLY
@missing("buildah")
@pytest.mark.skipif(
    "SHIKAKU_BASE_IMAGE" not in os.environ, reason="SHIKAKU_BASE_IMAGE names no image with Python"
)
def test_the_container_is_built_and_becomes_healthy() -> None:
    """A base image is named by who runs the test: none is named here."""
    image = "localhost/shikaku-test"
    base = os.environ["SHIKAKU_BASE_IMAGE"]
    prepared(["buildah", "build", "--build-arg", f"BASE={base}", "--tag", image, "."], dict(os.environ))
    made = prepared(["buildah", "from", image], dict(os.environ)).stdout.strip()
    try:
        script = (
            "shikaku --home /data --ready-file /data/ready.json & pid=$!;"
            " for i in $(seq 600); do test -f /data/ready.json && break; sleep 0.5; done;"
            " test -f /data/ready.json; code=$?; kill $pid; wait $pid; id -u; exit $code"
        )
        done = prepared(["buildah", "run", made, "--", "/bin/sh", "-c", script], dict(os.environ))
        assert done.stdout.splitlines()[-1] == "10001"
    finally:
        prepared(["buildah", "rm", made], dict(os.environ))
