"""A history on the screen of a pharmacy, at 80 columns and without colour."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from rich.cells import cell_len
from rich.console import Console

from clinic_terminal.console.history import show_history
from clinic_terminal.queries.history import History
from clinic_terminal.visit.consent import ConsentOutcome
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.codes import Category
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.emergency import PermitAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history import CareSetting, HistoryPage, HistoryResource, Origin
from tests.builders.clinic import histories, samples
from tests.builders.clinic.fake_consents import CONSENT
from tests.builders.clinic.fake_history import FakeHistory
from tests.builders.clinic.histories import OTHER, group, medications, medicine
from tests.builders.clinic.samples import NOW, timings


def shown(history: History) -> list[str]:
    stream = io.StringIO()
    show_history(Console(file=stream, width=80), history, with_timings=False)
    return [line.strip() for line in stream.getvalue().splitlines()]


def history(*pages: HistoryPage, **changes: Any) -> History:
    resources = {type(page): resource for resource, page in ALL.items()}
    by_resource = {resources[type(page)]: page for page in pages}
    return replace(History(timings(), CONSENT, pages=by_resource), **changes)


ALL: dict[HistoryResource, HistoryPage] = {
    HistoryResource.MEDICATIONS: medications(group("9900001", medicine())),
    HistoryResource.TREATMENTS: histories.treatments(),
    HistoryResource.DIAGNOSES: histories.diagnoses(),
    HistoryResource.HEALTH_CHECKUPS: histories.health_checkups(),
}


def test_the_end_of_the_consent_comes_before_the_rows() -> None:
    lines = shown(history(medications(group("9900001", medicine()))))
    assert lines[0] == "○ 閲覧できます / Access permitted"
    assert lines[1].split() == ["同意の期限", "/", "Consent", "ends", "at", "2026-04-02", "18:00"]
    assert str(CONSENT) in lines[2]


def test_a_consent_can_last_until_it_is_withdrawn() -> None:
    lines = shown(history(medications(available_until=None)))
    assert lines[1].endswith("取り消すまで / until it is withdrawn")


def test_a_medicine_shows_dose_prescriber_pharmacy_and_origin() -> None:
    lines = shown(history(medications(group("9900001", medicine()))))
    head = lines.index("■ 見本錠５ｍｇ 9900001")
    assert lines[head + 1 : head + 6] == [
        "[1] 2026-02-14  見本錠５ｍｇ",
        "1錠・内服・朝食後・28日分",
        "処方元：見本クリニック 2026-02-13",
        "調剤薬局：架空薬局（自施設）",
        "レセプト 2026-03 請求・21日前の登録",
    ]


def test_an_overlap_is_marked_at_the_ingredient_and_at_the_row() -> None:
    first = medicine(1, overlaps=[2])
    second = medicine(2, overlaps=[1], prescriber=OTHER)
    lines = shown(history(medications(group("9900001", first, second))))
    assert "■ 見本錠５ｍｇ 9900001  ！服用期間の重なり / OVERLAPPING DAYS" in lines
    assert [line for line in lines if line.startswith("！服用期間の重なり")] == [
        "！服用期間の重なり [2] 別の処方元・同じ成分",
        "！服用期間の重なり [1] 別の処方元・同じ成分",
    ]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"name": None, "drug_code": "990009999"}, "[1] 2026-02-14  990009999（医薬品マスターに名称なし）"),
        ({"on": None}, "[1] 2026-02  見本錠５ｍｇ"),
        ({"generic": True}, "[1] 2026-02-14  見本錠５ｍｇ（後発品）"),
        ({"earlier_reader": True}, "レセプト 2026-03 請求・21日前の登録・旧版で読取り：要確認"),
        ({"prescriber": None, "prescribed_on": None}, "処方元：－"),
        (
            {"prescriber": OTHER, "institution": OTHER, "setting": CareSetting.INPATIENT},
            "処方元：架空診療所 2026-02-13・入院",
        ),
        ({"act": "22", "times": 5, "usage": None}, "1錠・屯服・006・5回分"),
        ({"act": "98", "usage": None, "usage_code": None, "times": None, "unit": None}, "1・98"),
        (
            {"origin": Origin.DISPENSING, "claim_month": None, "age_days": 0},
            "調剤情報（請求前）・0日前の登録",
        ),
        (
            {"origin": Origin.ON_SITE, "claim_month": None, "age_days": 3},
            "院内処方情報（請求前）・3日前の登録",
        ),
    ],
)  # fmt: skip
def test_an_unknown_item_is_left_out_or_replaced_by_its_code(changes: dict[str, Any], line: str) -> None:
    assert line in shown(history(medications(group("9900001", medicine(1, **changes)))))


def test_a_group_without_a_key_is_labelled() -> None:
    nameless = group(None, medicine(1, name=None, ingredient_code=None), name=None)
    assert "■ 成分コードなし" in shown(history(medications(nameless)))


def test_ungrouped_medicines_are_shown_one_by_one() -> None:
    lines = shown(history(medications(medicines=[medicine(1), medicine(2)], total=2)))
    assert [line[:3] for line in lines if line.startswith("[")] == ["[1]", "[2]"]


def test_every_resource_has_its_rows() -> None:
    lines = shown(History(timings(), CONSENT, pages=ALL))
    for line in (
        "[1] 2026-02-14  手術（移植・輸血を含む） 150000000 × 1回",
        "収縮期血圧：128 mmHg",
        "拡張期血圧：－",
    ):
        assert line in lines
    heads = [line for line in lines if line.startswith("━━")]
    assert heads[0] == "━━ 薬剤情報 / Medicines  2021-04 ～ 2026-04  1件"
    assert len(heads) == 4


@pytest.mark.parametrize(
    ("changes", "line"),
    [({}, "[1] 2026-02-14  受診"), ({"on": None}, "[1] 2026-02  受診")],
    ids=["day", "month"],
)
def test_a_visit_is_a_day_at_an_institution(changes: dict[str, Any], line: str) -> None:
    """Rule H9."""
    lines = shown(history(histories.visits(**changes)))
    assert lines[lines.index(line) + 1] == "実施施設：見本クリニック・外来"


def test_diagnoses_have_no_provider() -> None:
    """Rule H20."""
    lines = shown(history(histories.diagnoses()))
    at = lines.index("この情報の提供元はありません")
    assert lines[at + 1] == "No provider of this information"
    assert "この期間の情報はありません" not in lines


@pytest.mark.parametrize(("resource", "pages"), FakeHistory().pages.items())
def test_the_rows_of_every_resource_are_shown(resource: HistoryResource, pages: list[HistoryPage]) -> None:
    """A page's first row begins with its number, as the fund numbers rows."""
    [whole] = pages
    lines = shown(History(timings(), CONSENT, pages={resource: whole}))
    has_rows = any(rows for _, rows in whole if isinstance(rows, list))
    assert any(line.startswith("[1]") for line in lines) is has_rows


