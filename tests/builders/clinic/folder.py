"""An exchange root with a fake core: requests are answered by a function of their bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from queue import Queue

from clinic_terminal.clock import now
from clinic_terminal.exchange.folder.intake import Intake
from clinic_terminal.exchange.folder.names import RequestName, parse_request_name
from clinic_terminal.exchange.folder.notices import Notice, Notices
from clinic_terminal.exchange.folder.results import ResultFolder
from clinic_terminal.exchange.folder.root import ExchangeRoot
from clinic_terminal.exchange.folder.service import Answer, FolderService
from clinic_terminal.store import TerminalStore
from clinic_terminal.store.records import ResultFile, TakenRequest

REQUEST = "OQSsiquc01req_202604010001.xml"
RESULT = "OQSsiquc01res_202604010001.xml"
CONTENT = b'<?xml version="1.0" encoding="UTF-8"?>\r\n<XmlMsg><MessageHeader/><MessageBody/></XmlMsg>\r\n'
WAIT_SECONDS = 20
MAX_BYTES = 64 * 1024


def echo(request: TakenRequest, refused: bool = False) -> tuple[ResultFile, ...]:
    """A result that repeats what was asked."""
    name = parse_request_name(request.name)
    assert name is not None
    mark = b"refused" if refused else b"too large" if request.too_large else request.content
    return (ResultFile(name=name.result("xml"), content=b"result of " + mark),)


def limit(name: RequestName) -> int:
    return 1024 * 1024 if name.is_bulk else MAX_BYTES


class ObservedResults(ResultFolder):
    """`res/`, with a queue of the names that were written."""

    def __init__(self, root: ExchangeRoot, notices: Notices) -> None:
        super().__init__(root, notices, timedelta(minutes=1440))
        self.written: Queue[str] = Queue()

    def write(self, results: Iterable[ResultFile]) -> bool:
        kept = tuple(results)
        done = super().write(kept)
        if done:
            for result in kept:
                self.written.put(result.name)
        return done

    def next(self) -> str:
        """The name of the next result that appears."""
        return self.written.get(timeout=WAIT_SECONDS)


class FolderStage:
    """A root and a store in a temporary folder, and a clock that tests move."""

    def __init__(self, folder: Path, *, root: Path | None = None, home: Path | None = None) -> None:
        self.home = home or folder / "home"
        self.root = ExchangeRoot.prepare(root or folder / "OQS")
        self.store = TerminalStore.open(self.home)
        self.shown: Queue[tuple[Notice, str]] = Queue()
        self.seconds = 0.0
        self.notices = Notices(lambda notice, detail: self.shown.put((notice, detail)), lambda: self.seconds)
        self.intake = self._intake(lambda: self.seconds)
        self.results = ObservedResults(self.root, self.notices)

    def _intake(self, monotonic: Callable[[], float]) -> Intake:
        return Intake(
            self.root,
            self.store.requests,
            self.notices,
            max_bytes=limit,
            clock=now,
            monotonic=monotonic,
        )

    def drop(self, content: bytes = CONTENT, name: str = REQUEST) -> Path:
        """Write a request as most clients do: in place."""
        path = self.root.requests / name
        path.write_bytes(content)
        return path

    def keep(self, content: bytes = CONTENT, name: str = REQUEST) -> None:
        """What an earlier process took and did not finish."""
        assert self.store.requests.take(TakenRequest(name=name, content=content, taken_at=now()))

    def take(self, seconds: float = 0.0) -> list[str]:
        """The names that one pass takes, so many seconds after the last."""
        self.seconds += seconds
        return [request.name for request in self.intake.take()]

    def notices_shown(self) -> list[Notice]:
        """The notices since the last call."""
        shown = []
        while not self.shown.empty():
            shown.append(self.shown.get()[0])
        return shown

    @contextmanager
    def service(self, answer: Answer = echo) -> Iterator[FolderService]:
        """A running service on the real clock."""

        @contextmanager
        def opened() -> Iterator[Answer]:
            yield answer

        intake = self._intake(time.monotonic)
        with FolderService(
            intake,
            self.results,
            self.store.requests,
            opened,
            self.notices,
            clock=now,
            monotonic=time.monotonic,
        ) as running:
            yield running

    def result(self, name: str = RESULT) -> bytes:
        return (self.root.results / name).read_bytes()
