"""The text of the papers: every medicine, act and item of a result, under its month, institution and source."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from clinic_terminal.exchange.paper.contents import checkups_paper, medicines_paper
from clinic_terminal.exchange.paper.document import Paper
from clinic_terminal.messages.history import HistoryPerson, HistoryResultBody
from tests.builders.clinic import history_results as results


def tables(paper: Paper) -> dict[str, list[tuple[str, list[tuple[str, ...]]]]]:
    return {
        section.heading: [(group.heading, [tuple(row) for row in group.rows]) for group in section.groups]
        for section in paper.sections
    }


def test_each_source_has_a_section_with_its_months_institutions_and_medicines() -> None:
    paper = medicines_paper(results.history_result(), with_treatments=False)
    assert (paper.title, paper.title_en) == ("薬剤情報", "Medicines")
    assert tables(paper) == {
        "薬剤情報（レセプト）": [
            (
                "2026年9月　調剤薬局：架空薬局（1342222229）　処方元：見本クリニック（1312222225）",
                [
                    (
                        "2026-09-12",
                        "2026-09-11",
                        "架空降圧錠５ｍｇ「試験」［架空ジピン］",
                        "1錠",
                        "１日１回朝食後",
                        "28日分",
                    )
                ],
            )
        ],
        "調剤情報（電子処方箋）": [
            (
                "2026年10月　調剤薬局：架空薬局（1342222229）　処方元：見本クリニック（1312222225）",
                [("2026-10-20", "2026-10-20", "架空胃酸錠１５ｍｇ「見本」", "2錠", "", "14")],
            )
        ],
        "処方情報（電子処方箋）": [
            (
                "2026年10月　処方元：見本クリニック（1312222225）",
                [("", "2026-10-28", "名称なし（990000301）", "", "頓用　痛むとき", "10")],
            )
        ],
    }


def test_treatments_follow_where_they_were_asked_for() -> None:
    paper = medicines_paper(results.history_result(), with_treatments=True)
    assert paper.title == "薬剤情報・診療情報"
    assert tables(paper)["診療情報（レセプト）"] == [
        (
            "2026年9月　実施施設：見本クリニック（1312222225）",
            [
                ("2026-09-11", "人工腎臓", "140007710", "", "1"),
                ("2026-09-11", "ＣＴ撮影", "170011810", "", "1"),
            ],
        )
    ]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"times": "3", "category": "22"}, "3"),
        ({"times": None}, ""),
        ({"times": "28", "category": None}, "28"),
        ({"times": "7", "category": "21"}, "7日分"),
    ],
)
def test_only_oral_medicines_of_claims_are_counted_in_days(changes: dict[str, Any], text: str) -> None:
    month = results.claim_month(results.claim_medicine(**changes))
    [section, *_] = medicines_paper(results.history_result(month), with_treatments=False).sections
    assert section.groups[0].rows[0][-1] == text


def test_a_month_without_institution_and_days_leaves_no_group() -> None:
    paper = medicines_paper(results.history_result(results.claim_month(days=())), with_treatments=True)
    assert tables(paper)["薬剤情報（レセプト）"] == tables(paper)["診療情報（レセプト）"] == []


def test_an_unnamed_place_is_left_out() -> None:
    month = results.claim_month(
        institution_code=None, institution_name=None, prescriber_code=None, prescriber_name="見本クリニック"
    )
    [section, *_] = medicines_paper(results.history_result(month), with_treatments=False).sections
    assert section.groups[0].heading == "2026年9月　処方元：見本クリニック"


def test_the_person_and_the_institution_are_on_the_paper() -> None:
    paper = medicines_paper(results.history_result(), with_treatments=False)
    assert paper.person == "架空　花子（ｶｸｳ ﾊﾅｺ）　昭和60年6月15日生（1985年）　女"
    assert paper.footer.startswith("医療機関等コード 1311111114　")
    assert medicines_paper(results.history_result(person=None), with_treatments=False).person == ""


def test_check_ups_show_value_its_name_and_unit() -> None:
    paper = checkups_paper(results.checkup_result())
    assert tables(paper) == {
        "健診結果": [
            (
                "2026-06-01 実施",
                [
                    ("収縮期血圧（1回目）", "128", "mmHg", "9A751000000000001"),
                    ("心電図所見の有無", "2 所見なし", "", "9A110160700000011"),
                    ("拡張期血圧", "－", "", "9A752000000000001"),
                ],
            )
        ]
    }


def test_a_row_has_a_text_for_each_column() -> None:
    papers = [
        medicines_paper(results.history_result(), with_treatments=True),
        checkups_paper(results.checkup_result()),
    ]
    rows = [
        (len(section.columns), len(row))
        for paper in papers
        for section in paper.sections
        for group in section.groups
        for row in group.rows
    ]
    assert len(rows) >= 8
    assert all(columns == cells for columns, cells in rows)


def test_a_day_before_the_eras_is_written() -> None:
    result = results.history_result(person=HistoryPerson(birth_date=date(2019, 5, 1)))
    assert medicines_paper(result, with_treatments=False).person == "令和元年5月1日生（2019年）"
    empty = result.model_copy(update={"body": HistoryResultBody()})
    assert all(not section.groups for section in medicines_paper(empty, with_treatments=True).sections)


def test_a_section_without_consent_does_not_say_that_there_is_none() -> None:
    result = results.history_result()
    sentence = "患者さんの閲覧の同意がないため、診療情報は含まれていません。"
    header = result.header.model_copy(update={"message_contents": sentence})
    bare = result.model_copy(update={"header": header, "body": HistoryResultBody()})
    empties = {section.empty for section in medicines_paper(bare, with_treatments=True).sections}
    assert empties == {f"記載する情報はありません。{sentence}"}


def test_the_prescriber_of_a_prescription_is_named_once() -> None:
    result = results.history_result()
    [month] = result.body.prescription_months
    own = {"prescriber_code": month.institution_code, "prescriber_name": month.institution_name}
    body = HistoryResultBody(prescription_months=(month.model_copy(update=own),))
    paper = medicines_paper(result.model_copy(update={"body": body}), with_treatments=False)
    assert tables(paper)["処方情報（電子処方箋）"][0][0] == "2026年10月　処方元：見本クリニック（1312222225）"
