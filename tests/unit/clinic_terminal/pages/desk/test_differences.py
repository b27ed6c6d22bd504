"""What an answer says otherwise than the chart, and what may become of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from clinic_terminal.pages.desk.differences import Decision, Difference, differences
from clinic_terminal.store.records import Chart, Visit, Way
from eligibility_api.contract.codes import LimitCertificateKind, LimitClass
from eligibility_api.contract.member import LimitCertificate
from tests.builders.clinic.samples import NOW, answer, enrolment


def visit(now: Any = None, **changes: Any) -> Visit:
    of = answer(results=[now or enrolment()])
    fields: dict[str, Any] = {"visit_id": "v", "at": NOW, "way": Way.CARD, "answer": of}
    return Visit(**fields | changes)


def chart(of: Any = None, **taken_over: str) -> Chart:
    return Chart(chart_id="c", day=date(2026, 2, 1), enrolment=of or enrolment(), taken_over=taken_over)


def found(of: Visit, against: Chart | None) -> dict[str, Difference]:
    return {one.label.ja: one for one in differences(of, against)}


LIMIT = LimitCertificate(
    kind=LimitCertificateKind.LIMIT, limit_class=LimitClass.U, valid_from=date(2026, 4, 1), valid_to=None
)


@pytest.mark.parametrize(
    ("changes", "labels"),
    [
        ({}, ""),
        ({"insurer_number": "06130017", "insurer_name": "架空健康保険組合２"}, "保険者"),
        ({"number": "999"}, "記号・番号・枝番"),
        ({"branch": "01"}, "記号・番号・枝番"),
        ({"name": "架空 華子"}, "氏名"),
        ({"name_kana": "カクウ ハナ"}, "氏名"),
        ({"address": "架空県別市2-2"}, "住所"),
        ({"burden_ratio": 20, "burden_expected": True}, "負担割合"),
        ({"lost_on": date(2026, 4, 1)}, "資格期間 資格喪失日"),
        ({"limit_certificate_consent": True}, "限度額適用区分"),
        ({"limit_certificate": LIMIT}, "限度額適用区分 限度額適用認定証区分 認定証の有効期間"),
    ],
    ids=str,
)
def test_an_item_differs_where_its_shown_text_does(changes: dict[str, Any], labels: str) -> None:
    assert found(visit(enrolment(**changes)), chart()).keys() == set(labels.split())


def test_what_is_no_longer_transmitted_is_no_difference() -> None:
    assert found(visit(), chart(enrolment(limit_certificate=LIMIT))) == {}


def test_without_a_chart_or_an_answer_nothing_differs() -> None:
    assert found(visit(enrolment(name="別 人")), None) == {}
    assert found(Visit(visit_id="v", at=NOW, way=Way.CARD, code="fund-unreachable"), chart()) == {}


def test_of_several_results_the_chosen_one_is_compared() -> None:
    several = answer(results=[enrolment(), enrolment(number="999")])
    of = visit(answer=several)
    assert found(of, chart()) == {}
    assert found(of.model_copy(update={"chosen": 1}), chart()).keys() == {"記号・番号・枝番"}


@pytest.mark.parametrize(("kana", "same"), [("カクウ ハナコ", True), ("カクウ ハナ", False), (None, False)])
def test_a_black_circle_is_never_taken_over(kana: str | None, same: bool) -> None:
    of = visit(enrolment(name="架空 ●子", name_kana=kana), taken_over={"氏名": "架空 花子（カクウ ハナコ）"})
    name = found(of, chart())["氏名"]
    assert (name.decision, name.same_kana) == (Decision.BLOCKED, same)
    assert name.chart == "架空 花子（カクウ ハナコ）"


def test_a_text_that_the_chart_took_over_is_compared_from_then_on() -> None:
    moved = enrolment(address="架空県別市2-2")
    assert found(visit(moved), chart(住所="000-0000 架空県別市2-2")) == {}
    assert found(visit(), chart(住所="000-0000 架空県別市2-2")).keys() == {"住所"}


def test_a_decision_stays_visible_until_the_visit_ends() -> None:
    moved = enrolment(address="架空県別市2-2", number="999")
    decided = visit(moved, taken_over={"住所": "000-0000 架空県架空市1-1"}, kept=("記号・番号・枝番",))
    shown = found(decided, chart(住所="000-0000 架空県別市2-2"))
    assert {label: one.decision for label, one in shown.items()} == {
        "住所": Decision.TAKEN_OVER,
        "記号・番号・枝番": Decision.KEPT,
    }
