"""Elements that several messages have, and the base of all messages."""

from __future__ import annotations

from typing import Annotated, ClassVar

from clinic_terminal.messages.codes import (
    CharacterCode,
    ProcessingResultStatus,
    ReferenceClassification,
    SegmentOfResult,
)
from clinic_terminal.messages.elements import Confidence, Element, Group
from clinic_terminal.messages.values import (
    Count,
    Day,
    Instant,
    InstitutionCode,
    LongText,
    ShortText,
)

ROOT = "XmlMsg"
"""The root element of every message."""

MAX_SINGLE_BYTES = 256 * 1024
"""Bytes of a request about one person: a hundred times what its elements may hold."""

MAX_BULK_BYTES = 16 * 1024 * 1024
"""Bytes of a bulk request: 10,000 rows of 1.6 KiB."""

MAX_RESULT_BYTES = 64 * 1024 * 1024
"""Bytes of a result that is read again: 10,000 persons of 6 KiB."""


class Message(Group):
    """Base of messages: each has a `header` and a `body`, also if the body is empty."""

    max_bytes: ClassVar[int] = MAX_SINGLE_BYTES
    """Bytes of a message that are read at most."""


ProcessExecutionTime = Annotated[Instant, Element("ProcessExecutionTime", note="The clock of the system.")]
QualificationConfirmationDate = Annotated[
    Day, Element("QualificationConfirmationDate", note="The day for which eligibility is asked.")
]
MedicalInstitutionCode = Annotated[InstitutionCode, Element("MedicalInstitutionCode")]
ArbitraryFileIdentifier = Annotated[
    ShortText | None,
    Element("ArbitraryFileIdentifier", note="Free text of the client; the result repeats it."),
]
Classification = Annotated[ReferenceClassification, Element("ReferenceClassification", code="OQSCD002")]
Segment = Annotated[SegmentOfResult, Element("SegmentOfResult", code="OQSCD003")]
ErrorCode = Annotated[
    ShortText | None,
    Element(
        "ErrorCode",
        confidence=Confidence.DOC,
        note="Only if SegmentOfResult is 9. The official codes are not public: ours begin with SHK-.",
    ),
]
ErrorMessage = Annotated[LongText | None, Element("ErrorMessage", confidence=Confidence.DOC)]
CharacterCodeIdentifier = Annotated[
    CharacterCode,
    Element("CharacterCodeIdentifier", code="OQSCD005", note="Written by the codec: the file's encoding."),
]

Status = Annotated[
    ProcessingResultStatus | None,
    Element("ProcessingResultStatus", code="OQSCD004", note="Absent only if SegmentOfResult is 2 or 9."),
]
StatusCode = Annotated[
    ShortText | None,
    Element(
        "ProcessingResultCode",
        confidence=Confidence.DOC,
        note="On error, or on success with a remark. The official codes are not public: ours begin with SHK-.",
    ),
]
StatusMessage = Annotated[LongText | None, Element("ProcessingResultMessage", confidence=Confidence.DOC)]

ReceptionText = ShortText
"""受付番号: opaque."""

ReceptionNumber = Annotated[ReceptionText, Element("ReceptionNumber", note="Opaque.")]
NumberOfProcessingResult = Annotated[Count | None, Element("NumberOfProcessingResult")]
NumberOfNormalProcessing = Annotated[Count | None, Element("NumberOfNormalProcessing")]
NumberOfError = Annotated[Count | None, Element("NumberOfError")]
