"""Lets root start a program that refuses root, as PostgreSQL does, without creating an account for it.

It chooses a command prefix (`unshare …` or `setpriv …`); an ordinary user needs none. Nothing here depends on
PostgreSQL.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
"""The uid of the account `nobody` on every Linux."""


@dataclass(frozen=True, slots=True)
class Unprivileged:
    """A command prefix, and the uid of the owner of the files that the command creates."""

    prefix: tuple[str, ...]
    user: int

    def chown(self, path: Path) -> None:
        """Give `path` to the program's user, if that is another user than ours."""
        if self.user != os.geteuid():
            os.chown(path, self.user, self.user)


def candidates() -> list[Unprivileged]:
    """The possible prefixes, best first.

    In a user namespace the program runs as root in name and for files, but without privileges. Where
    namespaces are forbidden (most containers), it runs as nobody with one capability, to reach files below a
    private home.
    """
    if os.geteuid() != 0:
        return [Unprivileged((), os.geteuid())]
    namespace = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
    account = (
        "setpriv",
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
        "--inh-caps=-all,+dac_override",
        "--ambient-caps=+dac_override",
    )
    return [Unprivileged(namespace, 0), Unprivileged(account, NOBODY)]


def choose_unprivileged(probe: list[str], directory: Path, owner: int | None = None) -> Unprivileged | None:
    """The first candidate with which the command `probe` succeeds in `directory`, or None.

    `owner` restricts the choice to candidates whose files already belong to that user.
    """
    allowed = [unprivileged for unprivileged in candidates() if owner in (None, unprivileged.user)]
    return next((unprivileged for unprivileged in allowed if _works(unprivileged, probe, directory)), None)


def _works(unprivileged: Unprivileged, probe: list[str], directory: Path) -> bool:
    # The shell changes the directory after privileges were dropped, so that an inaccessible path fails here.
    command = [*unprivileged.prefix, "sh", "-c", 'cd -- "$0" && exec "$@"', str(directory), *probe]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0
    except OSError:
        return False
