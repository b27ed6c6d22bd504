"""Answers that wait for their judgement on disk: those of hours are too many to be held in memory."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryFile
from weakref import finalize

from loadtest.generating.messages import Answers
from loadtest.rush.sample import Kept


class Spool:
    """A file without a name, gone with this."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - open as long as this is
        finalize(self, self._file.close)
        self._count = 0

    def add(self, answers: Answers) -> None:
        """Some more."""
        self._file.write(answers.line())
        self._count += len(answers.kept)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Kept]:
        self._file.seek(0)
        for line in self._file:
            yield from Answers.model_validate_json(line).kept
