"""The answer to a request whose layout is not public, or whose kind is unknown: a header with our own error."""

from __future__ import annotations

from typing import Annotated, ClassVar

from clinic_terminal.messages import headers
from clinic_terminal.messages.codes import CharacterCode
from clinic_terminal.messages.elements import Confidence, Element, Group


class OwnErrorHeader(Group):
    """The error."""

    source: ClassVar[str] = "own"
    confidence: ClassVar[Confidence] = Confidence.INFER

    process_execution_time: headers.ProcessExecutionTime
    medical_institution_code: headers.MedicalInstitutionCode
    segment_of_result: headers.Segment
    error_code: headers.ErrorCode = None
    error_message: headers.ErrorMessage = None
    character_code_identifier: headers.CharacterCodeIdentifier = CharacterCode.UTF_8


class EmptyBody(Group):
    """Nothing."""


class OwnErrorResult(headers.Message):
    """Our own: never more than an error."""

    header: Annotated[OwnErrorHeader, Element("MessageHeader")]
    body: Annotated[EmptyBody, Element("MessageBody")]
