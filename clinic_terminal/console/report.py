"""An outcome for a program: the exit code, and one JSON object."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from clinic_terminal.console import headlines
from clinic_terminal.console.headlines import Headline
from clinic_terminal.desk.appointments import Appointment, Appointments, Standing
from clinic_terminal.desk.ask import AskOutcome
from clinic_terminal.desk.references import References
from clinic_terminal.outcome import Outcome
from clinic_terminal.visit.consent import ConsentOutcome
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.errors import ErrorKind, Problem, ShikakuError

VALIDITY_EXIT_CODES: dict[Validity, int] = {
    Validity.VALID: 0,
    Validity.INVALID: 12,
    Validity.INVALID_NEWER_EXISTS: 13,
    Validity.NOT_FOUND: 14,
    Validity.AMBIGUOUS: 15,
    Validity.VALID_UNREGISTERED: 16,
}

KIND_EXIT_CODES: dict[ErrorKind, int] = {
    ErrorKind.CARD: 20,
    ErrorKind.REFUSAL: 30,
    ErrorKind.REQUEST: 30,
    ErrorKind.REGISTRATION: 31,
    ErrorKind.TECHNICAL: 40,
}

GIVEN_UP = 1
"""Exit code where the people at the reader gave up."""

USAGE = 2
"""Exit code of a wrong command line or an incomplete setting."""


SOME_LEFT = 10
"""Exit code where rows are left to the desk: appointments to ask about, numbers not registered."""

STILL_PROCESSING = 11
"""Exit code where a batch is not done yet."""


def exit_code(outcome: Outcome) -> int:
    """The process's exit code. A consent that was asked for and failed counts before the insurance."""
    if (
        isinstance(outcome, TapOutcome)
        and outcome.consent is not None
        and outcome.consent.problem is not None
    ):
        return KIND_EXIT_CODES[outcome.consent.problem.entry.kind]
    if outcome.answer is not None:
        return VALIDITY_EXIT_CODES[outcome.answer.validity]
    return GIVEN_UP if outcome.problem is None else KIND_EXIT_CODES[outcome.problem.entry.kind]


def headline(outcome: Outcome) -> Headline:
    """What the desk sees first."""
    if outcome.answer is not None:
        return headlines.VALIDITY[outcome.answer.validity]
    return headlines.GIVEN_UP if outcome.problem is None else headlines.of_problem(outcome.problem)


def as_json(outcome: Outcome, *, with_timings: bool) -> dict[str, Any]:
    """The object that `--json` prints. It holds what the desk may see, the person's data among it."""
    head = headline(outcome)
    report: dict[str, Any] = {
        "outcome": head.name,
        "headline": asdict(head.word),
        "exit_code": exit_code(outcome),
        "validity": outcome.answer.validity if outcome.answer else None,
    }
    if isinstance(outcome, TapOutcome):
        report |= {"registered": outcome.registered, "tries_left": outcome.tries_left}
        if outcome.consent is not None:
            report["consent"] = _consent_object(outcome.consent)
    if isinstance(outcome, AskOutcome) and outcome.known_at is not None:
        report["known_at"] = outcome.known_at.isoformat()
    if outcome.answer is not None:
        report["answer"] = outcome.answer.model_dump(mode="json")
    if outcome.problem is not None:
        report["problem"] = problem_object(outcome.problem)
    if with_timings:
        report["timings_ms"] = asdict(outcome.timings)
    return report


def consent_headline(consent: ConsentOutcome) -> Headline:
    """What became of a consent that the desk asked for."""
    if consent.answer is not None:
        return headlines.CONSENT_GIVEN
    return headlines.CONSENT_DECLINED if consent.problem is None else headlines.CONSENT_REFUSED


def _consent_object(consent: ConsentOutcome) -> dict[str, Any]:
    """The eligibility completed by it stands in the report's `answer`."""
    report: dict[str, Any] = {"outcome": consent_headline(consent).name}
    if consent.answer is not None:
        report["answer"] = consent.answer.model_dump(mode="json", exclude={"eligibility"})
    if consent.problem is not None:
        report["problem"] = problem_object(consent.problem)
    return report


def problem_object(problem: ShikakuError) -> dict[str, Any]:
    """The form of the fund's problem answers (RFC 9457), whoever found it, with its details."""
    return problem.details | Problem.of(problem).model_dump(mode="json", exclude_none=True)


def appointments_exit_code(appointments: Appointments) -> int:
    """0 where nothing is left to ask."""
    if appointments.problem is not None:
        return KIND_EXIT_CODES[appointments.problem.entry.kind]
    if not appointments.is_done:
        return STILL_PROCESSING
    to_ask = any(row.standing is Standing.TO_ASK for row in appointments.rows)
    return SOME_LEFT if to_ask else 0


def appointments_as_json(appointments: Appointments) -> dict[str, Any]:
    """The object that `appointments --json` prints."""
    report: dict[str, Any] = {
        "exit_code": appointments_exit_code(appointments),
        "done": appointments.is_done,
        "batch": appointments.batch.model_dump(mode="json") if appointments.batch else None,
        "rows": [_appointment_object(row) for row in appointments.rows],
    }
    if appointments.problem is not None:
        report["problem"] = problem_object(appointments.problem)
    return report


def _appointment_object(row: Appointment) -> dict[str, Any]:
    report: dict[str, Any] = {"tag": row.tag, "standing": row.standing}
    if row.answer is not None:
        report["answer"] = row.answer.model_dump(mode="json")
    if row.code is not None:
        report["code"] = row.code
    return report


def references_exit_code(references: References) -> int:
    """0 where every number was registered."""
    if references.problem is not None:
        return KIND_EXIT_CODES[references.problem.entry.kind]
    return 0 if references.all_registered else SOME_LEFT


def references_as_json(references: References) -> dict[str, Any]:
    """The object that `reference --json` prints."""
    report: dict[str, Any] = {
        "exit_code": references_exit_code(references),
        "rows": [asdict(row) for row in references.rows],
    }
    if references.problem is not None:
        report["problem"] = problem_object(references.problem)
    return report
