"""Judges a soak: what may not grow, and what must hold. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from loadtest.sections import Text
from loadtest.soak.reading import Reading

WARM_UP = 0.2
"""The first share of the phases, in which caches and pools fill: no growth is judged there."""

MIN_READINGS = 6
"""With fewer, growth cannot be distinguished from chance."""

MAX_GROWTH, MEMORY_MARGIN_MIB, COUNT_MARGIN = 0.10, 10.0, 8
"""A figure may grow by this share, and by this much more, between the medians of both halves."""

MAX_DISK_RATIO = 1.5
"""The disk that a check takes may grow by this factor: the record grows with the checks, and with nothing else."""

MAX_P99_RATIO, P99_MARGIN_MS = 1.5, 20.0
"""So may the p99 of the undisturbed thirds."""


@dataclass(frozen=True, slots=True)
class PhaseResult:
    """The outcome of a phase. `p99_ms`: of its undisturbed first third; None if it could not be completed."""

    fault: str
    met: bool
    wrong: int
    compared: int
    p99_ms: float | None
    verdict: Text

    def as_json(self) -> dict[str, Any]:
        """For the report."""
        return {
            "fault": self.fault,
            "met": self.met,
            "wrong_answers": self.wrong,
            "compared": self.compared,
            "p99_ms": self.p99_ms,
            "verdict": self.verdict.en,
            "verdict_ja": self.verdict.ja,
        }


@dataclass(frozen=True, slots=True)
class Closing:
    """What was found after the last phase.

    `log` and `backup`: the verifiers' answers (JSON); `claims`: files that were sent, `refused` ones, and
    `claims_failures`, technical ones, after which a file was sent again;
    `before_month` and `after_month`: audit records on both sides of the month's end.
    """

    log: Mapping[str, Any]
    backup: Mapping[str, Any]
    backups: int
    claims: int
    refused: int
    claims_failures: int
    before_month: int
    after_month: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """One criterion. `met`: None if the soak was too short to judge it."""

    name: str
    met: bool | None
    sentence: Text

    def as_json(self) -> dict[str, Any]:
        """For the report."""
        return {
            "name": self.name,
            "met": self.met,
            "sentence": self.sentence.en,
            "sentence_ja": self.sentence.ja,
        }


@dataclass(frozen=True, slots=True)
class Measure:
    """What may not grow. `figures`: by kind of process; `margin`: see `MAX_GROWTH`."""

    name: str
    what: Text
    unit: str
    margin: float
    figures: Callable[[Reading], Mapping[str, float]]


MEASURES = (
    Measure("memory", Text("メモリー", "memory"), "MiB", MEMORY_MARGIN_MIB, lambda one: one.memory_mib),
    Measure(
        "open-files", Text("開いているファイル", "open files"), "", COUNT_MARGIN, lambda one: one.open_files
    ),
    Measure(
        "connections",
        Text("接続", "connections"),
        "",
        COUNT_MARGIN,
        lambda one: {"database": one.connections},
    ),
)


def judge(results: Sequence[PhaseResult], readings: Sequence[Reading], closing: Closing) -> list[Judgement]:
    """All criteria, in the order of their weight."""
    return [
        _answers(results),
        _faults(results),
        _log(closing),
        _backup(closing),
        _claims(closing),
        _month(closing),
        *(one for measure in MEASURES for one in _growth(measure, readings)),
        _disk(readings),
        _p99(results),
    ]


def passed(judgements: Sequence[Judgement]) -> bool:
    """Whether no criterion was violated."""
    return all(one.met is not False for one in judgements)


def _answers(results: Sequence[PhaseResult]) -> Judgement:
    wrong, compared = (sum(getattr(one, name) for one in results) for name in ("wrong", "compared"))
    sentence = Text(
        f"参照モデルと照合した回答{compared:,}件のうち誤りは{wrong:,}件です。",
        f"{wrong:,} of {compared:,} answers compared with the reference model were wrong.",
    )
    return Judgement("answers", compared > 0 and not wrong, sentence)


def _faults(results: Sequence[PhaseResult]) -> Judgement:
    failed = [one for one in results if not one.met]
    listed = Text("、".join(one.fault for one in failed), ", ".join(one.fault for one in failed))
    sentence = Text(
        f"障害{len(results)}回のうち{len(failed)}回が想定外です{f'（{listed.ja}）' if failed else ''}。",
        f"{len(failed)} of {len(results)} faults were not as expected{f' ({listed.en})' if failed else ''}.",
    )
    return Judgement("faults", bool(results) and not failed, sentence)


def _log(closing: Closing) -> Judgement:
    leaves, records = closing.log.get("leaves", 0), closing.log.get("records", 0)
    met = closing.log.get("holds") is True and records > 0
    sentence = Text(
        f"監査ログの検証：{'正常' if met else '異常'}（葉{leaves:,}、記録{records:,}件）。",
        f"The audit log {'holds' if met else 'does not hold'}: {leaves:,} leaves, {records:,} records.",
    )
    return Judgement("log", met, sentence)


def _backup(closing: Closing) -> Judgement:
    met = closing.backup.get("holds") is True and closing.backups > 0
    sentence = Text(
        f"バックアップ{closing.backups}回。復元による検証：{'正常' if met else '異常'}。",
        f"{closing.backups} back-ups; restored aside they {'hold' if met else 'do not hold'}.",
    )
    return Judgement("backup", met, sentence)


def _claims(closing: Closing) -> Judgement:
    sentence = Text(
        f"レセプトファイル{closing.claims}件を送信し、{closing.refused}件が受付不可です（障害による再送{closing.claims_failures}回）。",
        f"{closing.claims} claim files were sent, {closing.refused} of them refused;"
        f" {closing.claims_failures} sent again after technical failures.",
    )
    return Judgement("claims", closing.claims > 0 and not closing.refused, sentence)


def _month(closing: Closing) -> Judgement:
    before, after = closing.before_month, closing.after_month
    sentence = Text(
        f"月末の前に{before:,}件、後に{after:,}件の記録があります。",
        f"{before:,} records are before the month's end and {after:,} after it.",
    )
    return Judgement("month-end", before > 0 and after > 0, sentence)


def _growth(measure: Measure, readings: Sequence[Reading]) -> Iterator[Judgement]:
    """A judgement for each kind of process, by the medians of both halves."""
    kinds = sorted({kind for reading in readings for kind in measure.figures(reading)})
    for kind in kinds:
        name = f"{measure.name}: {kind}"
        of = Text(f"{kind} の{measure.what.ja}", f"{measure.what.en} of {kind}")
        halves = _halves([measure.figures(reading).get(kind, 0.0) for reading in readings])
        if halves is None:
            yield _not_judged(name, of)
            continue
        before, after = halves
        met = after <= before * (1 + MAX_GROWTH) + measure.margin
        grown = f"{before:,.0f} → {after:,.0f} {measure.unit}".strip()
        yield Judgement(name, met, Text(f"{of.ja}：{grown}。", f"{of.en}: {grown}."))


def _disk(readings: Sequence[Reading]) -> Judgement:
    """The bytes that a check takes in the second half, compared with the first."""
    of = Text("1照会あたりのディスク", "disk for each check")
    warm = readings[int(len(readings) * WARM_UP) :]
    if len(readings) < MIN_READINGS:
        return _not_judged("disk", of)
    middle = len(warm) // 2
    before, after = (_bytes_per_check(warm[first], warm[last]) for first, last in ((0, middle), (middle, -1)))
    met = after <= before * MAX_DISK_RATIO
    grown = f"{before:,.0f} → {after:,.0f}"
    return Judgement("disk", met, Text(f"{of.ja}：{grown}バイト。", f"{of.en}: {grown} bytes."))


def _bytes_per_check(first: Reading, last: Reading) -> float:
    return (last.disk_bytes - first.disk_bytes) / max(1, last.answered - first.answered)


def _p99(results: Sequence[PhaseResult]) -> Judgement:
    of = Text("障害のない時間の p99", "p99 of the undisturbed thirds")
    halves = _halves([one.p99_ms for one in results if one.p99_ms is not None])
    if halves is None:
        return _not_judged("p99", of)
    before, after = halves
    met = after <= before * MAX_P99_RATIO + P99_MARGIN_MS
    grown = f"{before:,.0f} → {after:,.0f}"
    return Judgement("p99", met, Text(f"{of.ja}：{grown}ミリ秒。", f"{of.en}: {grown} ms."))


def _halves(values: Sequence[float]) -> tuple[float, float] | None:
    """The medians of both halves after the warm-up; None for too few values."""
    if len(values) < MIN_READINGS:
        return None
    warm = values[int(len(values) * WARM_UP) :]
    middle = len(warm) // 2
    return median(warm[:middle]), median(warm[middle:])


def _not_judged(name: str, of: Text) -> Judgement:
    return Judgement(
        name,
        None,
        Text(
            f"{of.ja}：判定には{MIN_READINGS}回以上の測定が必要です。",
            f"{of.en}: not judged with fewer than {MIN_READINGS} readings.",
        ),
    )
