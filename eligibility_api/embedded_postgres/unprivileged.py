"""How root starts a program that refuses root, as PostgreSQL does, without preparing an account for it.

Only the choice of a prefix lives here (`unshare …` or `setpriv …`); an ordinary user needs none. Nothing here
knows PostgreSQL.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

NOBODY = 65534
"""The number of the account that owns nothing, on every Linux."""


@dataclass(frozen=True, slots=True)
class Unprivileged:
    """Words to put before a command, and the number of the user who owns the files that it makes."""

    prefix: tuple[str, ...]
    user: int

    def give(self, path: Path) -> None:
        """Make `path` the program's own, where its user is another than ours."""
        if self.user != os.geteuid():
            os.chown(path, self.user, self.user)


def candidates() -> list[Unprivileged]:
    """The ways to run unprivileged, best first.

    In a user namespace the program is root's in name and in files, but holds no privilege. Where namespaces are
    forbidden (most containers), it becomes nobody, who keeps one capability: to reach files under a private home.
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
    """The first way in which the command `probe` succeeds with `place` as its directory, or None.

    `owner` restricts the choice to ways whose files already belong to that user.
    """
    fitting = [way for way in candidates() if owner in (None, way.user)]
    return next((way for way in fitting if _works(way, probe, place)), None)


def _works(way: Unprivileged, probe: list[str], place: Path) -> bool:
    # The shell changes the directory after the privileges are gone, so that a closed path shows here.
    command = [*way.prefix, "sh", "-c", 'cd -- "$0" && exec "$@"', str(place), *probe]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0
    except OSError:
        return False
