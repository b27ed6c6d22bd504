"""A history, and what the fund said to one call, for a program: exit codes and JSON objects."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from clinic_terminal.console import headlines, report
from clinic_terminal.console.headlines import Headline
from clinic_terminal.desk.history import History
from clinic_terminal.outcome import Reply
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.errors import ShikakuError


def exit_code(history: History) -> int:
    """0 where everything was shown."""
    problem = _problem(history)
    if problem is not None:
        return report.KIND_EXIT_CODES[problem.entry.kind]
    return report.GIVEN_UP if history.permit_id is None else 0


def headline(history: History) -> Headline:
    """What the desk sees first."""
    problem = _problem(history)
    if problem is not None:
        return headlines.of_problem(problem)
    return headlines.GIVEN_UP if history.permit_id is None else headlines.HISTORY


def as_json(history: History, *, with_timings: bool) -> dict[str, Any]:
    """The object that `history --json` and its siblings print."""
    head = headline(history)
    told: dict[str, Any] = {
        "outcome": head.name,
        "headline": asdict(head.word),
        "exit_code": exit_code(history),
        "permit_id": str(history.permit_id) if history.permit_id else None,
        "history": {look_up: page.model_dump(mode="json") for look_up, page in history.pages.items()},
    }
    if history.identified is not None:
        told["identified"] = report.as_json(history.identified, with_timings=False)
    if history.permit is not None:
        told["permit"] = history.permit.model_dump(mode="json")
    problem = _problem(history)
    if problem is not None:
        told["problem"] = report.problem_object(problem)
    if with_timings:
        told["timings_ms"] = asdict(history.timings)
    return told


def _problem(history: History) -> ShikakuError | None:
    """What stood in the way: at the look, or at the tap or the consent before it."""
    if history.problem is not None or history.identified is None:
        return history.problem
    identified = history.identified
    consent = identified.consent if isinstance(identified, TapOutcome) else None
    return consent.problem if consent is not None else identified.problem


def reply_exit_code(reply: Reply[Any]) -> int:
    """0 where the fund answered."""
    return 0 if reply.problem is None else report.KIND_EXIT_CODES[reply.problem.entry.kind]


def reply_as_json(reply: Reply[Any]) -> dict[str, Any]:
    """The object that a command of one call prints."""
    told: dict[str, Any] = {"exit_code": reply_exit_code(reply)}
    if reply.answer is not None:
        told["answer"] = reply.answer.model_dump(mode="json")
    if reply.problem is not None:
        told["problem"] = report.problem_object(reply.problem)
    return told
