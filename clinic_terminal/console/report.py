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

USAGE = 2
"""Exit code of a wrong command line or an incomplete setting."""


def exit_code(outcome: TapOutcome) -> int:
    """The process's exit code."""
    if outcome.answer is not None:
        return VALIDITY_EXIT_CODES[outcome.answer.validity]
    return KIND_EXIT_CODES[_problem(outcome).entry.kind]


def headline(outcome: TapOutcome) -> Headline:
    """What the desk sees first."""
    if outcome.answer is not None:
        return words.VALIDITY[outcome.answer.validity]
    return words.PROBLEM[_problem(outcome).entry.kind]


def as_json(outcome: TapOutcome, *, with_timings: bool) -> dict[str, Any]:
    """The object that `--json` prints. It holds what the desk may see, the person's data among it."""
    report: dict[str, Any] = {
        "outcome": headline(outcome).name,
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


def _problem(outcome: TapOutcome) -> ShikakuError:
    assert outcome.problem is not None  # one of the two is there
    return outcome.problem
