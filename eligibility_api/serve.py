"""`eligibility-api serve`: runs API workers, background processes and, without DATABASE_URL, the database.

One process owns the API workers, the scheduler and the job runner, and restarts each of them when it dies.
SIGTERM or SIGINT stops them in order: workers, background processes, embedded database. If the owner is
killed, the kernel ends its children; the embedded database keeps running and is adopted at the next start.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import structlog
import uvicorn
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.audit_log import checkpoint_keys
from eligibility_api.background import SEQUENCER_CONNECTIONS, run_jobs, run_scheduler, run_sequencer
from eligibility_api.cli_support import in_transaction
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.database.connections import ENGINE_CONNECTIONS
from eligibility_api.database.dsn import dsn, is_embedded
from eligibility_api.database.migrate import migrate
from eligibility_api.database.sandbox_mark import check_kind
from eligibility_api.drug_master.store import load_shipped_once
from eligibility_api.embedded_postgres.archive import archiving, prepare_archive
from eligibility_api.embedded_postgres.server import SETTINGS, EmbeddedPostgres
from eligibility_api.platform.described_settings import unknown_variables
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.keys import load_keys, load_trust
from eligibility_api.platform.service_metrics import metrics_owner
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import set_up_telemetry
from eligibility_api.processes.child import ChildProcess
from eligibility_api.processes.forks import import_programs
from eligibility_api.processes.process import STOP_SIGNALS, block_stop_signals
from eligibility_api.processes.supervisor import Supervisor
from eligibility_api.web.server.protocol import LimitedHttpProtocol
from eligibility_api.web.server.unix_socket import bound_unix_socket

log = structlog.get_logger()

COMMAND_CONNECTIONS = 5
"""Database sessions reserved for the operators' commands."""

_APP = "eligibility_api.app:create_app"
_SANDBOX_APP = "eligibility_api.sandbox.app:create_app"
"""A worker of production imports nothing of the sandbox."""

_PREPARED_APP = "eligibility_api.prepared_app"
"""What builds the application of all workers at its import."""

_BACKGROUND_PROGRAMS = (
    "eligibility_api.audit_log.sequencer",
    "eligibility_api.jobs",
    "eligibility_api.scheduler",
)
"""What the background processes run."""

_EXPORT = (
    "eligibility_api.database.traced",
    "eligibility_api.platform.export",
    "eligibility_api.web.traced",
)
"""What processes import that export traces."""


def serve(
    settings: Settings, *, host: str, port: int, workers: int, announce: Path | None, uds: Path | None = None
) -> None:
    """Serve until SIGTERM or SIGINT, on the Unix socket `uds` or on host and port.

    Port 0 takes a free port; once the workers serve, the address is written to the file `announce`. Raises
    OperatorError when the service cannot start; nothing is left running then.
    """
    for number in STOP_SIGNALS:
        signal.signal(number, _end)
    config = _config(host, port, workers, sandbox=settings.sandbox)
    set_up_telemetry(settings, "fund")
    if unknown := unknown_variables(Settings, os.environ):
        log.warning("unknown_settings", variables=unknown)
    with ExitStack() as stack:
        with block_stop_signals():
            supervisor = _prepare(stack, settings, config, announce, uds)
        supervisor.run()
    if supervisor.failed:
        raise OperatorError("A worker failed to start; see its log output above.")


