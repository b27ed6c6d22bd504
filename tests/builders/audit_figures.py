"""Figures of a busy month for the pages of a report, without a database: more rows than a page shows, and hostile names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from eligibility_api.audit.report.figures import Activity, Figures, Operation, Wrong
from eligibility_api.audit.report.misses import Run
from eligibility_api.audit.report.period import Period
from eligibility_api.contract.codes import Category

HOSTILE = "<script>alert(1)</script>|`見本`"
_BEGAN = datetime(2026, 11, 1, 3, tzinfo=UTC)
_FACILITIES = [f"13{n:08}" for n in range(1, 31)]
_KINDS = (
    ("eligibility.card", None, 46), ("eligibility.number", None, 31), ("eligibility.batch", None, 12),
    ("history.medications", "pin", 9), ("eligibility.visual-check", None, 3), ("answer.read", None, 2),
    ("history.treatments", "emergency", 1),
)  # fmt: skip
_CAUSES = ("challenge-expired", "signature-invalid", "challenge-used", "client-closed", "challenge-altered")


def busy_month() -> Figures:
    """November 2026 at thirty facilities."""
    figures = Figures(Period.parse("2026-11"), datetime(2026, 12, 1, 1, tzinfo=UTC))
    for place, day in enumerate(figures.period.days):
        weekend = day.weekday() >= 5
        for n, code in enumerate(_FACILITIES):
            for kind, item, often in _KINDS:
                number = (often * (40 - n) * (1 + (place * 7 + n) % 5)) // (40 if weekend else 4)
                if number:
                    figures.add(Activity(day, code, None, kind, "answered", item, number))
        if place % 4 == 1:
            figures.add(
                Activity(
                    day, _FACILITIES[3], None, "emergency.permit", "permitted", "unconscious", 1 + place % 3
                )
            )
            figures.add(
                Activity(
                    day,
                    _FACILITIES[4],
                    None,
                    "emergency.permit",
                    "second-factor-refused",
                    "life-threatening",
                    1,
                )
            )
        for rank, cause in enumerate(_CAUSES):
            figures.add(
                Activity(day, _FACILITIES[rank], None, "proof.refused", cause, None, 60 // (rank + 1))
            )
        figures.add(Activity(day, None, "01130012", "member.read", "done", None, 14))
    figures.add(
        Activity(
            figures.period.first, _FACILITIES[0], None, "eligibility.card", "certificate-revoked", None, 8
        )
    )
    _add_consents(figures)
    _add_lists(figures)
    figures.names = {code: f"見本第{n}クリニック" for n, code in enumerate(_FACILITIES, 1)}
    figures.names |= {_FACILITIES[1]: HOSTILE, "01130012": "見本健康保険組合"}
    return figures


def _add_consents(figures: Figures) -> None:
    for rank, category in enumerate(Category):
        figures.consents[category, "pin"] = 12_400 // (rank + 1)
        figures.consents[category, "visual-check"] = 310 // (rank + 1)
        figures.withdrawn[category] = 44 // (rank + 1)
    figures.given = 13_020
    figures.ends.update({"2": 31, "1": 12, "0": 5})


def _add_lists(figures: Figures) -> None:
    for n, code in enumerate(_FACILITIES):
        figures.add_unclaimed(code, "eligibility.number", 900 - 20 * n, 220 - 7 * n)
        figures.add_unclaimed(code, "eligibility.card", 4_000 - 90 * n, 60 + n)
        figures.add_run(
            Run(UUID(int=n), code, "eligibility.number", _BEGAN, _BEGAN + timedelta(minutes=n), 10 + 3 * n)
        )
        figures.add_wrong(
            Wrong(
                UUID(int=n),
                _BEGAN,
                "enrolment.file-undone",
                "01130012",
                code,
                f"見本第{n + 1}クリニック",
                30 - n,
                _BEGAN,
            )
        )
        detail = {"rights": ["consent", "eligibility"], "os_user": "ops"}
        client = UUID(int=n << 96)
        figures.add_operation(
            Operation(UUID(int=n), _BEGAN, "admission.terminal", client, code, None, None, detail)
        )
    figures.misses = 1_892
    opened = {"areas": ["13", "14"], "reason": HOSTILE, "os_user": "ops"}
    figures.add_operation(
        Operation(UUID(int=99), _BEGAN, "disaster.opened", None, None, None, "課長 見本", opened)
    )
