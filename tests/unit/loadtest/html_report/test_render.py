"""A run's report as a page and as a file."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from loadtest.database.monitor import DatabaseMonitor
from loadtest.database.statistics import StatisticsSnapshot
from loadtest.html_report import series
from loadtest.html_report.charts import Chart, draw
from loadtest.html_report.render import FIGURES, PAGE, render, write
from loadtest.machine.sampling import Sample, Usage
from loadtest.monitor import Observations
from loadtest.scenario.report import RunReport
from loadtest.scenario.run_stats import RunStats
from loadtest.scenario.sections import ReportSection
from tests.unit.loadtest.scenario.test_report import FAULT, LOCAL_COMMAND
from tests.unit.loadtest.scenario.test_report import report as usual_report

AT = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
BEGAN = 5000.0


def seen_for(seconds: int, *, silent: range = range(0)) -> RunStats:
    """Two checks a second, one of them refused in every tenth second; in some nobody was answered."""
    made = RunStats()
    for at in range(seconds):
        for _ in range(2):
            made.check_began(at)
            if at not in silent:
                made.check_ended(at, 0.02, answered=True)
        if at % 10 == 0:
            made.error("overloaded", at)
    return made


def snapshot(commits: float) -> StatisticsSnapshot:
    rows = {
        "database": {"": {"xact_commit": commits, "blks_hit": 9 * commits, "blks_read": commits}},
        "wal": {"": {"wal_bytes": 100 * commits}},
        "io": {"client backend / wal / normal": {"writes": commits}},
        "tables": {"presence_record": {"table_bytes": 8192 + commits, "index_bytes": 4096.0}},
        "statements": {"SELECT $1": {"calls": commits, "exec_ms": commits / 4}},
    }
    return StatisticsSnapshot("18.1", False, rows, {})


def observations(seconds: int = 30) -> Observations:
    database = DatabaseMonitor(lambda: "nowhere")
    database.before, database.after = snapshot(1000), snapshot(1200)
    for at in range(seconds):
        session = {"state": "active", "wait_event_type": "IO", "wait_event": "WalSync", "sessions": 2}
        database.waits.take(BEGAN + at, [session])
    samples = [
        Sample(BEGAN + at, {"api 1": Usage(0.5, 100.0), "database": Usage(0.25, 300.0)}, 0.2, 0.01)
        for at in range(seconds)
    ]
    return Observations(BEGAN, samples, database)


def report(**changes: Any) -> RunReport:
    usual: dict[str, Any] = {"circumstances": LOCAL_COMMAND, "watched": observations(), "seen": seen_for(30)}
    return usual_report(**usual | changes)


class Page(HTMLParser):
    """What of a page a reader and a browser would look for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.fetched: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.fetched += [
            f"{name}={value}" for name, value in attrs if name in {"src", "href", "data", "action"}
        ]

    def handle_data(self, data: str) -> None:
        self.words += f"{data} "


def page(made: RunReport) -> Page:
    return Page(render(made, AT))


def test_the_verdict_stands_on_top_and_the_circumstances_below() -> None:
    words = page(report()).words
    told = [
        report().verdict, report().capacity.sentence, "応答時間 / Latency of checks",  # type: ignore[union-attr]
        "データベース / Database", "loadtest run --level L0", "0123456789", "18.1",
    ]  # fmt: skip
    places = [words.index(one) for one in told]
    assert places == sorted(places)


def test_nothing_is_fetched_or_run() -> None:
    made = render(report(parts=[FAULT]), AT)
    assert Page(made).fetched == []
    assert Page(made).tags["script"] == Page(made).tags["link"] == 0
    assert "url(" not in made
    assert "default-src 'none'" in made


def test_what_is_told_is_text_and_never_markup() -> None:
    nasty = ReportSection(
        "fault", "<b>a</b>", ("<script>alert(1)</script>",), {"<i>": "<u>"}, span=(1.0, 2.0)
    )
    made = page(report(parts=[nasty], stats=RunStats(errors=Counter({"<script>": 1}))))
    assert (made.tags["script"], made.tags["b"], made.tags["i"], made.tags["u"]) == (0, 0, 0, 0)
    assert "<script>alert(1)</script>" in made.words


def test_everything_that_was_watched_has_a_chart() -> None:
    assert page(report()).tags["svg"] == 7
    assert page(report(observations=None)).tags["svg"] == 3
    assert page(report(observations=None, stats=RunStats())).tags["svg"] == 2


