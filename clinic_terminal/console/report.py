"""A tap's outcome for a program: the exit code, and one JSON object."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from clinic_terminal.console import words
from clinic_terminal.console.words import Headline
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.codes import Validity
from eligibility_api.contract.errors import Kind, Problem, ShikakuError

VALIDITY_EXIT_CODES: dict[Validity, int] = {
    Validity.VALID: 0,
    Validity.INVALID: 12,
    Validity.INVALID_NEWER_EXISTS: 13,
    Validity.NOT_FOUND: 14,
    Validity.AMBIGUOUS: 15,
    Validity.VALID_UNREGISTERED: 16,
}

KIND_EXIT_CODES: dict[Kind, int] = {
    Kind.CARD: 20,
    Kind.REFUSAL: 30,
    Kind.REQUEST: 30,
    Kind.REGISTRATION: 31,
    Kind.TECHNICAL: 40,
}

GIVEN_UP = 1
"""Exit code where the people at the reader gave up."""

USAGE = 2
"""Exit code of a wrong command line or an incomplete setting."""


def exit_code(outcome: TapOutcome) -> int:
    """The process's exit code."""
    if outcome.answer is not None:
        return VALIDITY_EXIT_CODES[outcome.answer.validity]
    return GIVEN_UP if outcome.problem is None else KIND_EXIT_CODES[outcome.problem.entry.kind]


def headline(outcome: TapOutcome) -> Headline:
    """What the desk sees first."""
    if outcome.answer is not None:
        return words.VALIDITY[outcome.answer.validity]
    if outcome.problem is None:
        return words.GIVEN_UP
    if outcome.problem.code.startswith("pin-"):
        return words.PIN_PROBLEM
    return words.PROBLEM[outcome.problem.entry.kind]


def as_json(outcome: TapOutcome, *, with_timings: bool) -> dict[str, Any]:
    """The object that `--json` prints. It holds what the desk may see, the person's data among it."""
    head = headline(outcome)
    report: dict[str, Any] = {
        "outcome": head.name,
        "headline": asdict(head.word),
        "exit_code": exit_code(outcome),
        "validity": outcome.answer.validity if outcome.answer else None,
        "registered": outcome.registered,
        "tries_left": outcome.tries_left,
    }
    if outcome.answer is not None:
        report["answer"] = outcome.answer.model_dump(mode="json")
    if outcome.problem is not None:
        report["problem"] = _problem_object(outcome.problem)
    if with_timings:
        report["timings_ms"] = asdict(outcome.timings)
    return report


def _problem_object(problem: ShikakuError) -> dict[str, Any]:
    """The form of the fund's problem answers (RFC 9457), whoever found it, with its details."""
    return problem.details | Problem.of(problem).model_dump(mode="json", exclude_none=True)
