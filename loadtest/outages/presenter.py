"""Prints replayed outages on the console."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from loadtest.outages.run import Replay
from loadtest.sections import Text


def show(console: Console, replays: Sequence[Replay]) -> None:
    """Print the verdict of each outage, and of all."""
    for replay in replays:
        verdict = _verdict(replay)
        style = "green" if replay.passed else "bold red"
        mark = "✓" if replay.passed else "✗"
        console.print(f"{mark} {replay.outage.name}", style=style, markup=False, highlight=False)
        console.print(f"  {verdict.ja}\n  {verdict.en}", markup=False, highlight=False)
    sentence = summary(replays)
    style = "bold green" if all(replay.passed for replay in replays) else "bold red"
    console.print(f"{sentence.ja}\n{sentence.en}", style=style, markup=False, highlight=False)


def _verdict(replay: Replay) -> Text:
    if replay.report is not None:
        return replay.report.verdict
    return Text(f"完了できませんでした（{replay.reason}）。", f"It could not be completed: {replay.reason}.")


def summary(replays: Sequence[Replay]) -> Text:
    """How many outages ended as expected, and how many answers were wrong."""
    passed = sum(replay.passed for replay in replays)
    wrong = sum(replay.wrong_answers for replay in replays)
    return Text(
        f"{len(replays)}件の障害のうち{passed}件が想定どおりです。誤った回答は{wrong}件です。",
        f"{passed} of {len(replays)} outages ended as expected; {wrong} answers were wrong.",
    )
