"""The spool of the generators' sampled answers."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryFile
from weakref import finalize

from loadtest.generator.messages import Answers
from loadtest.scenario.answer_sample import SampledAnswer


class AnswerSpool:
    """Sampled answers in an unnamed temporary file: those of hours are too many for memory."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - open as long as this object lives
        finalize(self, self._file.close)
        self._count = 0

    def add(self, answers: Answers) -> None:
        """Append answers."""
        self._file.write(answers.to_line())
        self._count += len(answers.sampled)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[SampledAnswer]:
        self._file.seek(0)
        for line in self._file:
            yield from Answers.model_validate_json(line).sampled
