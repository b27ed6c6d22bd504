"""The verdict in both languages: which result is named first, and with which figures."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from loadtest.report.verdict import verdict
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from loadtest.sections import ReportSection, Text
from tests.unit.loadtest.scenario.builders import FAULT, latencies, observed, report, stats, usage

OVERLOADED = stats(errors=Counter(overloaded=3))
SLOW = stats(checks=latencies(*[90.0] * 100))
BOUND = [usage(8.5)]
UNMET = ReportSection("day", Text("日", "Day"), (Text("不足です。", "Too little."),), met=False)


@pytest.mark.parametrize(
    ("changes", "ja", "en"),
    [
        ({"wrong": {"validity": 2}, "stats": OVERLOADED, "usages": BOUND, "sections": [UNMET]},
         "照合した回答1,043件のうち2件が誤りのため、不合格です。",
         "2 of 1043 compared answers were wrong: the run failed."),
        ({"stats": OVERLOADED, "usages": BOUND, "sections": [UNMET]},
         "負荷発生器が限界に達したため、L0（平日10時間の平均）については判定できません。",
         "The generator was the bottleneck: L0 (the mean of a weekday over ten hours) cannot be judged."),
        ({"stats": OVERLOADED, "sections": [UNMET]},
         "不足です。L0（平日10時間の平均）：",
         "Too little. L0 (the mean of a weekday over ten hours): "),
        ({"stats": OVERLOADED},
         "このマシンでは L0（平日10時間の平均）の負荷でエラーが発生しました：",
         "This machine did not sustain L0 (the mean of a weekday over ten hours) without errors: "),
        ({"stats": SLOW},
         "このマシンは L0（平日10時間の平均）の負荷に耐えられませんでした：",
         "This machine did not sustain L0 (the mean of a weekday over ten hours): "),
        ({},
         "このマシンは L0（平日10時間の平均）の負荷に耐えました：",
         "This machine sustained L0 (the mean of a weekday over ten hours): "),
    ],
    ids=["wrong", "generator-bound", "section", "errors", "slow", "sustained"],
)  # fmt: skip
def test_the_worst_result_is_named_first(changes: dict[str, Any], ja: str, en: str) -> None:
    text = verdict(report(**changes))
    assert text.ja.startswith(ja)
    assert text.en.startswith(en)


def test_figures_are_rates_and_a_latency() -> None:
    text = verdict(report(stats=stats(answered=3000, checks=latencies(*[1234.0] * 100))))
    assert text.en.endswith(": 300 of 316 checks/s, p99 1,234 ms.")
    assert text.ja.endswith("：到着 毎秒316件、回答 毎秒300件、p99 1,234ミリ秒。")


def test_wrong_histories_are_counted_with_the_answers() -> None:
    compared = stats(histories_compared=57)
    text = verdict(report(stats=compared, wrong={"medications: an entry is missing": 1}))
    assert text.en.startswith("1 of 1100 compared")


@pytest.mark.parametrize(
    ("scale", "ja", "en"), [(1.0, "L1（", "L1 ("), (0.25, "L1 × 0.25（", "L1 at 0.25 of its rate (")]
)
def test_another_rate_than_the_level_s_is_named(scale: float, ja: str, en: str) -> None:
    text = verdict(report("L1", plan=Plan(LEVELS["L1"], 10.0, scale, 1)))
    assert ja in text.ja
    assert en in text.en


def test_sections_are_joined_with_the_unmet_first_and_with_their_last_sentence_only() -> None:
    text = verdict(report(sections=[FAULT, UNMET, ReportSection("empty", Text("空", "Empty"), ())]))
    assert text.en.startswith("Too little. As expected. L0")
    assert text.ja.startswith("不足です。想定どおりです。L0")
    assert "Number look-ups continue" not in text.en


@pytest.mark.parametrize(
    ("errors", "ja", "en"),
    [
        ({}, "エラーなし。", "no error."),
        ({"network: blocked": 2}, "エラー2件（うち想定内2件）。", "2 errors, 2 of them explained."),
        (
            {"network: blocked": 1, "internal": 1500},
            "エラー1,501件（うち想定内1件）。",
            "1,501 errors, 1 of them explained.",
        ),
    ],
)
def test_errors_are_counted_after_the_sections_with_the_explained_ones(
    errors: dict[str, int], ja: str, en: str
) -> None:
    text = verdict(report(stats=stats(errors=Counter(errors)), sections=[FAULT]))
    assert text.ja.endswith(ja)
    assert text.en.endswith(en)


@pytest.mark.parametrize(
    ("others", "words"), [(0.0, ""), (0.15, ""), (0.16, "Other work kept 0.2 cores of this machine busy:"), (0.8, "0.8 cores")]
)  # fmt: skip
def test_other_work_of_the_machine_follows_the_figures(others: float, words: str) -> None:
    text = verdict(report(observations=observed(others)))
    assert text.en.startswith("This machine sustained L0")
    assert ("Other work" in text.en) == ("ほかの処理" in text.ja) == bool(words)
    assert words in text.en


def test_a_run_without_any_check_is_not_sustained() -> None:
    nothing = report(stats=stats(offered=0, answered=0, checks=latencies()))
    assert not nothing.sustained
    assert "did not sustain" in verdict(nothing).en


@pytest.mark.parametrize("answered", [3128, 3129])
def test_one_per_cent_may_be_unanswered(answered: int) -> None:
    """Of 3,160 checks 99 % are 3,128.4."""
    assert report(stats=stats(answered=answered)).sustained is (answered == 3129)


@pytest.mark.parametrize(("level", "p99", "sustained"), [("L0", 49.0, True), ("L0", 51.0, False), ("L1", 149.0, True), ("L1", 151.0, False), ("L2", 9000.0, True)])  # fmt: skip
def test_only_levels_with_a_goal_are_judged_by_their_latency(level: str, p99: float, sustained: bool) -> None:
    assert report(level, stats=stats(checks=latencies(*[p99] * 100))).sustained is sustained


def test_a_slow_run_with_sections_is_good_if_it_passed() -> None:
    slow = report(stats=SLOW, sections=[replace(FAULT, explained={})])
    assert (slow.passed, slow.sustained, slow.good) == (True, False, True)
