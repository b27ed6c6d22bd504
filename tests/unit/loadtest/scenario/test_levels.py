"""The load levels: their figures in relation to each other, and their names for people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.arrivals import CHECKS_PER_DAY
from loadtest.report.capacity import BUSIEST_PER_S, Capacity
from loadtest.scenario.levels import LEVELS, NIGHT_ROWS_PER_S, SITES, STORM_SECONDS, Level, Shape
from loadtest.scenario.plan import Plan
from loadtest.sections import ReportSection, Text, joined
from tests.depth import max_examples

ALL = list(LEVELS.values())


@pytest.mark.parametrize("level", ALL, ids=LEVELS)
def test_a_level_is_named_in_both_languages_and_has_a_possible_mix(level: Level) -> None:
    assert level.meaning.en.isascii()
    assert not level.meaning.ja.isascii()
    assert 0 <= level.by_card <= 1
    assert 0 <= level.prescriptions <= 1
    assert level.checks_per_s > 0
    assert level.minutes > 0


def test_levels_differ_in_one_respect_each() -> None:
    assert LEVELS["L1"].checks_per_s == LEVELS["L2"].checks_per_s == LEVELS["storm"].checks_per_s
    assert LEVELS["L1"].by_card == LEVELS["storm"].by_card == LEVELS["day"].by_card < LEVELS["L2"].by_card
    assert (LEVELS["month-start"].checks_per_s, LEVELS["month-start"].by_card) == (
        LEVELS["L2"].checks_per_s,
        LEVELS["L2"].by_card,
    )
    assert LEVELS["L3"].by_card == 1


def test_a_night_s_rows_are_a_share_of_the_next_day_s_checks() -> None:
    rows = NIGHT_ROWS_PER_S * LEVELS["batch-night"].minutes * 60
    assert rows / CHECKS_PER_DAY == pytest.approx(0.12, abs=0.003)


def test_only_a_storm_reconnects_and_all_its_sites_do() -> None:
    assert [level.name for level in ALL if level.reconnect] == ["storm"]
    assert [level.shape for level in ALL if level.name in {"day", "batch-night"}] == [
        Shape.BATCHES,
        Shape.DAY,
    ]
    plan = Plan(LEVELS["storm"], 180.0, 1.0, 1)
    assert sum(period.seconds * period.per_second for period in plan.sign_ins) == pytest.approx(SITES)


@max_examples(40)
@given(seconds=st.floats(1, 14_400), scale=st.floats(0.001, 10))
def test_reconnections_begin_with_the_restart_and_end_within_the_run(seconds: float, scale: float) -> None:
    plan = Plan(LEVELS["storm"], seconds, scale, 1)
    quiet, storm = plan.sign_ins
    assert quiet.seconds == plan.restart_at
    assert quiet.per_second == 0
    assert storm.seconds <= STORM_SECONDS
    assert quiet.seconds + storm.seconds <= seconds * (1 + 1e-9)
    assert storm.per_second == pytest.approx(SITES * scale / 60)


@max_examples(40)
@given(
    rate=st.floats(1, 5000),
    cores=st.integers(1, 128),
    busy=st.floats(0.05, 100),
    by_card=st.sampled_from([0.37, 0.7]),
)
def test_capacity_is_proportional_to_the_cores_and_inverse_to_the_cost(
    rate: float, cores: int, busy: float, by_card: float
) -> None:
    capacity = Capacity(rate, by_card, busy, cores)
    assert capacity.core_ms_per_check * rate / 1000 == pytest.approx(busy)
    assert capacity.busiest_minutes * capacity.cores_needed == pytest.approx(cores)
    twice = Capacity(rate, by_card, busy, 2 * cores)
    assert twice.busiest_minutes == pytest.approx(2 * capacity.busiest_minutes)
    assert twice.cores_needed == capacity.cores_needed
    assert capacity.extrapolated is (rate < 0.95 * BUSIEST_PER_S)


@pytest.mark.parametrize(
    ("rate", "ja", "en"),
    [
        (1210.0, "（毎秒1,210件での実測：1件あたり 2.00 コアミリ秒）。", "(2.00 core-ms a check, measured at 1,210 checks/s)."),
        (316.0, "（毎秒316件での実測：1件あたり 2.00 コアミリ秒からの推計）。",
         "(extrapolated from 2.00 core-ms a check, measured at 316 checks/s)."),
    ],
)  # fmt: skip
def test_the_basis_of_a_capacity_is_stated(rate: float, ja: str, en: str) -> None:
    sentence = Capacity(rate, 0.37, rate * 0.002, 4).sentence
    assert sentence.ja.endswith(ja)
    assert sentence.en.endswith(en)
    assert "4コアの処理能力は 1.65 倍" in sentence.ja


def test_a_capacity_is_json_with_both_sentences() -> None:
    assert Capacity(1210.0, 0.37, 2.42, 4).as_json() == {
        "core_ms_per_check": 2.0, "by_card": 0.37, "busiest_minutes": 1.653, "cores_needed": 2.42, "extrapolated": False,
        "sentence": Capacity(1210.0, 0.37, 2.42, 4).sentence.en,
        "sentence_ja": Capacity(1210.0, 0.37, 2.42, 4).sentence.ja,
    }  # fmt: skip


def test_texts_are_joined_by_language_and_a_lone_label_has_both() -> None:
    texts = [Text("障害", "fault"), Text("復旧", "recovery")]
    assert joined(iter(texts), Text("、", ", ")) == Text("障害、復旧", "fault, recovery")
    assert joined([], Text("、", ", ")) == Text("", "")
    assert str(texts[0]) == "障害 / fault"


@pytest.mark.parametrize(("span", "written"), [(None, None), ((1.5, 3.0), [1.5, 3.0])])
def test_the_json_of_a_section_has_its_sentences_and_its_figures(
    span: tuple[float, float] | None, written: object
) -> None:
    section = ReportSection(
        "fault",
        Text("障害", "Fault"),
        (Text("想定", "Expected"),),
        {"x_s": 3},
        False,
        {"overloaded": 2},
        span,
    )
    assert section.as_json() == {
        "sentences": ["Expected"], "sentences_ja": ["想定"], "met": False, "explained_errors": {"overloaded": 2},
        "span_s": written, "x_s": 3,
    }  # fmt: skip
