"""The process beside Locust: where it may prepare, and that answers are compared run by run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from loadtest.conductor import preparation
from loadtest.conductor.preparation import Request, Sampled, compare, prepare
from loadtest.dataset.provision import DatasetSize
from loadtest.errors import LoadError
from loadtest.generator.messages import Answers, Assignment
from loadtest.scenario.answer_sample import CheckQuery, SampledAnswer
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from loadtest.scenario.visits import Outcome
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.generator.builders import FUND, visitors

REQUEST = Request(size=DatasetSize(300, 60, 8), plan=Plan(LEVELS["L0"], 1.0, 1.0, 1), workers=2)


def test_each_worker_gets_a_part_of_the_dataset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TERMINAL_FUND_URL", FUND)
    made = SimpleNamespace(visitors=visitors(4))
    monkeypatch.setattr(preparation, "provision", lambda *_: made)
    dataset, lines = prepare(REQUEST, tmp_path, lambda _: None)
    assert dataset is cast(Any, made)
    parts = [Assignment.model_validate_json(line) for line in lines]
    assert [len(part.cards) for part in parts] == [2, 2]


@pytest.mark.parametrize(
    ("url", "words"),
    [(None, "TERMINAL_FUND_URL is not set"), ("http://192.0.2.1:8400", "loopback addresses only")],
)
def test_it_prepares_a_running_stack_of_this_machine_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str | None, words: str
) -> None:
    if url is None:
        monkeypatch.delenv("TERMINAL_FUND_URL", raising=False)
    else:
        monkeypatch.setenv("TERMINAL_FUND_URL", url)
    with pytest.raises(LoadError, match=words):
        prepare(REQUEST, tmp_path, lambda _: None)


def test_answers_are_compared_as_of_the_start_of_their_run(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[datetime, int]] = []

    class Checker:
        def __init__(self, _: object, began_at: datetime) -> None:
            self.began_at = began_at

        def count_wrong(self, sample: Iterable[SampledAnswer]) -> Counter[str]:
            begun.append((self.began_at, len(list(sample))))
            return Counter(validity=1)

    monkeypatch.setattr(preparation, "AnswerChecker", Checker)
    answer = SampledAnswer(CheckQuery.at(terminal(), person="R1-1"), Outcome(200, b"{}"), 0.0, 0.1)
    one, other = datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    lines = [Sampled(began_at=at, answers=Answers(sampled=[answer])).to_line() for at in (one, other, one)]
    compared = compare(cast(Any, SimpleNamespace(answer_index=None)), lines)
    assert (compared.count, compared.wrong) == (3, {"validity": 2})
    assert begun == [(one, 2), (other, 1)]
