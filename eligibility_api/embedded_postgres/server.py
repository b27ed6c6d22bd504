"""The embedded PostgreSQL 18, used when `DATABASE_URL` is not set, and in every test.

This module starts, adopts and stops it; `cluster.py` creates and upgrades it. It listens on a Unix socket in a private
directory and nowhere else. Four roles log in with generated passwords: `shikaku_owner` owns the database and its schema;
`shikaku_api`, `shikaku_jobs` and `shikaku_auditor` may connect, and no more until migrations grant it.

In `home` lie `data/`, `passwords.json`, `socket-directory` (a path), `lock` (held by the one owner), `postgres.log`.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import time
from pathlib import Path
from typing import Self
from urllib.parse import quote

from eligibility_api.embedded_postgres.cluster import (
    DATABASE,
    EmbeddedDatabaseError,
    Role,
    has_former_roles,
    make_cluster,
    password,
    programs_directory,
    rename_roles,
    role_name,
    server_environment,
)
from eligibility_api.embedded_postgres.postmaster import PORT, Postmaster, remove_stale_locks, wait_until
from eligibility_api.embedded_postgres.socket_directory import make_socket_directory, remove_socket_directory
from eligibility_api.embedded_postgres.unprivileged import Unprivileged, choose
from eligibility_api.platform.private_files import append_private, is_private, write_private
from eligibility_api.processes.process import interruptible

__all__ = ["DATABASE", "EmbeddedDatabaseError", "EmbeddedPostgres", "Role"]

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    # Shared memory is allocated as it is used: a small installation needs little of it.
    "shared_buffers": "1GB",
    # Large files write gigabytes in minutes; a checkpoint every minute would write the same pages repeatedly.
    "max_wal_size": "8GB",
    "wal_compression": "pglz",
    # Four workers of the API with FUND_POOL_CONNECTIONS and ENGINE_CONNECTIONS each (8 + 4), the keeper's 4, the worker's
    # 25, 5 for commands; the server keeps 3 for itself.
    "max_connections": "88",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # A failed statement or key may contain personal data; the log must not.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
"""Passed on the command line at every start. Durability (fsync, synchronous_commit) keeps PostgreSQL's defaults."""


