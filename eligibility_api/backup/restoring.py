"""Restores the embedded database from its backups: aside, and in the place of the present one, which is kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from eligibility_api.backup.folder import Backup, chain, later, read
from eligibility_api.backup.programs import BackupError, Programs
from eligibility_api.embedded_postgres.archive import archiving, recovering
from eligibility_api.embedded_postgres.cluster import EmbeddedDatabaseError, renew_passwords
from eligibility_api.embedded_postgres.postmaster import Postmaster
from eligibility_api.embedded_postgres.server import SETTINGS, EmbeddedPostgres, lock_exclusively

RECOVERY_SECONDS = 24 * 3600.0
"""Longest recovery: the WAL of a week is replayed after the last full backup."""

_ABANDONED = "abandoned"


def restore_aside(
    backup_home: Path,
    home: Path,
    instant: datetime | None,
    programs: Programs,
    settings: Mapping[str, str] = SETTINGS,
    *,
    lost: Path | None = None,
) -> list[Backup]:
    """Restore a cluster into the new `home`, stopped and with new passwords; returns the backups that it came from.

    None restores the last commit. Raises BackupError; what was made of it stays, for its log.
    """
    used = chain(read(backup_home / "base"), instant)
    if not used:
        raise BackupError("There is no backup that ended before this instant.")
    home.mkdir(mode=0o700)
    programs.unprivileged.chown(home)
    sources = [str(backup.path.absolute()) for backup in used]
    programs.run("pg_combinebackup", ["--output", str(home / "data"), *sources])
    (home / "data" / "recovery.signal").touch()
    programs.unprivileged.chown(home / "data" / "recovery.signal")
    recovery = recovering((backup_home / "wal").absolute(), instant, lost)
    server = EmbeddedPostgres(home, ready_timeout_seconds=RECOVERY_SECONDS, settings={**settings, **recovery})
    try:
        server.start()
    except EmbeddedDatabaseError as error:
        if "recovery target was reached" in server.log_text():
            raise BackupError("The archived WAL ends before this instant.") from error
        raise
    server.stop()
    renew_passwords(home, home / "data", programs.folder, programs.unprivileged)
    return used


def restore(backup_home: Path, home: Path, instant: datetime | None, now: datetime) -> Path | None:
    """Restore in the place of the present cluster of a stopped service. Returns where that one is kept, if there was one.

    Backups after `instant` are moved to `abandoned`: what they continue was undone. Raises BackupError.
    """
    home.mkdir(parents=True, exist_ok=True)
    home = home.absolute()
    lock = lock_exclusively(home / "lock")
    try:
        if Postmaster.of(home / "data") is not None:
            raise BackupError(
                "A database server still runs here without its service: start the service and stop it."
            )
        programs, restored = Programs.of(home), home / "restored"
        if restored.exists():
            shutil.rmtree(restored)
        present = home / "data"
        lost = present / "pg_wal" if present.exists() else None
        settings = SETTINGS | archiving((backup_home / "wal").absolute())
        restore_aside(backup_home, restored, instant, programs, settings, lost=lost)
        kept = _keep(present, now)
        (restored / "data").replace(present)
        (restored / "passwords.json").replace(home / "passwords.json")
        shutil.rmtree(restored)
        if instant is not None:
            _abandon(backup_home, instant)
        return kept
    finally:
        os.close(lock)


def _keep(data: Path, now: datetime) -> Path | None:
    return data.replace(data.with_name(f"data.until-{now:%Y%m%dT%H%M%S.%f}")) if data.exists() else None


def _abandon(backup_home: Path, instant: datetime) -> None:
    folder = backup_home / _ABANDONED
    for backup in later(read(backup_home / "base"), instant):
        folder.mkdir(mode=0o700, exist_ok=True)
        backup.path.replace(folder / backup.path.name)
