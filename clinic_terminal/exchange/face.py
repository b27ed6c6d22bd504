"""The message of a tap (`OQSsiquc01res_face`), and what the terminal keeps of it.

After an answer the message has it; after a refusal of the fund status 2 with our own code; after a technical failure
`SegmentOfResult` 9. There is none if the fund was not asked: a problem of reader, card or PIN is shown at the reader,
and a patient who gave up leaves nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.context import Failure
from clinic_terminal.exchange.eligibility import answered, failed
from clinic_terminal.exchange.entitlement import NO_CONSENT, Consents
from clinic_terminal.exchange.permits import permit_of
from clinic_terminal.exchange.result_codes import notice_of
from clinic_terminal.messages.codes import ReferenceClassification, SegmentOfResult
from clinic_terminal.messages.eligibility import (
    EligibilityResult,
    EligibilityResultBody,
    EligibilityResultHeader,
)
from clinic_terminal.store import TerminalStore
from clinic_terminal.store.records import Visit, Way
from clinic_terminal.store.visits import new_visit_id
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.eligibility import EligibilityAnswer
from eligibility_api.contract.errors import ErrorKind, ShikakuError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tap:
    """One tap at this terminal: its outcome, where and when, and the day that was asked for (None: that of `at`).

    `identifier`: the token of the message's header. `operator`: who compared the face, at a visual check.
    """

    outcome: TapOutcome
    institution_code: str
    at: datetime
    identifier: str
    as_of: date | None = None
    operator: str | None = None


def record_tap(store: TerminalStore, tap: Tap) -> EligibilityResult | None:
    """Keep the visit and the permit of a tap, and make its message; None if the folder gets none.

    A store that cannot be written is logged: the message is more important.
    """
    outcome = tap.outcome
    try:
        if outcome.answer is not None or outcome.problem is not None:
            store.keep_visit(_visit(tap))
        permit = permit_of(outcome.consent.answer) if outcome.consent and outcome.consent.answer else None
        if permit is not None:
            store.keep_permit(permit)
    except TerminalError as error:
        log.warning("a tap was not kept: %s", error.code)
    return face_message(tap)


def _visit(tap: Tap) -> Visit:
    """The visit of a tap that was not given up."""
    outcome = tap.outcome
    return Visit(
        visit_id=new_visit_id(),
        at=tap.at,
        way=Way.CARD if tap.operator is None else Way.VISUAL,
        milliseconds=round(outcome.timings.total - outcome.timings.waiting),
        as_of=tap.as_of,
        answer=outcome.answer,
        code=outcome.problem.code if outcome.problem is not None else None,
        operator=tap.operator,
    )


def face_message(tap: Tap) -> EligibilityResult | None:
    """The message of a tap; None if the fund was not asked."""
    if tap.outcome.answer is not None:
        return _answered(tap, tap.outcome.answer)
    problem = tap.outcome.problem
    if problem is None or problem.entry.kind is ErrorKind.CARD:
        return None
    return _failed(tap, problem)


def _answered(tap: Tap, answer: EligibilityAnswer) -> EligibilityResult:
    return EligibilityResult(
        header=EligibilityResultHeader(
            process_execution_time=answer.answered_at,
            qualification_confirmation_date=answer.as_of,
            medical_institution_code=tap.institution_code,
            arbitrary_file_identifier=tap.identifier,
            reference_classification=ReferenceClassification.CARD,
            segment_of_result=SegmentOfResult.DONE,
        ),
        body=EligibilityResultBody(**answered(answer, _consents(tap.outcome))),
    )


def _consents(outcome: TapOutcome) -> Consents:
    if outcome.consent is None or outcome.consent.answer is None:
        return NO_CONSENT
    return {allowed.category: allowed for allowed in outcome.consent.answer.allowed}


def _failed(tap: Tap, problem: ShikakuError) -> EligibilityResult:
    failure = Failure(notice_of(problem), tap.at, tap.institution_code)
    result = failed(failure, tap.as_of, ReferenceClassification.CARD)
    header = result.header.model_copy(update={"arbitrary_file_identifier": tap.identifier})
    return result.model_copy(update={"header": header})
