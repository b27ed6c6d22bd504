"""`eligibility-api audit report`: the auditor's report over a period, as HTML, Markdown and CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eligibility_api.audit.report.period import Period
from eligibility_api.cli_support import run_reporting_errors
from eligibility_api.contract.consent_versions import Language
from eligibility_api.database.dsn import dsn
from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.settings import Settings


def _parse(text: str) -> Period:
    try:
        return Period.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def report(
    *,
    period: Annotated[
        Period,
        typer.Option(
            parser=_parse, metavar="PERIOD", help="期間 / A month, 2026-11, or days, 2026-11-01..2026-11-15."
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="書き込むフォルダー / Folder for report.html, report.md and report.csv.")
    ],
    language: Annotated[Language, typer.Option(help="報告書の言語 / Language of the report.")] = Language.JA,
) -> None:
    """監査報告書を作成します。

    Make the auditor's report, and print the path of its page.

    Accesses by facility and reason, emergency and visual checks, look-ups with no later claim, consents and
    withdrawals, refused proofs, runs of misses, receivers of wrong values, and privileged operations.
    """
    from eligibility_api.audit.report.making import read_figures, write
    from eligibility_api.audit.report.phrases import Phrases

    settings = Settings()
    figures = run_reporting_errors(read_figures(dsn(settings, "auditor"), period, system_clock))
    typer.echo(write(figures, Phrases(language), out))
