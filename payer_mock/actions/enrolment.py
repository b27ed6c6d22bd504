"""Enrols the members of a file by single calls, and ends the memberships whose row has an end."""

from __future__ import annotations

from eligibility_api.contract.errors import ErrorKind, ShikakuError
from eligibility_api.contract.insurer_client import InsurerClient
from eligibility_api.contract.member_reading.block import Block
from payer_mock.actions.fund import ClientOf
from payer_mock.actions.report import Report, Stop
from payer_mock.members.reader import Member, MemberFile


def check_members(file: MemberFile) -> Report:
    """Read a file without any call of the fund. Raises OSError, HeadingError, ShikakuError `file-truncated`."""
    report = Report()
    for block in file.blocks():
        _add_columns(report, file, block)
        report.add(block)
    return report


def enrol_members(file: MemberFile, client_of: ClientOf) -> Report:
    """Process a file in order. A bad row is reported and skipped; a technical failure stops processing.

    Raises OSError, HeadingError, and ShikakuError `file-truncated`.
    """
    report = Report()
    for block in file.blocks():
        _add_columns(report, file, block)
        stop = _enrol_all(block, client_of, report)
        if stop is not None:
            report.add_until_stop(block, stop)
            break
        report.add(block)
    return report


def _add_columns(report: Report, file: MemberFile, block: Block[Member]) -> None:
    for column in file.unknown_columns():
        filled = block.passed_over[column.place]
        if filled or column.heading:
            report.unknown_columns[column] += filled


def _enrol_all(block: Block[Member], client_of: ClientOf, report: Report) -> Stop | None:
    """Enrol the members of a block; returns where a technical failure stopped it."""
    for member in block.records:
        try:
            _enrol(member, client_of(member.joining.insurer_number), report)
        except ShikakuError as error:
            if error.entry.kind is ErrorKind.TECHNICAL:
                return Stop(member.row, error.code)
            report.refuse(member.row, error.code)
    return None


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
