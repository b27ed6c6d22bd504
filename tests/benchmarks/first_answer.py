"""`python -m tests.benchmarks.first_answer`: from a fresh clone to the first right answer, by what the README says.

A stop-watch that knows the README, and the page about the first answer that it links to: commands, programs and the
expected answers are read there. The clock starts after the clone.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT_SECONDS = 600
"""When a newcomer is given up."""

_STOP_SECONDS = 60
_OWN = (
    "FUND_",
    "JPKI_",
    "LOADTEST_",
    "MAKE",
    "MFLAGS",
    "PAYER_",
    "PYTEST",
    "SHIKAKU_",
    "TERMINAL_",
    "VIRTUAL_ENV",
)
"""Beginnings of the variables that a newcomer's shell does not have."""


def measure(folder: Path) -> Mapping[str, float]:
    """Seconds until the first right answer by language, from a clone of this repository in `folder`.

    Raises TimeoutError where an answer does not come.
    """
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    command, expected = first_request(readme)
    programs, printed = first_programs(folder, readme)
    began, seconds = time.monotonic(), {}
    with demo(folder, demo_command(readme)) as running:
        _until(lambda: _answers(folder, command, expected), running)
        seconds["curl"] = time.monotonic() - began
        for language, program in programs.items():
            _until(lambda program=program: _output(folder, program).splitlines() == printed, running)
            seconds[language] = time.monotonic() - began
    return seconds


def demo_command(readme: str) -> list[str]:
    """The README's command that starts everything, on other ports than another demo's."""
    [line] = re.findall(r"^(make demo) +#.*(?:PORTS=free).*$", readme, re.MULTILINE)
    return [*line.split(), "PORTS=free"]


def first_request(readme: str) -> tuple[str, dict[str, object]]:
    """The README's request with curl, and what it prints of the answer that does not differ from run to run."""
    [command] = [block for block in re.findall(r"```\n(.*?)```", readme, re.DOTALL) if "curl" in block]
    [answer] = re.findall(r"```json\n(.*?)```", readme, re.DOTALL)
    printed = json.loads(answer)
    return command, {name: printed[name] for name in ("validity", "results")}


def first_programs(folder: Path, readme: str) -> tuple[dict[str, list[str]], list[str]]:
    """The commands that run the programs of the page that the README links to, and the lines that each prints."""
    [page] = re.findall(r"\[the first answer\]\(([^)]+)\)", readme)
    text = (folder / page).read_text(encoding="utf-8")
    [line] = re.findall(r"each program prints `([^`]+)` twice", text)
    found = {}
    for language, heading, name, program in (
        ("Python", "Python", "first_answer.py", ".venv/bin/python"),
        ("JavaScript", "JavaScript", "first-answer.mjs", "node"),
    ):
        [source] = re.findall(rf"^## {heading}\n.*?```\w+\n(.*?)```", text, re.MULTILINE | re.DOTALL)[:1]
        (folder / name).write_text(source, encoding="utf-8")
        found[language] = ["sh", "-c", f". var/demo.env && exec {program} {name}"]
    return found, [line, line]


@contextmanager
def demo(folder: Path, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """The demo, running; it is stopped as by Ctrl-C."""
    with (folder / "demo.log").open("wb") as log:
        running = subprocess.Popen(
            command, cwd=folder, env=_environment(), stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield running
        finally:
            for one in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.killpg(running.pid, one)
                with suppress(subprocess.TimeoutExpired):
                    running.wait(_STOP_SECONDS)
                    break


def _until(is_right: object, running: subprocess.Popen[bytes]) -> None:
    """Try until it is right, as somebody would. Raises TimeoutError, also if the demo has ended."""
    assert callable(is_right)
    waited, end = threading.Event(), time.monotonic() + LIMIT_SECONDS
    while not is_right():
        if running.poll() is not None or time.monotonic() > end:
            raise TimeoutError(f"no right answer; the demo: {running.returncode}")
        waited.wait(0.5)


def _answers(folder: Path, command: str, expected: Mapping[str, object]) -> bool:
    if not (folder / "var" / "demo.env").exists():
        return False
    try:
        answer = json.loads(_output(folder, ["sh", "-c", command]))
    except ValueError:
        return False
    return {name: answer.get(name) for name in expected} == expected


def _output(folder: Path, command: list[str]) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )
    return done.stdout


def _environment() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.startswith(_OWN) and name != "PYTHON"
    }


def main() -> int:
    """Print the seconds by language."""
    with tempfile.TemporaryDirectory() as folder:
        for language, seconds in measure(Path(folder) / "clone").items():
            print(f"{language}: {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
