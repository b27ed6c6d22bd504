"""What a load runs against: the house that is there, or one of its own, started as a process and ended again.

The other organisations are programs to us: they are started by name, and told where they are by the environment.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_START_SECONDS = 600.0
_STOP_SECONDS = 120.0
_POLL_SECONDS = 0.1
_TAIL_LINES = 20

_PROGRAMS = {"eligibility-api": "eligibility_api.cli", "payer-mock": "payer_mock.cli"}

_MANY_TIMES = """
import json, sys
from {module} import main
for words in json.load(sys.stdin):
    sys.argv = [{name!r}, *words]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
"""
"""One start of a program for many commands: the start is most of a command's time."""


class LoadError(Exception):
    """The load could not be run to its end; the text is for the engineer."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The environment of the other programs, and the process under which they run, where we started it."""

    environment: Mapping[str, str]
    house: int | None

    @property
    def fund_url(self) -> str:
        """Base URL of the fund."""
        return self.environment["TERMINAL_FUND_URL"]

    @property
    def fund_home(self) -> Path:
        """The fund's folder: its keys and the embedded database."""
        return Path(self.environment["FUND_HOME"])

    @property
    def jpki_home(self) -> Path:
        """J-LIS's folder."""
        return Path(self.environment["JPKI_HOME"])

    def run(self, program: str, *commands: Sequence[str | Path]) -> str:
        """Run commands of another organisation's program, one after the other; what they said. Raises LoadError."""
        done = self._run(program, commands, {})
        if done.returncode != 0:
            raise LoadError(f"{program} {commands[0][0]} ended with {done.returncode}: {_tail(done.stderr)}")
        return done.stdout

    def ask(self, program: str, *words: str | Path, variables: Mapping[str, str]) -> str:
        """What one command says, whatever its exit code tells beside; `variables` go before the environment's."""
        return self._run(program, [words], variables).stdout

    def _run(
        self, program: str, commands: Sequence[Sequence[str | Path]], variables: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", _MANY_TIMES.format(module=_PROGRAMS[program], name=program)],
            env=dict(self.environment) | dict(variables),
            input=json.dumps([list(map(str, words)) for words in commands]),
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def house(folder: Path, *, workers: int) -> Iterator[Surroundings]:
    """A house in `folder` with so many API workers, for as long as the block lasts. Raises LoadError."""
    home, log = folder / "house", folder / "house.log"
    command = [sys.executable, "-m", "demo.house", "--home", str(home), "--workers", str(workers)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_for(process, log)
        wiring = _read_environment(home.with_name(f"{home.name}.env"))
        yield Surroundings(_without_databases(os.environ) | wiring, process.pid)
    finally:
        _stop(process)


@contextmanager
def surroundings(folder: Path, *, workers: int) -> Iterator[Surroundings]:
    """The running house that the environment is wired to, or one of our own."""
    if "TERMINAL_FUND_URL" in os.environ:
        yield Surroundings(dict(os.environ), None)
        return
    with house(folder, workers=workers) as there:
        yield there


def _without_databases(environment: Mapping[str, str]) -> dict[str, str]:
    """A house of our own has its own database: no command shall go to another one that the caller knows."""
    foreign = ("DATABASE_URL", "FUND_DATABASE_")
    return {name: value for name, value in environment.items() if not name.startswith(foreign)}


def _wait_for(process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the house says where it is, which is the last thing it does."""
    deadline = time.monotonic() + _START_SECONDS
    while "; . " not in (said := log.read_text(errors="replace")):
        if process.poll() is not None:
            raise LoadError(f"the house did not start: {_tail(said)}")
        if time.monotonic() > deadline:
            raise LoadError("the house takes too long to start")
        time.sleep(_POLL_SECONDS)


def _read_environment(path: Path) -> dict[str, str]:
    words = (shlex.split(line)[1] for line in path.read_text(encoding="utf-8").splitlines())
    return dict(word.split("=", 1) for word in words)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_TAIL_LINES:])
