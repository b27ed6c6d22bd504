"""The exit codes in the help of each command, derived from the table of outcomes."""

from __future__ import annotations

from collections.abc import Iterable

from clinic_terminal.console import outcomes
from clinic_terminal.console.outcomes import ExitRow
from eligibility_api.contract.errors import ErrorKind


def render_exit_codes(rows: Iterable[ExitRow]) -> str:
    """Paragraphs of a command's help: each exit code once with its meaning, Japanese first."""
    meanings = {row.exit_code: row.meaning for row in reversed([*rows])}
    codes = sorted(meanings)
    ja = [f"  {code:<5} {meanings[code].ja}" for code in codes]
    en = [f"  {code:<5} {meanings[code].en}" for code in codes]
    return "\n".join(["\b", "終了コード：", *ja, "", "\b", "Exit codes:", *en])


_PERSON = (outcomes.GIVEN_UP, outcomes.USAGE, *outcomes.PROBLEM.values(), *outcomes.SIGNALS)

PERSON_EXIT_CODES = render_exit_codes([*outcomes.VALIDITY.values(), *_PERSON])
"""Of the commands that ask about one person's insurance."""

HISTORY_EXIT_CODES = render_exit_codes([outcomes.HISTORY, *_PERSON])
"""Of the commands that read a history."""

OWN_ACCESS_EXIT_CODES = render_exit_codes([outcomes.OWN_ACCESS, *_PERSON])
"""Of the command that makes a one-time code."""

CALL_EXIT_CODES = render_exit_codes(
    [
        outcomes.DONE,
        outcomes.USAGE,
        outcomes.PROBLEM[ErrorKind.REFUSAL],
        outcomes.PROBLEM[ErrorKind.TECHNICAL],
    ]
)
"""Of the commands that make one call to the fund."""

SERVICE_EXIT_CODES = render_exit_codes([outcomes.ENDED, outcomes.USAGE])
"""Of the commands that run until a signal ends them."""

READERS_EXIT_CODES = render_exit_codes([outcomes.DONE, outcomes.PROBLEM[ErrorKind.CARD]])
APPOINTMENTS_EXIT_CODES = render_exit_codes(
    [
        *outcomes.CHANGE_STATUS.values(),
        outcomes.STILL_PROCESSING,
        outcomes.USAGE,
        outcomes.PROBLEM[ErrorKind.REFUSAL],
        outcomes.PROBLEM[ErrorKind.TECHNICAL],
    ]
)
REFERENCE_EXIT_CODES = render_exit_codes(
    [
        outcomes.ALL_REGISTERED,
        outcomes.SOME_NOT_REGISTERED,
        outcomes.USAGE,
        outcomes.PROBLEM[ErrorKind.REFUSAL],
        outcomes.PROBLEM[ErrorKind.TECHNICAL],
    ]
)

OPERATOR_EXIT_CODES = render_exit_codes([outcomes.DONE, outcomes.USAGE])
"""Of the command that adds an operator."""
