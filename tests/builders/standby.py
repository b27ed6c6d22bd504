"""A synchronous standby of an embedded PostgreSQL, made and promoted by PostgreSQL's own programs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from eligibility_api.embedded_postgres import cluster
from eligibility_api.embedded_postgres.cluster import programs_directory, role_name, server_environment
from eligibility_api.embedded_postgres.postmaster import Postmaster, wait_until
from eligibility_api.embedded_postgres.server import EmbeddedPostgres
from eligibility_api.embedded_postgres.unprivileged import Unprivileged, choose_unprivileged
from tests.builders.database import NOT_DURABLE

PATIENCE_SECONDS = 60.0
SETTINGS = NOT_DURABLE | {"shared_buffers": "32MB", "wal_level": "replica"}


def unprivileged(directory: Path) -> Unprivileged:
    """The way to run PostgreSQL's programs here."""
    chosen = choose_unprivileged([str(programs_directory() / "postgres"), "--version"], directory)
    assert chosen is not None
    return chosen


def create_primary(home: Path) -> EmbeddedPostgres:
    """A stopped cluster whose owner may replicate, which no program of the fund needs."""
    home.mkdir()
    how, data = unprivileged(home), home / "data"
    cluster.create_cluster(home, data, programs_directory(), how)
    cluster._run_single_user(data, programs_directory(), how, ["ALTER ROLE shikaku_owner REPLICATION"])
    with (data / "pg_hba.conf").open("a") as file:
        file.write(f"local replication {role_name('owner')} scram-sha-256\n")
    return EmbeddedPostgres(home, settings=SETTINGS)


def create_standby(primary: EmbeddedPostgres, home: Path) -> EmbeddedPostgres:
    """A copy of a running primary that follows it (`pg_basebackup`), not started yet."""
    home.mkdir()
    how = unprivileged(home)
    how.chown(home)
    address = urlsplit(primary.dsn("owner"))
    dsn = f"{address.scheme}://{address.netloc}/?{address.query}&application_name=standby"
    program = str(programs_directory() / "pg_basebackup")
    command = [
        program,
        "--pgdata",
        str(home / "data"),
        "--write-recovery-conf",
        "--checkpoint=fast",
        "--dbname",
        dsn,
    ]
    subprocess.run([*how.prefix, *command], env=server_environment(), check=True, capture_output=True)
    shutil.copy(primary.home / "passwords.json", home)
    return EmbeddedPostgres(home, settings=SETTINGS)


def follow(standby: EmbeddedPostgres) -> None:
    """Start a standby, and wait until it accepts connections for reading."""
    assert standby.ensure_running()
    wait_until_ready(standby)


def make_synchronous(primary: EmbeddedPostgres) -> None:
    """Let every commit of a running primary wait for the standby from now on."""
    with (primary.data / "postgresql.conf").open("a") as file:
        file.write("synchronous_standby_names = 'standby'\n")
    send(primary, signal.SIGHUP)


def promote(standby: EmbeddedPostgres) -> None:
    """Make a running standby the primary."""
    command = [str(programs_directory() / "pg_ctl"), "promote", "-D", str(standby.data)]
    subprocess.run(
        [*unprivileged(standby.home).prefix, *command],
        env=server_environment(),
        check=True,
        capture_output=True,
    )
    wait_until_ready(standby)


def wait_until_ready(server: EmbeddedPostgres) -> None:
    """Wait until a server that was spawned accepts connections."""

    def ready() -> bool:
        found = Postmaster.of(server.data)
        return found is not None and found.ready

    assert wait_until(ready, PATIENCE_SECONDS)


def end(server: EmbeddedPostgres, number: signal.Signals = signal.SIGKILL) -> None:
    """End a server's postmaster, and wait until it and its processes are gone."""
    if Postmaster.of(server.data) is not None:
        send(server, number)
    assert wait_until(lambda: Postmaster.of(server.data) is None, PATIENCE_SECONDS)
    server._shut_down()


def send(server: EmbeddedPostgres, number: signal.Signals) -> None:
    """Send a signal to a server's postmaster."""
    os.kill(running(server).pid, number)


def running(server: EmbeddedPostgres) -> Postmaster:
    """The running postmaster."""
    found = Postmaster.of(server.data)
    assert found is not None
    return found
