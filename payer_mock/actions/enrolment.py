"""Enrols the members of a file by single calls, and ends the memberships whose row has an end."""

from __future__ import annotations

from collections.abc import Iterable

from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.contract.insurer_client import InsurerClient
from payer_mock.actions.fund import ClientOf
from payer_mock.actions.report import Report, Stop
from payer_mock.members.member import Member, read_member
from payer_mock.members.table import Fault, Row


def enrol_members(rows: Iterable[Row], client_of: ClientOf) -> Report:
    """Process `rows` in order. A bad row is reported and skipped; a technical failure stops processing."""
    report = Report()
    for row in rows:
        report.rows += 1
        member = read_member(row)
        if not isinstance(member, Member):
            report.faults += member
            continue
        try:
            _enrol(member, client_of(member.joining.insurer_number), report)
        except ShikakuError as error:
            if error.entry.kind is ErrorKind.TECHNICAL:
                report.stopped = Stop(row.number, error.code)
                break
            report.faults.append(Fault(row.number, None, error.code))
    return report


def _enrol(member: Member, fund: InsurerClient, report: Report) -> None:
    try:
        answer = fund.enrol(member.joining)
    except ShikakuError as error:
        # Already enrolled: only the end in such a row is new.
        if error.code != "enrolment-overlap" or member.leaving is None:
            raise
    else:
        report.enrolled += 1
        report.matched[answer.match] += 1
    if member.leaving is not None:
        fund.end_enrolment(member.leaving)
        report.ended += 1
