"""`payer-mock mismatches`, `changes`, `stats`, `papers`: what an insurer reads about its members."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eligibility_api.contract.errors import ShikakuError
from payer_mock.cli.common import (
    AfterOption,
    Dependencies,
    InsurerOption,
    JsonOption,
    echo_json,
    fund_client,
    show,
    unreadable,
    usage,
)
from payer_mock.clock import day_in_japan
from payer_mock.papers.issue import members_needing_certificates, write_papers
from payer_mock.screens.reports import show_changes, show_mismatches, show_papers, show_stats


def add_to(app: typer.Typer) -> None:
    """Add these commands to the application."""
    for command in (mismatches, changes, stats, papers):
        app.command()(command)


def mismatches(
    context: typer.Context,
    *,
    after: AfterOption = None,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """住民基本台帳情報と一致しない加入者を、古い順に表示します。

    List members whom the resident register does not confirm, oldest first.
    """
    with fund_client(context, insurer) as client:
        page = client.mismatches(after)
    show(page, as_json=as_json, on_screen=lambda console: show_mismatches(console, page))


def changes(
    context: typer.Context,
    *,
    after: AfterOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="最大件数 / maximum number")] = None,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """支払基金に登録された加入者情報の変更履歴を表示します。

    List the changes to the insurer's members, in the order in which they became known.
    """
    with fund_client(context, insurer) as client:
        page = client.changes(after, limit)
    show(page, as_json=as_json, on_screen=lambda console: show_changes(console, page))


def stats(context: typer.Context, *, insurer: InsurerOption = None, as_json: JsonOption = False) -> None:
    """資格取得から登録までの時間と、加入者の資格確認の件数を表示します。

    Show the registration delay, and look-ups of members by outcome.
    """
    with fund_client(context, insurer) as client:
        answer = client.statistics()
    show(answer, as_json=as_json, on_screen=lambda console: show_stats(console, answer))


def papers(
    context: typer.Context,
    *,
    after: AfterOption = None,
    since_month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="新規とする基準月 / month that `new` refers to")
    ] = None,
    pdf: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="書面を作成するフォルダー（PDF） / write the papers as PDF"),
    ] = None,
    members: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="加入者ファイル（CSV、--pdf と併用） / member file, with --pdf"
        ),
    ] = None,
    insurer_name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="書面に記載する保険者名称 / insurer's name on the papers"),
    ] = None,
    insurer: InsurerOption = None,
    as_json: JsonOption = False,
) -> None:
    """資格確認書が必要な加入者を表示します。--pdf を付けると、資格確認書と、他の加入者への資格情報のお知らせを作成します。

    List who needs a 資格確認書; with --pdf write it for them, and a 資格情報のお知らせ for all other members.
    """
    if (pdf is None) != (members is None):
        raise usage("--pdf と --members は同時に指定してください。\n--pdf and --members go together.")
    if pdf is None and insurer_name is not None:
        raise usage("--insurer-name は --pdf と一緒に指定してください。\n--insurer-name goes with --pdf.")
    if pdf is not None and (after is not None or since_month is not None):
        raise usage(
            "--pdf は全員分を作成します。--after と --since-month は指定できません。\n"
            "--pdf writes all papers: it excludes --after and --since-month."
        )
    with fund_client(context, insurer) as client:
        if pdf is None or members is None:
            page = client.paper_certificates(after, since_month)
            show(page, as_json=as_json, on_screen=lambda console: show_papers(console, page))
            return
        needs = members_needing_certificates(client)
    today = day_in_japan(context.ensure_object(Dependencies).clock())
    try:
        issued = write_papers(members, needs, pdf, today, insurer_name)
    except ShikakuError as error:
        raise unreadable(error) from error
    except OSError as error:
        raise usage(f"書面を作成できません。\nCannot write the papers: {error.strerror}") from error
    if as_json:
        echo_json(issued.as_json())
    else:
        typer.echo(f"資格確認書 {issued.certificates}件、資格情報のお知らせ {issued.notices}件：{pdf}")
