"""The parts of a fault: its window, the expectation of the fund, and its injector."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from loadtest.dataset.provision import Dataset
from loadtest.generator.client_faults import ClientFault
from loadtest.scenario.plan import Plan
from loadtest.scenario.run_stats import TimeSeries
from loadtest.sections import Text
from loadtest.target import Progress, TargetEnvironment

NORMAL_P99_MS = 500.0
"""The p99 of checks up to which the fund counts as recovered."""


@dataclass(frozen=True, slots=True)
class Window:
    """When a fault is injected and removed, in seconds of the run.

    Both are the same instant for a fault such as a restart.
    """

    began: float
    ended: float

    @classmethod
    def of(cls, seconds: float, *, instantaneous: bool = False) -> Window:
        """The middle third of a run, or the instant at which that begins."""
        began = seconds / 3
        return cls(began, began if instantaneous else 2 * began)

    @property
    def seconds(self) -> float:
        """The fault's duration."""
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the fund must do. Before the fault and after the recovery there must be no error.

    `sentence`: for people. `errors`: the codes permitted from the injection until the recovery.
    `min_answered`: the share of the checks scheduled during the fault that must be answered, and `p99_ms`:
    the p99 that these must not exceed (None: no requirement). `numbers_unaffected`: every check by number is
    answered during the fault, within `NORMAL_P99_MS`. `recovery_within_s`: seconds from the removal to the
    recovery, which is no error and a p99 of `NORMAL_P99_MS`. `recovers_meanwhile`: that counts from the injection, and the
    removal must have no effect.
    """

    sentence: Text
    errors: frozenset[str] = frozenset()
    min_answered: float = 1.0
    p99_ms: float | None = NORMAL_P99_MS
    numbers_unaffected: bool = False
    recovery_within_s: float = 10.0
    recovers_meanwhile: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """An observation about a fault. `violation`: why it violates the expectation; None if it does not.

    `took_hold`: whether the value shows that the fault took hold; None if it says nothing about that.
    """

    name: str
    value: Any
    violation: Text | None = None
    took_hold: bool | None = None


class Injector(Protocol):
    """Injects one fault into a stack.

    Created before the load, so that a fault that cannot be injected fails early. `remove` is always called,
    also after `inject` has failed or was never called.
    """

    async def inject(self) -> None:
        """Inject the fault. Raises LoadError, OSError, ConnectionFailed."""

    async def remove(self) -> None:
        """Remove the fault, if it is present. Raises as `inject`."""

    async def findings(self, answers: Sequence[bytes]) -> list[Finding]:
        """The observations after the run. `answers`: bodies that facilities received. Raises as `inject`."""


@dataclass(frozen=True, slots=True)
class FaultContext:
    """Where a fault is injected: the target, its dataset and folder, the rate of checks, and the window."""

    target: TargetEnvironment
    dataset: Dataset
    folder: Path
    checks_per_s: float
    window: Window
    progress: Progress


def always(expectation: Expectation) -> Callable[[Window], Expectation]:
    """An expectation that does not depend on the fault's duration."""
    return lambda _: expectation


def _no_client_faults(_: Window) -> Sequence[ClientFault]:
    return ()


Evidence = Callable[[TimeSeries, Window], Finding]
"""A counter in a run's statistics that shows whether a fault took hold."""


def lost_requests(series: TimeSeries, window: Window) -> Finding:
    """Evidence of a fault of the network: the errors of the network during it."""
    errors = series.between(window.began, window.ended).errors
    lost = sum(count for code, count in errors.items() if code.startswith("network: "))
    return Finding("requests_lost", lost, took_hold=lost > 0)


class NoInjector:
    """Injects nothing: the fault consists of client faults only."""

    def __init__(self, _: FaultContext) -> None:
        pass

    async def inject(self) -> None:
        """Do nothing."""

    async def remove(self) -> None:
        """Do nothing."""

    async def findings(self, _: Sequence[bytes]) -> list[Finding]:
        """None."""
        return []


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault. `injector` acts on the stack, `client_faults` on the generators' connections and tokens.

    Creating the injector raises LoadError if the fault cannot be injected into this stack. `expected` depends
    on the window. `instantaneous`: the fault is over as soon as it is injected. `evidence`: shows that it took hold,
    unless the injector's findings do. `demand`: factor of the rate of checks during the fault. `of_cluster`: it needs a
    database of several nodes, which the run then starts; `min_seconds`: of a run that shows its end.
    """

    name: str
    meaning: Text
    expected: Callable[[Window], Expectation]
    injector: Callable[[FaultContext], Injector] = NoInjector
    client_faults: Callable[[Window], Sequence[ClientFault]] = _no_client_faults
    instantaneous: bool = False
    evidence: Evidence | None = None
    demand: float = 1.0
    of_cluster: bool = False
    min_seconds: float = 0.0

    def plan(self, plan: Plan) -> Plan:
        """A plan of a run, with the fault's demand."""
        return plan if self.demand == 1.0 else replace(plan, steps=(1.0, self.demand, 1.0))

    def window(self, seconds: float) -> Window:
        """When the fault is injected and removed in a run of so many seconds."""
        return Window.of(seconds, instantaneous=self.instantaneous)
