"""Replays outages one after the other against one stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtest.dataset.provision import DatasetSize
from loadtest.outages.catalogue import Outage
from loadtest.scenario.plan import Plan
from loadtest.scenario.report import RunReport
from loadtest.scenario.run import RunOptions, provisioned, run_on
from loadtest.target import Progress


@dataclass(frozen=True, slots=True)
class Replay:
    """An outage, and the report of its run."""

    outage: Outage
    report: RunReport

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints for it: the whole report, with what happened in reality."""
        return {
            "name": self.outage.name,
            "happened": self.outage.happened.en,
            "happened_ja": self.outage.happened.ja,
            **self.report.as_json(),
        }


def replay_all(
    work: Sequence[tuple[Outage, Plan]], size: DatasetSize, *, workers: int, folder: Path, progress: Progress
) -> Iterator[Replay]:
    """Replay outages by their plans; yields each report as soon as it is there.

    Raises as `run_scenario`.
    """
    with provisioned(size, workers=workers, folder=folder, progress=progress) as (target, dataset):
        for outage, plan in work:
            progress(f"{outage.name}: {outage.happened.en}")
            options = RunOptions(fault=outage.fault)
            report = run_on(target, dataset, plan, size, folder=folder, progress=progress, options=options)
            yield Replay(outage, report)
