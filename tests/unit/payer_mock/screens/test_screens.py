"""What a clerk sees of an enrolment and of claims: counts, texts in both languages, and no value of a member."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from eligibility_api.contract.claims import ClaimsAnswer, ClaimsFault, ClaimsFaultPlace, ClaimsFaults
from eligibility_api.contract.enrolment import RegisterMatch
from eligibility_api.contract.errors import CATALOGUE
from eligibility_api.contract.member_rules import MEMBER_RULES
from eligibility_api.contract.uploads import RowFault, UploadAnswer, UploadFaults, UploadState
from payer_mock.actions.report import Fault, Report, Stop
from payer_mock.screens import claims, enrolment, uploads
from tests.unit.payer_mock.fake_claims import FAULT
from tests.unit.payer_mock.fake_claims import REPORT as CLAIMS_REPORT
from tests.unit.payer_mock.fake_uploads import REPORT, UPLOAD_ID

LINES = re.compile("[\u2500-\u257f]")
AT = "2026-11-23T01:02:03Z"


def shown(show: Callable[..., None], *values: Any, width: int = 200) -> str:
    console = Console(file=io.StringIO(), record=True, width=width)
    show(console, *values)
    return " ".join(LINES.sub(" ", console.export_text()).split())


def claims_answer(**changes: Any) -> ClaimsAnswer:
    usual = {
        "file_id": UPLOAD_ID,
        "state": "done",
        "received_at": AT,
        "size": 100,
        "report": CLAIMS_REPORT,
        "known_from": AT,
    }
    return ClaimsAnswer.model_validate(usual | changes, strict=False)


def upload_answer(**changes: Any) -> UploadAnswer:
    usual = {"upload_id": UPLOAD_ID, "state": "published", "received_at": AT, "size": 100, "report": REPORT}
    return UploadAnswer.model_validate(usual | changes, strict=False)


def test_members_are_counted_by_what_the_register_found() -> None:
    report = Report(rows=9, enrolled=6, ended=1)
    report.matched.update({RegisterMatch.ONE: 4, RegisterMatch.AMBIGUOUS: 2})
    text = shown(enrolment.show, report)
    for words in ("行 / rows 9", "資格取得 / enrolled 6", "本人を特定 / one person found 4", "該当者なし / nobody found 0",
                  "複数該当 / several found 2", "資格喪失 / ended 1", "エラーのある行 / rejected rows 0"):  # fmt: skip
        assert words in text
    assert "code" not in text


@pytest.mark.parametrize("match", list(RegisterMatch))
def test_every_result_of_the_register_has_a_line(match: RegisterMatch) -> None:
    japanese, separator, english = enrolment.MATCHES[match].partition(" / ")
    assert separator
    assert english.isascii()
    assert not japanese.isascii()


def test_a_fault_has_its_row_its_column_in_japanese_and_what_it_means() -> None:
    text = shown(enrolment.show, Report(rows=2, faults=[Fault(4, "", "quotes"), Fault(3, "sex", "code")]))
    assert "性別" in text
    assert "sex" in text
    for rule in (MEMBER_RULES[RowFault.CODE], MEMBER_RULES[RowFault.QUOTES]):
        for words in (rule.ja, rule.fix_ja, rule.en, rule.fix_en):
            assert words in text
    assert text.index(MEMBER_RULES[RowFault.CODE].ja) < text.index(MEMBER_RULES[RowFault.QUOTES].ja)


def test_what_is_to_be_looked_at_is_listed_apart_from_errors() -> None:
    faults = [Fault(3, "sex", "code"), Fault(2, "limit_class", "limit-class-age")]
    report = Report(rows=2, refused_rows=1, faults=faults)
    report.counts.update({"code": 1, "limit-class-age": 1})
    text = shown(enrolment.show_check, report)
    assert "エラーのある行 / rejected rows 1" in text
    assert "要確認 / to be looked at 1" in text
    assert "資格取得" not in text
    assert text.index("エラー / errors") < text.index("code") < text.index("limit-class-age")


def test_only_the_first_faults_of_many_are_shown() -> None:
    report = Report(rows=9, faults=[Fault(3, "sex", "code")])
    report.counts["code"] = 12_345
    assert "全12345件のうち最初の1件" in shown(enrolment.show_check, report)


@pytest.mark.parametrize("fault", list(RowFault))
@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_rule_s_code_and_column_are_not_cut_off_at_any_width(fault: RowFault, width: int) -> None:
    column = "self_disclosure_blocked"
    faults = UploadFaults.model_validate(
        {"faults": [{"row": 12_345, "column": column, "code": fault.value, "shape": "9"}], "next": None},
        strict=False,
    )
    for text in (
        shown(enrolment.show, Report(faults=[Fault(12_345, column, fault.value)]), width=width),
        shown(uploads.show_faults, faults, width=width),
    ):
        assert fault.value in text
        assert column in text
        assert "12345" in text


def test_a_stop_names_the_row_and_the_reason_in_both_languages() -> None:
    text = shown(enrolment.show, Report(rows=7, stopped=Stop(7, "fund-unreachable")))
    assert "7行目で中断しました。" in text
    assert "Stopped at row 7 (fund-unreachable)" in text
    assert CATALOGUE["fund-unreachable"].ja in text


@pytest.mark.parametrize("state", ["received", "reading", "done", "refused"])
def test_every_state_of_a_claim_file_is_shown_in_both_languages(state: str) -> None:
    refusal = {"refusal": "file-truncated"} if state == "refused" else {}
    text = shown(claims.show_claims, claims_answer(state=state, **refusal))
    [found] = [words for key, words in claims._STATES.items() if key == state]
    assert found in text
    if refusal:
        assert CATALOGUE["file-truncated"].ja in text
        assert "(file-truncated)" in text


def test_claims_are_counted_by_kind_and_by_fault() -> None:
    report = CLAIMS_REPORT | {
        "claims": 12_345,
        "unmatched": 7,
        "faults": {"code": 3},
        "by_kind": {"medical": 12_000, "dpc": 345},
    }
    text = shown(
        claims.show_claims, claims_answer(report=report, duplicate_of="019ab000-0000-7000-8000-000000000009")
    )
    for words in ("レセプト / claims 12,345", "該当する加入者なし / no such member 7", "医科 / medical 12,000", "DPC, not read 345",
                  "error: code", "同一ファイル / same file as 019ab000", "2026-11-23T01:02:03"):  # fmt: skip
        assert words in text


def test_records_that_were_passed_over_are_counted_by_their_letters() -> None:
    text = shown(claims.show_claims, claims_answer(report=CLAIMS_REPORT | {"passed": {"KH": 1200, "JD": 3}}))
    assert "KH（読み飛ばし） / passed over 1,200" in text
    assert "JD（読み飛ばし） / passed over 3" in text
    assert "passed over" not in shown(claims.show_claims, claims_answer(report=CLAIMS_REPORT))


@pytest.mark.parametrize("fault", list(ClaimsFault))
@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_fault_s_code_is_not_cut_off_at_any_width(fault: ClaimsFault, width: int) -> None:
    place = ClaimsFaultPlace.model_validate(FAULT | {"code": fault.value}, strict=False)
    text = shown(claims.show_claims_faults, ClaimsFaults(faults=[place], next=None), width=width)
    assert fault.value in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "17 IY 3 4"),
        ({"name": None}, "IY 3"),
        ({"record": None, "field": None, "name": None}, "17"),
        ({"claim": None, "shape": None}, "医薬品コード"),
    ],
)
def test_a_fault_is_placed_as_far_as_it_is_known(changes: dict[str, Any], words: str) -> None:
    place = ClaimsFaultPlace.model_validate(FAULT | changes, strict=False)
    text = shown(claims.show_claims_faults, ClaimsFaults(faults=[place], next="7"))
    assert words in text
    assert "None" not in text
    assert "続きを表示 / next page: --after 7" in text


def test_checkups_are_counted() -> None:
    text = shown(claims.show_checkups, 12_345, 6)
    assert "取込件数 / accepted 12,345" in text
    assert "該当する加入者なし / no such member 6" in text


@pytest.mark.parametrize("state", list(UploadState))
def test_every_state_of_a_member_file_is_shown_in_both_languages(state: UploadState) -> None:
    text = shown(uploads.show_upload, upload_answer(state=state.value))
    assert uploads._STATES[state] in text


@pytest.mark.parametrize("width", [60, 80, 200])
def test_an_upload_s_id_is_whole_and_its_faults_are_a_command_away(width: int) -> None:
    report = REPORT | {"bad_rows": 3}
    console = Console(file=io.StringIO(), record=True, width=width)
    uploads.show_upload(console, upload_answer(state="published", report=report))
    text = console.export_text()
    assert UPLOAD_ID in text
    assert f"payer-mock faults {UPLOAD_ID}" in " ".join(LINES.sub(" ", text).split())
    clean = shown(uploads.show_upload, upload_answer(state="published", report=REPORT | {"bad_rows": 0}))
    assert "payer-mock faults" not in clean


def test_plausibility_findings_are_counted_after_bad_rows() -> None:
    findings = [
        {"code": "limit-class-age", "count": 4, "holds": False},
        {"code": "gaps", "count": 9, "holds": False},
    ]
    text = shown(
        uploads.show_upload,
        upload_answer(state="published", report=REPORT | {"bad_rows": 0, "findings": findings}),
    )
    assert "要確認 / to be looked at 4" in text
    assert f"payer-mock faults {UPLOAD_ID}" in text


def test_a_duplicate_file_names_the_first_one() -> None:
    text = shown(uploads.show_upload, upload_answer(duplicate_of="019ab000-0000-7000-8000-000000000009"))
    assert "同一ファイル / same file as 019ab000-0000-7000-8000-000000000009" in text


@pytest.mark.parametrize(("holds", "mark"), [(True, "！"), (False, "")])
def test_findings_that_hold_a_file_are_marked(holds: bool, mark: str) -> None:
    finding = {"code": "absent", "count": 30, "holds": holds, "column": None, "detail": {"share": 0.25}}
    text = shown(uploads.show_upload, upload_answer(state="held", report=REPORT | {"findings": [finding]}))
    assert f"{mark}ファイルにない加入者の割合：25.0%" in text
    assert ("！" in text) is holds
    assert "30件" in text
