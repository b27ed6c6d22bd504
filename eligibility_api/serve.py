"""`eligibility-api serve`: the embedded database where none is given, the keeper, and the workers.

One process owns them all (workers of the API, keeper, the worker of long work), and brings back whichever of them dies. SIGTERM or SIGINT ends them in order: workers,
keeper, database. If this process is killed, the kernel ends workers and keeper; the embedded database stays and is
adopted at the next start.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, suppress
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, NoReturn

import structlog
import uvicorn

from eligibility_api import jobs
from eligibility_api.history.drug_loads import load_shipped_once
from eligibility_api.keeper import LOCK_SECONDS, STATEMENT_SECONDS, keep
from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.database import ENGINE_CONNECTIONS, Database
from eligibility_api.platform.dsn import dsn, is_embedded
from eligibility_api.platform.embedded import EmbeddedPostgres
from eligibility_api.platform.keys import load_keys
from eligibility_api.platform.migrate import migrate
from eligibility_api.platform.operation import OperatorError
from eligibility_api.platform.process import ENDING, die_with_parent, name_process, uninterrupted
from eligibility_api.platform.running import in_transaction
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.supervisor import Supervisor
from eligibility_api.platform.telemetry import set_up_logging
from eligibility_api.state import load_trust, open_state

log = structlog.get_logger()

COMMAND_CONNECTIONS = 5
"""Sessions left for commands of the fund's operators, who work beside the service."""

_COMPANION_STOP_SECONDS = 10
_WORKER_NICENESS = 10
"""On a machine that is busy, requests have the processor before long work."""


def serve(settings: Settings, *, host: str, port: int, workers: int, announce: Path | None) -> None:
    """Serve until SIGTERM or SIGINT. Port 0 takes a free one; `announce` then tells which, once the workers serve.

    Raises OperatorError where it cannot begin, with nothing left running.
    """
    for number in ENDING:
        signal.signal(number, _end)
    with ExitStack() as stack:
        with uninterrupted():
            supervisor = _prepare(stack, settings, _config(host, port, workers), announce)
        supervisor.run()
    if supervisor.failed:
        raise OperatorError("A worker could not start; what it said of it stands above.")


def _prepare(
    stack: ExitStack, settings: Settings, config: uvicorn.Config, announce: Path | None
) -> Supervisor:
    """Everything that must be there before the first worker; `stack` puts it away again."""
    load_keys(settings.home)
    _check_trust(settings)
    _share_metrics((settings.home / "metrics").absolute())
    beside: dict[str, Callable[[], bool]] = {}
    if is_embedded(settings):
        database = EmbeddedPostgres(settings.home / "postgres")
        stack.callback(database.stop)
        database.start()
        asyncio.run(migrate(dsn(settings, "owner")))
        in_transaction(settings, "owner", load_shipped_once)
        beside["database"] = database.revive
    dsn(settings, "batch")  # the keeper could only repeat that it has none
    listening = stack.enter_context(config.bind_socket())
    listening.listen(config.backlog)
    for name, target in (("keeper", run_keeper), ("worker", run_worker)):
        companion = Companion(name, target)
        stack.callback(companion.stop)
        beside[name] = companion.revive

    def started() -> None:
        address = f"http://{config.host}:{listening.getsockname()[1]}"
        log.info("serving", address=address, workers=config.workers)
        if announce is not None:
            _announce(announce, address)

    return Supervisor(config, listening, started=started, beside=beside)


def _check_trust(settings: Settings) -> None:
    try:
        load_trust(settings)
    except (OSError, ValueError) as error:
        raise OperatorError(f"The trust store cannot be read, and nobody can be believed: {error}") from error


def _config(host: str, port: int, workers: int) -> uvicorn.Config:
    return uvicorn.Config(
        "eligibility_api.app:serve",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=5,
    )


def _announce(path: Path, address: str) -> None:
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(address)
    temporary.replace(path)


def _share_metrics(folder: Path) -> None:
    """A folder where the workers put their counters, emptied of a former life's."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _end(*_: object) -> NoReturn:
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)  # a second one must not disturb the putting in order
    raise SystemExit(0)


def connections(settings: Settings, workers: int) -> dict[str, int]:
    """How many sessions at the database a service with so many API workers opens at most, by who opens them.

    `total` is what a server has to have room for, beside those that it keeps for its superuser.
    """
    of_worker = settings.pool_connections + ENGINE_CONNECTIONS
    look_ups = jobs.LOOK_UP_CONNECTIONS + ENGINE_CONNECTIONS
    beside = {
        "keeper": ENGINE_CONNECTIONS,
        "worker": look_ups + jobs.PARTS_CONNECTIONS + jobs.CONNECTIONS,
        "commands": COMMAND_CONNECTIONS,
    }
    return {
        "api_worker": of_worker,
        "of_them_for_checks": settings.pool_connections,
        **beside,
        "total": workers * of_worker + sum(beside.values()),
    }


class Companion:
    """The keeper or the worker, as a process of its own."""

    def __init__(self, name: str, target: Callable[[], None]) -> None:
        self._name = name
        self._target = target
        self._process: SpawnProcess | None = None

    def revive(self) -> bool:
        """Start it unless it runs; whether it had to be started."""
        if self._process is not None and self._process.is_alive():
            return False
        self._process = multiprocessing.get_context("spawn").Process(
            target=self._target, name=self._name, daemon=True
        )
        self._process.start()
        return True

    def stop(self) -> None:
        """End it, if need be by force."""
        if self._process is None:
            return
        self._process.terminate()
        self._process.join(_COMPANION_STOP_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def run_keeper() -> None:
    """The keeper's process, from its environment."""
    die_with_parent()
    name_process("fund-keeper")
    set_up_logging()
    settings = Settings()
    database = Database(
        dsn(settings, "batch"), statement_seconds=STATEMENT_SECONDS, lock_seconds=LOCK_SECONDS
    )
    _run("keeping", keep(settings, load_keys(settings.home), database, system_clock))


def run_worker() -> None:
    """The worker's process, from its environment."""
    die_with_parent()
    name_process("fund-jobs")
    os.nice(_WORKER_NICENESS)
    set_up_logging()
    settings = Settings()
    _run("working", _work(settings))


async def _work(settings: Settings) -> None:
    look_ups = Database(dsn(settings, "api"), pool_connections=jobs.LOOK_UP_CONNECTIONS, durable=False)
    database = Database(
        dsn(settings, "batch"),
        pool_connections=jobs.PARTS_CONNECTIONS,
        engine_connections=jobs.CONNECTIONS,
        statement_seconds=jobs.STATEMENT_SECONDS,
    )
    async with open_state(settings, load_keys(settings.home), look_ups, clock=system_clock) as state:
        await database.open()
        try:
            await jobs.run_jobs(jobs.JobContext(state, database))
        finally:
            await database.close()


def _run(event: str, work: Coroutine[Any, Any, None]) -> None:
    """Run until SIGTERM or SIGINT."""

    async def run() -> None:
        working = asyncio.ensure_future(work)
        for number in ENDING:
            asyncio.get_running_loop().add_signal_handler(number, working.cancel)
        log.info(event, pid=os.getpid())
        with suppress(asyncio.CancelledError):
            await working

    asyncio.run(run())
