"""`payer-mock mismatches`, `changes`, `figures`, `papers`: what the fund tells an insurer of its members."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from payer_mock.cli.common import AsJson, OfInsurer, Surroundings, at_the_fund, echo_json, show, usage
from payer_mock.clock import day_in_japan
from payer_mock.members.table import HeaderError
from payer_mock.papers.booklets import write_papers
from payer_mock.papers.needs import all_needs
from payer_mock.screens.desk import show_changes, show_figures, show_mismatches, show_papers

_After = Annotated[str | None, typer.Option(help="Where the page before ended.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (mismatches, changes, figures, papers):
        app.command()(command)


def mismatches(
    context: typer.Context, *, after: _After = None, insurer: OfInsurer = None, as_json: AsJson = False
) -> None:
    """住民登録との不一致 / Members whom the resident register does not show, oldest first."""
    with at_the_fund(context, insurer) as client:
        page = client.mismatches(after)
    show(page, as_json=as_json, on_screen=lambda console: show_mismatches(console, page))


def changes(
    context: typer.Context,
    *,
    after: _After = None,
    limit: Annotated[int | None, typer.Option(min=1)] = None,
    insurer: OfInsurer = None,
    as_json: AsJson = False,
) -> None:
    """変更履歴 / What has changed among the members, as the fund knows them."""
    with at_the_fund(context, insurer) as client:
        page = client.changes(after, limit)
    show(page, as_json=as_json, on_screen=lambda console: show_changes(console, page))


def figures(context: typer.Context, *, insurer: OfInsurer = None, as_json: AsJson = False) -> None:
    """指標 / Registration delay, and look-ups of members by outcome."""
    with at_the_fund(context, insurer) as client:
        answer = client.statistics()
    show(answer, as_json=as_json, on_screen=lambda console: show_figures(console, answer))


def papers(
    context: typer.Context,
    *,
    after: _After = None,
    since_month: Annotated[str | None, typer.Option(metavar="YYYY-MM")] = None,
    pdf: Annotated[Path | None, typer.Option(metavar="DIR", help="Make the papers, as PDF.")] = None,
    members: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="With --pdf: the insurer's member file (CSV)."),
    ] = None,
    insurer: OfInsurer = None,
    as_json: AsJson = False,
) -> None:
    """資格確認書 / Who needs one; with --pdf all papers: 資格確認書, and 資格情報のお知らせ for the others."""
    if (pdf is None) != (members is None):
        raise usage("--pdf と --members は同時に指定します / --pdf and --members go together")
    with at_the_fund(context, insurer) as client:
        if pdf is None or members is None:
            page = client.paper_certificates(after, since_month)
            show(page, as_json=as_json, on_screen=lambda console: show_papers(console, page))
            return
        needs = all_needs(client)
    today = day_in_japan(context.ensure_object(Surroundings).clock())
    try:
        made = write_papers(members, needs, pdf, today)
    except HeaderError as error:
        raise usage(f"加入者ファイルの見出し行に誤りがあります / Not a members file: {error}") from error
    except OSError as error:
        raise usage(f"書面を作成できません / No papers were made: {error.strerror}") from error
    if as_json:
        echo_json(made.as_json())
    else:
        typer.echo(f"資格確認書 {made.certificates}, 資格情報のお知らせ {made.notices}: {pdf}")
