"""The folder service: one thread takes requests, a few answer them, each kind of work in the order it came."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from queue import SimpleQueue
from typing import Self

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.folder.intake import Intake
from clinic_terminal.exchange.folder.names import RequestName, parse_request_name
from clinic_terminal.exchange.folder.notices import Notice, Notices
from clinic_terminal.exchange.folder.results import ResultFolder
from clinic_terminal.exchange.folder.watching import Watcher
from clinic_terminal.store.records import ResultFile, TakenRequest
from clinic_terminal.store.requests import TakenRequests

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2
"""Pause between two passes where no notification comes: a share may have none."""
RETRY_SECONDS = 1.0
"""Pause before a result that could not be written is tried again."""
MAINTENANCE_SECONDS = 60.0
"""Pause between two counts of the results that were left."""
MAX_WAITING_BYTES = 32 * 1024 * 1024
"""Bytes of requests that wait for one thread; further ones stay in the folder until there is space."""
MAX_ATTEMPTS = 3
"""A request during which the program has ended so often is refused, so that the others are answered."""

Answer = Callable[[TakenRequest, bool], tuple[ResultFile, ...]]
"""The result files of a request. The flag: refuse it, since answering it has ended the program. Raises nothing."""
OpenAnswer = Callable[[], AbstractContextManager[Answer]]
"""Opens what one thread answers with."""

_SINGLE, _HISTORY, _BULK = "single", "history", "bulk"


def kind_of_work(file: str) -> str:
    """Which thread answers a request: neither a bulk request nor a long history holds up a look-up."""
    name = parse_request_name(file)
    if name is not None and name.is_bulk:
        return _BULK
    return _SINGLE if name is None or name.prefix.startswith("OQS") else _HISTORY


class FolderService:
    """Answers the requests of one exchange root. A context manager: leaving it ends all threads in order.

    A request that is being answered at the end is finished; those that wait are answered after the next start.
    """

    def __init__(
        self,
        intake: Intake,
        results: ResultFolder,
        requests: TakenRequests,
        open_answer: OpenAnswer,
        notices: Notices,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._intake = intake
        self._results = results
        self._requests = requests
        self._open_answer = open_answer
        self._notices = notices
        self._clock = clock
        self._monotonic = monotonic
        self._queues: dict[str, SimpleQueue[TakenRequest | None]] = {
            kind: SimpleQueue() for kind in (_SINGLE, _HISTORY, _BULK)
        }
        self._in_progress: dict[str, int] = {}
        self._waiting_bytes = dict.fromkeys(self._queues, 0)
        self._unwritten: dict[str, tuple[ResultFile, ...]] = {}
        self._lock = threading.Lock()
        self._counted = self._retried = float("-inf")
        self._wake = threading.Event()
        self._resumed = threading.Event()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, name="exchange-intake")]
        self._threads += [
            threading.Thread(target=self._work, args=(queue,), name=f"exchange-{kind}")
            for kind, queue in self._queues.items()
        ]
        self._watcher = Watcher(intake.folder, self._wake.set)

    def __enter__(self) -> Self:
        self._watcher.start()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._wake.set()
        self._resumed.set()
        for queue in self._queues.values():
            queue.put(None)
        for thread in self._threads:
            thread.join()
        self._watcher.stop()

    # -- The thread that takes requests ---------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._guarded(self._pass)

    def _pass(self) -> None:
        """One pass: resume, count, write again, take; then a pause if nothing was taken."""
        if not self._resumed.is_set():
            self._resume()
        now = self._monotonic()
        if now - self._counted >= MAINTENANCE_SECONDS:
            self._counted = now
            self._results.report_left(self._clock())
        if now - self._retried >= RETRY_SECONDS:
            self._retried = now
            self._write_again()
        self._wake.clear()
        if not self._take():
            self._wake.wait(POLL_SECONDS)

    def _resume(self) -> None:
        """Begin with what an earlier process took and did not finish; nothing is answered before.

        Files come first: one that was stored and not removed is the stored request.
        """
        self._take()
        try:
            pending = self._requests.pending()
        except TerminalError as error:
            self._report_store(error)
            return
        for request in pending:
            self._enqueue(request)
        self._resumed.set()

    def _take(self) -> bool:
        taken = False
        for request in self._intake.take(self._has_space):
            taken = True
            self._enqueue(request)
        return taken

    def _has_space(self, name: RequestName) -> bool:
        """Whether a request may be taken: none whose result might have the same name is unanswered, and there is space."""
        with self._lock:
            return (
                not any(other in self._in_progress for other in name.siblings)
                and self._waiting_bytes[kind_of_work(name.file)] < MAX_WAITING_BYTES
            )

    def _enqueue(self, request: TakenRequest) -> None:
        kind = kind_of_work(request.name)
        with self._lock:
            if request.name in self._in_progress:
                return  # the same request once more: one result
            self._in_progress[request.name] = len(request.content)
            self._waiting_bytes[kind] += len(request.content)
        self._queues[kind].put(request)

    def _write_again(self) -> None:
        """Write what could not be written, up to the first failure: most often the whole folder fails."""
        for name, results in list(self._unwritten.items()):
            if not self._results.write(results):
                self._unwritten[name] = self._unwritten.pop(
                    name
                )  # behind the others, which it may not hold up
                return
            del self._unwritten[name]
            self._finish(name)

    # -- The threads that answer ----------------------------------------------------------------------------

    def _work(self, queue: SimpleQueue[TakenRequest | None]) -> None:
        self._resumed.wait()
        with self._open_answer() as answer:
            while (request := queue.get()) is not None and not self._stopping.is_set():
                self._guarded(partial(self._answer, request, answer))

    def _answer(self, request: TakenRequest, answer: Answer) -> None:
        results = request.results
        if results is None:
            self._kept(lambda: self._requests.begin(request.name))
            results = answer(request, request.attempts >= MAX_ATTEMPTS)
            kept = results
            self._kept(lambda: self._requests.answered(request.name, kept))
        if self._results.write(results):
            self._finish(request.name)
        else:
            self._unwritten[request.name] = results

    def _finish(self, name: str) -> None:
        with self._lock:
            self._waiting_bytes[kind_of_work(name)] -= self._in_progress.pop(name, 0)
        self._kept(lambda: self._requests.finish(name))

    def _kept(self, change: Callable[[], None]) -> None:
        """Make a change in the store. Without it the request may be answered again after a crash."""
        try:
            change()
        except TerminalError as error:
            self._report_store(error)

    def _report_store(self, error: TerminalError) -> None:
        self._notices.report(Notice.NOT_STORED, str(error.details.get("reason", error.code)))

    def _guarded(self, step: Callable[[], None]) -> None:
        """Run one step. A fault of the program in it is logged by its type, and ends no thread.

        A request during which it happens stays stored, and is answered after the next start.
        """
        try:
            step()
        except Exception as error:
            log.error("a step of the exchange failed: %s", type(error).__name__)
            self._stopping.wait(RETRY_SECONDS)
