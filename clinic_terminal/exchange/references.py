"""照会番号登録: one (OQSsiimm01) or many (OQSmuimm01, 02; OQS 5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clinic_terminal.exchange.bulk import (
    keep_reception,
    outcome_of_reading,
    reception_failed,
    reception_of,
    reception_result,
    refused_row,
    results_failed,
    results_header,
    uploaded,
)
from clinic_terminal.exchange.context import Context, Failure, Family
from clinic_terminal.messages.bulk import BulkReferenceRequest, ReceptionResult, ResultsRequest
from clinic_terminal.messages.bulk_results import (
    BulkReferenceResult,
    BulkReferenceResultBody,
    BulkRegistrationUnit,
)
from clinic_terminal.messages.codes import ProcessingResultStatus, SegmentOfResult
from clinic_terminal.messages.references import (
    ReferenceRequest,
    ReferenceResult,
    ReferenceResultBody,
    ReferenceResultHeader,
    Registration,
)
from clinic_terminal.queries.references import REGISTERED, register


def _fields(registration: Registration) -> dict[str, object]:
    """The registration under the names of the fund's interface. The message has no birth date."""
    return {
        "reference_number": registration.reference_number,
        "insurer_number": registration.insurer_number,
        "symbol": registration.symbol,
        "number": registration.number,
        "branch": registration.branch,
    }


def _register(context: Context, registrations: Sequence[Registration]) -> list[str]:
    """The outcome of each. Raises ShikakuError if the fund did not answer to all of them."""
    registered = register(context.fund, [_fields(one) for one in registrations])
    if registered.problem is not None:
        raise registered.problem
    return [row.outcome for row in registered.rows]


def _outcome(outcome: str) -> dict[str, Any]:
    if outcome == REGISTERED:
        return {"status": ProcessingResultStatus.DONE}
    return refused_row("exchange-membership-invalid" if outcome == "request-invalid" else outcome)


def _answer(context: Context, request: ReferenceRequest) -> ReferenceResult:
    [outcome] = _register(context, [request.body.registration])
    header = ReferenceResultHeader(
        process_execution_time=context.clock(),
        medical_institution_code=request.header.medical_institution_code,
        arbitrary_file_identifier=request.header.arbitrary_file_identifier,
        segment_of_result=SegmentOfResult.DONE,
    )
    body = ReferenceResultBody(registration=request.body.registration, **_outcome(outcome))
    return ReferenceResult(header=header, body=body)


def _fail(failure: Failure) -> ReferenceResult:
    asked = failure.request if isinstance(failure.request, ReferenceRequest) else None
    registration = asked.body.registration if asked and failure.notice.concerns_person else None
    return ReferenceResult(
        header=ReferenceResultHeader(**failure.header()),
        body=ReferenceResultBody(registration=registration, **failure.outcome()),
    )


def _accept(context: Context, request: BulkReferenceRequest) -> ReceptionResult:
    """Register at once what can be read, and keep the outcomes until they are asked for."""
    rows = request.body.registrations
    registered = iter(_register(context, [row for row in rows if row.fault is None]))
    outcomes = [outcome_of_reading(row) or next(registered) for row in rows]
    return reception_result(request, keep_reception(context, request, outcomes=outcomes))


def _results(context: Context, request: ResultsRequest) -> BulkReferenceResult:
    reception = reception_of(context, request)
    upload, outcomes = uploaded(reception, BulkReferenceRequest)
    units = [
        BulkRegistrationUnit(registration=registration, **_outcome(outcome))
        for registration, outcome in zip(upload.body.registrations, outcomes, strict=True)
    ]
    return BulkReferenceResult(
        header=results_header(context, request, reception, [unit.status for unit in units]),
        body=BulkReferenceResultBody(units=tuple(units)),
    )


def _results_fail(failure: Failure) -> BulkReferenceResult:
    return BulkReferenceResult(header=results_failed(failure), body=BulkReferenceResultBody())


REFERENCE = Family(_answer, _fail)
"""OQSsiimm01."""

BULK_REFERENCE = Family(_accept, reception_failed), Family(_results, _results_fail)
"""OQSmuimm01 and 02."""
