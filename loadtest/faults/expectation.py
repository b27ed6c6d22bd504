"""What is expected of the fund while a fault lasts and after it: data, so that nobody can be lenient afterwards."""

from __future__ import annotations

from dataclasses import dataclass

GOOD_MS = 500.0
"""The p99 of checks with which the fund counts as well."""


@dataclass(frozen=True, slots=True)
class Window:
    """When a fault is inflicted and when lifted, in seconds from the beginning of a run.

    Both are one instant where the fault is over as soon as it is inflicted: a restart, say.
    """

    began: float
    lifted: float

    @classmethod
    def of(cls, seconds: float, *, at_once: bool = False) -> Window:
        """A run's middle third, or the instant at which that begins."""
        began = seconds / 3
        return cls(began, began if at_once else 2 * began)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.lifted - self.began


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must hold. Before the fault nothing may go wrong at all, and nothing once the fund is back.

    `sentence` says it for people. `errors`: the codes that may come from the infliction until the fund is back.
    `answered`: the share of the checks begun while the fault lasts that must be answered all the same, and `p99_ms`
    what 99 % of these checks may take (None: nothing is asked). `numbers_go_on`: every check by number is answered
    meanwhile, within `GOOD_MS`. `back_within_s`: seconds after the lifting until the fund is back: no error and a p99 of
    `GOOD_MS` from then on.
    """

    sentence: str
    errors: frozenset[str] = frozenset()
    answered: float = 1.0
    p99_ms: float | None = GOOD_MS
    numbers_go_on: bool = False
    back_within_s: float = 10.0
