"""Answers one message of the clinic's software: chooses the family, and turns every error into its result."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Self

from pydantic import ValidationError

from clinic_terminal.clock import JAPAN
from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.bulk_eligibility import BULK_ELIGIBILITY
from clinic_terminal.exchange.consented import CONSENTED
from clinic_terminal.exchange.context import Context, Failure, Family, institution_of
from clinic_terminal.exchange.eligibility import ELIGIBILITY
from clinic_terminal.exchange.medical_files import CHECKUPS, HISTORY
from clinic_terminal.exchange.operator import Operator
from clinic_terminal.exchange.references import BULK_REFERENCE, REFERENCE
from clinic_terminal.exchange.result_codes import notice_of
from clinic_terminal.exchange.tickets import TICKETS
from clinic_terminal.messages.headers import Message
from clinic_terminal.messages.own_error import EmptyBody, OwnErrorHeader, OwnErrorResult
from clinic_terminal.messages.registry import MessageKind
from clinic_terminal.store import TerminalStore
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.trace_context import one_trace

log = logging.getLogger(__name__)

FAMILIES: Final[Mapping[str, Family[Any]]] = {
    "OQSsiquc01req": ELIGIBILITY,
    "OQSsiimm01req": REFERENCE,
    "OQSmuquc01req": BULK_ELIGIBILITY[0],
    "OQSmuquc02req": BULK_ELIGIBILITY[1],
    "OQSmuimm01req": BULK_REFERENCE[0],
    "OQSmuimm02req": BULK_REFERENCE[1],
    "OQSmuhvq01req": CONSENTED[0],
    "OQSmuhvq02req": CONSENTED[1],
    "OQSmutic01req": TICKETS[0],
    "OQSmutic02req": TICKETS[1],
    "OQSmuonq01req": CONSENTED[0],
    "OQSmuonq02req": CONSENTED[1],
    "YZKsiquc01req": HISTORY,
    "TKKsiquc01req": CHECKUPS,
}
"""How each message is answered, by the prefix of its request; a test compares them with the registry."""


def reception_number(at: datetime) -> str:
    """A new reception number: the day in Japan and twelve random digits. The real form is not public."""
    return f"{at.astimezone(JAPAN):%Y%m%d}{secrets.randbelow(10**12):012}"


class Exchange:
    """The core of folder and web face. A context manager that closes its client; not for use by several threads.

    `staff`: the operator that the facility's administrator set, for requests of medical files by nobody signed in.
    """

    def __init__(
        self,
        fund: FundClient,
        store: TerminalStore,
        *,
        clock: Callable[[], datetime],
        staff: Operator | None = None,
        new_number: Callable[[datetime], str] = reception_number,
    ) -> None:
        if fund.credential.institution_code is None:
            raise ValueError("the credential is not that of a facility's terminal")
        self.institution_code = fund.credential.institution_code
        self._fund = fund
        self._store = store
        self._clock = clock
        self._staff = staff
        self._new_number = new_number

    def __enter__(self) -> Self:
        self._fund.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._fund.__exit__(*error)

    def answer(self, kind: MessageKind, request: Message, operator: Operator | None = None) -> Message:
        """The result of a request; never raises. `operator`: who is signed in at the screen, if anybody is."""
        context = Context(
            kind.prefix, self._fund, self._store, operator or self._staff, self._clock, self._new_number
        )
        try:
            if institution_of(request) != self.institution_code:
                raise TerminalError("exchange-other-institution")
            with one_trace():
                return FAMILIES[kind.prefix].answer(context, request)
        except ShikakuError as error:
            return self.failed(kind, error, request)
        except ValidationError:  # the fund's answer has a value that the message cannot have
            log.error("an answer of the fund does not fit %s", kind.prefix)
            return self.failed(kind, ShikakuError("fund-unreadable"), request)
        except Exception as error:
            log.error("answering %s failed: %s", kind.prefix, type(error).__name__)  # without values
            return self.failed(kind, TerminalError("exchange-internal"), request)

    def unsupported(self, kind: MessageKind | None) -> Message:
        """The result of a request whose layout is not public, or whose kind is unknown; it is not decoded."""
        return self.failed(kind, TerminalError("message-layout-not-public"))

    def failed(
        self, kind: MessageKind | None, error: ShikakuError, request: Message | None = None
    ) -> Message:
        """The result that says why there is no answer; `request` is None if it could not be read.

        Without a kind, or of one whose layout is not public, it is our own message with a header alone.
        """
        failure = Failure(notice_of(error), self._clock(), self.institution_code, request)
        family = FAMILIES.get(kind.prefix) if kind is not None else None
        if family is not None:
            return family.fail(failure)
        header = OwnErrorHeader(
            process_execution_time=failure.at,
            medical_institution_code=failure.institution_code,
            **failure.error(),
        )
        return OwnErrorResult(header=header, body=EmptyBody())
