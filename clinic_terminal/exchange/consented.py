"""Bulk messages that name no persons (OQS 6): home visits; tickets and online consultations are not offered.

A home-visit list (OQSmuhvq) has the persons whose consents this terminal registered on the days asked for; each is
asked again by that consent, without the card (再照会). The fund has no list of a facility's consents, and none of its
tickets.
"""

from __future__ import annotations

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
from clinic_terminal.messages.bulk import BulkUpload, HomeVisitBulkRequest, ReceptionResult, ResultsRequest
from clinic_terminal.messages.bulk_results import (
    ConsentedBulkResult,
    ConsentedConfirmUnit,
    ConsentedResultBody,
)
from clinic_terminal.messages.codes import ProcessingResultStatus
from clinic_terminal.store.records import Permit
from eligibility_api.contract.codes import Care
from eligibility_api.contract.consent import Allowed
from eligibility_api.contract.errors import ShikakuError

MAX_PERSONS = 200
"""Persons of one home-visit list, each of whom is a request to the fund; more are refused."""


def _accept(context: Context, request: HomeVisitBulkRequest) -> ReceptionResult:
    context.require_operator()  # without an operator the results would be refused
    _permits(context, request)
    return reception_result(request, keep_reception(context, request))


def _permits(context: Context, request: HomeVisitBulkRequest) -> tuple[Permit, ...]:
    """The consents of the days asked for, oldest first. Raises `exchange-too-many-persons`."""
    asked = request.body.search_info
    permits = context.store.permits_given(Care.HOME_VISIT, asked.consented_from, asked.consented_to)
    if len(permits) > MAX_PERSONS:
        raise TerminalError("exchange-too-many-persons")
    return permits


def _results(context: Context, request: ResultsRequest) -> ConsentedBulkResult:
    reception = reception_of(context, request)
    upload, _ = uploaded(reception, HomeVisitBulkRequest)
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


HOME_VISITS = Family(_accept, reception_failed), Family(_results, _results_fail)
"""OQSmuhvq01 and 02."""

NOT_OFFERED = Family(_refuse, reception_failed), Family(_refuse, _results_fail)
"""OQSmutic01 and 02, OQSmuonq01 and 02."""
