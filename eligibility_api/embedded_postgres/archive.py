"""Settings with which the embedded server archives its WAL, and recovers from the archive.

A segment is a compressed file `NAME.gz`; it appears whole, and is never overwritten by another content.
"""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path

from eligibility_api.embedded_postgres.cluster import programs_directory
from eligibility_api.embedded_postgres.server import choose_user

ARCHIVE_SECONDS = 60
"""A segment is archived after so many seconds though it is not full: as much may be lost with the whole host."""


def prepare_archive(backup_home: Path, home: Path) -> Path:
    """Create the directories of backups for the cluster in `home`, and return that of the WAL. Raises EmbeddedDatabaseError."""
    home.mkdir(parents=True, exist_ok=True)
    how = choose_user(programs_directory(), home, home / "data")
    for folder in (backup_home, backup_home / "base", backup_home / "wal"):
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o700)
            how.chown(folder)
    return (backup_home / "wal").absolute()


def archiving(archive: Path) -> dict[str, str]:
    """The settings of a server that archives its WAL, and summarises it for incremental backups."""
    stored = f"{_quoted(archive)}/%f.gz"
    command = (
        f"umask 077; if test -e {stored}; then gzip -dc {stored} | cmp -s - %p;"
        f" else gzip -1 -c %p > {stored}.new && sync {stored}.new && mv {stored}.new {stored} && sync {_quoted(archive)}; fi"
    )
    return {
        "archive_mode": "on",
        "archive_command": command,
        "archive_timeout": str(ARCHIVE_SECONDS),
        "summarize_wal": "on",
    }


def recovering(archive: Path, instant: datetime | None, lost: Path | None = None) -> dict[str, str]:
    """The settings of a server that recovers to `instant`, or to the last commit, and then accepts connections.

    `lost`: the WAL of the cluster that is replaced, which has what was not archived yet.
    """
    stored = f"{_quoted(archive)}/%f.gz"
    otherwise = "false" if lost is None else f"cp {_quoted(lost)}/%f %p 2>/dev/null"
    target = {} if instant is None else {"recovery_target_time": instant.astimezone(UTC).isoformat(sep=" ")}
    return {
        "restore_command": f"if test -e {stored}; then gzip -dc {stored} > %p; else {otherwise}; fi",
        "recovery_target_action": "promote",
        # Else it accepts connections, and counts as ready, long before it is recovered.
        "hot_standby": "off",
        **target,
    }


def _quoted(path: Path) -> str:
    """A path in a command of PostgreSQL's, whose placeholders begin with a per cent sign."""
    return shlex.quote(str(path)).replace("%", "%%")
