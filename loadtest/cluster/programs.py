"""The programs of a cluster: etcd and Patroni, which have to be installed, and the embedded PostgreSQL's."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import dataclass
from pathlib import Path

from eligibility_api.embedded_postgres.cluster import programs_directory
from eligibility_api.embedded_postgres.server import EmbeddedDatabaseError, choose_user
from eligibility_api.embedded_postgres.unprivileged import Unprivileged
from loadtest.errors import LoadError
from loadtest.sections import Text

NO_ETCD = Text(
    "クラスターには etcd が必要です（Debian：apt-get install etcd-server）",
    "a cluster needs etcd (Debian: apt-get install etcd-server)",
)
NO_PATRONI = Text(
    "クラスターには Patroni が必要です（pip install 'shikaku[cluster]'）",
    "a cluster needs Patroni (pip install 'shikaku[cluster]')",
)

_PATRONI = ("patroni", "psycopg")


@dataclass(frozen=True, slots=True)
class Programs:
    """Where etcd and PostgreSQL's are. `user`: who runs the nodes, since PostgreSQL refuses root."""

    etcd: str
    postgres: Path
    user: Unprivileged


def find_programs(folder: Path) -> Programs:
    """The programs, for nodes whose files are in `folder`. Raises LoadError, which says what has to be installed."""
    etcd = shutil.which("etcd")
    if etcd is None:
        raise LoadError(str(NO_ETCD))
    if not all(map(importlib.util.find_spec, _PATRONI)):
        raise LoadError(str(NO_PATRONI))
    try:
        programs = programs_directory()
        return Programs(etcd, programs, choose_user(programs, folder, folder / "data"))
    except EmbeddedDatabaseError as error:
        raise LoadError(str(error)) from error
