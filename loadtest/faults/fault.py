"""What a fault is: its name, what it means, what is expected, and who inflicts it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from loadtest.dataset.provision import Dataset, Progress
from loadtest.generator.client_faults import Disturbance
from loadtest.target import Surroundings

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


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that an inflictor saw for itself. `broken`: why it is not as expected; None where it is."""

    name: str
    value: Any
    broken: str | None = None


class Inflictor(Protocol):
    """Inflicts one fault on a house: made before the load, so that what cannot be inflicted is told before it.

    `lift` comes in any case, also after `inflict` has failed or was never called.
    """

    async def inflict(self) -> None:
        """Inflict it. Raises LoadError, OSError, LineError."""

    async def lift(self) -> None:
        """Take it away again; does nothing where there is nothing to take away. Raises as `inflict`."""

    async def remarks(self, answers: Sequence[bytes]) -> list[Remark]:
        """What it saw, once the run is over. `answers`: bodies that facilities were answered. Raises as `inflict`."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a fault is inflicted: the house, the nation in it (with its folder), how many checks come, when."""

    there: Surroundings
    dataset: Dataset
    folder: Path
    checks_per_s: float
    window: Window
    tell: Progress


def always(expectation: Expectation) -> Callable[[Window], Expectation]:
    """The same is expected however long a fault lasts."""
    return lambda _: expectation


def _not_at_all(_: Window) -> Sequence[Disturbance]:
    return ()


class Nobody:
    """Inflicts nothing: the generators do to their own lines what there is to do."""

    def __init__(self, _: Scene) -> None:
        pass

    async def inflict(self) -> None:
        """Nothing."""

    async def lift(self) -> None:
        """Nothing."""

    async def remarks(self, _: Sequence[bytes]) -> list[Remark]:
        """Nothing."""
        return []


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault on demand: `inflictor` does to the house what there is to do, `disturb` to the generators' own lines.
    Making the inflictor raises LoadError where the fault cannot be inflicted on this house.

    `expected` is told how long the fault lasts. `at_once`: it is over as soon as it is inflicted.
    """

    name: str
    meaning: str
    expected: Callable[[Window], Expectation]
    inflictor: Callable[[Scene], Inflictor] = Nobody
    disturb: Callable[[Window], Sequence[Disturbance]] = _not_at_all
    at_once: bool = False

    def window(self, seconds: float) -> Window:
        """When it is inflicted and lifted in a run of so many seconds."""
        return Window.of(seconds, at_once=self.at_once)
