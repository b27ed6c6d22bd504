"""Makes a base backup of the running embedded database, and deletes what is no longer needed."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.backup.folder import FULL_EVERY, Backup, Kind, chain, expired, name, read
from eligibility_api.backup.programs import BackupError, Programs
from eligibility_api.cli_support import in_transaction
from eligibility_api.embedded_postgres.cluster import password, role_name
from eligibility_api.embedded_postgres.postmaster import PORT
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.platform.clock import Clock
from eligibility_api.platform.settings import Settings

_ARCHIVING = text("""
SELECT current_setting('archive_mode') AS mode, last_failed_time > coalesce(last_archived_time, '-infinity') AS fails
FROM pg_stat_archiver
""")

_FIRST_SEGMENT = re.compile(r"^START WAL LOCATION: [0-9A-F/]{3,17} \(file ([0-9A-F]{24})\)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made, and those that were deleted after it. `reason`: why a full one was made instead."""

    backup: Backup
    deleted: list[Backup]
    reason: str | None = None


def make(settings: Settings, backup_home: Path, clock: Clock, *, full: bool) -> Made:
    """Make a backup: incremental, unless a full one is asked for, due, or the only possible. Raises BackupError."""
    home = settings.home / "postgres"
    server, programs = EmbeddedPostgres.attach(home), Programs.of(home)
    _check_archiving(settings)
    before = chain(read(backup_home / "base"), None)
    reason = None
    if not full and before and clock() - before[0].ended_at < FULL_EVERY:
        try:
            made = _base_backup(server, programs, backup_home, clock, before[-1])
            return Made(made, _expire(backup_home, programs, clock, settings.backup_keep_days))
        except BackupError as error:  # such as one without WAL summaries since the last backup
            reason = str(error)
    made = _base_backup(server, programs, backup_home, clock, None)
    return Made(made, _expire(backup_home, programs, clock, settings.backup_keep_days), reason)


def _check_archiving(settings: Settings) -> None:
    async def check(connection: AsyncConnection) -> None:
        row = (await connection.execute(_ARCHIVING)).one()
        if row.mode != "on":
            raise BackupError(
                "The database archives no WAL: start the service with FUND_BACKUP_HOME, then try again."
            )
        if row.fails:
            raise BackupError("The database cannot archive its WAL; see postgres.log.")

    in_transaction(settings, "owner", check)


def _base_backup(
    server: EmbeddedPostgres, programs: Programs, backup_home: Path, clock: Clock, former: Backup | None
) -> Backup:
    unfinished = backup_home / "base" / "unfinished"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    kind: Kind = "full" if former is None else "incremental"
    base = [] if former is None else [f"--incremental={former.path.absolute() / 'backup_manifest'}"]
    programs.run(
        "pg_basebackup",
        [
            f"--pgdata={unfinished.absolute()}",
            f"--host={server.socket_directory}",
            f"--port={PORT}",
            f"--username={role_name('backup')}",
            "--no-password",
            "--checkpoint=fast",
            *base,
        ],
        {"PGPASSWORD": password(server.home, "backup")},
    )
    ended_at = clock()
    path = unfinished.replace(backup_home / "base" / name(ended_at, kind))
    return Backup(path, ended_at, kind)


def _expire(backup_home: Path, programs: Programs, clock: Clock, keep_days: int) -> list[Backup]:
    """Delete the backups that no kept instant needs, and the WAL before the oldest that stays."""
    backups = read(backup_home / "base")
    deleted = expired(backups, clock() - timedelta(days=keep_days))
    for backup in deleted:
        shutil.rmtree(backup.path)
    if deleted:
        oldest = next(one for one in backups if one not in deleted)
        found = _FIRST_SEGMENT.search((oldest.path / "backup_label").read_text())
        if found is None:
            raise BackupError(f"{oldest.path} has no readable backup_label.")
        programs.run("pg_archivecleanup", ["-x", ".gz", str((backup_home / "wal").absolute()), found[1]])
    return deleted
