"""The injection of one fault in one run: at its times, with an evaluation after the run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from loadtest.conductor.run_context import RunContext
from loadtest.errors import LoadError
from loadtest.faults.evaluation import Evaluation, evaluate
from loadtest.faults.fault import Fault, FaultContext, Finding, Window
from loadtest.generator.client_faults import ClientFault
from loadtest.scenario.run_stats import TimeSeries
from loadtest.sections import ReportSection, Text, joined


class Injection:
    """A fault in a run: `client_faults` are the generators' part of it, `run` is the rest."""

    def __init__(self, fault: Fault, fault_context: FaultContext) -> None:
        self._fault = fault
        self._fault_context = fault_context
        self._injector = fault.injector(fault_context)
        self._removal: asyncio.Task[None] | None = None

    @property
    def client_faults(self) -> Sequence[ClientFault]:
        """What generators do to their own connections and tokens."""
        return self._fault.client_faults(self._fault_context.window)

    async def run(self, context: RunContext) -> None:
        """Inject and remove the fault during a run.

        It is removed also if the run ends early. Raises as the injector.
        """
        window, progress = self._fault_context.window, self._fault_context.progress
        try:
            await context.until(window.began)
            progress(f"injecting: {self._fault.meaning.en}")
            await self._injector.inject()
            await context.until(window.ended)
        finally:
            self._removal = asyncio.create_task(self._injector.remove())
            await asyncio.shield(self._removal)
        if window.seconds:
            progress("fault removed")

    async def section(self, series: TimeSeries, seconds: float, answers: Sequence[bytes]) -> ReportSection:
        """The report's section about the fault in a run of so many seconds.

        Raises as the injector, and LoadError if the run ended before the injection.
        """
        if self._removal is None:
            raise LoadError("the run was over before the fault was injected")
        await self._removal
        window = self._fault_context.window
        evaluation = evaluate(series, seconds, window, self._fault.expected(window))
        findings = await self._injector.findings(answers)
        if self._fault.evidence is not None:
            findings = [*findings, self._fault.evidence(series, window)]
        return fault_section(self._fault, window, evaluation, findings)


def fault_section(
    fault: Fault, window: Window, evaluation: Evaluation, findings: Sequence[Finding]
) -> ReportSection:
    """The report's section about a fault."""
    expectation = fault.expected(window).sentence
    violations = [
        *_no_hold(findings),
        *evaluation.violations,
        *(one.violation for one in findings if one.violation is not None),
    ]
    verdict = _violated(violations) if violations else _met(evaluation)
    texts = {
        "name": fault.name,
        "meaning": fault.meaning.en,
        "expectation": expectation.en,
        "verdict": verdict.en,
        "verdict_ja": verdict.ja,
    }
    figures = evaluation.figures | {finding.name: finding.value for finding in findings}
    return ReportSection(
        name="fault",
        title=Text(f"障害 {fault.name}：{fault.meaning.ja}", f"Fault: {fault.meaning.en}"),
        sentences=(Text(f"想定：{expectation.ja}", f"Expected: {expectation.en}"), verdict),
        figures=texts | figures,
        met=not violations,
        explained=evaluation.explained,
        span=(window.began, window.ended),
    )


def _no_hold(findings: Sequence[Finding]) -> Iterator[Text]:
    """The violation of a fault that did not take hold: whatever the fund did then shows nothing."""
    evidence = [one for one in findings if one.took_hold is not None]
    missing = ", ".join(f"{one.name}: {one.value}" for one in evidence if not one.took_hold)
    if missing or not evidence:
        yield Text(f"障害が実際には起きず（{missing}）", f"the fault did not take hold ({missing})")


def _violated(violations: Sequence[Text]) -> Text:
    summary = joined(violations, Text("；", "; "))
    return Text(f"想定外です：{summary.ja}。", f"Not as expected: {summary.en}.")


def _met(evaluation: Evaluation) -> Text:
    during, recovered = evaluation.figures["during"], evaluation.figures["recovered_after_s"]
    refused = evaluation.explained.total()
    parts = [Text("エラーなし", "no error")]
    if refused:
        parts = [
            Text(
                f"拒否または失敗 {refused:,}件",
                f"{refused:,} checks or requests refused or lost by it",
            )
        ]
    if during["checks"]:
        share, p99 = f"{during['answered_share']:.1%}", f"{during['p99_ms']:,.0f}"
        parts.append(
            Text(f"障害中の回答率 {share}、p99 {p99}ミリ秒", f"{share} answered meanwhile, p99 {p99} ms")
        )
    summary = joined(parts, Text("、", ", "))
    return Text(
        f"想定どおりです：{summary.ja}、{recovered}秒後に復旧。",
        f"As expected: {summary.en}; recovered {recovered} s after.",
    )
