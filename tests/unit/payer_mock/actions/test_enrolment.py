"""Enrolment of members by single calls."""

from collections.abc import Iterable

import pytest

from eligibility_api.contract.enrolment import RegisterMatch
from payer_mock.actions.enrolment import enrol_members
from payer_mock.actions.fund import open_clients
from payer_mock.actions.report import Report, Stop
from payer_mock.members.table import Fault, Row
from tests.unit.payer_mock.builders import FUND, INSURER, LEFT, OTHER_INSURER, credential, row
from tests.unit.payer_mock.fake_fund import END, ENROL, FakeFund


def enrol(fund: FakeFund, rows: Iterable[Row], *insurers: str) -> Report:
    credentials = {insurer: credential(insurer) for insurer in insurers or (INSURER,)}
    with open_clients(FUND, credentials, fund.transport) as client_of:
        return enrol_members(rows, client_of)


@pytest.mark.parametrize("match", list(RegisterMatch))
def test_every_good_row_is_enrolled_and_its_match_counted(match: RegisterMatch) -> None:
    fund = FakeFund(match)
    report = enrol(fund, [row(2, number="1"), row(3, number="2")])
    assert fund.calls == [(ENROL, "1"), (ENROL, "2")]
    assert (report.rows, report.enrolled, report.ended) == (2, 2, 0)
    assert report.matched == {match: 2}
    assert report.exit_code == 0


def test_a_row_with_lost_on_is_enrolled_without_it_and_then_ended() -> None:
    fund = FakeFund()
    report = enrol(fund, [row(**LEFT)])
    assert fund.calls == [(ENROL, "1"), (END, "1")]
    assert "lost_on" not in fund.bodies[0]
    assert fund.bodies[1]["lost_on"] == LEFT["lost_on"]
    assert (report.enrolled, report.ended, report.exit_code) == (1, 1, 0)


def test_an_already_enrolled_member_is_only_ended() -> None:
    fund = FakeFund()
    enrol(fund, [row()])
    report = enrol(fund, [row(**LEFT)])
    assert (report.enrolled, report.ended, report.exit_code) == (0, 1, 0)


def test_an_already_enrolled_member_without_an_end_is_rejected() -> None:
    report = enrol(FakeFund(), [row(2), row(3)])
    assert report.faults == [Fault(3, None, "enrolment-overlap")]
    assert (report.enrolled, report.exit_code) == (1, 1)


def test_bad_and_refused_rows_do_not_affect_good_ones() -> None:
    fund = FakeFund(failures={(ENROL, "2"): "right-missing"})
    invalid = Row(3, {}, Fault(3, None, "csv"))
    rows = [row(2, sex="F", name=""), invalid, row(4, number="2"), row(5, number="3")]
    report = enrol(fund, rows)
    assert (report.rows, report.enrolled, report.refused_rows, report.exit_code) == (4, 1, 3, 1)
    assert report.refused() == {"missing": 1, "enum": 1, "csv": 1, "right-missing": 1}


def test_a_refused_end_of_an_enrolled_member_is_reported() -> None:
    report = enrol(FakeFund(failures={(END, "1"): "enrolment-unknown"}), [row(**LEFT)])
    assert (report.enrolled, report.ended) == (1, 0)
    assert report.faults == [Fault(2, None, "enrolment-unknown")]


@pytest.mark.parametrize(
    ("failure", "code"), [("lost", "fund-unreachable"), ("register-unavailable", "register-unavailable")]
)
@pytest.mark.parametrize("path", [ENROL, END])
def test_a_technical_failure_stops_and_the_report_has_what_was_done(
    path: str, failure: str, code: str
) -> None:
    fund = FakeFund(failures={(path, "2"): failure})
    report = enrol(fund, [row(2, number="1"), row(3, number="2", **LEFT), row(4, number="3")])
    assert report.stopped == Stop(3, code)
    assert (report.rows, report.enrolled, report.exit_code) == (2, 1 if path == ENROL else 2, 3)
    assert (ENROL, "3") not in fund.calls


def test_each_row_is_sent_with_its_own_insurers_credential() -> None:
    rows = [row(2, number="1"), row(3, number="2", insurer_number=OTHER_INSURER)]
    assert enrol(FakeFund(), rows, INSURER, OTHER_INSURER).exit_code == 0


def test_a_row_of_an_insurer_without_credential_is_rejected_and_not_sent() -> None:
    fund = FakeFund()
    report = enrol(fund, [row(2, insurer_number=OTHER_INSURER), row(3)])
    assert report.faults == [Fault(2, None, "enrolment-other-insurer")]
    assert (report.enrolled, len(fund.calls)) == (1, 1)
