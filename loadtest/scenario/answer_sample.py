"""Samples the answers that are compared with the reference model after the run.

Each generator keeps its first 1,000 answers, every 50th after them, and the first ten of each second, so that
the sample covers every second in which data change.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from eligibility_api.contract.codes import FacilityKind
from loadtest.dataset.terminals import Terminal
from loadtest.model.events import Membership
from loadtest.scenario.visits import Outcome

INITIAL_COUNT, SAMPLE_INTERVAL, MIN_PER_SECOND = 1000, 50, 10


@dataclass(frozen=True, slots=True)
class CheckQuery:
    """The facility that asks, and the subject of its check: a person by card, or a membership by number."""

    institution_code: str
    facility_kind: FacilityKind
    person: str | None = None
    membership: Membership | None = None
    consents: frozenset[str] = frozenset()

    @classmethod
    def at(
        cls, terminal: Terminal, *, person: str | None = None, membership: Membership | None = None
    ) -> CheckQuery:
        """A query of a terminal, without consent."""
        return cls(terminal.institution_code, terminal.kind, person, membership)


@dataclass(frozen=True, slots=True)
class SampledAnswer:
    """An answer of the sample.

    `began` and `ended`: when it was requested and received, in seconds of the run.
    """

    query: CheckQuery
    outcome: Outcome
    began: float
    ended: float


@dataclass(slots=True)
class AnswerSample:
    """Receives all answers and keeps some of them in `sampled` until they are drained."""

    count: int = 0
    sampled: list[SampledAnswer] = field(default_factory=list)
    _second: int = -1
    _count_of_second: int = 0

    def add(self, answer: SampledAnswer) -> None:
        """Add an answer, or a refusal that a rule requires."""
        self.count += 1
        if int(answer.ended) > self._second:
            self._second, self._count_of_second = int(answer.ended), 0
        self._count_of_second += 1
        if (
            self.count <= INITIAL_COUNT
            or self.count % SAMPLE_INTERVAL == 0
            or self._count_of_second <= MIN_PER_SECOND
        ):
            self.sampled.append(answer)

    def drain(self) -> list[SampledAnswer]:
        """Remove and return the answers sampled since the last call."""
        drained, self.sampled = self.sampled, []
        return drained
