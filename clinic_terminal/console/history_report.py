"""A history, or the fund's answer to one call, for a program: exit codes and JSON objects."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from clinic_terminal.console import outcomes, report
from clinic_terminal.console.outcomes import Headline
from clinic_terminal.outcome import Reply
from clinic_terminal.queries.history import History
from clinic_terminal.visit.tap import TapOutcome
from eligibility_api.contract.emergency_summary import Extent
from eligibility_api.contract.errors import ShikakuError


def exit_code(history: History) -> int:
    """0 where everything was shown."""
    return headline(history).exit_code


def headline(history: History) -> Headline:
    """The row of the table that is shown first."""
    problem = _problem(history)
    if problem is not None:
        return outcomes.of_problem(problem)
    if history.permit_id is not None:
        return outcomes.HISTORY
    return outcomes.GIVEN_UP if history.found is None else outcomes.DONE


def as_json(history: History, *, with_timings: bool) -> dict[str, Any]:
    """The object that `history --json` and its siblings print."""
    head = headline(history)
    result: dict[str, Any] = {
        "outcome": head.name,
        "headline": asdict(head.text),
        "exit_code": head.exit_code,
        "permit_id": str(history.permit_id) if history.permit_id else None,
        "history": {resource: page.model_dump(mode="json") for resource, page in history.pages.items()},
    }
    if history.identified is not None:
        result["identified"] = report.as_json(history.identified, with_timings=False)
    if history.found is not None:
        result["found"] = history.found.model_dump(mode="json")
    if history.extent is Extent.SUMMARY:
        result["extent"] = history.extent
    if history.permit is not None:
        result["permit"] = history.permit.model_dump(mode="json")
    problem = _problem(history)
    if problem is not None:
        result["problem"] = report.problem_object(problem)
    if with_timings:
        result["timings_ms"] = asdict(history.timings)
    return result


def _problem(history: History) -> ShikakuError | None:
    """The error that ended it: of the access itself, or of the tap or consent before it."""
    if history.problem is not None or history.identified is None:
        return history.problem
    identified = history.identified
    consent = identified.consent if isinstance(identified, TapOutcome) else None
    return consent.problem if consent is not None else identified.problem


def reply_exit_code(reply: Reply[Any]) -> int:
    """0 where the fund answered."""
    row = outcomes.DONE if reply.problem is None else outcomes.of_problem(reply.problem)
    return row.exit_code


def reply_as_json(reply: Reply[Any]) -> dict[str, Any]:
    """The object that a command of one call prints."""
    result: dict[str, Any] = {"exit_code": reply_exit_code(reply)}
    if reply.answer is not None:
        result["answer"] = reply.answer.model_dump(mode="json")
    if reply.problem is not None:
        result["problem"] = report.problem_object(reply.problem)
    return result
