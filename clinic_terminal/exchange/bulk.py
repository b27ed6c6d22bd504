"""What the bulk messages share (OQS 6): receptions, and the headers of their results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.context import Context, Failure, identifier_of, institution_of, refused
from clinic_terminal.exchange.entitlement import Consents, entitlement
from clinic_terminal.exchange.result_codes import notice_of
from clinic_terminal.messages import json_codec
from clinic_terminal.messages.bulk import (
    BulkUpload,
    ReceptionBody,
    ReceptionHeader,
    ReceptionResult,
    ResultsRequest,
)
from clinic_terminal.messages.bulk_results import BulkResultHeader, ConsentedConfirmUnit
from clinic_terminal.messages.codes import ProcessingResultStatus, SegmentOfResult
from clinic_terminal.messages.rows import Row
from clinic_terminal.store.records import Reception
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ShikakuError

Upload = TypeVar("Upload", bound=BulkUpload)

MAX_PERSONS = 1_000
"""Persons of one list; more are refused. A result of so many has about 4 MB, the most that a known client reads."""

UNREADABLE = "exchange-row-unreadable"
"""The outcome of a row that could not be read; the name of an element may follow."""


def outcome_of_reading(row: Row) -> str:
    """The outcome of a row that could not be read, with the element that is to blame; "" for one that could."""
    if row.fault is None:
        return ""
    return f"{UNREADABLE} {(row.fault.element or '').rpartition('/')[2]}".strip()


def refused_row(outcome: str) -> dict[str, Any]:
    """Status, code and sentence of a row with this outcome, whose code an element's name may follow."""
    code, _, element = outcome.partition(" ")
    fields = refused(notice_of(TerminalError(code)))
    return fields | ({"status_message": f"{fields['status_message']}（{element}）"} if element else {})


def problem_of(code: str | None) -> ShikakuError:
    """The error of a person whom the fund refused; one that this program does not know is an unreadable answer."""
    try:
        return TerminalError(code or "fund-unreadable")
    except KeyError:
        return ShikakuError("fund-unreadable")


def listed_unit(answer: EligibilityAnswer, consents: Consents) -> ConsentedConfirmUnit:
    """One person of a list of tickets or consents."""
    return ConsentedConfirmUnit(
        status=ProcessingResultStatus.DONE,
        validity=answer.validity,
        results=tuple(entitlement(one, consents) for one in answer.results),
        reference_numbers=(answer.reference_number,) if answer.reference_number else (),
    )


def keep_reception(
    context: Context,
    request: BulkUpload,
    *,
    batch_id: str | None = None,
    as_of: date | None = None,
    outcomes: Sequence[str] = (),
) -> Reception:
    """Keep a bulk request until its results are no longer kept, under a new reception number."""
    now = context.clock()
    written = {"request": json_codec.encode(request).decode(), "outcomes": list(outcomes)}
    reception = Reception(
        number=context.new_number(now),
        kind=context.kind,
        received_at=now,
        file_identifier=identifier_of(request),
        batch_id=batch_id,
        as_of=as_of,
        content=json.dumps(written).encode(),
    )
    context.store.keep_reception(reception)
    return reception


def reception_of(context: Context, request: ResultsRequest) -> Reception:
    """The reception that a `02req` names. Raises `exchange-reception-unknown`, also for one of another kind."""
    reception = context.store.reception(request.body.reception_number)
    if reception is None or reception.kind != context.kind.replace("02req", "01req"):
        raise TerminalError("exchange-reception-unknown")
    return reception


def uploaded(reception: Reception, model: type[Upload]) -> tuple[Upload, list[str]]:
    """The request of a reception, read again, and the outcomes that were known at once."""
    kept = json.loads(reception.content)
    return json_codec.decode(kept["request"].encode(), model).message, kept["outcomes"]


def reception_result(request: BulkUpload, reception: Reception) -> ReceptionResult:
    """`…01res` of an accepted request."""
    header = ReceptionHeader(
        process_execution_time=reception.received_at,
        medical_institution_code=institution_of(request),
        arbitrary_file_identifier=reception.file_identifier,
        segment_of_result=SegmentOfResult.DONE,
    )
    body = ReceptionBody(
        reception_number=reception.number,
        received_at=reception.received_at,
        status=ProcessingResultStatus.DONE,
    )
    return ReceptionResult(header=header, body=body)


def reception_failed(failure: Failure) -> ReceptionResult:
    """`…01res` of a request that was not accepted."""
    return ReceptionResult(
        header=ReceptionHeader(**failure.header()), body=ReceptionBody(**failure.outcome())
    )


def results_header(
    context: Context,
    request: ResultsRequest,
    reception: Reception,
    statuses: Sequence[ProcessingResultStatus | None] | None,
) -> BulkResultHeader:
    """The header of results: one status for each unit, or None while the fund works on them ("processing")."""
    header: dict[str, Any] = {
        "process_execution_time": context.clock(),
        "qualification_confirmation_date": reception.as_of,
        "medical_institution_code": institution_of(request),
        "arbitrary_file_identifier": identifier_of(request) or reception.file_identifier,
        "reception_number": reception.number,
    }
    if statuses is None:
        return BulkResultHeader(**header, segment_of_result=SegmentOfResult.PROCESSING)
    return BulkResultHeader(
        **header,
        segment_of_result=SegmentOfResult.DONE,
        results=len(statuses),
        succeeded=statuses.count(ProcessingResultStatus.DONE),
        failed=statuses.count(ProcessingResultStatus.ERROR),
    )


def results_failed(failure: Failure) -> BulkResultHeader:
    """The header of results that cannot be given: a refusal fails them all, since it is about no single person."""
    asked = failure.request.body.reception_number if isinstance(failure.request, ResultsRequest) else None
    return BulkResultHeader(**failure.header() | failure.error(), reception_number=asked)
