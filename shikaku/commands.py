"""The organisations' commands, connected with each other by environment variables."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from shikaku.processes import ROOT, StackError, command_line
from shikaku.warm import PROGRAMS, WarmCommands

_FOREIGN_PREFIXES = ("DATABASE_URL", "FUND_", "JPKI_", "LOADTEST_", "PAYER_", "TERMINAL_")
_COMMAND_SECONDS = 300


class Commands:
    """Runs the organisations' commands with the variables that connect them, the wiring."""

    def __init__(self, home: Path, wiring: Mapping[str, str]) -> None:
        """`home`: the folder of all files."""
        self.home = home
        self._wiring = dict(wiring)
        self._warm: WarmCommands | None = None

    @property
    def wiring(self) -> dict[str, str]:
        """The environment variables that connect the organisations' commands with each other."""
        return dict(self._wiring)

    def connect(self, **variables: str) -> None:
        """Add variables to the wiring, or replace them."""
        self._wiring |= variables

    @property
    def environment(self) -> dict[str, str]:
        """The environment for a command: the caller's without settings of our programs, plus the wiring."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN_PREFIXES)
        }
        return inherited | {"NO_PROXY": "127.0.0.1"} | self._wiring

    def write_environment(self, path: Path) -> None:
        """Write the wiring as a file that a shell can source, at any moment: it appears whole."""
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in sorted(self._wiring.items())]
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.new")
        part.write_text("".join(lines))
        part.replace(path)

    def run(
        self,
        name: str,
        *arguments: str | Path,
        stdin: str = "",
        check: bool = True,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of one of the organisations; `variables` override the wiring.

        With `check`, raises StackError if the exit code is not 0; one that takes too long is killed.
        """
        environment = self.environment | dict(variables or {})
        if self._warm is not None and name in PROGRAMS:
            done = self._warm.run(name, [str(one) for one in arguments], environment, stdin)
        else:
            done = _run(command_line(name, arguments), environment, stdin)
        if check and done.returncode != 0:
            raise StackError(
                f"{name} {arguments[0]} ended with exit code {done.returncode}:\n{done.stderr.strip()}"
            )
        return done

    @contextmanager
    def warm(self) -> Iterator[None]:
        """Run the commands inside of this context quickly: those of each program in children of one process.

        The programs are imported at once, beside what else happens.
        """
        with WarmCommands(_COMMAND_SECONDS) as warm:
            warm.prepare()
            self._warm = warm
            try:
                yield
            finally:
                self._warm = None


def _run(command: list[str], environment: Mapping[str, str], stdin: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own; one that takes too long ends as by a signal, as in a warm process."""
    try:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=_COMMAND_SECONDS,
        )
    except subprocess.TimeoutExpired:
        reason = f"It was ended after {_COMMAND_SECONDS} s."
        return subprocess.CompletedProcess(command, -signal.SIGKILL, "", reason)
