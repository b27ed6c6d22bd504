"""Bulk messages about consents (OQS 6): the persons who consented to home visits or online consultations here.

The fund lists the facility's consents, whichever terminal registered them. Each that has not ended is asked again by the
consent, without the card (再照会), and its permit is kept, so that medical files may be asked for by membership.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.bulk import (
    MAX_PERSONS,
    keep_reception,
    listed_unit,
    reception_failed,
    reception_of,
    reception_result,
    results_failed,
    results_header,
    uploaded,
)
from clinic_terminal.exchange.context import Context, Failure, Family, refused
from clinic_terminal.exchange.entitlement import Consents
from clinic_terminal.exchange.permits import ENDED, listed_permit
from clinic_terminal.exchange.result_codes import notice_of
from clinic_terminal.messages.bulk import (
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
from clinic_terminal.messages.errors import MessageFormatError
from clinic_terminal.queries.consents import Days, days_of_consent, open_consents
from eligibility_api.contract.consent import Allowed, ConsentStatus
from eligibility_api.contract.errors import ShikakuError

_SEARCH = "MessageBody/QualificationConfirmSearchInfo"

Listing = HomeVisitBulkRequest | OnlineBulkRequest


def _accept(context: Context, request: Listing) -> ReceptionResult:
    context.require_operator()  # without an operator the results would be refused
    _periods(request)
    return reception_result(request, keep_reception(context, request))


def _periods(request: Listing) -> tuple[Days, Days | None]:
    """The days of the consents, and those of the consultations if they are asked for.

    Raises `message-element-missing` for neither, and for half a pair.
    """
    asked = request.body.search_info
    if not isinstance(asked, OnlineSearch):
        return (asked.consented_from, asked.consented_to), None
    given = _period(asked.consented_from, asked.consented_to, "ConsentDate")
    examined = _period(asked.examined_from, asked.examined_to, "ExaminationDate")
    if given is None and examined is None:
        raise MessageFormatError("message-element-missing", element=f"{_SEARCH}/ConsentDateFrom")
    if given is None:
        assert examined is not None
        given = days_of_consent(examined)
    return given, examined


def _period(first: date | None, last: date | None, name: str) -> Days | None:
    """A pair of days, or none. Raises `message-element-missing` for half a pair."""
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise MessageFormatError(
            "message-element-missing", element=f"{_SEARCH}/{name}{'From' if first is None else 'To'}"
        )
    return first, last


def _consents(context: Context, request: Listing) -> Sequence[ConsentStatus]:
    """The facility's consents of the days asked for that hold or will, oldest first.

    Raises `exchange-too-many-persons`.
    """
    given, examined = _periods(request)
    care, by = request.body.search_info.care, context.require_operator().staff()
    found: list[ConsentStatus] = []
    for consent in open_consents(context.fund, care, given, by, context.clock(), consultations=examined):
        if len(found) == MAX_PERSONS:
            raise TerminalError("exchange-too-many-persons")
        found.append(consent)
    return found


def _results(context: Context, request: ResultsRequest) -> ConsentedBulkResult:
    reception = reception_of(context, request)
    model: type[Listing] = (
        OnlineBulkRequest if reception.kind.startswith("OQSmuonq") else HomeVisitBulkRequest
    )
    upload, _ = uploaded(reception, model)
    units = tuple(_units(context, _consents(context, upload)))
    return ConsentedBulkResult(
        header=results_header(context, request, reception, [unit.status for unit in units]),
        body=ConsentedResultBody(units=units),
    )


def _units(context: Context, consents: Sequence[ConsentStatus]) -> Iterator[ConsentedConfirmUnit]:
    """One person for each consent; one that is refused is an error of that person.

    Raises what concerns the whole message.
    """
    for consent in consents:
        try:
            answer = context.fund.consent_eligibility(context.accessor(consent.consent_id))
        except ShikakuError as error:
            notice = notice_of(error)
            if not notice.concerns_person:
                raise
            if error.code in ENDED:
                context.store.drop_permit(consent.consent_id)
            yield ConsentedConfirmUnit(**refused(notice))
        else:
            context.keep_permit(listed_permit(consent, answer))
            yield listed_unit(answer, _allowed(consent))


def _allowed(consent: ConsentStatus) -> Consents:
    return {
        category: Allowed(
            category=category, given_at=consent.given_at, available_until=consent.available_until
        )
        for category in consent.categories
    }


def _results_fail(failure: Failure) -> ConsentedBulkResult:
    return ConsentedBulkResult(header=results_failed(failure), body=ConsentedResultBody())


CONSENTED = Family(_accept, reception_failed), Family(_results, _results_fail)
"""OQSmuhvq01 and 02, OQSmuonq01 and 02."""
