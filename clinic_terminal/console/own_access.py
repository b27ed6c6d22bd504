"""The outcome of a request for a one-time code, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from clinic_terminal.bilingual import Bilingual
from clinic_terminal.clock import JAPAN
from clinic_terminal.console import outcomes, screen, texts
from clinic_terminal.console.outcomes import Headline
from clinic_terminal.console.report import problem_object
from clinic_terminal.visit.own_access import OwnAccessOutcome
from eligibility_api.contract.own_access import AccessAtReader, OwnAccessAnswer


def headline(outcome: OwnAccessOutcome) -> Headline:
    """The row of the table that is shown first."""
    if outcome.answer is not None:
        return outcomes.OWN_ACCESS
    return outcomes.GIVEN_UP if outcome.problem is None else outcomes.of_problem(outcome.problem)


def show(console: Console, outcome: OwnAccessOutcome) -> None:
    """Print code and address, or the problem."""
    console.print(screen.badge(headline(outcome)))
    if outcome.problem is not None:
        screen.show_problem(console, outcome.problem)
    if outcome.registered:
        screen.sentences(console, texts.REGISTERED)
    if outcome.answer is not None:
        _show_code(console, outcome.answer)
    if outcome.tries_left is not None:
        screen.line(console, f"{texts.TRIES_LEFT}: {outcome.tries_left}")
    screen.show_elapsed(console, outcome.timings, with_timings=False)


def _show_code(console: Console, answer: OwnAccessAnswer) -> None:
    console.print(Text(answer.code, style="bold"))
    console.print(Text(answer.address))
    until = answer.expires_at.astimezone(JAPAN)
    screen.sentences(
        console,
        Bilingual(
            f"{until:%H:%M}までに、ご自分のスマートフォンなどで上のアドレスを開き、コードを入力してください。1回だけ使えます。",
            f"Open this address on your own phone and enter the code by {until:%H:%M}. It works once.",
        ),
    )
    for access in answer.accesses or ():
        screen.sentences(console, _line(access))


def _line(access: AccessAtReader) -> Bilingual:
    at = f"{access.accessed_at.astimezone(JAPAN):%Y-%m-%d %H:%M}"
    who = " ".join(part for part in (access.by, access.operator) if part)
    notes = [texts.WITHOUT_CONSENT] if access.emergency else []
    notes += [texts.ACCESS_REFUSED] if access.refused else []
    return Bilingual(
        " ".join([at, who, access.title_ja, *(f"（{note.ja}）" for note in notes)]),
        " ".join([at, who, access.title_en, *(f"({note.en})" for note in notes)]),
    )


def as_json(outcome: OwnAccessOutcome) -> dict[str, Any]:
    """The object that `--json` prints."""
    head = headline(outcome)
    report: dict[str, Any] = {
        "outcome": head.name,
        "headline": asdict(head.text),
        "exit_code": head.exit_code,
        "registered": outcome.registered,
        "tries_left": outcome.tries_left,
    }
    if outcome.answer is not None:
        report["answer"] = outcome.answer.model_dump(mode="json")
    if outcome.problem is not None:
        report["problem"] = problem_object(outcome.problem)
    return report
