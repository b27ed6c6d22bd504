"""資格確認一括照会 (OQSmuquc01, 02; OQS 6): a batch of the fund, under a reception number of the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from clinic_terminal.exchange.bulk import (
    keep_reception,
    outcome_of_reading,
    problem_of,
    reception_failed,
    reception_of,
    reception_result,
    refused_row,
    results_failed,
    results_header,
    uploaded,
)
from clinic_terminal.exchange.context import Context, Failure, Family, parse_membership, refused
from clinic_terminal.exchange.eligibility import membership_fields
from clinic_terminal.exchange.entitlement import bulk_entitlement
from clinic_terminal.exchange.result_codes import notice_of
from clinic_terminal.messages.bulk import BulkEligibilityRequest, ReceptionResult, ResultsRequest
from clinic_terminal.messages.bulk_results import (
    BulkConfirmUnit,
    BulkEligibilityResult,
    BulkEligibilityResultBody,
)
from clinic_terminal.messages.codes import LimitCertificateChange, LimitConsent, ProcessingResultStatus
from clinic_terminal.messages.eligibility import SearchInfo
from eligibility_api.contract.batches import BatchRequest, BatchResult, BatchRow, BatchState
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.member_items import Enrolment


def _accept(context: Context, request: BulkEligibilityRequest) -> ReceptionResult:
    """Send the rows that can be asked; the others have their outcome in the results."""
    outcomes = [outcome_of_reading(one) for one in request.body.search_infos]
    readable = [one for one in request.body.search_infos if one.fault is None]
    rows = [row for row in map(_row, readable) if isinstance(row, BatchRow)]
    day = request.header.qualification_confirmation_date
    batch = context.fund.start_batch(BatchRequest(as_of=day, rows=tuple(rows))) if rows else None
    batch_id = batch.batch_id if batch else None
    return reception_result(
        request, keep_reception(context, request, batch_id=batch_id, as_of=day, outcomes=outcomes)
    )


def _row(asked: SearchInfo) -> BatchRow | ShikakuError:
    """The row of the batch, or why these numbers cannot be asked."""
    limit = asked.limit_consent is LimitConsent.GIVEN
    try:
        return parse_membership(BatchRow, membership_fields(asked) | {"limit_certificate_consent": limit})
    except ShikakuError as error:
        return error


def _results(context: Context, request: ResultsRequest) -> BulkEligibilityResult:
    reception = reception_of(context, request)
    batch_id = reception.batch_id
    if batch_id is not None and context.fund.batch_status(batch_id).state is not BatchState.DONE:
        header = results_header(context, request, reception, None)
        return BulkEligibilityResult(header=header, body=BulkEligibilityResultBody())
    answers = list(context.fund.batch_results(batch_id)) if batch_id is not None else []
    upload, outcomes = uploaded(reception, BulkEligibilityRequest)
    units = tuple(_units(context, upload.body.search_infos, outcomes, answers))
    return BulkEligibilityResult(
        header=results_header(context, request, reception, [unit.status for unit in units]),
        body=BulkEligibilityResultBody(units=units),
    )


def _units(
    context: Context, persons: Sequence[SearchInfo], outcomes: Sequence[str], answers: Sequence[BatchResult]
) -> Iterator[BulkConfirmUnit]:
    """One unit for each person, in the order of the request. Raises `fund-unreadable` if an answer is missing.

    `outcomes`: of reading each row; a reception of an earlier program has none.
    """
    in_order = iter(sorted(answers, key=lambda answer: answer.row))
    for asked, outcome in zip_longest(persons, outcomes):
        if outcome:
            yield BulkConfirmUnit(search_info=asked, **refused_row(outcome))
            continue
        row = _row(asked)
        if isinstance(row, ShikakuError):
            yield BulkConfirmUnit(search_info=asked, **refused(notice_of(row)))
            continue
        result = next(in_order, None)
        if result is None:
            raise ShikakuError("fund-unreadable")
        yield _unit(context, asked, result)


def _unit(context: Context, asked: SearchInfo, result: BatchResult) -> BulkConfirmUnit:
    answer = result.answer
    if not isinstance(answer, EligibilityAnswer):
        return BulkConfirmUnit(search_info=asked, **refused(notice_of(problem_of(result.code))))
    return BulkConfirmUnit(
        search_info=asked,
        status=ProcessingResultStatus.DONE,
        validity=answer.validity,
        results=tuple(bulk_entitlement(one, _change(context, asked, one)) for one in answer.results),
        reference_numbers=(answer.reference_number,) if answer.reference_number else (),
    )


def _change(context: Context, asked: SearchInfo, now: Enrolment) -> LimitCertificateChange:
    """Whether the limit certificate differs from the last answer of this terminal about the membership.

    Unknown without the patient's consent to it then and now, or without such an answer (OQSCD014: 判定不能).
    """
    last = context.store.last_answer(now.insurer_number, now.symbol, now.number, now.branch, now.birth_date)
    former = [
        one
        for one in (last.results if last else ())
        if (one.insurer_number, one.number, one.branch) == (now.insurer_number, now.number, now.branch)
    ]
    if asked.limit_consent is LimitConsent.NOT_GIVEN or not former or not former[0].limit_certificate_consent:
        return LimitCertificateChange.CHANGED_OR_UNKNOWN
    same = former[0].limit_certificate == now.limit_certificate
    return LimitCertificateChange.UNCHANGED if same else LimitCertificateChange.CHANGED_OR_UNKNOWN


def _results_fail(failure: Failure) -> BulkEligibilityResult:
    return BulkEligibilityResult(header=results_failed(failure), body=BulkEligibilityResultBody())


BULK_ELIGIBILITY = Family(_accept, reception_failed), Family(_results, _results_fail)
"""OQSmuquc01 and 02."""
