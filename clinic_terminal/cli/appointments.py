"""`clinic-terminal appointments`: checks tomorrow's patients in one batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from clinic_terminal.bilingual import Bilingual, command_help, option_help
from clinic_terminal.cli.common import Dependencies, open_table, open_terminal, print_json, require
from clinic_terminal.cli.options import AsJson, parse_date
from clinic_terminal.clock import tomorrow
from clinic_terminal.console import exit_code_help, lists, outcomes, report, texts
from clinic_terminal.console.prompts import echo_to_stderr
from clinic_terminal.queries.appointments import Appointments, PollPolicy, await_results, submit
from clinic_terminal.queries.known_versions import VERSIONS_FILE, CorruptVersionsError, KnownVersions
from eligibility_api.contract.batches import MAX_ROWS
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.errors import ShikakuError

_HELP = command_help(
    """明日の予約患者の資格を一括照会し、変更なし・変更あり・要確認に分けて表示します。FILE は見出し行のある CSV
（UTF-8 または CP932）で、列は tag, insurer_number, symbol, number, branch, birth_date です。tag は施設で付ける識別名で、
結果の表示に使い、tag ごとに前回の回答の版を端末に保存します。""",
    """Checks tomorrow's appointments in one batch: unchanged, changed, or to ask about. FILE is CSV (UTF-8
or CP932) with a header: tag, insurer_number, symbol, number, branch, birth_date. The tag is the
clinic's own name of the row in the output; the version of the last answer is stored for each tag.""",
    exit_code_help.APPOINTMENTS_EXIT_CODES,
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("appointments", help=_HELP, short_help="予約患者の一括照会 / Check tomorrow's appointments")(
        appointments_command
    )


def appointments_command(
    context: typer.Context,
    *,
    file: Annotated[
        Path | None,
        typer.Argument(
            help=option_help("明日の予約の CSV。", "Tomorrow's appointments."), show_default=False
        ),
    ] = None,
    batch: Annotated[
        UUID | None,
        typer.Option(
            metavar="ID",
            help=option_help("送信済みの一括照会の受付番号。", "Continue with a batch that was sent before."),
        ),
    ] = None,
    as_of: Annotated[
        date | None,
        typer.Option(
            parser=parse_date,
            metavar="DAY",
            help=option_help("資格確認日（省略時：明日）。", "Day of the check; default: tomorrow."),
        ),
    ] = None,
    as_json: AsJson = False,
    wait: Annotated[
        float,
        typer.Option(
            min=0,
            max=86_400,
            metavar="SECONDS",
            help=option_help("結果を待つ秒数。", "Seconds to wait for the batch."),
        ),
    ] = 600.0,
) -> None:
    """Run one batch, print it, store its versions, and end with its exit code."""
    require(
        (file is None) != (batch is None),
        "FILE か --batch のどちらか一方を指定してください。",
        "either a file or --batch",
    )
    require(
        batch is None or as_of is None,
        "--as-of は FILE と一緒に指定してください。",
        "--as-of goes with a file",
    )
    dependencies = context.ensure_object(Dependencies)
    table = [] if file is None else open_table(file, "tag", MAX_ROWS)
    terminal = open_terminal(dependencies)
    versions = KnownVersions(terminal.settings.home / VERSIONS_FILE)
    known = _read(versions)
    policy = PollPolicy(dependencies.clock, dependencies.sleep, timedelta(seconds=wait))

    def begin() -> Appointments:
        if batch is not None:
            return Appointments(terminal.fund.batch_status(str(batch)))
        return submit(terminal.fund, table, as_of or tomorrow(dependencies.clock()), known)

    with terminal.fund:
        appointments = _run(terminal.fund, begin, known, policy)
    if as_json:
        print_json(report.appointments_as_json(appointments))
    else:
        lists.show_appointments(Console(), appointments)
    _store(versions, appointments)  # only after the reception has seen what changed
    raise typer.Exit(report.appointments_exit_code(appointments))


def _read(versions: KnownVersions) -> dict[str, str]:
    try:
        return versions.read()
    except CorruptVersionsError as error:
        raise _home_error(
            f"{VERSIONS_FILE} が壊れています。削除すると、次回はすべて初回として扱います。",
            f"{VERSIONS_FILE} is corrupt; remove it, and all count as new",
        ) from error
    except OSError as error:
        raise _home_error("読み取れません。", str(error.strerror)) from error


def _store(versions: KnownVersions, appointments: Appointments) -> None:
    try:
        versions.add(appointments.versions())
    except OSError as error:
        raise _home_error(
            "保存できません。次回はすべて初回として扱います。",
            f"{error.strerror}; the next time all count as new",
        ) from error


def _home_error(ja: str, en: str) -> typer.Exit:
    """Print a problem with the terminal's own folder, and return the exit."""
    echo_to_stderr(Bilingual(f"TERMINAL_HOME：{ja}", f"TERMINAL_HOME: {en}").lines)
    return typer.Exit(outcomes.USAGE.exit_code)


def _run(
    fund: FundClient, begin: Callable[[], Appointments], known: Mapping[str, str], policy: PollPolicy
) -> Appointments:
    """The batch's number is printed before the wait: with it the work can be continued."""
    appointments = Appointments()
    try:
        appointments = begin()
        if appointments.batch is not None:
            echo_to_stderr(f"{texts.BATCH}: {appointments.batch.batch_id}")
        return await_results(fund, appointments, known, policy)
    except ShikakuError as problem:
        return replace(appointments, problem=problem)