def _prepare(
    stack: ExitStack, settings: Settings, config: uvicorn.Config, announce: Path | None, uds: Path | None
) -> Supervisor:
    """Start what the first worker needs, and register its shutdown on `stack`."""
    load_keys(KeyFiles.of(settings))
    checkpoint_keys.create_missing(settings)
    _check_trust(settings)
    stack.enter_context(metrics_owner())
    listening = stack.enter_context(config.bind_socket() if uds is None else bound_unix_socket(uds))
    if uds is None:
        address = f"http://{config.host}:{listening.getsockname()[1]}"
        # The workers read their settings from the environment.
        os.environ.setdefault("FUND_PUBLIC_URL", address)
    else:
        address = f"unix:{uds}"
    # A prepared application exports nothing: what exports has threads, which no fork copies.
    further = (_PREPARED_APP,) if settings.otlp_url is None else _EXPORT
    import_programs([str(config.app).partition(":")[0], *_BACKGROUND_PROGRAMS, *further])
    background: dict[str, Callable[[], bool]] = {}
    if is_embedded(settings):
        database = _embedded(settings)
        stack.callback(database.stop)
        database.start()
        asyncio.run(migrate(dsn(settings, "owner"), sandbox=settings.sandbox))
        in_transaction(settings, "owner", load_shipped_once)
        background["database"] = database.ensure_running
    else:
        check_database_kind(settings)
    for role in ("jobs", "sequencer"):
        dsn(settings, role)  # an error must occur here, not repeatedly in the background processes
    listening.listen(config.backlog)
    stack.callback(listening.close)  # before the database ends
    for name, target in (("scheduler", run_scheduler), ("jobs", run_jobs), ("sequencer", run_sequencer)):
        child = ChildProcess(name, target)
        stack.callback(child.stop)
        background[name] = child.ensure_running

    def started() -> None:
        log.info("serving", address=address, workers=config.workers)
        if announce is not None:
            _announce(announce, address)

    return Supervisor(config, listening, started=started, background=background)


def _embedded(settings: Settings) -> EmbeddedPostgres:
    """The embedded server, which archives its WAL if there is a directory for it."""
    home = settings.home / "postgres"
    if settings.backup_home is None:
        return EmbeddedPostgres(home)
    archive = prepare_archive(settings.backup_home, home)
    return EmbeddedPostgres(home, settings=SETTINGS | archiving(archive))


def _check_trust(settings: Settings) -> None:
    try:
        load_trust(settings)
    except (OSError, ValueError) as error:
        raise OperatorError(
            f"The trust store cannot be read, so no certificate can be accepted: {error}"
        ) from error


def check_database_kind(settings: Settings) -> None:
    """Refuse an external database of the other kind; one that is away is refused by a sandbox only. Raises OperatorError.

    `/readyz` compares the mark too, so that no traffic goes to a fund whose database came back as the other kind.
    """

    async def check(connection: AsyncConnection) -> None:
        await check_kind(connection, sandbox=settings.sandbox)

    try:
        in_transaction(settings, "api", check)
    except OperatorError as error:
        if settings.sandbox or not isinstance(error.__cause__, ShikakuError):
            raise


def _config(host: str, port: int, workers: int, *, sandbox: bool) -> uvicorn.Config:
    return uvicorn.Config(
        _SANDBOX_APP if sandbox else _APP,
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http=LimitedHttpProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )


def _announce(path: Path, address: str) -> None:
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(address)
    temporary.replace(path)


def _end(*_: object) -> NoReturn:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # a second signal must not disturb the shutdown
    raise SystemExit(0)


def connections(settings: Settings, workers: int) -> dict[str, int]:
    """Return the maximum number of database sessions of a service with so many API workers, by process.

    The server needs `total` connections, in addition to those reserved for its superuser.
    """
    from eligibility_api import jobs

    per_worker = settings.pool_connections + ENGINE_CONNECTIONS
    look_ups = jobs.LOOK_UP_CONNECTIONS + ENGINE_CONNECTIONS
    background = {
        "scheduler": ENGINE_CONNECTIONS,
        "jobs": look_ups + jobs.PARTS_CONNECTIONS + jobs.CONNECTIONS,
        "sequencer": SEQUENCER_CONNECTIONS,
        "commands": COMMAND_CONNECTIONS,
    }
    return {
        "api_worker": per_worker,
        "api_worker_pool": settings.pool_connections,
        **background,
        "total": workers * per_worker + sum(background.values()),
    }
