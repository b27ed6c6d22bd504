"""What a fault is: its name, what it means, what is expected, and who inflicts it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from loadtest.faults.expectation import Expectation, Window
from loadtest.generating.disturbances import Disturbance
from loadtest.nation.settle import Nation, Tell
from loadtest.surroundings import Surroundings


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
    nation: Nation
    folder: Path
    checks_per_s: float
    window: Window
    tell: Tell


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
