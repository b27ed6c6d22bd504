"""Fault contexts, member files and an insurer's answers for tests of injectors, without a stack."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from eligibility_api.contract.member_file import MEMBER_COLUMNS
from loadtest.dataset.reference_data import PublishedFile
from loadtest.faults.fault import FaultContext, Window
from loadtest.scenario.sections import Text

NOW = Window(0.0, 0.0)
PUBLISHED_AT, UNDONE_AT = datetime(2026, 11, 26, 3, tzinfo=UTC), datetime(2026, 11, 26, 4, tzinfo=UTC)


def text(english: str) -> Text:
    """A text whose Japanese does not matter."""
    return Text("試験", english)


class FakeTarget:
    """A target whose programs are a function of their arguments."""

    fund_url = "http://127.0.0.1:1"

    def __init__(self, output: Callable[[tuple[str, ...]], str] = lambda _: "") -> None:
        self.commands: list[tuple[str, ...]] = []
        self.variables: list[Mapping[str, str]] = []
        self._output = output

    def run_unchecked(self, program: str, *arguments: str | Path, variables: Mapping[str, str]) -> str:
        self.variables.append(variables)
        return self._run((program, *map(str, arguments)))

    def run(self, program: str, *commands: tuple[str, ...]) -> str:
        return "".join(self._run((program, *arguments)) for arguments in commands)

    def _run(self, command: tuple[str, ...]) -> str:
        self.commands.append(command)
        return self._output(command)


def fault_context(
    target: FakeTarget | None = None,
    *,
    folder: Path = Path(),
    dataset: object = None,
    window: Window = NOW,
    checks_per_s: float = 30.0,
) -> FaultContext:
    """A context that reports no progress."""
    some_target = cast(Any, target or FakeTarget())
    some_dataset = cast(Any, dataset or SimpleNamespace())
    return FaultContext(some_target, some_dataset, folder, checks_per_s, window, lambda _: None)


def recording_dataset() -> tuple[SimpleNamespace, list[tuple[Path, PublishedFile]]]:
    """A dataset, and the files that are added to its reference data."""
    published: list[tuple[Path, PublishedFile]] = []
    reference_data = SimpleNamespace(publish=lambda file, when: published.append((file, when)))
    return SimpleNamespace(reference_data=reference_data), published


def member_file(folder: Path, insurer: str, *, filled: int, rows: int = 30) -> Path:
    """A member file of so many rows, `filled` of them with a burden ratio."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"members-{insurer}.csv"
    with file.open("w", encoding="utf-8", newline="") as output:
        writer = csv.DictWriter(output, MEMBER_COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        for number in range(rows):
            ratio = {"burden_ratio": "10"} if number < filled else {}
            writer.writerow({"insurer_number": insurer, "number": number, **ratio})
    return file
