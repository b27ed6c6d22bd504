"""The insurer's figures: how late registrations are, and what look-ups of its members result in."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response

from eligibility_api.contract.errors import CATALOGUE
from eligibility_api.contract.insurer_ops import MonthlyDelay, Statistics
from payer_mock.screens.terms import VALIDITIES
from payer_mock.web.desk import ROOT, AtDesk, SenderKey, page
from screens.charts import SeriesChart, bars, series_chart

router = APIRouter(prefix=f"{ROOT}/figures")

_ENGLISH = {
    "1": "valid", "2": "not valid", "3": "not valid, a newer one exists", "4": "nothing found", "5": "several found",
    "6": "valid, no ticket",
}  # fmt: skip

_MIN_MONTHS = 2
"""Fewer points are no line."""


@router.get("")
def figures(request: Request, desk: AtDesk, key: SenderKey) -> Response:
    """Both, as charts with their tables."""
    stats = key.call(lambda client: client.statistics())
    language = desk.display_of(request).language
    rows = look_ups(stats, language)
    delay = stats.registration_delay
    days = [value / 24 for value in (delay.median_hours, delay.p95_hours) if value is not None]
    return page(
        request,
        "figures.html",
        key,
        stats=stats,
        days=days,
        months=stats.delay_by_month,
        months_chart=delay_chart(
            stats.delay_by_month, desk.text(request, "figures.median"), desk.text(request, "figures.p95")
        ),
        in_days=in_days,
        look_ups=rows,
        total=sum(count for _, _, count in rows),
        chart=bars(
            [(label if code in VALIDITIES else code, count, f"{count:,}") for code, label, count in rows]
        ),
        bars=bars,
    )


@router.get("/figures.csv")
def as_csv(key: SenderKey) -> Response:
    """The figures for a spreadsheet."""
    stats = key.call(lambda client: client.statistics())
    text = io.StringIO()
    writer = csv.writer(text)
    delay = stats.registration_delay
    writer.writerows(
        [
            ("項目", "コード", "値"),
            ("直近90日間の登録件数", "", delay.enrolments),
            ("登録までの時間（中央値）", "", delay.median_hours),
            ("登録までの時間（95パーセンタイル）", "", delay.p95_hours),
            *(
                (f"登録までの時間（{name}） {month.month}", "", hours)
                for month in stats.delay_by_month
                for name, hours in (("中央値", month.median_hours), ("95パーセンタイル", month.p95_hours))
            ),
            *((label, code, count) for code, label, count in look_ups(stats, "ja")),
        ]
    )
    headers = {"Content-Disposition": 'attachment; filename="figures.csv"'}
    return Response(
        text.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers
    )


def in_days(hours: float | None) -> str:
    """Hours as days with a decimal; a dash where there are none."""
    return "－" if hours is None else f"{hours / 24:.1f}"


def delay_chart(months: Sequence[MonthlyDelay], median: str, p95: str) -> SeriesChart | None:
    """Median and 95th percentile over the months, in days; None while fewer than two months have any."""
    if sum(month.enrolments > 0 for month in months) < _MIN_MONTHS:
        return None
    return series_chart(
        [month.month for month in months],
        [
            (name, hours, [in_days(value) for value in hours])
            for name, hours in (
                (median, [month.median_hours for month in months]),
                (p95, [month.p95_hours for month in months]),
            )
        ],
    )


def look_ups(stats: Statistics, language: str) -> list[tuple[str, str, int]]:
    """Code, text and count of each outcome: validities first, then refusals."""
    return [
        (code, outcome(code, language), count)
        for code, count in sorted(
            stats.look_ups.items(), key=lambda item: (item[0] not in VALIDITIES, item[0])
        )
    ]


def outcome(code: str, language: str) -> str:
    """An outcome in a few words: a validity (OQSCD006), or the code of a refusal."""
    if code in VALIDITIES:
        return VALIDITIES[code] if language == "ja" else _ENGLISH[code]
    entry = CATALOGUE.get(code)
    if entry is None:
        return code
    return (entry.ja if language == "ja" else entry.en).split("。")[0].split(". ")[0]
