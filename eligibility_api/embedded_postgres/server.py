"""Starts, adopts and stops the embedded PostgreSQL 18; `cluster.py` creates and upgrades it.

It listens on a Unix socket in a private directory and nowhere else. Six roles log in with generated
passwords: `shikaku_owner` owns the database and its schema; `shikaku_api`, `shikaku_jobs`, `shikaku_auditor`
and `shikaku_sequencer` may connect, and no more until migrations grant it; `shikaku_backup` may replicate only.

`home` contains `data/`, `passwords.json`, `socket-directory` (a path), `lock` (locked by the one owner) and
`postgres.log`.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from urllib.parse import quote

from eligibility_api.embedded_postgres.cluster import (
    DATABASE,
    EmbeddedDatabaseError,
    Role,
    create_cluster,
    lacks_roles,
    password,
    programs_directory,
    role_name,
    server_environment,
    upgrade_roles,
)
from eligibility_api.embedded_postgres.postmaster import PORT, Postmaster, remove_stale_locks, wait_until
from eligibility_api.embedded_postgres.socket_directory import make_socket_directory, remove_socket_directory
from eligibility_api.embedded_postgres.unprivileged import Unprivileged, choose_unprivileged
from eligibility_api.platform.private_files import append_private, is_private, write_private
from eligibility_api.processes.process import unblock_stop_signals

__all__ = ["DATABASE", "EmbeddedDatabaseError", "EmbeddedPostgres", "Role"]

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    # Memory is allocated as it is used: a small database needs little of it.
    "shared_buffers": "1GB",
    # National files write gigabytes within minutes; a checkpoint each minute would rewrite the same pages.
    "max_wal_size": "8GB",
    "wal_compression": "pglz",
    # Four workers of the API with FUND_POOL_CONNECTIONS and ENGINE_CONNECTIONS each (8 + 4), 4 of the
    # scheduler, 33 of the job runner, 1 of the sequencer, 5 of commands; the server reserves 3 for itself.
    "max_connections": "100",
    # A statement over all partitions of the audit record locks each, after ten years some 400.
    "max_locks_per_transaction": "256",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # A failed statement or key may contain a person's data, which must not be logged.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
"""Settings given on the command line at every start.

