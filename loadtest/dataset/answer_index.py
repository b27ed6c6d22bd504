"""Everybody who can be asked about: whom insurers' files told the fund of, and the crowd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from loadtest.dataset.bulk_population import BulkPopulation
from loadtest.dataset.reference_data import ReferenceData
from loadtest.model.answer import Answer, Question


@dataclass(frozen=True, slots=True)
class AnswerIndex:
    """Who knows the right answers about all of a nation."""

    reference_data: ReferenceData
    bulk: BulkPopulation | None = None

    @property
    def changes(self) -> Sequence[datetime]:
        """The instants of the run from which something else is known. Of the crowd nothing changes."""
        return self.reference_data.changes

    def answer(self, question: Question, known_at: datetime) -> Answer:
        """What the fund should answer by what was known at an instant."""
        if self.bulk is not None and self.bulk.has(question):
            return self.bulk.answer(question)
        return self.reference_data.answer(question, known_at)
