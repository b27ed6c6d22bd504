"""Outcomes for a program: exit codes and JSON objects."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from clinic_terminal.console import outcomes
from clinic_terminal.console.outcomes import Headline
from clinic_terminal.outcome import Outcome
from clinic_terminal.queries.appointments import Appointment, Appointments, ChangeStatus
from clinic_terminal.queries.number_lookup import LookupOutcome
from clinic_terminal.queries.references import References
from clinic_terminal.visit.consent import ConsentOutcome
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.errors import Problem, ShikakuError


def exit_code(outcome: Outcome) -> int:
    """The process's exit code.

    A consent that was requested and failed takes precedence over the insurance.
    """
    consent = outcome.consent if isinstance(outcome, TapOutcome) else None
    if consent is not None and consent.problem is not None:
        return outcomes.of_problem(consent.problem).exit_code
    return headline(outcome).exit_code


def headline(outcome: Outcome) -> Headline:
    """The row of the table that is shown first."""
    if outcome.answer is not None:
        return outcomes.VALIDITY[outcome.answer.validity]
    return outcomes.GIVEN_UP if outcome.problem is None else outcomes.of_problem(outcome.problem)


def as_json(outcome: Outcome, *, with_timings: bool) -> dict[str, Any]:
    """The object that `--json` prints. It holds what the reception may see, the person's data among it."""
    head = headline(outcome)
    report: dict[str, Any] = {
        "outcome": head.name,
        "headline": asdict(head.text),
        "exit_code": exit_code(outcome),
        "validity": outcome.answer.validity if outcome.answer else None,
    }
    if isinstance(outcome, TapOutcome):
        report |= {"registered": outcome.registered, "tries_left": outcome.tries_left}
        if outcome.consent is not None:
            report["consent"] = _consent_object(outcome.consent)
    if isinstance(outcome, LookupOutcome) and outcome.known_at is not None:
        report["known_at"] = outcome.known_at.isoformat()
    if outcome.answer is not None:
        report["answer"] = outcome.answer.model_dump(mode="json")
    if outcome.problem is not None:
        report["problem"] = problem_object(outcome.problem)
    if with_timings:
        report["timings_ms"] = asdict(outcome.timings)
    return report


def consent_headline(consent: ConsentOutcome) -> Headline:
    """The headline of a consent that was requested."""
    if consent.answer is not None:
        return outcomes.CONSENT_GIVEN
    return outcomes.CONSENT_DECLINED if consent.problem is None else outcomes.CONSENT_REFUSED


def _consent_object(consent: ConsentOutcome) -> dict[str, Any]:
    """The consent without its eligibility, which is the report's `answer`."""
    report: dict[str, Any] = {"outcome": consent_headline(consent).name}
    if consent.answer is not None:
        report["answer"] = consent.answer.model_dump(mode="json", exclude={"eligibility"})
    if consent.problem is not None:
        report["problem"] = problem_object(consent.problem)
    return report


def problem_object(problem: ShikakuError) -> dict[str, Any]:
    """A problem in the form of the fund's answers (RFC 9457), with its details.

    The terminal's own errors have this form too.
    """
    return problem.details | Problem.of(problem).model_dump(mode="json", exclude_none=True)


def appointments_exit_code(appointments: Appointments) -> int:
    """0 where no appointment needs a question to the patient."""
    if appointments.problem is not None:
        return outcomes.of_problem(appointments.problem).exit_code
    if not appointments.is_done:
        return outcomes.STILL_PROCESSING.exit_code
    codes = (outcomes.CHANGE_STATUS[row.status].exit_code for row in appointments.rows)
    return max(codes, default=outcomes.CHANGE_STATUS[ChangeStatus.OK].exit_code)


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
    report: dict[str, Any] = {"tag": row.tag, "status": row.status}
    if row.answer is not None:
        report["answer"] = row.answer.model_dump(mode="json")
    if row.code is not None:
        report["code"] = row.code
    return report


def references_exit_code(references: References) -> int:
    """0 where every number was registered."""
    if references.problem is not None:
        return outcomes.of_problem(references.problem).exit_code
    row = outcomes.ALL_REGISTERED if references.all_registered else outcomes.SOME_NOT_REGISTERED
    return row.exit_code


def references_as_json(references: References) -> dict[str, Any]:
    """The object that `reference --json` prints."""
    report: dict[str, Any] = {
        "exit_code": references_exit_code(references),
        "rows": [asdict(row) for row in references.rows],
    }
    if references.problem is not None:
        report["problem"] = problem_object(references.problem)
    return report
