"""Was it as expected? The seconds of a run are held against a fault's expectation. Pure: it only looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from loadtest.faults.fault import GOOD_MS, Expectation, Window
from loadtest.scenario.run_stats import Second, Series

UNDER_WAY_S = 2
"""So long before a fault a visit may have begun that the fault met."""

_IN_ORDER_S = 3
"""Seconds in order, one after the other, from which the fund counts as back."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was seen of a fault. `broken`: what was not as expected, a sentence each; `explained`: errors by code that the
    fault explains; `figures` for the report.
    """

    broken: tuple[str, ...]
    explained: Counter[str]
    figures: dict[str, Any]


def judge(series: Series, seconds: float, window: Window, expectation: Expectation) -> Judgement:
    """Hold a run of so many seconds against what was expected of a fault in it."""
    whole, began, lifted = ceil(seconds), floor(window.began), ceil(window.lifted)
    if window.seconds == 0:
        lifted = began
    back = _back(series, lifted, whole)
    met = max(0, began - UNDER_WAY_S)
    hit = series.between(met, whole if back is None else back)
    explained = Counter({code: n for code, n in hit.errors.items() if code in expectation.errors})
    during, after = (
        series.between(began, lifted),
        series.between(whole if back is None else back, len(series)),
    )
    broken = [
        *_errors("before the fault", series.between(0, met).errors),
        *_errors("which the fault does not explain", hit.errors - explained),
        *_meanwhile(during, expectation),
        *_afterwards(after, None if back is None else back - lifted, expectation),
    ]
    # What is over at once has its figures from then until the fund is back.
    meanwhile = during if window.seconds else series.between(began, whole if back is None else back)
    figures = {
        "inflicted_after_s": round(window.began, 1),
        "lifted_after_s": round(window.lifted, 1),
        "back_after_s": None if back is None else back - lifted,
        "before": _figures(series.between(0, met)),
        "during": _figures(meanwhile),
        "after": _figures(after),
        "errors_explained": dict(explained),
    }
    return Judgement(tuple(broken), explained, figures)


def _back(series: Series, lifted: int, whole: int) -> int | None:
    """The first second from the lifting on with which seconds in order begin."""
    in_order = [_is_in_order(series.between(place, place + 1)) for place in range(lifted, whole)]
    for place in range(len(in_order)):
        if all(in_order[place : place + _IN_ORDER_S]):
            return lifted + place
    return None


def _is_in_order(second: Second) -> bool:
    return not second.errors.total() and second.checks.percentile_ms(0.99) <= GOOD_MS


def _errors(when: str, errors: Counter[str]) -> Iterator[str]:
    for code, count in errors.most_common():
        if count:
            yield f"{count} × {code} {when}"


def _meanwhile(during: Second, expectation: Expectation) -> Iterator[str]:
    share = _answered(during)
    if share < expectation.answered:
        yield f"{share:.1%} of the checks were answered meanwhile, not {expectation.answered:.0%}"
    p99 = during.checks.percentile_ms(0.99)
    if expectation.p99_ms is not None and p99 > expectation.p99_ms:
        yield f"a p99 of {p99:,.0f} ms meanwhile, more than {expectation.p99_ms:,.0f}"
    if not expectation.numbers_go_on:
        return
    if during.numbers_unanswered:
        yield f"{during.numbers_unanswered} checks by number were not answered meanwhile"
    p99 = during.numbers.percentile_ms(0.99)
    if p99 > GOOD_MS:
        yield f"a p99 of {p99:,.0f} ms by number meanwhile, more than {GOOD_MS:,.0f}"


def _afterwards(after: Second, back_after: int | None, expectation: Expectation) -> Iterator[str]:
    if back_after is None:
        yield "the fund did not come back within the run"
        return
    if back_after > expectation.back_within_s:
        yield f"back after {back_after} s, not within {expectation.back_within_s:g}"
    yield from _errors("after it was back", after.errors)
    p99 = after.checks.percentile_ms(0.99)
    if p99 > GOOD_MS:
        yield f"a p99 of {p99:,.0f} ms after it was back, more than {GOOD_MS:,.0f}"


def _answered(second: Second) -> float:
    return second.answered / second.offered if second.offered else 1.0


def _figures(second: Second) -> dict[str, Any]:
    return {
        "checks": second.offered,
        "answered_share": round(_answered(second), 4),
        "p50_ms": round(second.checks.percentile_ms(0.5), 1),
        "p99_ms": round(second.checks.percentile_ms(0.99), 1),
        "numbers_p99_ms": round(second.numbers.percentile_ms(0.99), 1),
        "errors": dict(second.errors),
    }
