"""The workers of one service under one owner, who also brings back what has to run beside them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from socket import socket

import structlog
import uvicorn
from uvicorn.supervisors import Multiprocess

log = structlog.get_logger()

_LOOK_SECONDS = 2.0
"""How often it is looked whether what runs beside the workers still lives: also the pause between two attempts."""

_ANSWER_SECONDS = 1.0


class Supervisor(Multiprocess):
    """uvicorn's supervisor, which restarts workers, with three things more.

    `started` is called once all workers serve. Each of `beside`, by its name, starts what it stands for where that is
    not running, and tells whether it did. `failed` tells that the end came from workers that could not start.
    From its making on, signals wait for its `run`.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        listening: socket,
        *,
        started: Callable[[], None],
        beside: Mapping[str, Callable[[], bool]],
    ) -> None:
        super().__init__(config, [listening])
        self.failed = False
        self._started = started
        self._serving = False
        self._beside = beside
        self._next_look = 0.0

    def keep_subprocess_alive(self) -> None:
        """Look after everything; `run` calls this twice a second."""
        if self.should_exit.is_set():
            return
        self._look_beside()
        if self._serving:
            super().keep_subprocess_alive()
        else:
            self._await_start()
        self.failed = self.should_exit.is_set()

    def _await_start(self) -> None:
        if any(worker.exitcode is not None for worker in self.processes):
            self.should_exit.set()
        elif all(worker.is_ready(_ANSWER_SECONDS) for worker in self.processes):
            self._serving = True
            self._started()

    def _look_beside(self) -> None:
        if time.monotonic() < self._next_look:
            return
        for name, revive in self._beside.items():
            try:
                if revive():
                    log.info(f"{name}_started")
            except Exception as error:  # the workers go on, and so does the looking
                log.error(f"{name}_not_started", cause=type(error).__name__, exc_info=error)
        self._next_look = time.monotonic() + _LOOK_SECONDS
