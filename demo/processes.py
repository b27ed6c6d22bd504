"""One organisation's program as a process of ours: started, waited for, ended. What runs where is `house.py`."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

MODULES = {
    "clinic-terminal": "clinic_terminal.cli",
    "eligibility-api": "eligibility_api.cli",
    "jpki-mock": "jpki_mock.cli",
    "loadtest": "loadtest.cli",
    "payer-mock": "payer_mock.cli",
}
"""The commands of the organisations, as `[project.scripts]` installs them."""

ROOT = Path(__file__).parent.parent

_POLL_SECONDS = 0.05
_TAIL_LINES = 20


class HouseError(RuntimeError):
    """A program did not start or did not do what it was told; the text ends with what it said itself."""


def command_line(name: str, arguments: Sequence[str | Path]) -> list[str]:
    """The words that run command `name` in this interpreter, also where the project is not installed."""
    program = f"import sys; sys.argv[0] = {name!r}; from {MODULES[name]} import main; main()"
    return [sys.executable, "-c", program, *map(str, arguments)]


class Service:
    """A process that serves until it is told to end."""

    def __init__(
        self, name: str, arguments: Sequence[str | Path], environment: Mapping[str, str], log: Path, lock: int
    ) -> None:
        """`log` takes what it says. It keeps the descriptor `lock` open for as long as it lives."""
        self._name = name
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*_dying_with_parent(), *command_line(name, arguments)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[lock],
                start_new_session=True,  # Ctrl-C reaches the house, which ends its services in order
            )

    def wait_for(self, what: str, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `ready`. Raises HouseError when the process ends before, or after `seconds`."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self._process.poll() is not None:
                raise HouseError(
                    f"{self._name} ended with exit code {self._process.returncode}:\n{self._tail()}"
                )
            if time.monotonic() > deadline:
                raise HouseError(f"{self._name}: no {what} after {seconds:g} s:\n{self._tail()}")
            time.sleep(_POLL_SECONDS)

    def stop(self, seconds: float = 60.0) -> None:
        """Ask it to end, and after `seconds` make it end."""
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])


@functools.cache
def _dying_with_parent() -> tuple[str, ...]:
    """A prefix with which Linux ends the process when ours is killed; where it is unknown, none."""
    prefix = ("setpriv", "--pdeathsig", "TERM")
    known = shutil.which("setpriv") and subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return prefix if known and known.returncode == 0 else ()
