"""Requests taken from the exchange folder: kept until their results are written, through any crash."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from clinic_terminal.store.database import Entry, StoreDatabase
from clinic_terminal.store.records import Kind, ResultFile, TakenRequest

REQUEST_DAYS = 7
"""A request, or a result that could not be written, is given up after so many days."""


class TakenRequests:
    """The requests of a store. Thread-safe, and every call may raise TerminalError `store-failed`."""

    def __init__(self, database: StoreDatabase) -> None:
        self._database = database

    def take(self, request: TakenRequest) -> bool:
        """Keep a request until it is finished.

        False if another request of this name has not been finished; the same bytes again are the same request.
        """
        with self._database.transaction():
            found = self._request(request.name)
            if found is not None:
                return found.results is None and (found.content, found.too_large) == (
                    request.content,
                    request.too_large,
                )
            value = request.model_copy(update={"attempts": 0}).model_dump_json()
            self._database.put(
                Kind.REQUEST,
                value.encode(),
                request.taken_at + timedelta(days=REQUEST_DAYS),
                [self._database.digest(Kind.REQUEST, request.name)],
            )
        return True

    def pending(self) -> tuple[TakenRequest, ...]:
        """The requests that are not finished, oldest first."""
        return tuple(_request(entry) for entry in self._database.all_of(Kind.REQUEST))

    def begin(self, name: str) -> None:
        """Count an attempt to answer a request."""
        self._database.count_attempt(self._database.digest(Kind.REQUEST, name))

    def answered(self, name: str, results: Iterable[ResultFile]) -> None:
        """Keep the results of a request, in place of its content, until they are written."""
        with self._database.transaction():
            for entry in self._database.find(Kind.REQUEST, self._database.digest(Kind.REQUEST, name)):
                changed = _request(entry).model_copy(update={"content": b"", "results": tuple(results)})
                self._database.change(Kind.REQUEST, entry.id, changed.model_dump_json().encode())

    def finish(self, name: str) -> None:
        """Forget a request: its results are written, or it was not taken after all."""
        self._database.delete(self._database.digest(Kind.REQUEST, name))

    def _request(self, name: str) -> TakenRequest | None:
        found = self._database.find(Kind.REQUEST, self._database.digest(Kind.REQUEST, name))
        return _request(found[0]) if found else None


def _request(entry: Entry) -> TakenRequest:
    return TakenRequest.model_validate_json(entry.value).model_copy(update={"attempts": entry.attempts})
