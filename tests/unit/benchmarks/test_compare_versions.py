"""The comparison of two versions: its interval, its alternation, and the protocol with the measuring processes."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import comb
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks import compare_versions
from tests.benchmarks.compare_versions import CASES, Costs, Version, interval, report, version
from tests.depth import max_examples

VALUES = st.lists(st.floats(0.5, 2.0), min_size=6, max_size=80)


def coverage(count: int, rank: int) -> float:
    """The probability that the median lies between the order statistics of this rank from both ends."""
    return 1 - 2 * sum(comb(count, k) for k in range(rank + 1)) / float(2**count)


@max_examples(40)
@given(VALUES)
def test_an_interval_holds_the_sample_s_median_and_ends_at_measured_values(values: list[float]) -> None:
    low, high = interval(values)
    assert low <= median(values) <= high
    assert {low, high} <= set(values)


@max_examples(40)
@given(st.permutations(list(range(1, 16))))
def test_the_order_of_the_values_does_not_matter(values: list[float]) -> None:
    assert interval(values) == (4, 12)


@max_examples(40)
@given(VALUES, st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_scaled_values_have_the_scaled_interval(values: list[float], factor: float) -> None:
    low, high = interval(values)
    assert interval([value * factor for value in values]) == (low * factor, high * factor)


def test_the_interval_is_the_narrowest_that_holds_the_median_with_95_percent() -> None:
    for count in range(6, 121):
        low, high = interval(list(range(count)))
        assert low + high == count - 1  # as many values below as above
        assert coverage(count, int(low)) >= 0.95
        assert coverage(count, int(low) + 1) < 0.95


@pytest.mark.parametrize(
    ("count", "ends"), [(6, (0, 5)), (8, (0, 7)), (9, (1, 7)), (15, (3, 11)), (60, (21, 38))]
)
def test_known_ranks_of_the_sign_test(count: int, ends: tuple[int, int]) -> None:
    """The ranks of published tables, from 0."""
    assert interval(list(range(count))) == ends


def test_equal_values_have_an_interval_of_one_point() -> None:
    assert interval([1.02] * 30) == (1.02, 1.02)


def rounds(**factors: float) -> dict[str, list[Costs]]:
    """Six rounds of each version with the costs of `before` times a factor."""
    return {
        name: [{"api": 100.0 * factor, "database": 50.0 * factor} for _ in range(6)]
        for name, factor in ({"before": 1.0, "after": 1.0, "again": 1.0} | factors).items()
    }


def test_each_kind_of_process_and_their_sum_are_reported(capsys: pytest.CaptureFixture[str]) -> None:
    report("tap", rounds(after=1.1, again=0.98))
    heading, api, database, total = capsys.readouterr().out.splitlines()
    assert heading.split()[0] == "tap"
    assert api.split() == [
        "api",
        "100.0",
        "110.0",
        "1.100",
        "[1.100,",
        "1.100]",
        "0.980",
        "[0.980,",
        "0.980]",
    ]
    assert database.split()[:3] == ["database", "50.0", "55.0"]
    assert total.split()[:4] == ["sum", "150.0", "165.0", "1.100"]


def test_ratios_are_those_of_rounds_that_were_measured_together(capsys: pytest.CaptureFixture[str]) -> None:
    """The machine became slower from round to round: the ratio of each pair is the same all the same."""
    slower = {name: [{"api": 100.0 * n * factor} for n in range(1, 8)]
              for name, factor in (("before", 1.0), ("after", 1.5), ("again", 1.0))}  # fmt: skip
    report("tap", slower)
    assert "1.500 [1.500, 1.500]" in capsys.readouterr().out.splitlines()[1]


def test_a_report_needs_as_many_rounds_of_each_version(capsys: pytest.CaptureFixture[str]) -> None:
    uneven = rounds()
    uneven["after"].pop()
    with pytest.raises(ValueError, match="shorter"):
        report("tap", uneven)


def test_a_request_is_one_line_and_its_answer_another() -> None:
    requests, answers = io.StringIO(), io.StringIO('{"api": 1.5}\n{}\n')
    running = Version(requests, answers)
    running.request("tap")
    running.request("prepare")
    assert requests.getvalue() == "tap\nprepare\n"
    assert [running.answer(), running.answer()] == [{"api": 1.5}, {}]


def test_a_stack_that_ended_ends_the_comparison() -> None:
    with pytest.raises(SystemExit, match="ended before its answer"):
        Version(io.StringIO(), io.StringIO("")).answer()


PROCESS = """
import json, os, sys
for line in sys.stdin:
    print(json.dumps({"words": sys.argv[1:], "line": line.strip(), "folder": os.getcwd()}), flush=True)
