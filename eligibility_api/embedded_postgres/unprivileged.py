"""Lets root start a program that refuses to run as root, such as PostgreSQL, without an account for it.

This module only chooses a command prefix (`unshare …` or `setpriv …`), independently of PostgreSQL; an ordinary user
needs none.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
"""The user id of `nobody` on Linux."""


@dataclass(frozen=True, slots=True)
class Unprivileged:
    """A command prefix, and the id of the user who owns the files that the command creates."""

    prefix: tuple[str, ...]
    user: int

    def give(self, path: Path) -> None:
        """Give `path` to the program's user, if it is not ours."""
        if self.user != os.geteuid():
            os.chown(path, self.user, self.user)


def candidates() -> list[Unprivileged]:
    """The ways to run unprivileged, best first.

    In a user namespace the program runs as root and owns its files, but has no privilege. Where namespaces are
    forbidden (most containers), it runs as nobody with one capability: to reach files under a private home.
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


def choose(probe: list[str], place: Path, owner: int | None = None) -> Unprivileged | None:
    """Return the first way in which the command `probe` succeeds in the directory `place`, or None.

    `owner` restricts the choice to ways whose files already belong to that user.
    """
    fitting = [way for way in candidates() if owner in (None, way.user)]
    return next((way for way in fitting if _works(way, probe, place)), None)


def _works(way: Unprivileged, probe: list[str], place: Path) -> bool:
    # The shell changes the directory after privileges are dropped, so that an inaccessible path fails here.
    command = [*way.prefix, "sh", "-c", 'cd -- "$0" && exec "$@"', str(place), *probe]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0
    except OSError:
        return False
