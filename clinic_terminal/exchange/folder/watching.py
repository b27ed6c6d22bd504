"""Wakes the service when something changes in `req/`; shares without notifications are polled by the service."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from watchfiles import watch

_DEBOUNCE_MILLISECONDS = 40
_STEP_MILLISECONDS = 20
_RENEW_SECONDS = 10
"""Watching begins anew after so long without a change: a share may have come back under the same path."""


class Watcher:
    """A thread that calls `wake` after each change in a folder. Its absence costs speed, nothing else."""

    def __init__(self, folder: Path, wake: Callable[[], None]) -> None:
        self._folder = folder
        self._wake = wake
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="exchange-watcher", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End within a moment."""
        self._stopped.set()
        self._thread.join()

    @property
    def is_running(self) -> bool:
        """Whether the thread has not ended."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._watch()
            except (OSError, RuntimeError):  # the folder is away, or the system has no watches left
                self._stopped.wait(_RENEW_SECONDS)

    def _watch(self) -> None:
        changes = watch(
            self._folder,
            watch_filter=None,
            debounce=_DEBOUNCE_MILLISECONDS,
            step=_STEP_MILLISECONDS,
            rust_timeout=_RENEW_SECONDS * 1000,
            yield_on_timeout=True,
            stop_event=self._stopped,
            recursive=False,
        )
        for found in changes:
            if not found:
                return  # nothing for a while
            self._wake()
