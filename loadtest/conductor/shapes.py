"""Locust's shapes of the load levels: how many users, which are checks a second, at which moment of a run.

This module imports no event loop: `locust --processes` forks after it has read the locustfile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from locust import LoadTestShape

from loadtest.arrivals import CHECKS_BY_KIND, MINUTES, minute_share
from loadtest.conductor.levels import UNLIMITED_SECONDS
from loadtest.scenario.levels import LEVELS, Level, Shape

if TYPE_CHECKING:
    from loadtest.conductor.master import Master

Users = tuple[int, float]

READY_SECONDS = 300.0
"""How long all workers may take to sign their terminals in; a run that never began fails."""

_AT_ONCE = 10_000.0
"""Users that start in a second: the rate of a level is there from its first moment."""


class ConductedShape(LoadTestShape):
    """A run in three parts: waiting until all workers are ready, the load, and no load until the last answer.

    Without the last part Locust would end half a second after the load, and the slowest visits were in no report.
    """

    abstract = True
    level: ClassVar[Level]
    master: ClassVar[Master | None] = None
    """Conducts the run; set when Locust has started."""

    @property
    def seconds(self) -> float:
        """Duration of the load."""
        raise NotImplementedError

    def users(self, at: float) -> int:
        """Checks a second at a second of the load."""
        raise NotImplementedError

    def tick(self) -> Users | None:
        """What Locust asks once a second."""
        master = ConductedShape.master
        if master is None or master.has_failed:
            return None
        if not master.is_conducting:
            if not master.is_ready:
                waited: float = self.get_run_time()  # type: ignore[no-untyped-call]
                return (0, _AT_ONCE) if waited < READY_SECONDS else None
            self.reset_time()  # type: ignore[no-untyped-call]
            master.begin(self.level, self.seconds)
        at: float = self.get_run_time()  # type: ignore[no-untyped-call]
        if at < self.seconds:
            return (self.users(at), _AT_ONCE)
        master.end()
        return None if master.is_drained else (0, _AT_ONCE)


class SteadyShape(ConductedShape):
    """So many checks a second as `--users` says, for `--run-time`."""

    abstract = True
    use_common_options = True
    level = LEVELS["L0"]

    @property
    def seconds(self) -> float:
        """Without a duration the page's button ends the run."""
        return float(self._option("run_time") or UNLIMITED_SECONDS)

    def users(self, at: float) -> int:
        """The same at every moment."""
        del at
        return int(self._option("num_users") or 1)

    def _option(self, name: str) -> float | None:
        assert self.runner is not None
        value: float | None = getattr(self.runner.environment.parsed_options, name)
        return value


class LevelShape(ConductedShape):
    """A level of `loadtest run`, at `--scale` of its rate, for its duration or `--minutes`."""

    abstract = True

    @property
    def seconds(self) -> float:
        """The level's own duration, unless an option gives another one."""
        assert self.runner is not None
        options = self.runner.environment.parsed_options
        return (getattr(options, "minutes", None) or self.level.minutes) * 60

    def users(self, at: float) -> int:
        """The level's rate; on a day, that of its minute."""
        assert self.runner is not None
        scale = getattr(self.runner.environment.parsed_options, "scale", None) or 1.0
        return round(self.level.checks_per_s * scale * self._share(at))

    def _share(self, at: float) -> float:
        if self.level.shape is not Shape.DAY:
            return 1.0
        minute = min(MINUTES - 1, int(at / self.seconds * MINUTES))
        shares = (weight * minute_share(kind, minute) for kind, weight in CHECKS_BY_KIND.items())
        return MINUTES * sum(shares) / sum(CHECKS_BY_KIND.values())
