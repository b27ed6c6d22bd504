"""Everybody who can be asked about: whom insurers' files told the fund of, and the crowd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from loadtest.dataset.bulk_population import Crowd
from loadtest.dataset.reference_data import Country
from loadtest.model.answer import Answer, Question


@dataclass(frozen=True, slots=True)
class Everybody:
    """Who knows the right answers about all of a nation."""

    country: Country
    crowd: Crowd | None = None

    @property
    def changes(self) -> Sequence[datetime]:
        """The instants of the run from which something else is known. Of the crowd nothing changes."""
        return self.country.changes

    def answer(self, question: Question, known_at: datetime) -> Answer:
        """What the fund should answer by what was known at an instant."""
        if self.crowd is not None and self.crowd.has(question):
            return self.crowd.answer(question)
        return self.country.answer(question, known_at)
