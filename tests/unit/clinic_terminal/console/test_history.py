"""What a pharmacy sees of a history, at 80 columns and without colour."""

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
from clinic_terminal.desk.history import History
from clinic_terminal.visit.consent import ConsentOutcome
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.codes import Category
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.emergency import PermitAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history import CareSetting, HistoryPage, HistoryResource, Origin
from tests.unit.clinic_terminal import builders, histories
from tests.unit.clinic_terminal.builders import NOW, timings
from tests.unit.clinic_terminal.fake_consents import CONSENT
from tests.unit.clinic_terminal.histories import OTHER, group, medications, medicine


def shown(history: History) -> list[str]:
    stream = io.StringIO()
    show_history(Console(file=stream, width=80), history, with_timings=False)
    return [line.strip() for line in stream.getvalue().splitlines()]


def history(*pages: HistoryPage, **changes: Any) -> History:
    kinds = {type(page): look_up for look_up, page in ALL.items()}
    told = {kinds[type(page)]: page for page in pages}
    return replace(History(timings(), CONSENT, pages=told), **changes)


ALL: dict[HistoryResource, HistoryPage] = {
    HistoryResource.MEDICATIONS: medications(group("9900001", medicine())),
    HistoryResource.TREATMENTS: histories.treatments(),
    HistoryResource.DIAGNOSES: histories.diagnoses(),
    HistoryResource.HEALTH_CHECKUPS: histories.health_checkups(),
}


def test_the_end_of_the_consent_comes_before_what_it_lets_look_at() -> None:
    lines = shown(history(medications(group("9900001", medicine()))))
    assert lines[0] == "○ 閲覧できます / May be looked at"
    assert lines[1].split() == ["同意の期限", "/", "Consent", "ends", "at", "2026-04-02", "18:00"]
    assert str(CONSENT) in lines[2]


def test_a_consent_without_an_end_of_its_own_says_so() -> None:
    lines = shown(history(medications(available_until=None)))
    assert lines[1].endswith("取り消すまで / when it is withdrawn")


def test_a_medicine_tells_what_how_much_who_and_from_where() -> None:
    lines = shown(history(medications(group("9900001", medicine()))))
    head = lines.index("■ 見本錠５ｍｇ 9900001")
    assert lines[head + 1 : head + 6] == [
        "[1] 2026-02-14  見本錠５ｍｇ",
        "1錠 ・ 内服 ・ 朝食後 ・ 28日分 / days",
        "処方 / by: 見本クリニック 2026-02-13",
        "調剤 / from: 架空薬局（自施設/own）",
        "レセプト / claim 2026-03 請求 / claimed ・ 21日前の登録 / 21 days old",
    ]


def test_a_duplicate_is_marked_in_words_at_the_ingredient_and_at_the_row() -> None:
    first = medicine(1, duplicates=[2])
    second = medicine(2, duplicates=[1], prescriber=OTHER)
    lines = shown(history(medications(group("9900001", first, second))))
    assert "■ 見本錠５ｍｇ 9900001  ！重複 / DUPLICATE" in lines
    assert [line for line in lines if line.startswith("！重複")] == [
        "！重複 / DUPLICATE [2] 別の処方元・同じ成分 / other prescriber",
        "！重複 / DUPLICATE [1] 別の処方元・同じ成分 / other prescriber",
    ]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"name": None, "drug_code": "990009999"}, "[1] 2026-02-14  990009999（名称の登録なし / not in the drug master）"),
        ({"on": None}, "[1] 2026-02  見本錠５ｍｇ"),
        ({"generic": True}, "[1] 2026-02-14  見本錠５ｍｇ（後発 / generic）"),
        ({"prescriber": None, "prescribed_on": None}, "処方 / by: －"),
        (
            {"prescriber": OTHER, "institution": OTHER, "setting": CareSetting.INPATIENT},
            "処方 / by: 架空診療所 2026-02-13 ・ 入院 / inpatient",
        ),
        ({"act": "22", "times": 5, "usage": None}, "1錠 ・ 屯服 ・ 006 ・ 5回分 / doses"),
        ({"act": "98", "usage": None, "usage_code": None, "times": None, "unit": None}, "1 ・ 98"),
        (
            {"origin": Origin.DISPENSING, "claim_month": None, "age_days": 0},
            "調剤情報（請求前） / dispensed, not claimed yet ・ 0日前の登録 / 0 days old",
        ),
    ],
)  # fmt: skip
def test_what_is_not_known_is_not_invented(changes: dict[str, Any], line: str) -> None:
    assert line in shown(history(medications(group("9900001", medicine(1, **changes)))))


