"""Examples of bulk messages."""

from __future__ import annotations

from collections.abc import Iterator

from clinic_terminal.messages.bulk import (
    BulkEligibilityBody,
    BulkEligibilityRequest,
    BulkReferenceBody,
    BulkReferenceRequest,
    HomeVisitBulkBody,
    HomeVisitBulkRequest,
    HomeVisitSearch,
    OnlineBulkBody,
    OnlineBulkRequest,
    OnlineSearch,
    ReceptionBody,
    ReceptionHeader,
    ReceptionResult,
    ResultsRequest,
    ResultsRequestBody,
    ResultsRequestHeader,
    TicketBulkBody,
    TicketBulkRequest,
    TicketSearch,
)
from clinic_terminal.messages.bulk_results import (
    BulkConfirmUnit,
    BulkEligibilityResult,
    BulkEligibilityResultBody,
    BulkReferenceResult,
    BulkReferenceResultBody,
    BulkRegistrationUnit,
    BulkResultHeader,
    ConsentedBulkResult,
    ConsentedConfirmUnit,
    ConsentedResultBody,
)
from clinic_terminal.messages.codes import (
    LimitCertificateChange,
    ProcessingResultStatus,
    SegmentOfResult,
)
from clinic_terminal.messages.eligibility import EligibilityRequestHeader
from clinic_terminal.messages.entitlement import BulkEntitlement, Entitlement, Membership
from clinic_terminal.messages.examples.example import (
    AID_RESULT,
    CLINIC,
    FILE_IDENTIFIER,
    GIVEN,
    NOW,
    P01_MEMBERSHIP,
    P01_RESULT,
    P01_SEARCH,
    P13_SEARCH,
    TODAY,
    Example,
)
from clinic_terminal.messages.headers import Message
from clinic_terminal.messages.references import Registration, RequestHeader
from eligibility_api.contract.codes import Care, Validity

_RECEPTION_NUMBER = "20261130091530000001"
_HEADER = RequestHeader(medical_institution_code=CLINIC, arbitrary_file_identifier=FILE_IDENTIFIER)
_REGISTRATIONS = (
    Registration(
        reference_number="00042", insurer_number="01130012", symbol="架空", number="7701", branch="00"
    ),
    Registration(
        reference_number="00043", insurer_number="06130017", symbol="123", number="7713", branch="00"
    ),
)

_RECEPTION = ReceptionResult(
    header=ReceptionHeader(
        process_execution_time=NOW,
        medical_institution_code=CLINIC,
        arbitrary_file_identifier=FILE_IDENTIFIER,
        segment_of_result=SegmentOfResult.DONE,
    ),
    body=ReceptionBody(reception_number=_RECEPTION_NUMBER, received_at=NOW),
)
_QUESTION = ResultsRequest(
    header=ResultsRequestHeader(medical_institution_code=CLINIC, arbitrary_file_identifier=FILE_IDENTIFIER),
    body=ResultsRequestBody(reception_number=_RECEPTION_NUMBER),
)
_PROCESSING = BulkResultHeader(
    process_execution_time=NOW,
    qualification_confirmation_date=TODAY,
    medical_institution_code=CLINIC,
    arbitrary_file_identifier=FILE_IDENTIFIER,
    reception_number=_RECEPTION_NUMBER,
    segment_of_result=SegmentOfResult.PROCESSING,
)


def _done(results: int) -> BulkResultHeader:
    """The header of results that are all in order."""
    return _PROCESSING.model_copy(
        update={
            "segment_of_result": SegmentOfResult.DONE,
            "results": results,
            "succeeded": results,
            "failed": 0,
        }
    )


