"""The report of a run on the console."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from loadtest.database.monitor import DatabaseMonitor
from loadtest.machine.sampling import Sample, Usage
from loadtest.monitor import Observations
from loadtest.report.presenter import show
from tests.unit.loadtest.scenario.builders import CPU, FAULT, HOST_INFO, latencies, report, stats

_LINES = re.compile("[\u2500-\u257f]")
"""The lines of a table."""


def shown(**changes: Any) -> str:
    console = Console(file=io.StringIO(), record=True, width=200)
    show(console, report(**changes))
    return " ".join(_LINES.sub(" ", console.export_text()).split())


def observed(memory: list[float], others: float = 0.0) -> Observations:
    samples = [
        Sample(float(at), {"api 1": Usage(0.5, mib)}, 0.0, 0.0, others) for at, mib in enumerate(memory)
    ]
    return Observations(0.0, samples, DatabaseMonitor(lambda: "nowhere"))


def test_each_kind_of_request_has_a_line_and_the_check_the_last_one() -> None:
    text = shown(stats=stats(requests={"number": latencies(*[8.0] * 20), "card": latencies(5.0)}))
    places = [
        text.index(words) for words in ("card 1 5.0", "number 20 8.0", "check, from its scheduled time 100")
    ]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("explained", "words"),
    [(True, "2 × network: blocked, 2 of them explained"), (False, "2 × network: blocked")],
)
def test_an_error_is_counted_with_those_that_the_fault_explains(explained: bool, words: str) -> None:
    changes: dict[str, Any] = {"sections": [FAULT]} if explained else {}
    text = shown(stats=stats(errors=Counter({"network: blocked": 2})), **changes)
    assert words in text
    assert ("explained" in text) is explained


def test_markup_in_a_code_is_shown_as_it_is() -> None:
    text = shown(stats=stats(errors=Counter({"unexpected [red]response[/red]": 1})), wrong={"[bold]x": 1})
    assert "1 × unexpected [red]response[/red]" in text
    assert "1 wrong: [bold]x" in text


def test_growth_of_memory_is_shown_if_it_is_known() -> None:
    assert "memory of the API's workers grew by 50.0%" in shown(
        observations=observed([100.0] * 60 + [150.0] * 40)
    )
    assert "grew by" not in shown(observations=observed([100.0] * 5))


@pytest.mark.parametrize(("others", "is_shown"), [(0.0, False), (0.09, False), (0.1, True), (1.5, True)])
def test_other_work_of_the_machine_is_shown_where_it_matters(others: float, is_shown: bool) -> None:
    text = shown(observations=observed([100.0] * 5, others))
    assert ("other processes of this machine kept" in text) is is_shown


def test_the_capacity_comes_last_in_both_languages() -> None:
    made = report(host_info=HOST_INFO)
    assert made.capacity is not None
    text = shown(host_info=HOST_INFO)
    assert text.endswith(" ".join(made.capacity.sentence.en.split()))
    assert made.capacity.sentence.ja[:30] in text
    assert "core-ms" not in shown()


def test_a_section_shows_all_its_sentences_in_both_languages() -> None:
    text = shown(sections=[replace(FAULT, met=False)], cpu=CPU)
    for sentence in FAULT.sentences:
        assert sentence.ja in text
        assert sentence.en in text
    assert "障害 / Fault" in text