def test_an_empty_page_has_a_sentence() -> None:
    lines = shown(history(medications()))
    at = lines.index("この期間の情報はありません")
    assert lines[at + 1] == "Nothing in these months"


def test_no_line_is_wider_than_a_screen_of_80_columns() -> None:
    long = medicine(name="見本" * 60, usage="食" * 60, overlaps=list(range(2, 40)))
    assert max(cell_len(line) for line in shown(history(medications(group("9900001", long))))) <= 80


def test_control_characters_in_a_name_are_replaced() -> None:
    text = "\n".join(shown(history(medications(group("9900001", medicine(name="見本\x1b[2J錠"))))))
    assert "\x1b" not in text


def test_the_identified_person_comes_first() -> None:
    tap_outcome = samples.outcome(samples.answer())
    lines = shown(history(medications(), identified=tap_outcome))
    assert lines[0] == "○ 有効 / Valid"
    assert lines[2].split()[-3:] == ["女", "/", "female"]


def test_without_a_consent_the_tap_is_shown_and_no_history() -> None:
    tap_outcome = samples.outcome(samples.answer())
    declined = History(timings(), identified=_with_consent(tap_outcome, ConsentOutcome()))
    lines = shown(declined)
    assert lines[0] == "○ 有効 / Valid"
    assert "－ 同意は得られませんでした / No consent" in lines
    assert not any(line.startswith("━━") for line in lines)


def _with_consent(tap_outcome: TapOutcome, consent: ConsentOutcome) -> TapOutcome:
    return replace(tap_outcome, consent=consent)


def test_a_problem_comes_after_the_rows() -> None:
    problem = ShikakuError("consent-expired")
    lines = shown(history(medications(group("9900001", medicine())), problem=problem))
    assert lines[0] == "！ この操作はできません / Not permitted"
    assert lines.index("[1] 2026-02-14  見本錠５ｍｇ") < lines.index(problem.entry.ja)


def test_without_consent_the_notice_comes_last_before_the_time() -> None:
    permit = PermitAnswer(
        permit_id=UUID(int=1),
        basis=Basis.EMERGENCY,
        categories=[Category.MEDICATION],
        given_at=NOW,
        available_until=NOW + timedelta(hours=24),
        record_id="r",
        notice="記録され、患者が見ます。",
    )
    lines = shown(history(medications(), permit=permit))
    assert lines[1].split() == "閲覧の期限 / Access ends at 2026-04-02 18:00".split()  # noqa: SIM905 - as it reads
    assert "救急時（同意なし） / emergency, without consent" in lines[2]
    assert lines[-4] == "！記録され、患者が見ます。"
