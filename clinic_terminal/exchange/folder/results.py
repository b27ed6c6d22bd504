"""Writes results into `res/`, and counts those that were left there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from clinic_terminal.exchange.folder.directory import open_directory
from clinic_terminal.exchange.folder.notices import Notice, Notices, reason_of
from clinic_terminal.exchange.folder.root import ExchangeRoot
from clinic_terminal.store.records import ResultFile


class ResultFolder:
    """`res/`. `left_after`: how long a result may stay before it counts as left (`ResponseFileStayTime`)."""

    def __init__(self, root: ExchangeRoot, notices: Notices, left_after: timedelta) -> None:
        self._root = root
        self._notices = notices
        self._left_after = left_after

    def write(self, results: Iterable[ResultFile]) -> bool:
        """Write the files of one request; False if one cannot be written now, which is reported."""
        try:
            with open_directory(self._root.results) as directory:
                for result in results:
                    directory.write(result.name, result.content)
        except OSError as error:
            self._notices.report(Notice.NOT_WRITTEN, reason_of(error))
            return False
        self._notices.ended(Notice.NOT_WRITTEN)
        return True

    def report_left(self, now: datetime) -> None:
        """Report how many results were left for longer than the setting."""
        oldest = (now - self._left_after).timestamp() * 1e9
        try:
            with open_directory(self._root.results) as directory:
                left = sum(file.state.modified_ns < oldest for file in directory.files())
        except OSError:
            return  # a share that is away is reported where requests are taken
        if left:
            self._notices.report(Notice.RESULTS_LEFT, str(left))
        else:
            self._notices.ended(Notice.RESULTS_LEFT)
