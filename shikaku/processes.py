"""Child processes that run one organisation's program each: start, wait until ready, stop."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MODULES = {
    "clinic-terminal": "clinic_terminal.cli",
    "eligibility-api": "eligibility_api.cli",
    "jpki-mock": "jpki_mock.cli",
    "loadtest": "loadtest.cli",
    "payer-mock": "payer_mock.cli",
    "sandbox-console": "sandbox.cli",
}
"""The organisations' commands, as `[project.scripts]` installs them."""

ROOT = Path(__file__).parent.parent

_PROGRAM = """
import gc, sys
gc.disable()
from {module} import main
gc.freeze()
gc.enable()
sys.argv[0] = {name!r}
main()
"""
"""To import a program leaves no garbage, and most commands last little longer: to look for it takes a fifth of the time."""

START_SECONDS = 300.0
"""The first start creates a database, which is slow on a slow machine."""

_STARTER = ThreadPoolExecutor(1, "starter")
"""The thread that starts every service, since Linux takes the end of the thread that started a child for its parent's death."""

_POLL_SECONDS = 0.05
_TAIL_LINES = 20


class StackError(RuntimeError):
    """A program did not start or failed. The message ends with the program's own output."""


def command_line(name: str, arguments: Sequence[str | Path]) -> list[str]:
    """The argument list that runs command `name` in this interpreter; the project need not be installed."""
    return [sys.executable, "-c", _PROGRAM.format(name=name, module=MODULES[name]), *map(str, arguments)]


class Service:
    """A long-running child process."""

    def __init__(
        self, name: str, arguments: Sequence[str | Path], environment: Mapping[str, str], log: Path, lock: int
    ) -> None:
        """Start it. Its output is appended to `log`; it inherits the descriptor `lock` and keeps it open."""
        self._name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = _STARTER.submit(
                subprocess.Popen,
                [*_parent_death_prefix(), *command_line(name, arguments)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[lock],
                start_new_session=True,  # Ctrl-C reaches the stack only, which stops its services in order
            ).result()

    def wait_for(self, what: str, ready: Callable[[], bool], seconds: float) -> None:
        """Poll `ready` until it is true. Raises StackError if the process exits first, or after `seconds`."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self._process.poll() is not None:
                raise StackError(
                    f"{self._name} ended with exit code {self._process.returncode}:\n{self._tail()}"
                )
            if time.monotonic() > deadline:
                raise StackError(f"{self._name}: no {what} after {seconds:g} s:\n{self._tail()}")
            time.sleep(_POLL_SECONDS)

    def stop(self, seconds: float = 60.0) -> None:
        """Send SIGTERM, and SIGKILL after `seconds`."""
        self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])


@functools.cache
def _parent_death_prefix() -> tuple[str, ...]:
    """A command prefix that makes Linux terminate the child if this process dies; empty if unsupported."""
    prefix = ("setpriv", "--pdeathsig", "TERM")
    supported = shutil.which("setpriv") and subprocess.run(
        [*prefix, "true"], capture_output=True, check=False
    )
    return prefix if supported and supported.returncode == 0 else ()
