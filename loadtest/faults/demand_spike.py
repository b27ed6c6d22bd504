"""Demand spike: several times as many patients arrive at once as a moment before."""

from __future__ import annotations

from loadtest.faults.fault import Expectation, Fault, Finding, Window, always
from loadtest.scenario.run_stats import TimeSeries
from loadtest.sections import Text

SPIKE = 5.0
"""The factor by which demand rises."""


def rise(series: TimeSeries, window: Window) -> Finding:
    """How many times as many checks arrived during the spike as before it."""
    before = series.between(0, window.began).offered / max(window.began, 1.0)
    during = series.between(window.began, window.ended).offered / max(window.seconds, 1.0)
    times = round(during / before, 1) if before else 0.0
    return Finding("demand_rose_by", times, took_hold=times >= SPIKE / 2)


DEMAND_SPIKE = Fault(
    "demand-spike",
    Text(f"照会が急に{SPIKE:g}倍に増える", f"demand rises to {SPIKE:g} times as much at once"),
    always(
        Expectation(
            Text(
                "超過分だけが Retry-After 付きの overloaded で拒否され、少なくとも急増前と同じ件数が回答されます。"
                "10秒以内に元に戻り、誤った回答はありません。",
                "Only the excess is refused, as overloaded with Retry-After; at least as many checks are answered as"
                " before. In order again within 10 s, and no answer is wrong.",
            ),
            errors=frozenset({"overloaded"}),
            min_answered=0.9 / SPIKE,
            p99_ms=None,
        )
    ),
    evidence=rise,
    demand=SPIKE,
)
