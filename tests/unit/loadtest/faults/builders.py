"""Fault contexts, member files and an insurer's answers for tests of injectors, without a stack."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from eligibility_api.contract.member_file import MEMBER_COLUMNS
from loadtest.dataset.reference_data import PublishedFile
from loadtest.faults.fault import FaultContext, Window
from loadtest.http_client.connection import Reply
from loadtest.model.answer import Answer, Question
from loadtest.sections import Text
from tests.unit.loadtest.generator.builders import MEMBERSHIPS, visitors

NOW = Window(0.0, 0.0)
PUBLISHED_AT, UNDONE_AT = datetime(2026, 11, 26, 3, tzinfo=UTC), datetime(2026, 11, 26, 4, tzinfo=UTC)


def text(english: str) -> Text:
    """A text whose Japanese does not matter."""
    return Text("試験", english)


class FakeTarget:
    """A target whose programs are a function of their arguments."""

    fund_url = "http://127.0.0.1:1"
    environment: Mapping[str, str] = {"FUND_JLIS_URL": "http://127.0.0.1:2"}
    cluster: Any = None

    def __init__(self, output: Callable[[tuple[str, ...]], str] = lambda _: "") -> None:
        self.commands: list[tuple[str, ...]] = []
        self.variables: list[Mapping[str, str]] = []
        self._output = output

    def run_json(self, program: str, *arguments: str | Path, variables: Mapping[str, str]) -> dict[str, Any]:
        self.variables.append(variables)
        printed: dict[str, Any] = json.loads(self._run((program, *map(str, arguments))))
        return printed

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


class FakePool:
    """A pool whose answers are a function of the request."""

    host, timeout_seconds = "127.0.0.1", 10.0

    def __init__(self, answer: Callable[[bytes], Reply]) -> None:
        self.sent: list[bytes] = []
        self._answer = answer

    async def exchange(self, data: bytes) -> Reply:
        self.sent.append(data)
        return self._answer(data)

    def close(self) -> None:
        pass

    async def __aenter__(self) -> FakePool:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


def right_answer(question: Question) -> Answer:
    """What the known dataset's reference model expects, unless it expects a refusal."""
    return {"unchanged": False, "validity": "1", "as_of": question.as_of.isoformat(), "results": []}


class FakeModel:
    """A reference model that expects the same of everybody but the `refused` persons and memberships."""

    changes: Sequence[datetime] = ()

    def __init__(self, *refused: object) -> None:
        self._refused = refused

    def answer(self, question: Question, known_at: object = None) -> Answer:
        refused = question.person in self._refused or question.membership in self._refused
        return {"refused": "card-not-usable"} if refused else right_answer(question)


def known_dataset(*refused: object) -> Any:
    """Four terminals, four cards with two keys, and their memberships."""
    population, model = visitors(4), FakeModel(*refused)
    reference_data = SimpleNamespace(memberships=MEMBERSHIPS, answer=model.answer)
    return SimpleNamespace(
        terminals=population.terminals,
        cards=population.cards,
        reference_data=reference_data,
        answer_index=model,
    )
