"""Verifies backups by restoring them aside: the audit log by its keys, and every recorded answer by its rules."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from eligibility_api.audit.export import NoCheckpoint, export
from eligibility_api.audit.verification.findings import Report
from eligibility_api.audit.verifier import Trust, read_lines, verify
from eligibility_api.backup.folder import Backup
from eligibility_api.backup.programs import BackupError, Programs
from eligibility_api.backup.restoring import restore_aside
from eligibility_api.cli_support import run_reporting_errors
from eligibility_api.database.connections import Database
from eligibility_api.embedded_postgres.server import SETTINGS, EmbeddedPostgres
from eligibility_api.merkle_log.notes import VerificationKey
from eligibility_api.platform.private_files import append_private


@dataclass(frozen=True, slots=True)
class Verified:
    """What a restored database was restored from, and what its audit log and its answers are worth."""

    backups: list[Backup]
    report: Report


def verify_backup(
    backup_home: Path,
    home: Path,
    keys: Sequence[VerificationKey],
    checkpoints: Sequence[bytes],
    now: datetime,
    *,
    instant: datetime | None = None,
) -> Verified:
    """Restore to `instant`, or to the end of the archive, beside `home`, and verify. Raises BackupError.

    `checkpoints` were kept from before the instant: the restored log must contain them. Nothing stays.
    """
    programs = Programs.of(home)
    scratch = Path(tempfile.mkdtemp(prefix="verify-", dir=home))
    programs.unprivileged.chown(scratch)
    try:
        backups = restore_aside(backup_home, scratch / "restored", instant, programs)
        with EmbeddedPostgres(scratch / "restored", settings=SETTINGS) as server:
            path = scratch / "export.jsonl"
            run_reporting_errors(_export(server.dsn("auditor"), path, keys, now))
            with path.open("rb") as file:
                report = verify(read_lines(file), Trust(keys, checkpoints=checkpoints, now=now))
        return Verified(backups, report)
    finally:
        shutil.rmtree(scratch)


async def _export(dsn: str, path: Path, keys: Sequence[VerificationKey], now: datetime) -> None:
    database = Database(dsn)
    try:
        with append_private(path) as file:
            async for line in export(database, keys, [], now):
                file.write(line)
    except NoCheckpoint:
        raise BackupError("The restored log has no checkpoint: the sequencer had not run.") from None
    finally:
        await database.close()
