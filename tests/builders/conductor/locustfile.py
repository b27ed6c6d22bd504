"""The laboratory's locustfile with a dataset that is made up: its assignments are for the fund of FAKE_FUND.

`FAKE_REPORT`: a file for Locust's percentiles and the engine's own.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from locust import events

from loadtest.locustfile import *  # noqa: F403 - Locust looks for the classes here

_environments: list[Any] = []


def replace_the_preparation(environment: Any, **_: Any) -> None:
    """Called before the laboratory's own listener, which uses what is replaced here."""
    _environments.append(environment)
    from loadtest.conductor import master
    from loadtest.conductor.preparation import Compared, Request
    from loadtest.generator.messages import Answers, Assignment
    from tests.unit.loadtest.generator.builders import visitors

    class FakePreparation:
        """Assignments with few visitors; every answer is right."""

        def __init__(self, request: Request) -> None:
            parts = visitors(2 * request.workers).partition(request.workers)
            url = os.environ["FAKE_FUND"]
            self.assignments = [Assignment.of(url, request.plan, part, ()).to_line() for part in parts]
            self._count = 0

        def add(self, began_at: str, answers: bytes) -> None:
            self._count += len(Answers.model_validate_json(answers).sampled)

        def compare(self) -> Compared:
            return Compared(count=self._count, wrong={})

        def close(self) -> None:
            pass

    master.Preparation = FakePreparation  # type: ignore[assignment, misc]


def write_the_report(**_: Any) -> None:
    """Locust's figures of checks when it quits, and those of the engine of this process if it has one."""
    environment = _environments[0]
    if "FAKE_REPORT" not in os.environ or type(environment.runner).__name__ == "WorkerRunner":
        return
    entry = environment.stats.total
    shares = (0.5, 0.9, 0.99, 0.999)
    figures: dict[str, Any] = {
        "count": entry.num_requests,
        "failed": entry.num_failures,
        "max_ms": entry.max_response_time,
        "percentiles": [entry.get_response_time_percentile(share) for share in shares],
    }
    worker = Check.worker  # noqa: F405
    if worker is not None:
        assert worker._engine is not None
        assert worker._engine._executor is not None
        checks = worker._engine._executor.stats.checks
        figures["engine"] = [checks.percentile_ms(share) for share in shares]
        figures["engine_count"] = checks.count
    Path(os.environ["FAKE_REPORT"]).write_text(json.dumps(figures), encoding="utf-8")


events.init._handlers.insert(0, replace_the_preparation)
events.quit.add_listener(write_the_report)
