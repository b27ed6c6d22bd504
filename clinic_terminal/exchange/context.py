"""What every family of messages needs to answer one request, and to say why it cannot."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.operator import Operator
from clinic_terminal.exchange.result_codes import Notice
from clinic_terminal.messages.codes import ProcessingResultStatus, SegmentOfResult
from clinic_terminal.messages.headers import Message
from clinic_terminal.queries.membership import parse_request
from clinic_terminal.store import TerminalStore
from clinic_terminal.store.records import Permit
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.history_query import Accessor

log = logging.getLogger(__name__)

Request = TypeVar("Request", bound=Message)
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Context:
    """The fund, the terminal's store, and who asks; of one request.

    `kind`: the prefix of the request's file. `operator` is None if nobody is signed in or set. `new_number` makes
    reception numbers.
    """

    kind: str
    fund: FundClient
    store: TerminalStore
    operator: Operator | None
    clock: Callable[[], datetime]
    new_number: Callable[[datetime], str]

    def require_operator(self) -> Operator:
        """Who asks for medical files. Raises `exchange-operator-missing`."""
        if self.operator is None:
            raise TerminalError("exchange-operator-missing")
        return self.operator

    def accessor(self, permit_id: UUID) -> Accessor:
        """The operator's access under a permit. Raises `exchange-operator-missing`."""
        operator = self.require_operator()
        return Accessor(permit_id, operator.role, operator.name)

    def record_visit(self, answer: EligibilityAnswer) -> None:
        """Keep an answer about somebody. The answer is more important than its copy: a full disk is only logged."""
        if not answer.results:
            return
        try:
            self.store.record_visit(answer, self.clock())
        except TerminalError as error:
            log.warning("a visit was not kept: %s", error.code)

    def keep_permit(self, permit: Permit | None) -> None:
        """Keep a permit for medical files; as with a visit, a full disk is only logged."""
        if permit is None:
            return
        try:
            self.store.keep_permit(permit)
        except TerminalError as error:
            log.warning("a permit was not kept: %s", error.code)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer; `request` is None if it could not be read."""

    notice: Notice
    at: datetime
    institution_code: str
    request: Message | None = None

    def header(self) -> dict[str, Any]:
        """The fields of a header: `SegmentOfResult` 9 and the error if the whole message failed (OQS 10)."""
        common: dict[str, Any] = {
            "process_execution_time": self.at,
            "medical_institution_code": self.institution_code,
            "arbitrary_file_identifier": identifier_of(self.request),
        }
        if self.notice.concerns_person:
            return common | {"segment_of_result": SegmentOfResult.DONE}
        return common | self.error()

    def error(self) -> dict[str, Any]:
        """Segment and error of a header whose whole message failed, whatever the error is about."""
        return {
            "segment_of_result": SegmentOfResult.FAILED,
            "error_code": self.notice.code.number,
            "error_message": self.notice.text.ja,
        }

    def outcome(self) -> dict[str, Any]:
        """The fields of a body, or of one person: status 2 if a person was refused (OQS 10)."""
        return refused(self.notice) if self.notice.concerns_person else {}


def identifier_of(message: Message | None) -> str | None:
    """The identifier that a client gave its request, which the result repeats."""
    return getattr(getattr(message, "header", None), "arbitrary_file_identifier", None)


def institution_of(message: Message) -> str:
    """The institution that a request says to be of."""
    code: str = getattr(message, "header").medical_institution_code  # noqa: B009 - every request's header has it
    return code


def refused(notice: Notice) -> dict[str, Any]:
    """Status, code and sentence of a person who was refused."""
    return {
        "status": ProcessingResultStatus.ERROR,
        "status_code": notice.code.number,
        "status_message": notice.text.ja,
    }


@dataclass(frozen=True, slots=True)
class Family(Generic[Request]):
    """How one kind of request is answered, and how its result says that it failed.

    `answer` raises ShikakuError; a failure never does.
    """

    answer: Callable[[Context, Request], Message]
    fail: Callable[[Failure], Message]


def parse_membership(model: type[Model], fields: dict[str, object]) -> Model:
    """`fields` as a request of the fund. Raises `exchange-membership-invalid`, `my-number-refused`."""
    try:
        return parse_request(model, fields)
    except ShikakuError as error:
        if error.code == "request-invalid":
            raise TerminalError("exchange-membership-invalid") from error
        raise
