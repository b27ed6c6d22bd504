"""A run's report as a page and as a file."""

from __future__ import annotations

import base64
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
from loadtest.html_report.charts import COLOURS, SPAN_COLOUR, Chart, draw
from loadtest.html_report.render import FIGURES, PAGE, render, write
from loadtest.machine.sampling import Sample, Usage
from loadtest.monitor import Observations
from loadtest.report.report import RunReport
from loadtest.scenario.run_stats import RunStats
from loadtest.sections import ReportSection, Text
from tests.unit.loadtest.scenario.builders import FAULT, HOST_INFO
from tests.unit.loadtest.scenario.builders import report as usual_report

AT = datetime(2026, 11, 2, 0, 30, tzinfo=UTC)
BEGAN = 5000.0


def stats_for(seconds: int, *, silent: range = range(0)) -> RunStats:
    """Two checks a second, with an error in every tenth second; none is answered in the `silent` ones."""
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
        database.waits.add(BEGAN + at, [session])
    samples = [
        Sample(BEGAN + at, {"api 1": Usage(0.5, 100.0), "database": Usage(0.25, 300.0)}, 0.2, 0.01)
        for at in range(seconds)
    ]
    return Observations(BEGAN, samples, database)


def report(**changes: Any) -> RunReport:
    usual: dict[str, Any] = {"host_info": HOST_INFO, "observations": observations(), "stats": stats_for(30)}
    return usual_report(**usual | changes)


class Page(HTMLParser):
    """The parts of a page that a reader or a browser uses."""

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


def test_the_verdict_is_at_the_top_and_the_conditions_at_the_bottom() -> None:
    words = page(report()).words
    capacity = report().capacity
    assert capacity is not None
    parts = [
        report().plan.level.meaning.ja, *report().verdict, *capacity.sentence, "応答時間 / Latency of checks",
        "データベース / Database", "loadtest run --level L0", "0123456789", "18.1",
    ]  # fmt: skip
    places = [words.index(one) for one in parts]
    assert places == sorted(places)


def test_the_page_fetches_and_runs_nothing() -> None:
    made = render(report(sections=[FAULT]), AT)
    images = Page(made).fetched
    assert images
    assert all(image.startswith("src=data:image/svg+xml;") for image in images)
    assert Page(made).tags["script"] == Page(made).tags["link"] == 0
    assert "url(" not in made
    assert "default-src 'none'" in made


def test_text_is_escaped() -> None:
    nasty = ReportSection(
        "fault",
        Text("<b>a</b>", "<b>b</b>"),
        (Text("<script>alert(1)</script>", "<i>"),),
        {"<i>": "<u>"},
        span=(1.0, 2.0),
    )
    made = page(report(sections=[nasty], stats=RunStats(errors=Counter({"<script>": 1}))))
    assert (made.tags["script"], made.tags["b"], made.tags["i"], made.tags["u"]) == (0, 0, 0, 0)
    assert "<script>alert(1)</script>" in made.words


def test_every_observation_has_a_chart() -> None:
    assert page(report()).tags["img"] == 7
    assert page(report(observations=None)).tags["img"] == 3
    assert page(report(observations=None, stats=RunStats())).tags["img"] == 2


def test_the_load_of_other_processes_is_shown() -> None:
    samples = [replace(sample, others=0.75) for sample in observations().samples]
    made = report(observations=replace(observations(), samples=samples))
    assert made.as_json()["other_cores"] == 0.75
    words = page(made).words
    assert "0.75 cores" in words
    assert series.OTHERS in words


def test_database_statistics_are_shown_by_check_with_wait_events() -> None:
    words = " ".join(page(report()).words.split())
    assert "database.xact_commit 200 3.33" in words
    assert "active: IO / WalSync 2.000" in words
    assert "presence_record 9,392 200 4,096" in words
    assert "SELECT $1 200 50" in words
    assert "Sessions of other roles are not visible" in words


