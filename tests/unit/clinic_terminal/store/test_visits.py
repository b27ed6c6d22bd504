"""Visits of today, and the charts with which later answers are compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from clinic_terminal.store import TerminalStore
from clinic_terminal.store.records import StoredMembership, Visit, Way
from clinic_terminal.store.visits import new_visit_id
from eligibility_api.contract.eligibility import EligibilityAnswer
from tests.builders.clinic.samples import NOW, answer, enrolment
from tests.builders.clinic.store import stored_bytes

DAY = date(2026, 4, 1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TerminalStore]:
    with TerminalStore.open(tmp_path, answer_days=30) as opened:
        yield opened


def visit(of: EligibilityAnswer | None = None, **changes: Any) -> Visit:
    fields: dict[str, Any] = {
        "visit_id": new_visit_id(),
        "at": NOW,
        "way": Way.CARD,
        "answer": of or answer(),
    }
    return Visit(**fields | changes)


def kept(store: TerminalStore, **changes: Any) -> Visit:
    one = visit(answer(results=[enrolment(**changes)]))
    store.keep_visit(one)
    return one


def test_a_visit_is_found_by_its_id_and_changed(store: TerminalStore) -> None:
    first, second = visit(), visit(None, answer=None, code="fund-unreachable")
    for one in (first, second):
        store.keep_visit(one)
    first = first.model_copy(update={"chart": store.charts.find(first)})
    assert store.visits(DAY) == (first, second)
    changed = first.model_copy(update={"kept": ("住所",)})
    store.change_visit(changed)
    assert store.visit(first.visit_id) == changed
    assert store.visits(DAY) == (changed, second)
    assert store.visit("unknown") is None


def test_changing_a_visit_that_ended_keeps_nothing(store: TerminalStore) -> None:
    store.change_visit(visit())
    assert store.visits(DAY) == ()


def test_ids_are_random_and_fit_into_an_address() -> None:
    ids = {new_visit_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(one) == 16 and one.replace("-", "").replace("_", "").isalnum() for one in ids)


def test_the_file_names_nobody(store: TerminalStore, tmp_path: Path) -> None:
    one = kept(store)
    store.charts.change(one, {"住所": "架空県別市"}, DAY)
    written = stored_bytes(tmp_path)
    for text in ("架空 花子", "01130012", "カクウ", "架空県", one.visit_id):
        assert text.encode() not in written


def test_the_first_visit_makes_the_chart_and_later_ones_leave_it(store: TerminalStore) -> None:
    first = kept(store, address="架空県架空市1-1")
    later = kept(store, address="架空県別市2-2")
    chart = store.charts.find(later)
    assert chart is not None
    assert chart.enrolment == first.enrolment
    assert (chart.day, chart.taken_over) == (DAY, {})


@pytest.mark.parametrize(
    ("changes", "is_same_person"),
    [
        ({"insurer_number": "06130017", "number": "9", "branch": "01"}, True),
        ({"name": "別 表記"}, True),
        ({"name_kana": "カクウハナコ"}, True),
        ({"name_kana": "カクウ ジロウ"}, False),
        ({"birth_date": date(2000, 1, 1)}, False),
        ({"sex": "1", "insurer_number": "06130017"}, False),
    ],
    ids=str,
)
def test_a_chart_is_found_by_membership_or_by_reading_birth_date_and_sex(
    store: TerminalStore, changes: dict[str, Any], is_same_person: bool
) -> None:
    first = kept(store)
    chart = store.charts.find(kept(store, **changes))
    assert chart is not None
    assert (chart.enrolment == first.enrolment) is is_same_person


def test_a_reference_number_finds_the_chart_after_a_new_name(store: TerminalStore) -> None:
    first = visit(answer(reference_number="A-1"))
    store.keep_visit(first)
    married = enrolment(name="見本 花子", name_kana="ミホン ハナコ", insurer_number="06130017")
    second = visit(answer(results=[married], reference_number="A-1"))
    store.keep_visit(second)
    chart = store.charts.find(second)
    assert chart is not None
    assert chart.enrolment.name == "架空 花子"


def test_several_results_make_no_chart_until_one_is_chosen(store: TerminalStore) -> None:
    one = visit(answer(results=[enrolment(), enrolment(number="9")]))
    store.keep_visit(one)
    assert store.charts.find(one) is None
    chosen = one.model_copy(update={"chosen": 1})
    store.charts.meet(chosen)
    chart = store.charts.find(chosen)
    assert chart is not None
    assert chart.enrolment.number == "9"


def test_a_visit_keeps_the_chart_as_it_found_it_and_the_chart_its_newest_visit(store: TerminalStore) -> None:
    one = kept(store)
    store.charts.change(one, {"住所": "架空県別市"}, DAY)
    later = visit(at=NOW + timedelta(hours=1))
    store.keep_visit(later)
    store.charts.change(later, {"住所": "架空県新市"}, DAY)
    texts = [found.chart.taken_over for found in store.visits(DAY) if found.chart is not None]
    assert texts == [{}, {"住所": "架空県別市"}]
    late_report = visit(at=NOW + timedelta(minutes=30))
    store.keep_visit(late_report)
    chart = store.charts.find(one)
    assert chart is not None
    assert (chart.newest, chart.taken_over) == (later.visit_id, {"住所": "架空県新市"})


def test_what_was_taken_over_stays_as_long_as_the_person_comes(store: TerminalStore) -> None:
    one = kept(store)
    store.charts.change(one, {"住所": "架空県別市"}, DAY)
    store.purge(NOW + timedelta(days=29))
    again = visit(at=NOW + timedelta(days=29))
    store.keep_visit(again)
    store.purge(NOW + timedelta(days=58))
    chart = store.charts.find(again)
    assert chart is not None
    assert chart.taken_over == {"住所": "架空県別市"}
    store.purge(NOW + timedelta(days=61))
    assert store.charts.find(again) is None


def test_without_kept_answers_a_chart_ends_at_midnight(tmp_path: Path) -> None:
    with TerminalStore.open(tmp_path / "short", answer_days=0) as store:
        one = kept(store)
        assert store.charts.find(one) is not None
        store.purge(NOW + timedelta(hours=7))
        assert store.charts.find(one) is None


def test_the_answers_of_a_day_are_found_by_their_membership(store: TerminalStore) -> None:
    """However it is written; of another day, or about a visit without an answer, there are none."""
    first, second = kept(store, address="前"), kept(store, address="後")
    store.keep_visit(visit(None, answer=None, code="fund-unreachable"))
    asked = StoredMembership(insurer_number="０１１３００１２", symbol="１２", number="345", branch="00")
    assert store.answers_of_day(asked, DAY) == (second.answer, first.answer)
    assert store.answers_of_day(asked, DAY + timedelta(days=1)) == ()


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, 1),
        ({"branch": None}, 1),
        ({"branch": "01"}, 0),
        ({"number": "346"}, 0),
        ({"symbol": None}, 0),
        ({"insurer_number": "06130017"}, 0),
        ({"birth_date": date(1980, 2, 4)}, 0),
    ],
    ids=str,
)
def test_answers_about_another_membership_are_not_found(
    store: TerminalStore, changes: dict[str, Any], found: int
) -> None:
    kept(store)
    membership = {"insurer_number": "01130012", "symbol": "12", "number": "345", "branch": "00"}
    assert len(store.answers_of_day(StoredMembership(**membership | changes), DAY)) == found
