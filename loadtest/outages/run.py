"""Replays outages one after the other against one stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtest.dataset.provision import DatasetSize
from loadtest.errors import LoadError
from loadtest.http_client.connection import ConnectionFailed
from loadtest.outages.catalogue import Outage
from loadtest.report.report import RunReport
from loadtest.run.run import RunOptions, provisioned, run_on
from loadtest.scenario.plan import Plan
from loadtest.target import Progress


@dataclass(frozen=True, slots=True)
class Replay:
    """An outage, and the report of its run; None if that could not be completed, for this reason."""

    outage: Outage
    report: RunReport | None
    reason: str = ""

    @property
    def passed(self) -> bool:
        """Whether it ended as expected."""
        return self.report is not None and self.report.passed

    @property
    def wrong_answers(self) -> int:
        """The number of answers that differ from the reference model's."""
        return 0 if self.report is None else self.report.wrong_answers

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints for it: the whole report, with what happened in reality."""
        report = {"passed": False, "reason": self.reason} if self.report is None else self.report.as_json()
        return {
            "name": self.outage.name,
            "happened": self.outage.happened.en,
            "happened_ja": self.outage.happened.ja,
            **report,
        }


def replay_all(
    work: Sequence[tuple[Outage, Plan]], size: DatasetSize, *, workers: int, folder: Path, progress: Progress
) -> Iterator[Replay]:
    """Replay outages by their plans; yields each report as soon as it is there.

    One that cannot be completed is yielded with its reason. Raises as `run_scenario` before the first.
    """
    with provisioned(size, workers=workers, folder=folder, progress=progress) as (target, dataset):
        for outage, plan in work:
            progress(f"{outage.name}: {outage.happened.en}")
            options = RunOptions(fault=outage.fault)
            try:
                report = run_on(
                    target, dataset, plan, size, folder=folder, progress=progress, options=options
                )
            except (LoadError, ConnectionFailed) as error:
                yield Replay(outage, None, str(error))
            else:
                yield Replay(outage, report)
