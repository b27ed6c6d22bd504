"""`locust -f loadtest/locustfile.py`: the nation, conducted by Locust. Wiring only; what it does is in `conductor/`.

One user is one check a second. It loads no event loop before Locust has forked its workers (`--processes`).
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from locust import User, events, tag, task
from locust.env import Environment
from locust.runners import MasterRunner, Runner, WorkerRunner
from locust.web import WebUI

from loadtest.conductor.shapes import ConductedShape, LevelShape, SteadyShape
from loadtest.scenario.levels import LEVELS

if TYPE_CHECKING:
    from loadtest.conductor.worker import Worker

STOPPED = 3
_LOOPBACK = "127.0.0.1"
_FOREVER_SECONDS = 1e9


class Check(User):
    """A check a second: it sends nothing itself, but raises the rate of its worker's engine."""

    worker: ClassVar[Worker | None] = None

    @tag("card")
    @task
    def by_card(self) -> None:
        """Checks by card; `--tags card` leaves these alone."""

    @tag("number")
    @task
    def by_number(self) -> None:
        """Checks by the numbers of a certificate; `--tags number` leaves these alone."""

    def on_start(self) -> None:
        """Add this user's check a second."""
        if self.worker is not None:
            self.worker.add_users(1)

    def on_stop(self) -> None:
        """Take it away."""
        if self.worker is not None:
            self.worker.add_users(-1)

    def wait_time(self) -> float:
        """Users do nothing but exist."""
        return _FOREVER_SECONDS


class Checks(SteadyShape):
    """As many checks a second as there are users."""


class L0(LevelShape):
    """The mean of a weekday."""

    level = LEVELS["L0"]


class L1(LevelShape):
    """The busiest minute of today's busiest Monday."""

    level = LEVELS["L1"]


class L2(LevelShape):
    """The busiest minute of 2027."""

    level = LEVELS["L2"]


class L3(LevelShape):
    """Pessimistic on every factor."""

    level = LEVELS["L3"]


class Storm(LevelShape):
    """Every site signs in within a minute. `loadtest run` also restarts the API, which is on another machine here."""

    level = LEVELS["storm"]


class MonthStart(LevelShape):
    """Everybody is checked again."""

    level = LEVELS["month-start"]


class BatchNight(LevelShape):
    """The next day's patients, in batches."""

    level = LEVELS["batch-night"]


class Day(LevelShape):
    """A busy Monday, hour by hour."""

    level = LEVELS["day"]


SHAPES = {shape.level.name: shape.__name__ for shape in (L0, L1, L2, L3, Storm, MonthStart, BatchNight, Day)}


def add_options(parser: ArgumentParser) -> None:
    """The laboratory's options; and everything listens on this machine only, since nothing is encrypted."""
    group = parser.add_argument_group("Shikaku")
    group.add_argument(
        "--level", choices=list(SHAPES), help="Load level; without one, --users is checks a second."
    )
    group.add_argument("--minutes", type=float, help="Duration of the level (default: its own).")
    group.add_argument("--scale", type=float, default=1.0, help="Factor of the level's rates.")
    group.add_argument("--people", type=int, default=3000, help="Residents of the dataset.")
    group.add_argument("--cards", type=int, default=1000, help="Number of cardholders.")
    group.add_argument(
        "--terminals", type=int, default=60, help="Facilities; large ones have several terminals."
    )
    group.add_argument("--seed", type=int, default=1, help="Seed of what is drawn.")
    parser.set_defaults(web_host=_LOOPBACK, master_bind_host=_LOOPBACK)


def conduct(environment: Environment, runner: Runner, web_ui: WebUI | None, **_: Any) -> None:
    """Prepare the dataset (master), introduce the worker, or both where Locust runs in one process."""
    options = environment.parsed_options
    if not isinstance(runner, WorkerRunner):
        _conduct_as_master(environment, runner, web_ui, options)
    if not isinstance(runner, MasterRunner):
        from loadtest.conductor.worker import Worker

        Check.worker = Worker(environment, runner)


def _conduct_as_master(environment: Environment, runner: Runner, page: WebUI | None, options: Any) -> None:
    from loadtest.conductor.master import Master, Preparation
    from loadtest.conductor.preparation import Request
    from loadtest.dataset.provision import DatasetSize
    from loadtest.errors import LoadError
    from loadtest.scenario.plan import Plan

    for name in ("web_host", "master_bind_host"):
        if getattr(options, name) not in {_LOOPBACK, "::1", "localhost"}:
            _stop(
                f"--{name.replace('_', '-')}: nothing is encrypted here, so it listens on this machine only"
            )
    workers = options.expect_workers if isinstance(runner, MasterRunner) else 1
    plan = Plan(LEVELS[options.level or "L0"], 1.0, options.scale, options.seed)
    size = DatasetSize(options.people, min(options.people, options.cards), options.terminals)
    request = Request(size=size, plan=plan, workers=workers)
    try:
        ConductedShape.master = Master(environment, runner, partial(Preparation, request), plan, workers)
    except LoadError as error:
        _stop(str(error))
    if options.level and environment.available_shape_classes:
        environment.shape_class = environment.available_shape_classes[SHAPES[options.level]]
    if environment.shape_class is not None:
        environment.shape_class.runner = runner
    if page is not None:
        _add_tabs(page, ConductedShape.master, runner)


def _add_tabs(page: WebUI, master: Any, runner: Runner) -> None:
    from pathlib import Path

    from loadtest.conductor.pages import add_tabs, machine_rows, sample_forever
    from loadtest.database.dsn import external_dsn
    from loadtest.machine.roles import ProcessRoles
    from loadtest.machine.sampling import Sampler

    variables = os.environ
    roles = ProcessRoles(
        variables["TERMINAL_FUND_URL"],
        Path(variables["FUND_HOME"]),
        external_dsn(variables),
        variables.get("FUND_JLIS_URL"),
        dict,
        os.getpid(),
    )
    sampler = Sampler(roles.find)
    runner.greenlet.spawn(sample_forever, sampler)
    add_tabs(page, {"generators": master.rows, "machine": lambda: machine_rows(sampler)})


def _stop(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.exit(STOPPED)


events.init_command_line_parser.add_listener(add_options)
events.init.add_listener(conduct)
