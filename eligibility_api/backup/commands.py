"""`eligibility-api backup`, `restore` and `verify`: backups of the embedded database."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from eligibility_api.audit_log.checkpoint_keys import verification_keys
from eligibility_api.backup.programs import BackupError
from eligibility_api.database.dsn import is_embedded
from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.settings import Settings

_INSTANTS = ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"]
"""Parse ISO 8601 with an offset."""

Instant = Annotated[
    datetime | None,
    typer.Option(
        "--to",
        formats=_INSTANTS,
        help="復元する時点（省略時は最後のコミット） / The instant, with offset; the last commit when left out.",
    ),
]


def backup_command(
    *,
    full: Annotated[
        bool,
        typer.Option("--full", help="全体のバックアップ / A full one, not the changes since the last one."),
    ] = False,
) -> None:
    """稼働中の組み込みデータベースをバックアップします。

    Back up the running embedded database: what changed since the last backup, or all of it each week.

    The keys are not part of it: back up FUND_HOME/keys elsewhere.
    """
    from eligibility_api.backup.making import make

    settings = Settings()
    made = make(settings, _backup_home(settings), system_clock, full=full)
    if made.reason:
        typer.echo(f"An incremental backup was not possible, so a full one was made: {made.reason}", err=True)
    deleted = [backup.path.name for backup in made.deleted]
    typer.echo(json.dumps({"backup": made.backup.path.name, "kind": made.backup.kind, "deleted": deleted}))


def restore_command(*, to: Instant = None) -> None:
    """停止中の組み込みデータベースを、ある時点に復元します。

    Restore the embedded database of a stopped service to an instant, or to its last commit.

    The former database is kept. After an earlier instant the audit log needs a new FUND_LOG_ORIGIN.
    """
    from eligibility_api.backup.restoring import restore

    settings = Settings()
    kept = restore(_backup_home(settings), settings.home / "postgres", to, system_clock())
    typer.echo(f"Restored. The former database is in {kept}." if kept else "Restored.")
    if to is not None:
        typer.echo(
            "The audit log has lost leaves after this instant: set a new FUND_LOG_ORIGIN before the service starts,"
            " then make a full backup.",
        )


def verify_command(
    *,
    to: Instant = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="以前のチェックポイント / A checkpoint kept from before the instant."),
    ] = None,
) -> None:
    """バックアップを別の場所に復元して検証します。

    Restore the backups aside, and verify the audit log and every recorded answer. The service may run.
    """
    from eligibility_api.backup.verifying import verify_backup

    settings = Settings()
    keys = verification_keys(settings)
    if not keys:
        raise BackupError("The log's verification keys are not there: restore FUND_HOME/keys first.")
    try:
        kept = [path.read_bytes() for path in checkpoint or ()]
    except OSError as error:
        raise BackupError(f"{error.filename} cannot be read: {error.strerror}.") from error
    verified = verify_backup(
        _backup_home(settings), settings.home / "postgres", keys, kept, system_clock(), instant=to
    )
    report = verified.report
    counts = {
        "holds": report.holds,
        "backups": [backup.path.name for backup in verified.backups],
        "leaves": report.checkpoint.size if report.checkpoint else 0,
        "records": report.records,
        "answers_recomputed": report.answers,
        "findings": [str(finding) for finding in report.findings],
    }
    typer.echo(json.dumps(counts, ensure_ascii=False, indent=2))
    if not report.holds:
        raise typer.Exit(1)


def _backup_home(settings: Settings) -> Path:
    if not is_embedded(settings):
        raise BackupError("DATABASE_URL is set: back up that server with its own tools.")
    if settings.backup_home is None:
        raise BackupError("Set FUND_BACKUP_HOME: the directory of the backups.")
    return settings.backup_home.absolute()
