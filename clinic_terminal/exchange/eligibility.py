"""資格確認 by the items of a certificate (OQSsiquc01, OQS 4); also the body that a tap's message shares with it."""

from __future__ import annotations

from datetime import date
from typing import Any

from clinic_terminal.clock import JAPAN
from clinic_terminal.exchange.context import Context, Failure, Family, parse_membership
from clinic_terminal.exchange.entitlement import NO_CONSENT, Consents, entitlement
from clinic_terminal.exchange.result_codes import remark_of
from clinic_terminal.messages.codes import (
    LimitConsent,
    ProcessingResultStatus,
    ReferenceClassification,
    SegmentOfResult,
)
from clinic_terminal.messages.eligibility import (
    EligibilityRequest,
    EligibilityResult,
    EligibilityResultBody,
    EligibilityResultHeader,
    SearchInfo,
)
from clinic_terminal.queries.number_lookup import LookupRequest, check_membership
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.membership import MembershipQuery


def membership_fields(asked: SearchInfo) -> dict[str, object]:
    """The items of a certificate under the names of the fund's interface."""
    return {
        "insurer_number": asked.insurer_number,
        "symbol": asked.symbol,
        "number": asked.number,
        "branch": asked.branch,
        "birth_date": asked.birth_date,
    }


def answered(answer: EligibilityAnswer, consents: Consents) -> dict[str, Any]:
    """The fields of a body after the fund's answer; with a remark if the card's certificate has expired, or will."""
    remark = remark_of(answer.certificate_renewal) if answer.certificate_renewal is not None else None
    return {
        "status": ProcessingResultStatus.DONE,
        "status_code": remark.code.number if remark else None,
        "status_message": remark.text.ja if remark else None,
        "validity": answer.validity,
        "results": tuple(entitlement(one, consents) for one in answer.results),
        "reference_number": answer.reference_number,
    }


def _answer(context: Context, request: EligibilityRequest) -> EligibilityResult:
    header, asked = request.header, request.body.search_info
    lookup = LookupRequest(
        as_of=header.qualification_confirmation_date,
        limit_certificate=asked.limit_consent is LimitConsent.GIVEN,
    )
    membership = parse_membership(MembershipQuery, membership_fields(asked))
    answer = check_membership(context.fund, membership, lookup)
    context.record_visit(answer)
    return EligibilityResult(
        header=EligibilityResultHeader(
            process_execution_time=answer.answered_at,
            qualification_confirmation_date=header.qualification_confirmation_date,
            medical_institution_code=header.medical_institution_code,
            arbitrary_file_identifier=header.arbitrary_file_identifier,
            reference_classification=ReferenceClassification.CERTIFICATE,
            segment_of_result=SegmentOfResult.DONE,
        ),
        body=EligibilityResultBody(search_info=asked, **answered(answer, NO_CONSENT)),
    )


def _fail(failure: Failure) -> EligibilityResult:
    request = failure.request if isinstance(failure.request, EligibilityRequest) else None
    asked = request.body.search_info if request and failure.notice.concerns_person else None
    day = request.header.qualification_confirmation_date if request else None
    return failed(failure, day, ReferenceClassification.CERTIFICATE, asked)


def failed(
    failure: Failure,
    day: date | None,
    classification: ReferenceClassification,
    asked: SearchInfo | None = None,
) -> EligibilityResult:
    """The result of a look-up or a tap that failed: without a validity. `day` is the present one if None."""
    header = EligibilityResultHeader(
        **failure.header(),
        qualification_confirmation_date=day or failure.at.astimezone(JAPAN).date(),
        reference_classification=classification,
    )
    return EligibilityResult(
        header=header, body=EligibilityResultBody(search_info=asked, **failure.outcome())
    )


ELIGIBILITY = Family(_answer, _fail)
"""OQSsiquc01."""