def test_an_unreadable_database_is_shown() -> None:
    unread = Observations(BEGAN, observations().samples, DatabaseMonitor(lambda: "nowhere"))
    assert "The statistics could not be read." in page(report(observations=unread)).words


@pytest.mark.parametrize(("met", "words"), [(True, "as expected"), (False, "not as expected")])
def test_a_section_is_shown_with_its_figures(met: bool, words: str) -> None:
    section = replace(FAULT, met=met, figures={"before": {"p99_ms": 20.5}, "recovered_after_s": None})
    shown = " ".join(page(report(sections=[section])).words.split())
    for one in (words, *FAULT.sentences[0], "before.p99_ms 20.5", "recovered_after_s –"):
        assert one in shown


def test_the_json_file_contains_the_printed_object_and_every_second(tmp_path: Path) -> None:
    made = report()
    write(made, tmp_path / "new" / "folder", AT)
    figures = json.loads((tmp_path / "new" / "folder" / FIGURES).read_text())
    assert figures.items() >= json.loads(json.dumps(made.as_json())).items()
    assert figures["at"] == "2026-11-02T00:30:00+00:00"
    assert len(figures["by_second"]) == len(figures["machine"]) == 30
    assert figures["by_second"][10]["errors"] == {"overloaded": 1}
    assert figures["machine"][3]["processes"]["database"] == {"cores": 0.25, "memory_mib": 300.0}
    assert figures["database"]["statistics"]["wal"] == {"": {"wal_bytes": 20_000.0}}
    assert figures["database"]["sessions_mean"] == {"active": {"IO / WalSync": 2.0}}
    assert (tmp_path / "new" / "folder" / PAGE).read_text().startswith("<!DOCTYPE html>")


def svg(chart: Chart) -> str:
    """The SVG of a chart's data URI."""
    header, _, data = draw(chart).partition(",")
    assert header == "data:image/svg+xml;charset=utf-8;base64"
    return base64.b64decode(data).decode()


def test_a_long_run_is_thinned_and_keeps_its_rates() -> None:
    run = series.intervals(stats_for(10_800).series)
    assert len(run) <= series.MAX_POINTS
    assert [value for _, value in series.rates(run)["照会（回答） / checks answered"]] == [2.0] * len(run)
    assert sum(one.seconds for one in run) == 10_800
    many = [Sample(float(at), {"api 1": Usage(0.5, 100.0)}, 0.0, 0.0) for at in range(10_800)]
    points = series.processors(many, 0.0)["api 1"]
    assert len(points) <= series.MAX_POINTS
    assert {value for _, value in points} == {0.5}


def test_a_line_is_interrupted_where_no_check_was_answered() -> None:
    lines = series.latencies(series.intervals(stats_for(30, silent=range(10, 20)).series))
    drawn = svg(Chart("", "ms", lines, logarithmic=True))
    paths = re.findall(r'<path d="([^"]+)" class="line', drawn)
    assert len([path for path in paths if " L" in path]) == 2 * len(lines)


def test_the_span_of_a_fault_is_drawn_in_its_colour() -> None:
    lines = {"p50": [(0.0, 1.0), (30.0, 2.0)]}
    drawn = svg(Chart("", "ms", lines, span=("fault", 10.0, 20.0)))
    [span] = re.findall(r'<g class="series serie-1 color-1"><path d="([^"]+)"', drawn)
    assert span.count(" ") > 3
    assert re.search(rf"\.color-1[^{{]*{{stroke:{SPAN_COLOUR};fill:{SPAN_COLOUR}}}", drawn)


def test_a_process_that_started_later_has_no_earlier_points() -> None:
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
def test_a_chart_of_any_values_is_drawn(values: Any, logarithmic: bool) -> None:
    chart = Chart("応答 <&>", "ms", {"p50": values}, logarithmic, span=("fault", 0.0, 1.0))
    assert ElementTree.fromstring(svg(chart)).tag.endswith("svg")
    assert [(entry.colour, entry.name) for entry in chart.legend] == [
        (COLOURS[0], "p50"),
        (SPAN_COLOUR, "fault"),
    ]
