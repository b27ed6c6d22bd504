"""Makes a report: reads its figures as an auditor, and writes its three files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from eligibility_api.audit.report.collect import collect
from eligibility_api.audit.report.csv_file import render_csv
from eligibility_api.audit.report.figures import Figures
from eligibility_api.audit.report.markdown import render_markdown
from eligibility_api.audit.report.page import render_page
from eligibility_api.audit.report.period import Period
from eligibility_api.audit.report.phrases import Phrases
from eligibility_api.audit.report.store import names
from eligibility_api.database.connections import JOBS_APPLICATION_NAME, Database
from eligibility_api.platform.clock import Clock
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.private_files import write_private

_NAMES_AT_ONCE = 1_000
_STATEMENT_SECONDS = 60.0
"""The statement of a page that asks for correction lists of a large file may take so long."""


async def read_figures(auditor_dsn: str, period: Period, clock: Clock) -> Figures:
    """Collect the figures of a period, with the names of facilities and insurers."""
    database = Database(
        auditor_dsn, statement_seconds=_STATEMENT_SECONDS, application_name=JOBS_APPLICATION_NAME
    )
    try:
        figures = await collect(database, period, clock())
        codes = sorted(
            {*figures.accesses, *figures.exceptional, *figures.unclaimed, *figures.refused_accesses}
            | {number for number, _ in figures.insurers}
            | {run.institution_code for run in figures.runs if run.institution_code is not None}
        )
        for place in range(0, len(codes), _NAMES_AT_ONCE):
            figures.names |= await names(database, codes[place : place + _NAMES_AT_ONCE])
    finally:
        await database.close()
    return figures


def write(figures: Figures, phrases: Phrases, folder: Path) -> Path:
    """Write the three files, which only their owner can read; returns the page's path. Raises OperatorError."""
    texts: dict[str, Callable[[], str]] = {
        "report.html": lambda: render_page(figures, phrases),
        "report.md": lambda: render_markdown(figures, phrases),
        "report.csv": lambda: "".join(render_csv(figures, phrases)),
    }
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in texts.items():
            write_private(folder / name, text().encode())
    except OSError as error:
        raise OperatorError(f"The report cannot be written: {error.strerror}.") from error
    return folder / "report.html"