"""


def test_a_version_is_a_process_in_its_checkout_that_ends_with_its_input(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROCESS, "--cards=200"]
    with version(tmp_path, command) as running:
        running.request("number")
        answer = json.loads(json.dumps(running.answer()))
        running.request("tap")
        second = json.loads(json.dumps(running.answer()))
    assert answer["words"] == ["--cards=200"]
    assert (answer["line"], second["line"]) == ("number", "tap")
    assert Path(answer["folder"]) == tmp_path.resolve()
    with pytest.raises(ValueError, match="closed"):
        running.request("tap")


class Stacks:
    """Fake versions: each round costs what its checkout's name says; the order of all requests is kept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines: list[tuple[int, str]] = []
        self.started: list[tuple[str, Sequence[str]]] = []
        self.ended = 0
        monkeypatch.setattr(compare_versions, "version", self.version)

    @contextmanager
    def version(self, checkout: Path, command: Sequence[str]) -> Iterator[FakeVersion]:
        place = len(self.started)
        self.started.append((checkout.name, command))
        yield FakeVersion(self, place, 2.0 if checkout.name == "new" else 1.0)
        self.ended += 1


class FakeVersion:
    def __init__(self, stacks: Stacks, place: int, cost: float) -> None:
        self._stacks, self._place, self._cost = stacks, place, cost
        self._waiting: list[str] = []

    def request(self, line: str) -> None:
        self._stacks.lines.append((self._place, line))
        self._waiting.append(line)

    def answer(self) -> Costs:
        [line] = self._waiting  # never two requests in progress: their work would be measured together
        self._waiting.clear()
        return {} if line == "prepare" else {"api": self._cost, "database": self._cost}


@pytest.fixture
def stacks(monkeypatch: pytest.MonkeyPatch) -> Stacks:
    return Stacks(monkeypatch)


def compare(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["compare_versions", *words])
    compare_versions.main()


def test_three_stacks_alternate_and_the_first_round_only_warms_up(
    stacks: Stacks, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compare(monkeypatch, "old", "new", "--pairs", "6", "--seconds", "0.5", "--cards", "300")
    command = [*compare_versions.COMMAND, "--seconds=0.5", "--cards=300"]
    assert stacks.started == [("old", command), ("new", command), ("old", command)]
    assert stacks.ended == 3
    a_round = 3 + 3 * len(CASES)
    assert len(stacks.lines) == 7 * a_round
    for start in range(0, len(stacks.lines), a_round):
        prepared, measured = stacks.lines[start : start + 3], stacks.lines[start + 3 : start + a_round]
        assert prepared == [(place, "prepare") for place in range(3)]
        assert sorted(measured) == sorted((place, case) for case in CASES for place in range(3))
    printed = capsys.readouterr()
    assert printed.out.count("2.000 [2.000, 2.000]  1.000 [1.000, 1.000]") == 3 * len(CASES)
    assert printed.err.splitlines()[-1] == "pair 6 of 6"


def test_the_order_of_the_stacks_changes_from_round_to_round(
    stacks: Stacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(monkeypatch, "old", "new", "--pairs", "30")
    taps = [place for place, line in stacks.lines if line == "tap"]
    orders = {tuple(taps[start : start + 3]) for start in range(0, len(taps), 3)}
    assert len(orders) == 6
    assert {order[0] for order in orders} == {0, 1, 2}


def test_an_older_version_is_measured_by_another_command(
    stacks: Stacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare(
        monkeypatch,
        "old",
        "new",
        "--pairs",
        "6",
        "--before-command",
        "python driver.py",
        "--connections",
        "32",
    )
    options = ["--seconds=2.0", "--cards=200", "--connections=32"]
    assert [command for _, command in stacks.started] == [
        ["python", "driver.py", *options], [*compare_versions.COMMAND, *options], ["python", "driver.py", *options],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "words", [("old", "new", "--pairs", "5"), ("old",), ("old", "new", "--pairs", "many")]
)
def test_a_comparison_that_proves_nothing_is_refused(
    stacks: Stacks,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as end:
        compare(monkeypatch, *words)
    assert (end.value.code, stacks.started) == (2, [])
    assert "usage:" in capsys.readouterr().err
