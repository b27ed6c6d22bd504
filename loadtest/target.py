"""The environment under load: the running stack, or one started for the run.

The environment variables name a running stack. The other organisations are separate programs: they are
started by name and configured by environment variables.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtest.child_processes import child_process
from loadtest.cluster.cluster import Cluster
from loadtest.errors import LoadError

_START_SECONDS = 600.0
_STOP_SECONDS = 120.0
_POLL_SECONDS = 0.1
_TAIL_LINES = 20

_PROGRAMS = {"eligibility-api": "eligibility_api.cli", "payer-mock": "payer_mock.cli"}

_RUN_COMMANDS = """
import json, sys
from {module} import main
for arguments in json.load(sys.stdin):
    sys.argv = [{name!r}, *arguments]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
"""
"""Runs many commands in one process: most of a command's time is the start of the interpreter."""


Progress = Callable[[str], None]
"""Reports a step of a run to the user."""


@dataclass(frozen=True, slots=True)
class TargetEnvironment:
    """Environment variables of the other programs.

    `stack_pid`: the stack's parent process, if this run started it. `cluster`: the database's nodes, if this run started
    them.
    """

    environment: Mapping[str, str]
    stack_pid: int | None
    cluster: Cluster | None = None

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
        """Run commands of another organisation's program one after the other; returns stdout.

        Raises LoadError.
        """
        done = self._run(program, commands, {})
        if done.returncode != 0:
            raise LoadError(f"{program} {commands[0][0]} exited with {done.returncode}: {_tail(done.stderr)}")
        return done.stdout

    def run_json(
        self, program: str, *arguments: str | Path, variables: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Run one command and return the JSON object that it prints, whatever its exit code.

        `variables` override the environment's. Raises LoadError if it prints none, with its messages.
        """
        done = self._run(program, [arguments], variables or {})
        try:
            printed: dict[str, Any] = json.loads(done.stdout)
        except ValueError as error:
            reason = f"{program} {arguments[0]} printed no JSON: {_tail(done.stderr)}"
            raise LoadError(reason) from error
        return printed

    def _run(
        self, program: str, commands: Sequence[Sequence[str | Path]], variables: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", _RUN_COMMANDS.format(module=_PROGRAMS[program], name=program)],
            env=dict(self.environment) | dict(variables),
            input=json.dumps([list(map(str, arguments)) for arguments in commands]),
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def start_stack(
    folder: Path,
    *,
    workers: int,
    backups: bool = False,
    database: Path | None = None,
    cluster: Cluster | None = None,
) -> Iterator[TargetEnvironment]:
    """Run a stack in `folder` with `workers` API workers for the duration of the block. Raises LoadError.

    `backups`: the database's log is archived, so that it can be backed up. `database`: the folder of the addresses of a
    prepared database server, which is this `cluster`, if it is one that this run started.
    """
    home, log = folder / "stack", folder / "stack.log"
    command = [sys.executable, "-m", "shikaku.stack", "--home", str(home), "--workers", str(workers)]
    command += ["--backups"] if backups else []
    command += ["--database", str(database)] if database is not None else []
    with (
        log.open("wb") as output,
        child_process(command, output=output, stop_seconds=_STOP_SECONDS) as process,
    ):
        _wait_until_ready(process, log)
        variables = _read_environment(home.with_name(f"{home.name}.env"))
        yield TargetEnvironment(_without_databases(os.environ) | variables, process.pid, cluster)


@contextmanager
def open_target(folder: Path, *, workers: int) -> Iterator[TargetEnvironment]:
    """Use the running stack that TERMINAL_FUND_URL names, else start one."""
    if "TERMINAL_FUND_URL" in os.environ:
        yield TargetEnvironment(dict(os.environ), None)
        return
    with start_stack(folder, workers=workers) as target:
        yield target


def _without_databases(environment: Mapping[str, str]) -> dict[str, str]:
    """Drop database settings.

    A stack started here has its own database, and no command may reach another one.
    """
    foreign = ("DATABASE_URL", "FUND_DATABASE_", "FUND_SECRETS_DIR")
    return {name: value for name, value in environment.items() if not name.startswith(foreign)}


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the stack prints how to load its environment, which is its last line."""
    deadline = time.monotonic() + _START_SECONDS
    while "; . " not in (text := log.read_text(errors="replace")):
        if process.poll() is not None:
            raise LoadError(f"the stack did not start: {_tail(text)}")
        if time.monotonic() > deadline:
            raise LoadError("the stack did not start in time")
        time.sleep(_POLL_SECONDS)


def _read_environment(path: Path) -> dict[str, str]:
    assignments = (shlex.split(line)[1] for line in path.read_text(encoding="utf-8").splitlines())
    return dict(assignment.split("=", 1) for assignment in assignments)


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-_TAIL_LINES:])