def test_a_group_without_a_key_says_so() -> None:
    nameless = group(None, medicine(1, name=None, ingredient_code=None), name=None)
    assert "■ 成分コードなし / without ingredient code" in shown(history(medications(nameless)))


def test_medicines_that_are_not_put_together_are_shown_one_by_one() -> None:
    lines = shown(history(medications(medicines=[medicine(1), medicine(2)], total=2)))
    assert [line[:3] for line in lines if line.startswith("[")] == ["[1]", "[2]"]


def test_every_kind_has_its_rows() -> None:
    lines = shown(History(timings(), CONSENT, pages=ALL))
    for line in (
        "[1] 2026-02-14  手術 150000000 × 1回 / times",
        "[1] 2026-02  0000999 見本病 8002 主傷病 / main",
        "開始 / began: 2026-01-05 ・ 継続 / goes on ・ 見本クリニック",
        "収縮期血圧: 128 mmHg",
        "拡張期血圧: －",
    ):
        assert line in lines
    heads = [line for line in lines if line.startswith("━━")]
    assert heads[0] == "━━ 薬剤情報 / Medicines  2023-05 ～ 2026-04  1 件 / rows"
    assert len(heads) == 4


def test_nothing_found_is_said_in_words() -> None:
    assert "この期間の情報はありません / Nothing in these months" in shown(history(medications()))


def test_no_line_is_wider_than_a_screen_of_80_columns() -> None:
    long = medicine(name="見本" * 60, usage="食" * 60, duplicates=list(range(2, 40)))
    assert max(cell_len(line) for line in shown(history(medications(group("9900001", long))))) <= 80


def test_nothing_in_a_name_steers_the_screen() -> None:
    text = "\n".join(shown(history(medications(group("9900001", medicine(name="見本\x1b[2J錠"))))))
    assert "\x1b" not in text


def test_who_was_identified_stands_first() -> None:
    tapped = builders.outcome(builders.answer())
    lines = shown(history(medications(), identified=tapped))
    assert lines[0] == "○ 有効 / Valid"
    assert lines[1].split()[-2:] == ["/", "female"]


def test_without_a_consent_the_tap_is_shown_and_no_history() -> None:
    tapped = builders.outcome(builders.answer())
    declined = History(timings(), identified=_with_consent(tapped, ConsentOutcome()))
    lines = shown(declined)
    assert lines[0] == "○ 有効 / Valid"
    assert "－ 同意なし / No consent" in lines
    assert not any(line.startswith("━━") for line in lines)


def _with_consent(tapped: TapOutcome, consent: ConsentOutcome) -> TapOutcome:
    return replace(tapped, consent=consent)


def test_what_stood_in_the_way_comes_after_what_was_told() -> None:
    problem = ShikakuError("consent-expired")
    lines = shown(history(medications(group("9900001", medicine())), problem=problem))
    assert lines[0] == "！ 受け付けられません / Not accepted"
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
    assert lines[1].split() == "閲覧の期限 / Until 2026-04-02 18:00".split()  # noqa: SIM905 - as it reads
    assert "救急時（同意なし） / emergency, without consent" in lines[2]
    assert lines[-3] == "！記録され、患者が見ます。"
