"""Supervises the API workers and the background processes of one service."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from socket import socket
from weakref import WeakKeyDictionary

import structlog
import uvicorn
from uvicorn import _subprocess
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from eligibility_api.processes.forks import FORKS

log = structlog.get_logger()

_CHECK_SECONDS = 2.0
"""Interval of the checks of background processes, and of attempts to start one."""

_READY_TIMEOUT_SECONDS = 1.0

_START_SECONDS = 120.0
"""Time for the start of a worker that replaces another, on a machine whose processors are busy."""


class Supervisor(Multiprocess):
    """uvicorn's supervisor, which restarts workers, with four additions.

    It forks workers instead of starting Python anew for each (`forks.py`). It gives a new worker time to start: uvicorn
    kills whatever does not answer within five seconds, which on a busy machine is every worker that starts, one after
    the other. It calls `started` once all workers serve. It calls each function of `background` (by process name)
    regularly; the function starts its process unless it is running, and returns whether it did. `failed` is true when
    the service ended because workers could not start. Signals are held back from construction until `run`.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        listening: socket,
        *,
        started: Callable[[], None],
        background: Mapping[str, Callable[[], bool]],
    ) -> None:
        # uvicorn has no setting for it. Were this name another one day, workers would start more slowly.
        _subprocess.spawn = FORKS  # type: ignore[assignment]
        super().__init__(config, [listening])
        self.failed = False
        self._started = started
        self._serving = False
        self._starting_until: WeakKeyDictionary[Process, float] = WeakKeyDictionary()
        self._background = background
        self._next_check = 0.0

    def keep_subprocess_alive(self) -> None:
        """Check all processes; uvicorn's `run` calls this twice a second."""
        if self.should_exit.is_set():
            return
        self._check_background()
        if self._serving:
            self._check_workers()
        else:
            self._await_start()
        self.failed = self.should_exit.is_set()

    def _check_workers(self) -> None:
        starting = [worker for worker in self.processes if self._is_starting(worker)]
        self.processes = [worker for worker in self.processes if worker not in starting]
        super().keep_subprocess_alive()
        self.processes += starting

    def _is_starting(self, worker: Process) -> bool:
        """Whether a worker has answered nothing yet, and has time left to start."""
        until = self._starting_until.setdefault(worker, time.monotonic() + _START_SECONDS)
        if worker.exitcode is not None or time.monotonic() >= until:
            return False
        if worker.ping(_READY_TIMEOUT_SECONDS):
            self._starting_until[worker] = 0.0
            return False
        return True

    def _await_start(self) -> None:
        if any(worker.exitcode is not None for worker in self.processes):
            self.should_exit.set()
        elif all(worker.is_ready(_READY_TIMEOUT_SECONDS) for worker in self.processes):
            self._serving = True
            self._started()

    def _check_background(self) -> None:
        if time.monotonic() < self._next_check:
            return
        for name, ensure_running in self._background.items():
            try:
                if ensure_running():
                    log.info(f"{name}_started")
            except Exception as error:  # the workers keep serving, and the next check tries again
                log.error(f"{name}_not_started", cause=type(error).__name__, exc_info=error)
        self._next_check = time.monotonic() + _CHECK_SECONDS
