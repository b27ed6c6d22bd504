"""The auditor's scene: a report of what happened in the demo, from the audit record alone."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from shikaku.processes import ROOT
from shikaku.stack import Stack
from shikaku.story.step import DemoStep

_SHOWN = 4
"""Reasons of accesses that are shown."""


class AuditScenes:
    """The system auditor, after all other scenes. `began`: the demo's first day in Japan."""

    def __init__(self, stack: Stack, began: date, today: date) -> None:
        self._stack = stack
        self._period = f"{began}..{today}"

    def play(self) -> Iterator[DemoStep]:
        """The step. Raises StackError."""
        folder = self._stack.home / "report"
        made = self._stack.run(
            "eligibility-api",
            "audit",
            "report",
            "--period",
            self._period,
            "--out",
            folder,
            "--language",
            "ja",
        )
        page = Path(made.stdout.strip())
        with (folder / "report.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        reasons, operations = Counter[str](), Counter[str]()
        for row in rows:
            if row["section"] == "accesses":
                reasons[row["item_title"]] += int(row["count"])
            elif row["section"] == "privileged":
                operations[row["item"].split()[0]] += 1
        lines = [f"{reason}：{number:,}件" for reason, number in reasons.most_common(_SHOWN)]
        shown = page.relative_to(ROOT) if page.is_relative_to(ROOT) else page
        yield DemoStep(
            "監査報告書（すべての場面の監査記録から）\nthe auditor's report, from the records of all scenes",
            (*lines, str(shown)),
            # Disaster mode was opened and closed in an earlier scene.
            page.exists() and bool(reasons) and {"disaster.opened", "disaster.closed"} <= operations.keys(),
        )
