"""Load scene: 15 seconds of a mean weekday at 5 % of the nationwide rate, on an open-loop schedule.

Patients arrive by schedule, whether or not earlier requests were answered; every answer is compared with the
reference model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from shikaku.stack import Stack
from shikaku.story.step import DemoStep

_SHARE_OF_A_WEEKDAY = 0.05
_SECONDS = 15
_TITLE = "縮小した全国の平日負荷\na weekday's load, scaled down"


class LoadScenes:
    """A load run with facilities and patients of its own, in a running stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def play(self) -> Iterator[DemoStep]:
        """The load, the comparison of its answers, and the capacity. Raises StackError."""
        arguments = (
            "--level", "L0", "--scale", str(_SHARE_OF_A_WEEKDAY), "--minutes", str(_SECONDS / 60),
            "--people", "300", "--cards", "60", "--terminals", "8", "--generators", "1",
            "--out", self._stack.home / "load-report", "--json",
        )  # fmt: skip
        done = self._stack.run("loadtest", "run", *arguments, check=False)
        if done.returncode not in (0, 1):
            yield DemoStep(_TITLE, (done.stderr.strip(),), False)
            return
        report: dict[str, Any] = json.loads(done.stdout)
        rates = f"{report['achieved_checks_per_s']:.0f} / {report['offered_checks_per_s']:.0f}"
        times = f"p50 {report['p50_ms']:.0f} ms, p99 {report['p99_ms']:.0f} ms"
        errors = sum(report["errors"].values())
        yield DemoStep(
            _TITLE,
            (f"実績／予定 {rates} 件/秒、エラー {errors}件", f"{rates} checks/s, {errors} errors", times),
            not errors,
        )
        compared, wrong = report["compared_answers"] + report["compared_histories"], report["wrong_answers"]
        yield DemoStep(
            "参照モデルとの照合\ncomparison with the reference model",
            (f"{compared}件を照合、不一致 {wrong}件", f"{compared} compared, {wrong} wrong"),
            compared > 0 and not wrong,
        )
        capacity = report["capacity"]
        sentences = (capacity["sentence_ja"], capacity["sentence"]) if capacity else ("—",)
        yield DemoStep("最も混む1分\nthe busiest minute", sentences, capacity is not None)
