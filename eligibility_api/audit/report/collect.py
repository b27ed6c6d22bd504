"""Collects the figures of a report from the database, page by page."""

from __future__ import annotations

from datetime import datetime

from eligibility_api.audit.report import store
from eligibility_api.audit.report.figures import Activity, Figures, Operation, Wrong
from eligibility_api.audit.report.misses import Miss, Runs
from eligibility_api.audit.report.period import Period
from eligibility_api.audit.report.reasons import REFUSED_KINDS
from eligibility_api.database.connections import Database

_POINTS = dict(zip(REFUSED_KINDS, ("before", "sign-in"), strict=True))


async def collect(database: Database, period: Period, made_at: datetime) -> Figures:
    """Read the records of the period as an auditor. The figures grow with the number of facilities, not of records."""
    figures, runs = Figures(period, made_at), Runs()
    async for page in store.pages(database, period):
        add_page(figures, runs, page)
    for run in runs.ended():
        figures.add_run(run)
    return figures


def add_page(figures: Figures, runs: Runs, page: store.Page) -> None:
    """Add what a page of records says."""
    for row in page.activity:
        figures.add(Activity(**row._asdict()))
    for row in page.consents:
        figures.consents[row.category, row.kind.removeprefix("eligibility.consent-")] += row.consents
    for row in page.ends:
        figures.ends[row.reason or ""] += row.consents
    for row in page.withdrawn:
        figures.withdrawn[row.category] += row.consents
    for row in page.counted:
        figures.refusals[_POINTS[row.kind], row.cause] += row.refusals
    for row in page.unclaimed:
        figures.add_unclaimed(row.institution_code, row.kind, row.looked_up, row.without_claim)
    for row in page.wrong:
        figures.add_wrong(Wrong(**row._asdict()))
    for row in page.operations:
        figures.add_operation(Operation(**row._asdict()))
    _add_misses(figures, runs, page)


def _add_misses(figures: Figures, runs: Runs, page: store.Page) -> None:
    for row in page.misses:
        figures.misses += 1
        run = runs.add(Miss(row.client_id, row.institution_code, row.kind, row.recorded_at))
        if run is not None:
            figures.add_run(run)
    if page.misses:
        for run in runs.ended(page.misses[-1].recorded_at):
            figures.add_run(run)
