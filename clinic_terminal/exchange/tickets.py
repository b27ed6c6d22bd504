"""医療扶助の資格情報の一括取得 (OQSmutic01, 02; OQS 6): the recipients with a ticket for the facility in a month."""

from __future__ import annotations

from collections.abc import Iterator

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.bulk import (
    MAX_PERSONS,
    keep_reception,
    listed_unit,
    problem_of,
    reception_failed,
    reception_of,
    reception_result,
    results_failed,
    results_header,
    uploaded,
)
from clinic_terminal.exchange.context import Context, Failure, Family, refused
from clinic_terminal.exchange.entitlement import NO_CONSENT
from clinic_terminal.exchange.result_codes import notice_of
from clinic_terminal.messages.bulk import ReceptionResult, ResultsRequest, TicketBulkRequest
from clinic_terminal.messages.bulk_results import (
    ConsentedBulkResult,
    ConsentedConfirmUnit,
    ConsentedResultBody,
)
from eligibility_api.contract.history_query import Staff
from eligibility_api.contract.tickets import TicketRecipient


def _accept(context: Context, request: TicketBulkRequest) -> ReceptionResult:
    return reception_result(request, keep_reception(context, request))


def _results(context: Context, request: ResultsRequest) -> ConsentedBulkResult:
    reception = reception_of(context, request)
    upload, _ = uploaded(reception, TicketBulkRequest)
    units = tuple(_units(context, upload.body.search_info.month))
    return ConsentedBulkResult(
        header=results_header(context, request, reception, [unit.status for unit in units]),
        body=ConsentedResultBody(units=units),
    )


def _units(context: Context, month: str) -> Iterator[ConsentedConfirmUnit]:
    """One unit for each recipient, and for each of her tickets' periods. Raises `exchange-too-many-persons`."""
    staff = context.operator.staff() if context.operator is not None else Staff()
    found = context.fund.ticket_recipients(f"{month[:4]}-{month[4:]}", staff)
    for number, recipient in enumerate(found, start=1):
        if number > MAX_PERSONS:
            raise TerminalError("exchange-too-many-persons")
        yield _unit(recipient)


def _unit(recipient: TicketRecipient) -> ConsentedConfirmUnit:
    if recipient.answer is None:
        return ConsentedConfirmUnit(**refused(notice_of(problem_of(recipient.code))))
    return listed_unit(recipient.answer, NO_CONSENT)


def _results_fail(failure: Failure) -> ConsentedBulkResult:
    return ConsentedBulkResult(header=results_failed(failure), body=ConsentedResultBody())


TICKETS = Family(_accept, reception_failed), Family(_results, _results_fail)
"""OQSmutic01 and 02."""
