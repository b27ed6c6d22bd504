"""Evaluates a run with a fault: compares the statistics of its seconds with the expectation. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from loadtest.faults.fault import NORMAL_P99_MS, Expectation, Window
from loadtest.scenario.run_stats import SecondStats, TimeSeries
from loadtest.sections import Text

IN_FLIGHT_S = 2
"""A visit that began up to so many seconds before the injection may be affected by the fault."""

_RECOVERY_S = 3
"""Consecutive normal seconds from which on the fund counts as recovered."""

_MEANWHILE, _RECOVERED = Text("障害中", "meanwhile"), Text("復旧後", "after the recovery")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result.

    `violations`: of the expectation; `explained`: expected errors by code; `figures`: for the report.
    """

    violations: tuple[Text, ...]
    explained: Counter[str]
    figures: dict[str, Any]


def evaluate(series: TimeSeries, seconds: float, window: Window, expectation: Expectation) -> Evaluation:
    """Compare a run of so many seconds with the expectation of a fault in it."""
    end, injected, removed = ceil(seconds), floor(window.began), ceil(window.ended)
    if window.seconds == 0 or expectation.recovers_meanwhile:
        removed = injected
    recovered = _recovered(series, removed, end)
    until = end if recovered is None else recovered
    recovery_s = None if recovered is None else recovered - removed
    undisturbed = max(0, injected - IN_FLIGHT_S)
    before, affected = series.between(0, undisturbed), series.between(undisturbed, until)
    during, after = series.between(injected, removed), series.between(until, len(series))
    explained = Counter({code: n for code, n in affected.errors.items() if code in expectation.errors})
    violations = [
        *_errors(Text("障害の前に", "before the fault"), before.errors),
        *_errors(Text("想定外の", "which the fault does not explain"), affected.errors - explained),
        *_during(during, expectation),
        *_after(after, recovery_s, expectation),
    ]
    # The figures of a fault whose removal counts for nothing are those from its injection to the recovery.
    meanwhile = during if removed > injected else series.between(injected, until)
    figures = {
        "injected_after_s": round(window.began, 1),
        "removed_after_s": round(window.ended, 1),
        "recovered_after_s": recovery_s,
        "before": _figures(before),
        "during": _figures(meanwhile),
        "after": _figures(after),
        "errors_explained": dict(explained),
    }
    return Evaluation(tuple(violations), explained, figures)


def _recovered(series: TimeSeries, removed: int, end: int) -> int | None:
    """The first of the consecutive normal seconds after the removal."""
    normal = [_is_normal(series.between(place, place + 1)) for place in range(removed, end)]
    for place in range(len(normal)):
        if all(normal[place : place + _RECOVERY_S]):
            return removed + place
    return None


def _is_normal(second: SecondStats) -> bool:
    return not second.errors.total() and second.checks.percentile_ms(0.99) <= NORMAL_P99_MS


def _errors(when: Text, errors: Counter[str]) -> Iterator[Text]:
    for code, count in errors.most_common():
        if count:
            yield Text(f"{when.ja} {code} が{count}件", f"{count} × {code} {when.en}")


def _slow(what: Text, p99: float, limit: float) -> Text:
    return Text(
        f"{what.ja}の p99 が{p99:,.0f}ミリ秒（上限{limit:,.0f}ミリ秒）",
        f"a p99 of {p99:,.0f} ms {what.en}, more than {limit:,.0f}",
    )


def _during(during: SecondStats, expectation: Expectation) -> Iterator[Text]:
    share = _answered(during)
    if share < expectation.min_answered:
        yield Text(
            f"障害中の回答率が {share:.1%}（下限 {expectation.min_answered:.0%}）",
            f"{share:.1%} of the checks were answered meanwhile, not {expectation.min_answered:.0%}",
        )
    p99 = during.checks.percentile_ms(0.99)
    if expectation.p99_ms is not None and p99 > expectation.p99_ms:
        yield _slow(_MEANWHILE, p99, expectation.p99_ms)
    if not expectation.numbers_unaffected:
        return
    if during.numbers_failed:
        yield Text(
            f"障害中に番号による照会{during.numbers_failed}件が回答なし",
            f"{during.numbers_failed} checks by number were not answered meanwhile",
        )
    p99 = during.numbers.percentile_ms(0.99)
    if p99 > NORMAL_P99_MS:
        yield _slow(Text("障害中の番号照会", "by number meanwhile"), p99, NORMAL_P99_MS)


def _after(after: SecondStats, recovery_s: int | None, expectation: Expectation) -> Iterator[Text]:
    if recovery_s is None:
        yield Text("実行中に復旧せず", "the fund did not recover within the run")
        return
    limit = expectation.recovery_within_s
    if recovery_s > limit:
        yield Text(
            f"復旧まで{recovery_s}秒（上限{limit:g}秒）",
            f"recovered after {recovery_s} s, not within {limit:g}",
        )
    yield from _errors(Text("復旧後に", "after the recovery"), after.errors)
    p99 = after.checks.percentile_ms(0.99)
    if p99 > NORMAL_P99_MS:
        yield _slow(_RECOVERED, p99, NORMAL_P99_MS)


def _answered(second: SecondStats) -> float:
    return second.answered / second.offered if second.offered else 1.0


def _figures(second: SecondStats) -> dict[str, Any]:
    return {
        "checks": second.offered,
        "answered_share": round(_answered(second), 4),
        "p50_ms": round(second.checks.percentile_ms(0.5), 1),
        "p99_ms": round(second.checks.percentile_ms(0.99), 1),
        "numbers_p99_ms": round(second.numbers.percentile_ms(0.99), 1),
        "errors": dict(second.errors),
    }