def test_what_else_the_machine_did_is_told() -> None:
    stats = [replace(sample, others=0.75) for sample in observations().samples]
    made = report(observations=replace(observations(), samples=stats))
    assert made.as_json()["other_cores"] == 0.75
    words = page(made).words
    assert "0.75 cores" in words
    assert series.OTHERS in words


def test_what_a_database_did_is_told_by_check_and_what_it_waited_for() -> None:
    words = " ".join(page(report()).words.split())
    assert "database.xact_commit 200 3.33" in words
    assert "active: IO / WalSync 2.000" in words
    assert "presence_record 9,392 200 4,096" in words
    assert "SELECT $1 200 50" in words
    assert "Sessions of other roles are not visible" in words


def test_a_database_that_could_not_be_read_is_told() -> None:
    unread = Observations(BEGAN, observations().samples, DatabaseMonitor(lambda: "nowhere"))
    assert "The statistics could not be read." in page(report(observations=unread)).words


@pytest.mark.parametrize(("held", "words"), [(True, "as expected"), (False, "not as expected")])
def test_a_part_is_a_section_with_its_figures(held: bool, words: str) -> None:
    part = replace(FAULT, held=held, figures={"before": {"p99_ms": 20.5}, "back_after_s": None})
    told = " ".join(page(report(parts=[part])).words.split())
    for one in (words, "Number look-ups go on.", "before.p99_ms 20.5", "back_after_s –"):
        assert one in told


def test_the_file_holds_the_printed_object_and_every_second(tmp_path: Path) -> None:
    made = report()
    write(made, tmp_path / "new" / "folder", AT)
    told = json.loads((tmp_path / "new" / "folder" / FIGURES).read_text())
    assert told.items() >= json.loads(json.dumps(made.as_json())).items()
    assert told["at"] == "2026-11-02T00:30:00+00:00"
    assert len(told["seconds_seen"]) == len(told["machine"]) == 30
    assert told["seconds_seen"][10]["errors"] == {"overloaded": 1}
    assert told["machine"][3]["processes"]["database"] == {"cores": 0.25, "memory_mib": 300.0}
    assert told["database"]["statistics"]["wal"] == {"": {"wal_bytes": 20_000.0}}
    assert told["database"]["sessions_mean"] == {"active": {"IO / WalSync": 2.0}}
    assert (tmp_path / "new" / "folder" / PAGE).read_text().startswith("<!DOCTYPE html>")


def test_a_long_run_is_thinned_and_its_rates_stay() -> None:
    stats = series.periods(seen_for(10_800).series)
    assert len(stats) <= series.MAX_POINTS
    assert [value for _, value in series.rates(stats)["照会（回答） / checks answered"]] == [2.0] * len(stats)
    assert sum(one.seconds for one in stats) == 10_800
    many = [Sample(float(at), {"api 1": Usage(0.5, 100.0)}, 0.0, 0.0) for at in range(10_800)]
    curve = series.processors(many, 0.0)["api 1"]
    assert len(curve) <= series.MAX_POINTS
    assert {value for _, value in curve} == {0.5}


def test_where_nobody_was_answered_a_curve_is_interrupted() -> None:
    curve = series.latencies(series.periods(seen_for(30, silent=range(10, 20)).series))
    lines = re.findall(r'<path d="([^"]+)" class="line', draw(Chart("", "ms", curve, logarithmic=True)))
    drawn = [line for line in lines if " L" in line]
    assert len(drawn) == 2 * len(curve)


def test_a_process_that_came_later_has_no_past() -> None:
    samples = [
        Sample(0.0, {"api 1": Usage(0.5, 100.0)}, 0.0, 0.0),
        Sample(1.0, {"api 2": Usage(0.25, 90.0)}, 0.0, 0.0),
    ]
    assert series.memory(samples, 0.0) == {
        "api 1": [(0.0, 100.0), (1.0, None)],
        "api 2": [(0.0, None), (1.0, 90.0)],
    }


@pytest.mark.parametrize("logarithmic", [True, False])
@pytest.mark.parametrize(
    "values", [[], [(0.0, None)], [(0.0, 0.0), (1.0, 0.0)], [(0.0, 0.004), (7200.0, 30_000.0)]]
)
def test_a_chart_is_drawn_of_anything(values: Any, logarithmic: bool) -> None:
    chart = Chart("応答 <&>", "ms", {"p50": values}, logarithmic, span=("fault", 0.0, 1.0))
    drawn = draw(chart)
    root = ElementTree.fromstring(drawn)
    assert root.tag.endswith("svg")
    assert "<style" not in drawn
    assert chart.legend == [("curve-0", "p50"), ("span", "fault")]
