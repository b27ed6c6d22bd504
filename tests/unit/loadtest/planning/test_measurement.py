"""Measurement of a fund with known costs: it derives them, and they predict the validation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from eligibility_api.contract.codes import FacilityKind
from jpki_mock.jlis import Jlis
from jpki_mock.register.residents import first_residents
from jpki_mock.settings import Settings
from loadtest.clock import now
from loadtest.dataset.cards import Card, issue_cards
from loadtest.dataset.provision import Dataset
from loadtest.dataset.reference_data import ReferenceData
from loadtest.errors import LoadError
from loadtest.model.events import Membership
from loadtest.planning.costs import API, PROCESSORS, WAL, Consumption, Costs
from loadtest.planning.demand import BATCH_ROW, CARD, NUMBER
from loadtest.planning.measurement import (
    VALIDATION_CORES,
    FundOverloaded,
    Measurement,
    MeasurementResult,
    validation_rate,
)
from loadtest.planning.meter import Meter
from loadtest.planning.prediction import compare
from loadtest.planning.wire import MeteredConnectionPool
from loadtest.scenario import batches, executor
from tests.builders.cards import rsa_key
from tests.builders.skipped_time import SkippedTime
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.planning.builders import COSTS
from tests.unit.loadtest.planning.fake_fund import FakeFund

SECONDS = 0.1
MEMBERSHIP = Membership("06130017", None, "12", None, date(1980, 1, 1))


class FakeReferenceData:
    """Reference data with one membership."""

    memberships = (MEMBERSHIP,)


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> list[Card]:
    home: Path = tmp_path_factory.mktemp("jpki")
    people = list(first_residents(6, seed=1))
    with Jlis(Settings(home=home), now()) as jlis:
        jlis.register.add(people)
    return issue_cards(home, people, [rsa_key(1)], now())


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> SkippedTime:
    """The time of the measurement, which waits for nothing."""
    time = SkippedTime()
    monkeypatch.setattr(executor, "perf_counter", time.now)
    monkeypatch.setattr(batches, "POLL_SECONDS", 0.01)
    return time


def measured(
    time: SkippedTime,
    cards: list[Card],
    *,
    costs: Costs = COSTS,
    refused: Mapping[str, tuple[int, str]] | None = None,
) -> tuple[MeasurementResult, list[str]]:
    fund, steps = FakeFund(costs, time.now, refused), list[str]()
    terminals = [terminal(), terminal(FacilityKind.PHARMACY)]
    dataset = Dataset(terminals, cards, cast(ReferenceData, FakeReferenceData()))
    measurement = Measurement(
        dataset,
        cast(MeteredConnectionPool, fund),
        cast(Meter, fund),
        seconds=SECONDS,
        seed=1,
        progress=steps.append,
    )
    return time.run(measurement.measure()), steps


def test_the_costs_of_each_kind_are_derived_and_predict_the_validation(
    time: SkippedTime, cards: list[Card]
) -> None:
    result, steps = measured(time, cards)
    for kind, amounts in COSTS.of.items():
        assert result.costs.of[kind] == pytest.approx(
            dict.fromkeys(result.costs.of[kind], 0.0) | dict(amounts), rel=0.02, abs=1e-5
        )
    assert result.costs.idle[API] == pytest.approx(COSTS.idle[API], rel=0.05)
    comparisons = compare(result.costs, result.validation)
    assert [one.error for one in comparisons] == [pytest.approx(0, abs=0.02)] * 4
    assert set(result.validation.requests) >= {NUMBER, CARD, "consent"}
    assert result.token_seconds == 300
    assert result.sampled
    assert any("validation" in step for step in steps)


def test_patients_with_prescriptions_are_not_used_for_other_requests(
    time: SkippedTime, cards: list[Card]
) -> None:
    result, _ = measured(time, cards)
    persons = {one.query.person for one in result.sampled} - {None}
    assert persons
    assert persons <= {card.resident_id for card in cards[::2]}


def test_a_kind_is_measured_at_the_rate_that_keeps_a_given_share_of_a_core_busy(
    time: SkippedTime, cards: list[Card]
) -> None:
    expensive = Costs({**COSTS.of, NUMBER: {API: 0.01, WAL: 1.0}}, COSTS.idle)
    result, _ = measured(time, cards, costs=expensive)
    assert result.rates[NUMBER] == pytest.approx(35, rel=0.05)
    assert result.rates["challenge"] == 400.0


def test_a_kind_without_any_request_must_be_measured_for_longer(time: SkippedTime, cards: list[Card]) -> None:
    expensive = Costs({**COSTS.of, NUMBER: {API: 2.0}}, COSTS.idle)
    with pytest.raises(LoadError, match="no request arrived of: number"):
        measured(time, cards, costs=expensive)


@pytest.mark.parametrize("cores", VALIDATION_CORES)
def test_the_validation_rate_keeps_the_planned_cores_busy(cores: float) -> None:
    rate = validation_rate(COSTS, cores)
    mix = {NUMBER: 300, **dict.fromkeys(("challenge", CARD, "consent challenge", "consent"), 700)}
    histories = {"health-checkups": 204, "medications": 204, "treatments": 402}
    entries = {"prescription": 125, "dispensing": 85}
    amounts = COSTS.predict(1000 / rate, mix | histories | entries)
    busy = sum(amounts[name] for name in PROCESSORS) / (1000 / rate)
    assert busy == pytest.approx(cores, rel=0.01)


@pytest.mark.parametrize(
    ("kind", "refusal", "message"),
    [
        (NUMBER, (429, "number-miss-limit"), "number-miss-limit"),
        (NUMBER, (503, "overloaded"), "overloaded"),
        ("medications", (0, "connection cut"), "connection cut"),
    ],
)
def test_a_refusal_ends_the_measurement(
    time: SkippedTime, cards: list[Card], kind: str, refusal: tuple[int, str], message: str
) -> None:
    with pytest.raises(LoadError, match=message):
        measured(time, cards, refused={kind: refusal})


def test_a_fund_that_refuses_the_validation_is_validated_with_less(
    time: SkippedTime, cards: list[Card], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a machine whose other programs leave it less than the planned cores."""
    validate, offered = Measurement._validate, list[float]()

    async def refusing_first(self: Measurement, checks_per_s: float, *more: Any) -> Consumption:
        offered.append(checks_per_s)
        if len(offered) == 1:
            raise FundOverloaded("overloaded")
        return await validate(self, checks_per_s, *more)

    monkeypatch.setattr(Measurement, "_validate", refusing_first)
    result, _ = measured(time, cards)
    assert offered == [validation_rate(result.costs, cores) for cores in VALIDATION_CORES[:2]]
    assert result.rates["validation"] == offered[1] < offered[0]


def test_without_consenting_patients_nothing_is_measured(time: SkippedTime, cards: list[Card]) -> None:
    with pytest.raises(LoadError, match="too few patients could consent"):
        measured(time, cards, refused={"card": (409, "card-not-usable")})


def test_refusals_required_by_a_rule_count_as_answers(time: SkippedTime, cards: list[Card]) -> None:
    result, _ = measured(time, cards, refused={NUMBER: (404, "eligibility-not-confirmable")})
    assert result.costs.of[NUMBER][API] == pytest.approx(0.001, rel=0.02)
    assert BATCH_ROW in result.costs.of
