"""Bulk messages that name no persons (OQS 6): home visits and online consultations; tickets are not offered.

A list of home visits (OQSmuhvq) or online consultations (OQSmuonq) has the persons whose consents this terminal registered
on the days asked for, or for consultations on these days; each is asked again by that consent, without the card (再照会).
The fund has no list of a facility's consents, and none of its tickets.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from clinic_terminal.clock import JAPAN
from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.bulk import (
    keep_reception,
    reception_failed,
    reception_of,
    reception_result,
    results_failed,
    results_header,
    uploaded,
)
from clinic_terminal.exchange.context import Context, Failure, Family, refused
from clinic_terminal.exchange.entitlement import Consents, entitlement
from clinic_terminal.exchange.permits import ENDED
from clinic_terminal.exchange.result_codes import notice_of
from clinic_terminal.messages.bulk import (
    BulkUpload,
    HomeVisitBulkRequest,
    OnlineBulkRequest,
    OnlineSearch,
    ReceptionResult,
    ResultsRequest,
)
from clinic_terminal.messages.bulk_results import (
    ConsentedBulkResult,
    ConsentedConfirmUnit,
    ConsentedResultBody,
)
from clinic_terminal.messages.codes import ProcessingResultStatus
from clinic_terminal.messages.errors import MessageFormatError
from clinic_terminal.store.records import Permit
from eligibility_api.contract.codes import Care
from eligibility_api.contract.consent import Allowed
from eligibility_api.contract.errors import ShikakuError

_SEARCH = "MessageBody/QualificationConfirmSearchInfo"

MAX_DAYS_AHEAD = 30
"""How long before a consultation its consent may be given, by the fund's rule W12."""

MAX_PERSONS = 200
"""Persons of one list, each of whom is a request to the fund; more are refused."""


Listing = HomeVisitBulkRequest | OnlineBulkRequest


def _accept(context: Context, request: Listing) -> ReceptionResult:
    context.require_operator()  # without an operator the results would be refused
    _permits(context, request)
    return reception_result(request, keep_reception(context, request))


def _permits(context: Context, request: Listing) -> Sequence[Permit]:
    """The consents of the days asked for, oldest first. Raises `exchange-too-many-persons`, `message-element-missing`."""
    asked = request.body.search_info
    if isinstance(asked, OnlineSearch):
        permits = _online(context, asked)
    else:
        permits = context.store.permits_given(Care.HOME_VISIT, asked.consented_from, asked.consented_to)
    if len(permits) > MAX_PERSONS:
        raise TerminalError("exchange-too-many-persons")
    return permits


def _online(context: Context, asked: OnlineSearch) -> Sequence[Permit]:
    """The consents to online consultations by the days of consent, of consultation, or both."""
    given = _period(asked.consented_from, asked.consented_to, "ConsentDate")
    examined = _period(asked.examined_from, asked.examined_to, "ExaminationDate")
    if given is None and examined is None:
        raise MessageFormatError("message-element-missing", element=f"{_SEARCH}/ConsentDateFrom")
    if given is None:
        assert examined is not None
        given = examined[0] - timedelta(days=MAX_DAYS_AHEAD), examined[1]
    permits = context.store.permits_given(Care.ONLINE, *given)
    return (
        permits if examined is None else [one for one in permits if examined[0] <= _day(one) <= examined[1]]
    )


def _period(first: date | None, last: date | None, name: str) -> tuple[date, date] | None:
    """A pair of days, or none. Raises `message-element-missing` for half a pair."""
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise MessageFormatError(
            "message-element-missing", element=f"{_SEARCH}/{name}{'From' if first is None else 'To'}"
        )
    return first, last


def _day(permit: Permit) -> date:
    """The day of the consultation: that of the appointment, or of the consent itself."""
    return (permit.available_from or permit.given_at).astimezone(JAPAN).date()


def _results(context: Context, request: ResultsRequest) -> ConsentedBulkResult:
    reception = reception_of(context, request)
    online = reception.kind.startswith("OQSmuonq")
    upload: Listing
    upload, _ = uploaded(reception, OnlineBulkRequest if online else HomeVisitBulkRequest)
    units = tuple(_unit(context, permit) for permit in _permits(context, upload))
    return ConsentedBulkResult(
        header=results_header(context, request, reception, [unit.status for unit in units]),
        body=ConsentedResultBody(units=units),
    )


def _unit(context: Context, permit: Permit) -> ConsentedConfirmUnit:
    """One person; a consent that has ended is an error of that person. Raises what concerns the whole message."""
    try:
        answer = context.fund.consent_eligibility(context.accessor(permit.permit_id))
    except ShikakuError as error:
        notice = notice_of(error)
        if not notice.concerns_person:
            raise
        if error.code in ENDED:
            context.store.drop_permit(permit.permit_id)
        return ConsentedConfirmUnit(**refused(notice))
    return ConsentedConfirmUnit(
        status=ProcessingResultStatus.DONE,
        validity=answer.validity,
        results=tuple(entitlement(one, _consents(permit)) for one in answer.results),
        reference_numbers=(answer.reference_number,) if answer.reference_number else (),
    )


def _consents(permit: Permit) -> Consents:
    return {
        category: Allowed(category=category, given_at=permit.given_at, available_until=permit.available_until)
        for category in permit.categories
    }


def _results_fail(failure: Failure) -> ConsentedBulkResult:
    return ConsentedBulkResult(header=results_failed(failure), body=ConsentedResultBody())


def _refuse(_: Context, __: BulkUpload | ResultsRequest) -> ReceptionResult:
    raise TerminalError("exchange-not-offered")


CONSENTED = Family(_accept, reception_failed), Family(_results, _results_fail)
"""OQSmuhvq01 and 02, OQSmuonq01 and 02."""

NOT_OFFERED = Family(_refuse, reception_failed), Family(_refuse, _results_fail)
"""OQSmutic01 and 02."""
