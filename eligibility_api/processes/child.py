"""Background processes of the service, run next to the API workers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from typing import Any

import structlog

from eligibility_api.processes.forks import FORKS
from eligibility_api.processes.process import STOP_SIGNALS

log = structlog.get_logger()

_STOP_SECONDS = 10


class ChildProcess:
    """One background process: starts it if it is not running, and stops it."""

    def __init__(self, name: str, target: Callable[[], None]) -> None:
        self._name = name
        self._target = target
        self._process: ForkServerProcess | None = None

    def ensure_running(self) -> bool:
        """Start the process unless it is running. Returns whether it was started."""
        if self._process is not None and self._process.is_alive():
            return False
        self._process = FORKS.Process(target=self._target, name=self._name, daemon=True)
        self._process.start()
        return True

    def stop(self) -> None:
        """Terminate the process, and kill it after ten seconds."""
        if self._process is None:
            return
        self._process.terminate()
        self._process.join(_STOP_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def run_until_signalled(event: str, work: Coroutine[Any, Any, None]) -> None:
    """Log `event`, and run `work` until SIGTERM or SIGINT cancels it."""

    async def run() -> None:
        task = asyncio.ensure_future(work)
        for number in STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        log.info(event, pid=os.getpid())
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(run())