_UNITS = (
    BulkConfirmUnit(
        search_info=P01_SEARCH,
        status=ProcessingResultStatus.DONE,
        validity=Validity.VALID,
        results=(
            BulkEntitlement(
                **{name: getattr(P01_MEMBERSHIP, name) for name in Membership.model_fields},
                limit_certificate_changed=LimitCertificateChange.UNCHANGED,
            ),
        ),
        reference_numbers=("00042",),
    ),
    BulkConfirmUnit(search_info=P13_SEARCH, status=ProcessingResultStatus.DONE, validity=Validity.NOT_FOUND),
)


def _listed(result: Entitlement) -> ConsentedBulkResult:
    """The results of a list of one person."""
    unit = ConsentedConfirmUnit(
        status=ProcessingResultStatus.DONE,
        validity=Validity.VALID,
        results=(result,),
        reference_numbers=("00042",),
    )
    return ConsentedBulkResult(
        header=_done(1).model_copy(update={"qualification_confirmation_date": None}),
        body=ConsentedResultBody(units=(unit,)),
    )


_UNTIL_WITHDRAWN = GIVEN.model_copy(update={"available_until": None})
_AT_HOME = P01_RESULT.model_copy(
    update=dict.fromkeys(("health_checkups", "medicines", "treatments", "prescriptions"), _UNTIL_WITHDRAWN)
)
_REGISTERED = (
    BulkRegistrationUnit(registration=_REGISTRATIONS[0], status=ProcessingResultStatus.DONE),
    BulkRegistrationUnit(
        registration=_REGISTRATIONS[1],
        status=ProcessingResultStatus.ERROR,
        status_code="SHK-EXAMPLE",
        status_message="該当する加入者を特定できません。",
    ),
)


def _conversation(prefix: str, upload: Message, result: Message) -> Iterator[Example]:
    """The four messages of a bulk request."""
    yield Example(f"{prefix}01req", "upload", upload)
    yield Example(f"{prefix}01res", "reception", _RECEPTION)
    yield Example(f"{prefix}02req", "question for the results", _QUESTION)
    yield Example(f"{prefix}02res", "results", result)


EXAMPLES = (
    *_conversation(
        "OQSmuquc",
        BulkEligibilityRequest(
            header=EligibilityRequestHeader(
                qualification_confirmation_date=TODAY,
                medical_institution_code=CLINIC,
                arbitrary_file_identifier=FILE_IDENTIFIER,
            ),
            body=BulkEligibilityBody(search_infos=(P01_SEARCH, P13_SEARCH)),
        ),
        BulkEligibilityResult(header=_done(2), body=BulkEligibilityResultBody(units=_UNITS)),
    ),
    Example(
        "OQSmuquc02res",
        "processing",
        BulkEligibilityResult(header=_PROCESSING, body=BulkEligibilityResultBody()),
    ),
    *_conversation(
        "OQSmuimm",
        BulkReferenceRequest(header=_HEADER, body=BulkReferenceBody(registrations=_REGISTRATIONS)),
        BulkReferenceResult(
            header=_done(2).model_copy(update={"succeeded": 1, "failed": 1}),
            body=BulkReferenceResultBody(units=_REGISTERED),
        ),
    ),
    *_conversation(
        "OQSmutic",
        TicketBulkRequest(header=_HEADER, body=TicketBulkBody(search_info=TicketSearch(month="202611"))),
        _listed(AID_RESULT),
    ),
    *_conversation(
        "OQSmuhvq",
        HomeVisitBulkRequest(
            header=_HEADER,
            body=HomeVisitBulkBody(
                search_info=HomeVisitSearch(
                    consented_from=TODAY.replace(day=1), consented_to=TODAY, care=Care.HOME_VISIT
                )
            ),
        ),
        _listed(_AT_HOME),
    ),
    *_conversation(
        "OQSmuonq",
        OnlineBulkRequest(
            header=_HEADER,
            body=OnlineBulkBody(
                search_info=OnlineSearch(
                    examined_from=TODAY.replace(day=1), examined_to=TODAY, care=Care.ONLINE
                )
            ),
        ),
        _listed(P01_RESULT),
    ),
)
"""Each prefix of the bulk kinds."""
