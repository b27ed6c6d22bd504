"""Child processes: starting them in a session of their own, and making sure that they end."""

from __future__ import annotations

import functools
import shutil
import signal
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, NoReturn


@contextmanager
def child_process(
    command: Sequence[str],
    *,
    stop_seconds: float,
    environment: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
    pass_fds: Collection[int] = (),
    piped: bool = False,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command for the duration of the block, then end it: SIGTERM, and SIGKILL after `stop_seconds`.

    `output`: a file for stdout and stderr (default: inherited). `piped`: stdin and stdout are pipes. Ctrl-C does not reach
    the child: it has its own session. Where Linux can, it gets SIGTERM too if this process is killed.
    """
    process = subprocess.Popen(
        [*_parent_death_prefix(), *command],
        env=environment,
        stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
        stdout=subprocess.PIPE if piped else output,
        stderr=output,
        pass_fds=pass_fds,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(stop_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what it no longer read
                    pipe.close()


@functools.cache
def _parent_death_prefix() -> tuple[str, ...]:
    """What lets Linux terminate a child whose parent dies; empty if it cannot."""
    prefix = ("setpriv", "--pdeathsig", "TERM")
    if shutil.which(prefix[0]) is None:
        return ()
    done = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return prefix if done.returncode == 0 else ()


def exit_on_sigterm() -> None:
    """Handle SIGTERM like Ctrl-C, so that this program ends its child processes before it exits."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
