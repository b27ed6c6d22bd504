"""Which answers are kept for the judgement: the first thousand and every fiftieth after them, of each generator, and the
first ten of each second, so that none in which something changes is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from eligibility_api.contract.codes import FacilityKind
from loadtest.dataset.terminals import Terminal
from loadtest.model.events import Membership
from loadtest.scenario.visits import Outcome

FIRST, THEN_EVERY, OF_A_SECOND = 1000, 50, 10


@dataclass(frozen=True, slots=True)
class Asked:
    """Which facility asked about whom: a person by her card, or a membership by number."""

    institution_code: str
    facility_kind: FacilityKind
    person: str | None = None
    membership: Membership | None = None
    consents: frozenset[str] = frozenset()

    @classmethod
    def at(
        cls, terminal: Terminal, *, person: str | None = None, membership: Membership | None = None
    ) -> Asked:
        """What is asked at a terminal, without a consent."""
        return cls(terminal.institution_code, terminal.kind, person, membership)


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer of the sample. It was asked for and came so many seconds after the run's beginning."""

    asked: Asked
    outcome: Outcome
    began: float
    ended: float


@dataclass(slots=True)
class Sample:
    """Takes answers in, and keeps some of them: `kept` until they are drained."""

    taken: int = 0
    kept: list[Kept] = field(default_factory=list)
    _second: int = -1
    _of_second: int = 0

    def take(self, answer: Kept) -> None:
        """Note an answer, or a refusal by the rule."""
        self.taken += 1
        if int(answer.ended) > self._second:
            self._second, self._of_second = int(answer.ended), 0
        self._of_second += 1
        if self.taken <= FIRST or self.taken % THEN_EVERY == 0 or self._of_second <= OF_A_SECOND:
            self.kept.append(answer)

    def drain(self) -> list[Kept]:
        """What was kept since this was last asked for."""
        drained, self.kept = self.kept, []
        return drained