Durability (fsync, synchronous_commit) stays as PostgreSQL ships it.
"""


class EmbeddedPostgres:
    """One embedded server and the directory that holds its whole state.

    An owner calls `start` and `stop`, or uses it as a context manager. Other processes of the same user
    `attach`.
    """

    def __init__(
        self, home: Path, *, ready_timeout_seconds: float = 600.0, settings: Mapping[str, str] = SETTINGS
    ) -> None:
        """`ready_timeout_seconds` limits the wait for a running postmaster: a recovery can take minutes.

        Only a test starts it with other settings.
        """
        self.home = home.absolute()
        self.data = self.home / "data"
        self._ready_timeout_seconds = ready_timeout_seconds
        self._settings = settings
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def attach(cls, home: Path) -> Self:
        """Return the server that another process owns. Raises `EmbeddedDatabaseError` if none is running."""
        attached = cls(home)
        try:
            running = Postmaster.of(attached.data)
        except OSError as error:
            raise EmbeddedDatabaseError(
                f"The embedded database in {home} belongs to another user."
            ) from error
        if running is None or not running.ready:
            raise EmbeddedDatabaseError(
                f"No embedded database is running in {home}; start the service first."
            )
        return attached

    def start(self) -> Self:
        """Create the cluster if there is none, and start it, or adopt one that outlived its owner.

        Blocks until the server accepts connections. Raises `EmbeddedDatabaseError`.
        """
        try:
            self._acquire_lock()
            self._start_or_adopt()
        except BaseException:
            self.stop()
            raise
        return self

    def ensure_running(self) -> bool:
        """Start the server again if it died; returns whether it had died.

        Does not wait until it accepts connections: a recovery can take minutes. Raises
        `EmbeddedDatabaseError`.
        """
        if self._running() or self._is_starting():
            return False
        programs = programs_directory()
        self._spawn(programs, choose_user(programs, self.home, self.data))
        return True

    def stop(self) -> None:
        """Shut the server down and release ownership. Does nothing to a server owned by another process."""
        if self._lock is None:
            return
        self._shut_down()
        if self._socket_record.exists():
            remove_socket_directory(Path(self._socket_record.read_text()))
            self._socket_record.unlink()
        os.close(self._lock)
        self._lock = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def dsn(self, role: Role, database: str = DATABASE) -> str:
        """The libpq URI (`postgresql://…`) for `role`. It contains the password and must never be logged.

        Raises `EmbeddedDatabaseError` when no server has been started.
        """
        login = f"{role_name(role)}:{password(self.home, role)}"
        host = quote(str(self.socket_directory), safe="")
        return f"postgresql://{login}@/{database}?host={host}&port={PORT}"

    @property
    def socket_directory(self) -> Path:
        """The directory of the server's socket. Raises `EmbeddedDatabaseError` when no server has been started."""
        if not self._socket_record.exists():
            raise EmbeddedDatabaseError(f"No embedded database is running in {self.home}.")
        directory = Path(self._socket_record.read_text())
        # Another user's directory could contain a socket that collects passwords.
        if not is_private(directory, self.data.stat().st_uid):
            raise EmbeddedDatabaseError(f"{directory} is not private to the embedded database.")
        return directory

    def _acquire_lock(self) -> None:
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self._lock = lock_exclusively(self.home / "lock")
        except PermissionError as error:
            raise EmbeddedDatabaseError(f"{self.home} is not writable for this user.") from error

    def _start_or_adopt(self) -> None:
        programs = programs_directory()
        unprivileged = choose_user(programs, self.home, self.data)
        if not self.data.exists():
            create_cluster(self.home, self.data, programs, unprivileged)
        elif lacks_roles(self.home):
            self._shut_down()  # a postmaster that outlived the earlier version
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            upgrade_roles(self.home, self.data, programs, unprivileged)
        deadline = time.monotonic() + self._ready_timeout_seconds
        if self._adopt(deadline):
            return
        while not self._launch(programs, unprivileged, deadline):
            time.sleep(0.2)

    def _adopt(self, deadline: float) -> bool:
        """Adopt the postmaster that a killed owner left; shut it down instead if its socket is lost."""
        running = self._await_ready(deadline)
        if running is None or not running.reachable:
            self._shut_down()
            return False
        self._record_socket(running.socket_directory)
        return True

    def _launch(self, programs: Path, unprivileged: Unprivileged, deadline: float) -> bool:
        """Start a postmaster and wait for it; False if processes of the last one still hold shared memory."""
        log_offset = self._spawn(programs, unprivileged)
        if self._await_ready(deadline):
            return True
        messages = self._log.read_bytes()[log_offset:].decode(errors="replace").strip()
        if "shared memory block" in messages and time.monotonic() < deadline:
            return False
        raise EmbeddedDatabaseError(
            f"PostgreSQL did not start: {messages.rpartition(chr(10))[2] or 'no message was logged'}"
        )

    def _spawn(self, programs: Path, unprivileged: Unprivileged) -> int:
        """Start a postmaster; returns the position in the log from which its messages begin."""
        socket_directory = make_socket_directory(self.home, unprivileged)
        self._record_socket(socket_directory)
        remove_stale_locks(self.data, socket_directory)
        with append_private(self._log) as output:
            log_offset = output.tell()
            self._process = subprocess.Popen(
                [
                    *unprivileged.prefix,
                    str(programs / "postgres"),
                    "-D",
                    str(self.data),
                    *_options(self._settings, socket_directory),
                ],
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=server_environment(),
                # The terminal's Ctrl-C must reach the owner only, which stops the server in order.
                start_new_session=True,
            )
        return log_offset

    def _await_ready(self, deadline: float) -> Postmaster | None:
        """The postmaster once it accepts connections; None if there is none, or it died while starting."""

        def ready_or_dead() -> bool:
            running = self._running()
            return running.ready if running else not self._is_starting()

        with unblock_stop_signals():  # a recovery takes minutes
            ready = wait_until(ready_or_dead, deadline - time.monotonic())
        if not ready:
            raise EmbeddedDatabaseError(
                f"PostgreSQL in {self.home} is not ready after {self._ready_timeout_seconds:g} s."
            )
        return self._running()

    def _is_starting(self) -> bool:
        """Whether our child process is alive but has not written its lock file yet."""
        return self._process is not None and self._process.poll() is None

    def _running(self) -> Postmaster | None:
        if self._process is not None:
            self._process.poll()  # reaps our child if it ended: until then its process number stays in use
        return Postmaster.of(self.data)

    def _shut_down(self) -> None:
        if running := self._running():
            running.shut_down(lambda: self._running() is None)
        if self._process is not None:
            if self._process.poll() is None and not running:
                self._process.terminate()
            self._process.wait()
            self._process = None

    def log_text(self) -> str:
        """The server's log; empty if it was never started."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def _log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def _socket_record(self) -> Path:
        return self.home / "socket-directory"

    def _record_socket(self, directory: Path | None) -> None:
        write_private(self._socket_record, os.fsencode(directory or ""))


def _options(settings: Mapping[str, str], socket_directory: Path) -> list[str]:
    quoted_path = str(socket_directory).replace('"', '""')
    all_settings = {**settings, "unix_socket_directories": f'"{quoted_path}"'}
    return [argument for name, value in all_settings.items() for argument in ("-c", f"{name}={value}")]


def choose_user(programs: Path, home: Path, data: Path) -> Unprivileged:
    """How PostgreSQL's programs run here. Raises `EmbeddedDatabaseError`."""
    owner = data.stat().st_uid if data.exists() else None
    unprivileged = choose_unprivileged([str(programs / "postgres"), "--version"], home, owner)
    if unprivileged is None:
        raise EmbeddedDatabaseError(
            "PostgreSQL cannot run here as this user (root needs user namespaces or setpriv for it);"
            " run as the user who owns the data, or set DATABASE_URL to your own server."
        )
    return unprivileged


def lock_exclusively(lock: Path) -> int:
    """Acquire the owner's lock for the lifetime of this process."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise EmbeddedDatabaseError(
            f"Another process owns the embedded database in {lock.parent}."
        ) from error
    return descriptor
