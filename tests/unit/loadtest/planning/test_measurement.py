"""The measurement of a fund whose costs are known: it finds them, and they foretell the second point."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import cast

import pytest

from eligibility_api.contract.codes import FacilityKind
from jpki_mock.jlis import Jlis
from jpki_mock.register.residents import first_residents
from jpki_mock.settings import Settings
from loadtest.clock import now
from loadtest.dataset.cards import Card, issue_cards
from loadtest.dataset.provision import Dataset
from loadtest.dataset.reference_data import ReferenceData
from loadtest.model.events import Membership
from loadtest.planning.costs import API, PROCESSORS, WAL, Costs
from loadtest.planning.demand import BATCH_ROW, CARD, NUMBER
from loadtest.planning.measurement import SECOND_BUSY, Measured, Measuring, second_rate
from loadtest.planning.meter import Meter, MeteredConnectionPool
from loadtest.planning.prediction import compare
from loadtest.scenario import batches
from loadtest.target import LoadError
from tests.builders.cards import rsa_key
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.planning.builders import COSTS
from tests.unit.loadtest.planning.fake_fund import FakeFund

SECONDS = 0.1
MEMBERSHIP = Membership("06130017", None, "12", None, date(1980, 1, 1))


class KnownCountry:
    """A country of one membership."""

    memberships = (MEMBERSHIP,)


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> list[Card]:
    home: Path = tmp_path_factory.mktemp("jpki")
    people = list(first_residents(6, seed=1))
    with Jlis(Settings(home=home), now()) as jlis:
        jlis.register.add(people)
    return issue_cards(home, people, [rsa_key(1)], now())


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "POLL_SECONDS", 0.01)


def measured(
    cards: list[Card], *, costs: Costs = COSTS, refused: Mapping[str, tuple[int, str]] | None = None
) -> tuple[Measured, list[str]]:
    fund, told = FakeFund(costs, refused), list[str]()
    terminals = [terminal(), terminal(FacilityKind.PHARMACY)]
    dataset = Dataset(terminals, cards, cast(ReferenceData, KnownCountry()))
    measuring = Measuring(
        dataset,
        cast(MeteredConnectionPool, fund),
        cast(Meter, fund),
        seconds=SECONDS,
        seed=1,
        tell=told.append,
    )
    return asyncio.run(measuring.measure()), told


def test_what_each_kind_costs_is_found_and_foretells_the_second_point(cards: list[Card]) -> None:
    found, told = measured(cards)
    for kind, amounts in COSTS.of.items():
        assert found.costs.of[kind] == pytest.approx(
            dict.fromkeys(found.costs.of[kind], 0.0) | dict(amounts), rel=0.02, abs=1e-5
        )
    assert found.costs.idle[API] == pytest.approx(COSTS.idle[API], rel=0.05)
    assert all(one.error == pytest.approx(0, abs=0.02) for one in compare(found.costs, found.second))
    assert set(found.second.requests) >= {NUMBER, CARD, "consent"}
    assert found.token_seconds == 300
    assert found.kept
    assert any("second point" in line for line in told)


def test_of_whom_much_is_told_nothing_else_is_measured(cards: list[Card]) -> None:
    found, _ = measured(cards)
    came = {kept.asked.person for kept in found.kept} - {None}
    assert came
    assert came <= {card.resident_id for card in cards[::2]}


def test_a_kind_is_measured_at_the_rate_that_keeps_so_much_of_a_core_busy(cards: list[Card]) -> None:
    dear = Costs({**COSTS.of, NUMBER: {API: 0.01, WAL: 1.0}}, COSTS.idle)
    found, _ = measured(cards, costs=dear)
    assert found.rates[NUMBER] == pytest.approx(35, rel=0.05)
    assert found.rates["challenge"] == 400.0


def test_a_kind_that_nobody_came_with_was_not_measured_for_long_enough(cards: list[Card]) -> None:
    dear = Costs({**COSTS.of, NUMBER: {API: 2.0}}, COSTS.idle)
    with pytest.raises(LoadError, match="nobody came with: number"):
        measured(cards, costs=dear)


def test_the_second_point_is_to_keep_the_fund_busy_for_twice_as_much() -> None:
    rate = second_rate(COSTS)
    mix = {NUMBER: 300, **dict.fromkeys(("challenge", CARD, "consent challenge", "consent"), 700)}
    looked = {"health-checkups": 204, "medications": 204, "treatments": 402}
    told = {"prescription": 125, "dispensing": 85}
    taken = COSTS.predict(1000 / rate, mix | looked | told)
    busy = sum(taken[name] for name in PROCESSORS) / (1000 / rate)
    assert busy == pytest.approx(SECOND_BUSY, rel=0.01)


@pytest.mark.parametrize(
    ("kind", "refusal", "said"),
    [
        (NUMBER, (429, "number-miss-limit"), "number-miss-limit"),
        (NUMBER, (503, "overloaded"), "overloaded"),
        ("medications", (0, "connection cut"), "connection cut"),
    ],
)
def test_what_is_refused_is_not_measured(
    cards: list[Card], kind: str, refusal: tuple[int, str], said: str
) -> None:
    with pytest.raises(LoadError, match=said):
        measured(cards, refused={kind: refusal})


def test_where_nobody_may_consent_nothing_is_measured(cards: list[Card]) -> None:
    with pytest.raises(LoadError, match="too few could consent"):
        measured(cards, refused={"card": (409, "card-not-usable")})


def test_refusals_by_the_rule_are_answers_of_a_look_up(cards: list[Card]) -> None:
    found, _ = measured(cards, refused={NUMBER: (404, "eligibility-not-confirmable")})
    assert found.costs.of[NUMBER][API] == pytest.approx(0.001, rel=0.02)
    assert BATCH_ROW in found.costs.of
