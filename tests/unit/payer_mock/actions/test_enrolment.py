"""Enrolment of members by single calls."""

from datetime import date
from pathlib import Path

import pytest

from eligibility_api.contract.enrolment import RegisterMatch
from payer_mock.actions.enrolment import check_members, enrol_members
from payer_mock.actions.fund import open_clients
from payer_mock.actions.report import Fault, Report, Stop
from payer_mock.members.reader import MemberFile
from tests.unit.payer_mock.builders import (
    CELLS,
    FUND,
    INSURER,
    LEFT,
    OTHER_INSURER,
    credential,
    line,
    members_file,
)
from tests.unit.payer_mock.fake_fund import END, ENROL, FakeFund

TODAY = date(2026, 4, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the test's member files are."""
    return tmp_path


def enrol(fund: FakeFund, folder: Path, *lines: str, insurers: tuple[str, ...] = (INSURER,)) -> Report:
    credentials = {insurer: credential(insurer) for insurer in insurers}
    with open_clients(FUND, credentials, fund.transport) as client_of:
        return enrol_members(MemberFile(members_file(folder, *lines), TODAY), client_of)


@pytest.mark.parametrize("match", list(RegisterMatch))
def test_every_good_row_is_enrolled_and_its_match_counted(match: RegisterMatch, folder: Path) -> None:
    fund = FakeFund(match)
    report = enrol(fund, folder, line(number="1"), line(number="2"))
    assert fund.calls == [(ENROL, "1"), (ENROL, "2")]
    assert (report.rows, report.enrolled, report.ended) == (2, 2, 0)
    assert report.matched == {match: 2}
    assert report.exit_code == 0


def test_a_row_with_lost_on_is_enrolled_without_it_and_then_ended(folder: Path) -> None:
    fund = FakeFund()
    report = enrol(fund, folder, line(**LEFT))
    assert fund.calls == [(ENROL, "1"), (END, "1")]
    assert "lost_on" not in fund.bodies[0]
    assert fund.bodies[1]["lost_on"] == LEFT["lost_on"]
    assert (report.enrolled, report.ended, report.exit_code) == (1, 1, 0)


def test_an_already_enrolled_member_is_only_ended(folder: Path) -> None:
    fund = FakeFund()
    enrol(fund, folder, line())
    report = enrol(fund, folder, line(**LEFT))
    assert (report.enrolled, report.ended, report.exit_code) == (0, 1, 0)


def test_an_already_enrolled_member_without_an_end_is_rejected(folder: Path) -> None:
    report = enrol(FakeFund(), folder, line(), line())
    assert report.faults == [Fault(3, "", "enrolment-overlap")]
    assert (report.enrolled, report.exit_code) == (1, 1)


def test_bad_and_refused_rows_do_not_affect_good_ones_and_are_sorted_by_row(folder: Path) -> None:
    fund = FakeFund(failures={(ENROL, "2"): "right-missing"})
    report = enrol(
        fund, folder, line(number="2"), line(sex="F", name=""), line(name='"架空'), line(number="3")
    )
    assert (report.rows, report.enrolled, report.refused_rows, report.exit_code) == (4, 1, 3, 1)
    assert report.refused() == {"required": 1, "code": 1, "quotes": 1, "right-missing": 1}
    assert [fault.row for fault in report.sorted_faults()] == [2, 3, 3, 4]


def test_a_refused_end_of_an_enrolled_member_is_reported(folder: Path) -> None:
    report = enrol(FakeFund(failures={(END, "1"): "enrolment-unknown"}), folder, line(**LEFT))
    assert (report.enrolled, report.ended) == (1, 0)
    assert report.faults == [Fault(2, "", "enrolment-unknown")]


@pytest.mark.parametrize(
    ("failure", "code"), [("lost", "fund-unreachable"), ("register-unavailable", "register-unavailable")]
)
@pytest.mark.parametrize("path", [ENROL, END])
def test_a_technical_failure_stops_and_the_report_has_what_was_done(
    path: str, failure: str, code: str, folder: Path
) -> None:
    fund = FakeFund(failures={(path, "2"): failure})
    rows = [line(number="1"), line(sex="F"), line(number="2", **LEFT), line(sex="F"), line(number="3")]
    report = enrol(fund, folder, *rows)
    assert report.stopped == Stop(4, code)
    assert (report.rows, report.refused_rows) == (3, 1)
    assert (report.enrolled, report.exit_code) == (1 if path == ENROL else 2, 3)
    assert [fault.row for fault in report.faults] == [3]
    assert (ENROL, "3") not in fund.calls


def test_each_row_is_sent_with_its_own_insurers_credential(folder: Path) -> None:
    rows = [line(number="1"), line(number="2", insurer_number=OTHER_INSURER)]
    assert enrol(FakeFund(), folder, *rows, insurers=(INSURER, OTHER_INSURER)).exit_code == 0


def test_a_row_of_an_insurer_without_credential_is_rejected_and_not_sent(folder: Path) -> None:
    fund = FakeFund()
    report = enrol(fund, folder, line(insurer_number=OTHER_INSURER), line())
    assert report.faults == [Fault(2, "", "enrolment-other-insurer")]
    assert (report.enrolled, len(fund.calls)) == (1, 1)


def test_a_check_reads_the_file_and_sends_nothing(folder: Path) -> None:
    header = ",".join(CELLS) + ",備考\n"
    path = members_file(folder, line().strip() + ",x\n", line(sex="F").strip() + ",\n", header=header)
    report = check_members(MemberFile(path, TODAY))
    assert (report.rows, report.refused_rows, report.exit_code) == (2, 1, 1)
    [(column, filled)] = report.unknown_columns.items()
    assert (column.letters, column.heading, filled) == ("O", "備考", 1)


def test_a_plausibility_finding_refuses_nothing(folder: Path) -> None:
    """Rule F8."""
    header = ",".join(CELLS) + ",burden_ratio\n"
    path = members_file(folder, line().strip() + ",30\n", header=header)
    report = check_members(MemberFile(path, TODAY))
    assert (report.checks(), report.refused(), report.exit_code) == ({"ratio-not-expected": 1}, {}, 0)
    assert report.faults == [Fault(2, "burden_ratio", "ratio-not-expected")]


def test_memory_stays_flat_however_many_bad_rows_a_file_has(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payer_mock.actions.report.MAX_FAULTS", 50)
    report = check_members(MemberFile(members_file(folder, *[line(sex="F")] * 200), TODAY))
    assert (report.refused_rows, report.refused()) == (200, {"code": 200})
    assert [fault.row for fault in report.faults] == [*range(2, 52)]
