"""Takes requests from `req/`: each once, when it is complete, stored before it is removed.

A request that was stored and not removed before a crash is found in both places, and is one request: the store
knows the same bytes under the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.folder.completeness import TAIL_BYTES, ends_complete
from clinic_terminal.exchange.folder.directory import Directory, FileState, Listed, open_directory
from clinic_terminal.exchange.folder.names import RequestName, parse_request_name
from clinic_terminal.exchange.folder.notices import Notice, Notices, reason_of
from clinic_terminal.exchange.folder.root import ExchangeRoot
from clinic_terminal.store.records import TakenRequest
from clinic_terminal.store.requests import TakenRequests

HALF_WRITTEN_SECONDS = 30.0
"""A file that has not changed for so long and is not complete will not become so: it is answered as it is."""

MAX_TAKEN_AT_ONCE = 100
"""Files of one pass; the next pass follows at once."""


@dataclass(frozen=True, slots=True)
class _Watched:
    """An incomplete file: its state, and since when it has had it."""

    state: FileState
    since: float


class Intake:
    """One pass after the other over `req/`. Used by one thread.

    `max_bytes`: the limit of a request by its name, before it is read. `monotonic`: seconds.
    """

    def __init__(
        self,
        root: ExchangeRoot,
        requests: TakenRequests,
        notices: Notices,
        *,
        max_bytes: Callable[[RequestName], int],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._root = root
        self._requests = requests
        self._notices = notices
        self._max_bytes = max_bytes
        self._clock = clock
        self._monotonic = monotonic
        self._watched: dict[str, _Watched] = {}

    @property
    def folder(self) -> Path:
        """Where the requests come from."""
        return self._root.requests

    def take(self, may_take: Callable[[RequestName], bool] = lambda _: True) -> Iterator[TakenRequest]:
        """Take what is complete, oldest first: what is yielded is stored, and no longer in the folder.

        `may_take`: whether there is space for another request of this name. Nothing is raised: what stands in
        the way is reported, and tried again in the next pass.
        """
        try:
            with open_directory(self._root.requests) as directory:
                files = directory.files()
                self._folder_is_back()
                yield from self._take_from(directory, files, may_take)
        except OSError as error:
            self._notices.report(Notice.FOLDER_AWAY, reason_of(error))

    def _folder_is_back(self) -> None:
        if self._notices.ended(Notice.FOLDER_AWAY):
            self._notices.report(Notice.FOLDER_BACK)
            self._notices.ended(Notice.FOLDER_BACK)

    def _take_from(
        self, directory: Directory, files: list[Listed], may_take: Callable[[RequestName], bool]
    ) -> Iterator[TakenRequest]:
        names = [(file, parse_request_name(file.name)) for file in files]
        self._report_others(sum(name is None for _, name in names))
        self._watched = {file.name: self._watched[file.name] for file in files if file.name in self._watched}
        obstacles: set[Notice] = set()
        taken = 0
        for file, name in names:
            if name is not None and taken < MAX_TAKEN_AT_ONCE and may_take(name):
                request = self._take_one(directory, file, name, obstacles)
                if request is not None:
                    taken += 1
                    yield request
        for notice in {Notice.NOT_REMOVABLE, Notice.NOT_STORED} - obstacles:
            self._notices.ended(notice)

    def _report_others(self, count: int) -> None:
        if count:
            self._notices.report(Notice.OTHER_FILES, str(count))
        else:
            self._notices.ended(Notice.OTHER_FILES)

    def _take_one(
        self, directory: Directory, file: Listed, name: RequestName, obstacles: set[Notice]
    ) -> TakenRequest | None:
        """The request, if it is complete, could be stored and then be removed."""
        try:
            request = self._complete(directory, file, name)
            if request is None or not self._requests.take(request):
                return None
        except TerminalError as error:
            obstacles.add(Notice.NOT_STORED)
            self._notices.report(Notice.NOT_STORED, str(error.details.get("reason", error.code)))
            return None
        except OSError:
            return None  # removed or replaced meanwhile, or locked: the next pass decides
        try:
            removed = directory.remove(file.name, file.state)
        except OSError as error:
            obstacles.add(Notice.NOT_REMOVABLE)
            self._notices.report(Notice.NOT_REMOVABLE, reason_of(error))
            removed = False
        if (
            not removed
        ):  # answered while it stays, it would be answered again; or it was written again meanwhile
            self._requests.finish(file.name)
            return None
        self._watched.pop(file.name, None)
        return request

    def _complete(self, directory: Directory, file: Listed, name: RequestName) -> TakenRequest | None:
        """The request as it is to be answered; None while it may still be written."""
        limit = self._max_bytes(name)
        if file.state.size > limit:
            return TakenRequest(name=file.name, taken_at=self._clock(), too_large=True)
        tail = directory.tail(file.name, TAIL_BYTES)
        if not ends_complete(tail, is_zip=name.is_zip) and not self._is_given_up(file):
            return None
        content, state = directory.read(file.name, limit)
        if state != file.state:
            return None  # written while it was read
        return TakenRequest(name=file.name, taken_at=self._clock(), content=content)

    def _is_given_up(self, file: Listed) -> bool:
        """Whether an incomplete file has had this state for too long."""
        now = self._monotonic()
        watched = self._watched.get(file.name)
        if watched is None or watched.state != file.state:
            self._watched[file.name] = _Watched(file.state, now)
            return False
        return now - watched.since >= HALF_WRITTEN_SECONDS
