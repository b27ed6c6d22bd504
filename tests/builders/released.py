"""The last release of CHANGELOG.md: its program from its commit, beside today's, on one database."""

from __future__ import annotations

import re
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import get_args

import pytest

from eligibility_api.embedded_postgres.cluster import Role
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from shikaku import processes
from shikaku.processes import ROOT, Service, command_line
from tests.builders.stack import PopulatedStack

_RELEASE = re.compile(
    r"^## (?P<version>\d+\.\d+\.\d+)\n\n\d{4}-\d{2}-\d{2}, commit (?P<commit>[0-9a-f]{40})\.$", re.MULTILINE
)
_COMMAND_SECONDS = 300.0


def last_release() -> tuple[str, str]:
    """Version and commit of the newest release in CHANGELOG.md."""
    found = _RELEASE.search((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert found is not None, "CHANGELOG.md names no release with its day and commit"
    return found["version"], found["commit"]


def checked_out(commit: str, folder: Path) -> Path:
    """The files of a commit in `folder`; skips the test where the history does not have it, as in a shallow clone."""
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", commit], capture_output=True, check=False)
    if archive.returncode != 0:
        pytest.skip(f"the history here does not have the last release's commit {commit[:8]}")
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


class TwoReleases(PopulatedStack):
    """A stack on a database server of its own, whose fund is first the last release's program, then today's."""

    def __init__(self, home: Path, database: EmbeddedPostgres, release: Path) -> None:
        super().__init__(home)
        self._workers = 1
        self._release = release
        self._numbers = count(1)
        for role in get_args(Role):
            variable = "FUND_DATABASE_URL" if role == "api" else f"FUND_DATABASE_{role.upper()}_URL"
            self.connect(**{variable: database.dsn(role)})
        self._tree = release
        self.services: dict[str, Service] = {}
        """The fund's further services, by their URL."""

    @property
    def first_service(self) -> Service:
        """The fund's service that the stack's start has started."""
        return self._started

    @contextmanager
    def of_today(self) -> Iterator[None]:
        """Inside of this context the fund's commands and services are today's."""
        self._tree = ROOT
        try:
            yield
        finally:
            self._tree = self._release

    def run(
        self,
        name: str,
        *arguments: str | Path,
        stdin: str = "",
        check: bool = True,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command; those of the fund are of the chosen release."""
        if name != "eligibility-api":
            return super().run(name, *arguments, stdin=stdin, check=check, variables=variables)
        done = subprocess.run(
            command_line(name, arguments),
            cwd=self._tree,
            env=self.environment | dict(variables or {}),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=_COMMAND_SECONDS,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def start_service(
        self, name: str, *arguments: str | Path, variables: Mapping[str, str] | None = None
    ) -> Service:
        """Start a service; that of the fund is of the chosen release."""
        if name != "eligibility-api":
            return super().start_service(name, *arguments, variables=variables)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(processes, "ROOT", self._tree)
            self._started = super().start_service(name, *arguments, variables=variables)
        return self._started

    def fund(self) -> str:
        """Start one more service of the fund with one worker, and return its URL once it is ready."""
        announce = self.home / f"fund-{next(self._numbers)}.url"
        url = self.serve("eligibility-api", "--workers", "1", port=0, announce=announce)
        self.services[url] = self._started
        return url
