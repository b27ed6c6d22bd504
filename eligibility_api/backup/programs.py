"""Runs PostgreSQL's programs for backups, as the user to whom the cluster belongs."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eligibility_api.embedded_postgres.cluster import programs_directory, server_environment
from eligibility_api.embedded_postgres.server import choose_user
from eligibility_api.embedded_postgres.unprivileged import Unprivileged
from eligibility_api.platform.errors import OperatorError


class BackupError(OperatorError):
    """A backup could not be made, restored or verified."""


@dataclass(frozen=True, slots=True)
class Programs:
    """PostgreSQL's programs and the user they run as."""

    folder: Path
    unprivileged: Unprivileged

    @classmethod
    def of(cls, home: Path) -> Programs:
        """The programs for the cluster in `home`. Raises EmbeddedDatabaseError."""
        folder = programs_directory()
        return cls(folder, choose_user(folder, home, home / "data"))

    def run(
        self, program: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        """Run a program to its end. Raises BackupError with its last error."""
        done = subprocess.run(
            [*self.unprivileged.prefix, str(self.folder / program), *arguments],
            env=server_environment() | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            errors = [line for line in lines if "error:" in line] or lines or [f"exit code {done.returncode}"]
            raise BackupError(f"{program}: {errors[-1].removeprefix(f'{program}: ')}")
