"""Runs a soak from scratch, on a stack of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from loadtest.clock import now
from loadtest.database.dsn import operator_dsn
from loadtest.dataset.provision import Dataset, DatasetSize, provision
from loadtest.dataset.terminals import Terminal
from loadtest.errors import LoadError
from loadtest.faults.fault import FaultContext, Window
from loadtest.faults.insurer_client import InsurerClient
from loadtest.http_client.connection import ConnectionFailed, request, with_body
from loadtest.http_client.pool import ConnectionPool
from loadtest.machine.host_info import HostInfo
from loadtest.report.report import RunReport
from loadtest.run.run import RunOptions, run_on
from loadtest.scenario.levels import LEVELS
from loadtest.scenario.plan import Plan
from loadtest.sections import Text
from loadtest.soak.chores import ClaimSender, back_up, claim_files
from loadtest.soak.month_end import count_records, cut_month
from loadtest.soak.phases import Phase, phases
from loadtest.soak.reading import Reading, read
from loadtest.soak.verdict import Closing, Judgement, PhaseResult, judge, passed
from loadtest.target import Progress, TargetEnvironment, start_stack

LEVEL = LEVELS["L0"]

_TIMEOUT_S = 30.0

OnPhase = Callable[[Phase, RunReport], None]
"""Called with the report of each phase."""


@dataclass(frozen=True, slots=True)
class SoakReport:
    """The result of a soak."""

    hours: float
    scale: float
    results: list[PhaseResult]
    readings: list[Reading]
    closing: Closing
    size: dict[str, int]
    host_info: HostInfo | None = None

    @property
    def judgements(self) -> list[Judgement]:
        """All criteria."""
        return judge(self.results, self.readings, self.closing)

    @property
    def passed(self) -> bool:
        """Whether no criterion was violated."""
        return passed(self.judgements)

    @property
    def verdict(self) -> Text:
        """The result in a sentence."""
        judgements = self.judgements
        failed = ", ".join(one.name for one in judgements if one.met is False)
        open_ones = sum(one.met is None for one in judgements)
        checks = self.readings[-1].answered if self.readings else 0
        result = (
            Text(f"不合格です（{failed}）", f"failed ({failed})") if failed else Text("合格です", "passed")
        )
        left = (
            Text(f"{open_ones}項目は未判定です。", f" {open_ones} criteria were not judged.")
            if open_ones
            else Text("", "")
        )
        return Text(
            f"{self.hours:g}時間、照会{checks:,}件：{result.ja}。{left.ja}",
            f"{self.hours:g} hours, {checks:,} checks: {result.en}.{left.en}",
        )

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "passed": self.passed,
            "verdict": self.verdict.en,
            "verdict_ja": self.verdict.ja,
            "hours": self.hours,
            "level": LEVEL.name,
            "scale": self.scale,
            "size": self.size,
            "judgements": [one.as_json() for one in self.judgements],
            "phases": [one.as_json() for one in self.results],
            "readings": [one.as_json() for one in self.readings],
            "closing": asdict(self.closing),
            "machine": None if self.host_info is None else asdict(self.host_info),
        }


def run_soak(
    hours: float,
    size: DatasetSize,
    *,
    scale: float,
    seed: int,
    workers: int,
    folder: Path,
    progress: Progress,
    on_phase: OnPhase,
) -> SoakReport:
    """Run a soak of so many hours. All files are created in `folder`.

    Raises LoadError, ConnectionFailed, OSError.
    """
    with start_stack(folder, workers=workers, backups=True) as target:
        dataset = provision(target, size, folder, progress)
        soak = _Soak(target, dataset, size, folder, progress, on_phase)
        soak.prepare(hours)
        for phase in phases(hours):
            soak.run_phase(phase, Plan(LEVEL, phase.seconds, scale, seed + phase.number))
        closing = soak.close()
    sizes = {"people": size.people, "cards": size.cards, "terminals": len(dataset.terminals)}
    return SoakReport(hours, scale, soak.results, soak.readings, closing, sizes)


@dataclass(slots=True)
class _Soak:
    """A soak in progress."""

    target: TargetEnvironment
    dataset: Dataset
    size: DatasetSize
    folder: Path
    progress: Progress
    on_phase: OnPhase
    results: list[PhaseResult] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    backups: int = 0
    answered: int = 0
    began: datetime = field(default_factory=now)
    month_end: datetime = field(default_factory=now)
    claims: ClaimSender | None = None

    def prepare(self, hours: float) -> None:
        """Write the claims, bring the month's end to the middle, and keep a checkpoint of the log."""
        self.progress("claims, the month's end, and a checkpoint of the log")
        context = FaultContext(self.target, self.dataset, self.folder, 0.0, Window(0.0, 0.0), self.progress)
        files = claim_files(self.target, self.dataset, self.folder)
        self.claims = ClaimSender(files, partial(InsurerClient, context))
        self.began = now()
        self.month_end = self.began + timedelta(hours=hours) / 2
        asyncio.run(cut_month(operator_dsn(self.target.environment), self.month_end))
        self._checkpoint.write_bytes(
            asyncio.run(_checkpoint(self.target.fund_url, self.dataset.terminals[0]))
        )
        self._read()

    def run_phase(self, phase: Phase, plan: Plan) -> None:
        """Run one phase, with claims and perhaps a back-up alongside. One that cannot be completed has failed."""
        self.progress(f"phase {phase.number + 1}: {phase.fault.name}")
        try:
            report = self._run(phase, plan)
        except (LoadError, ConnectionFailed) as error:
            self.progress(f"the phase could not be completed: {error}")
            verdict = Text(f"完了できませんでした（{error}）。", f"It could not be completed: {error}.")
            self.results.append(PhaseResult(phase.fault.name, False, 0, 0, None, verdict))
        else:
            self._add(phase, report)
        self._read()

    def _run(self, phase: Phase, plan: Plan) -> RunReport:
        with ThreadPoolExecutor(1) as background:
            chores = background.submit(self._chores, phase)
            report = run_on(
                self.target,
                self.dataset,
                plan,
                self.size,
                folder=self.folder,
                progress=self.progress,
                options=RunOptions(fault=phase.fault),
            )
            chores.result()
        return report

    def _add(self, phase: Phase, report: RunReport) -> None:
        [section] = [section for section in report.sections if section.name == "fault"]
        compared = report.compared + report.stats.histories_compared
        p99 = section.figures["before"]["p99_ms"]
        met, wrong = report.passed, report.wrong_answers
        self.results.append(PhaseResult(phase.fault.name, met, wrong, compared, p99, report.verdict))
        self.answered += report.stats.answered
        self.on_phase(phase, report)

    def _chores(self, phase: Phase) -> None:
        assert self.claims is not None
        if phase.backup:
            back_up(self.target)
            self.backups += 1
        self.claims.send_next()

    def close(self) -> Closing:
        """Verify log and back-ups, and count the records on both sides of the month's end."""
        assert self.claims is not None
        self.progress("verifying the log and the back-ups")
        back_up(self.target)
        before, after = asyncio.run(count_records(operator_dsn(self.target.environment), self.month_end))
        export, kept = self.folder / "audit.jsonl", ("--checkpoint", str(self._checkpoint))
        self.target.run("eligibility-api", ("audit", "export", "--out", export))
        return Closing(
            log=self.target.run_json("eligibility-api", "audit", "verify", export, "--json", *kept),
            backup=self.target.run_json("eligibility-api", "verify", *kept),
            backups=self.backups + 1,
            claims=self.claims.sent,
            refused=len(self.claims.refused),
            claims_failures=self.claims.failures,
            before_month=before,
            after_month=after,
        )

    @property
    def _checkpoint(self) -> Path:
        return self.folder / "checkpoint"

    def _read(self) -> None:
        at = (now() - self.began).total_seconds()
        self.readings.append(asyncio.run(read(self.target, at, self.answered)))


async def _checkpoint(url: str, terminal: Terminal) -> bytes:
    """The newest checkpoint of the audit log, as a terminal reads it. Raises LoadError."""
    async with ConnectionPool(url, max_connections=1, timeout_seconds=_TIMEOUT_S) as pool:
        try:
            await terminal.sign_in(pool)
            head = request("GET", "/v1/audit/checkpoint", host=pool.host, token=terminal.token)
            reply = await pool.exchange(with_body(head))
        except ConnectionFailed as error:
            raise LoadError(f"the log's checkpoint cannot be read: {error}") from error
    if reply.status != 200:
        raise LoadError(f"the log has no checkpoint: {reply.status}")
    return reply.body