class EmbeddedPostgres:
    """An embedded server, with all its state in one directory.

    An owner calls `start` and `stop`, or uses it as a context manager. Other processes of the same user `attach`.
    """

    def __init__(self, home: Path, *, patience: float = 600.0) -> None:
        """`patience`: seconds that a running postmaster may take to get ready; crash recovery can take minutes."""
        self.home = home.absolute()
        self.data = self.home / "data"
        self._patience = patience
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
            self._own()
            self._bring_up()
        except BaseException:
            self.stop()
            raise
        return self

    def ensure_running(self) -> bool:
        """Restart the server if it died. Returns whether it had died.

        Does not wait until it accepts connections: a recovery can take minutes. Raises `EmbeddedDatabaseError`.
        """
        if self._running() or self._about_to_run():
            return False
        programs = programs_directory()
        self._spawn(programs, _way_to_run(programs, self.home, self.data))
        return True

    def stop(self) -> None:
        """Shut the server down and release ownership. A server that another process owns is not affected."""
        if self._lock is None:
            return
        self._shut_down()
        if self._record.exists():
            remove_socket_directory(Path(self._record.read_text()))
            self._record.unlink()
        os.close(self._lock)
        self._lock = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def dsn(self, role: Role, database: str = DATABASE) -> str:
        """Return the libpq URI of `role` (`postgresql://…`), with its password: never log it.

        Raises `EmbeddedDatabaseError` if no server has been started.
        """
        if not self._record.exists():
            raise EmbeddedDatabaseError(f"No embedded database is running in {self.home}.")
        directory = Path(self._record.read_text())
        # Another user's directory could contain a socket that intercepts connections.
        if not is_private(directory, self.data.stat().st_uid):
            raise EmbeddedDatabaseError(f"{directory} is not private to the embedded database.")
        login = f"{role_name(role)}:{password(self.home, role)}"
        return f"postgresql://{login}@/{database}?host={quote(str(directory), safe='')}&port={PORT}"

    def _own(self) -> None:
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self._lock = _take(self.home / "lock")
        except PermissionError as error:
            raise EmbeddedDatabaseError(f"{self.home} is not writable for this user.") from error

    def _bring_up(self) -> None:
        programs = programs_directory()
        way = _way_to_run(programs, self.home, self.data)
        if not self.data.exists():
            make_cluster(self.home, self.data, programs, way)
        elif has_former_roles(self.home):
            self._shut_down()  # a postmaster that outlived the earlier version
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            rename_roles(self.home, self.data, programs, way)
        deadline = time.monotonic() + self._patience
        if self._adopt(deadline):
            return
        while not self._launch(programs, way, deadline):
            time.sleep(0.2)

    def _adopt(self, deadline: float) -> bool:
        """Adopt the postmaster that a killed owner left; stop one whose socket was removed."""
        running = self._await_ready(deadline)
        if running is None or not running.reachable:
            self._shut_down()
            return False
        self._record_socket(running.socket_directory)
        return True

    def _launch(self, programs: Path, way: Unprivileged, deadline: float) -> bool:
        """Start a postmaster and wait for it. Returns False if children of the last one are still running."""
        begin = self._spawn(programs, way)
        if self._await_ready(deadline):
            return True
        said = self._log.read_bytes()[begin:].decode(errors="replace").strip()
        if "shared memory block" in said and time.monotonic() < deadline:
            return False
        raise EmbeddedDatabaseError(
            f"PostgreSQL did not start: {said.rpartition(chr(10))[2] or 'it is silent'}"
        )

    def _spawn(self, programs: Path, way: Unprivileged) -> int:
        """Start a postmaster. Returns the offset in the log at which its output begins."""
        socket_directory = make_socket_directory(self.home, way)
        self._record_socket(socket_directory)
        remove_stale_locks(self.data, socket_directory)
        with append_private(self._log) as output:
            begin = output.tell()
            self._process = subprocess.Popen(
                [*way.prefix, str(programs / "postgres"), "-D", str(self.data), *_options(socket_directory)],
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=server_environment(),
                start_new_session=True,  # Ctrl-C in the terminal goes to the owner, which stops the server in order
            )
        return begin

    def _await_ready(self, deadline: float) -> Postmaster | None:
        """Return the postmaster once it accepts connections; None if there is none or it died meanwhile."""

        def settled() -> bool:
            running = self._running()
            return running.ready if running else not self._about_to_run()

        with interruptible():  # a recovery takes minutes
            ready = wait_until(settled, deadline - time.monotonic())
        if not ready:
            raise EmbeddedDatabaseError(f"PostgreSQL in {self.home} is not ready after {self._patience:g} s.")
        return self._running()

    def _about_to_run(self) -> bool:
        """Whether our child process runs but has not written its lock file yet."""
        return self._process is not None and self._process.poll() is None

    def _running(self) -> Postmaster | None:
        if self._process is not None:
            self._process.poll()  # reaps our child process, which would stay a zombie otherwise
        return Postmaster.of(self.data)

    def _shut_down(self) -> None:
        if running := self._running():
            running.shut_down(lambda: self._running() is None)
        if self._process is not None:
            if self._process.poll() is None and not running:
                self._process.terminate()
            self._process.wait()
            self._process = None

    @property
    def _log(self) -> Path:
        return self.home / "postgres.log"

    @property
    def _record(self) -> Path:
        return self.home / "socket-directory"

    def _record_socket(self, directory: Path | None) -> None:
        write_private(self._record, os.fsencode(directory or ""))


def _options(socket_directory: Path) -> list[str]:
    quoted = str(socket_directory).replace('"', '""')
    settings = SETTINGS | {"unix_socket_directories": f'"{quoted}"'}
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _way_to_run(programs: Path, home: Path, data: Path) -> Unprivileged:
    owner = data.stat().st_uid if data.exists() else None
    way = choose([str(programs / "postgres"), "--version"], home, owner)
    if way is None:
        raise EmbeddedDatabaseError(
            "PostgreSQL cannot run here as this user (root needs user namespaces or setpriv for it);"
            " run as the user who owns the data, or set DATABASE_URL to a server of yours."
        )
    return way


def _take(lock: Path) -> int:
    """Hold the owner's lock for the life of this process."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise EmbeddedDatabaseError(
            f"Another process owns the embedded database in {lock.parent}."
        ) from error
    return descriptor
