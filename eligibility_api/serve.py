"""`eligibility-api serve`: the embedded database where none is given, the keeper, and the workers.

One process owns them all. SIGTERM or SIGINT ends them in order: workers, keeper, database. If this process is
killed, the kernel ends workers and keeper; the embedded database stays and is adopted at the next start.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

import structlog
import uvicorn
from uvicorn.supervisors import Multiprocess

from eligibility_api.keeper import keep
from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.database import Database
from eligibility_api.platform.dsn import dsn, is_embedded
from eligibility_api.platform.embedded import EmbeddedPostgres
from eligibility_api.platform.keys import load_keys
from eligibility_api.platform.migrate import migrate
from eligibility_api.platform.process import die_with_parent
from eligibility_api.platform.settings import Settings
from eligibility_api.platform.telemetry import set_up_logging

log = structlog.get_logger()

_KEEPER_STOP_SECONDS = 10


def serve(settings: Settings, *, host: str, port: int, workers: int, announce: Path | None) -> None:
    """Serve until SIGTERM or SIGINT. Port 0 takes a free one; `announce` then tells which."""
    # Until uvicorn takes the signals over, they unwind what was started.
    signal.signal(signal.SIGTERM, _end)
    load_keys(settings.home)
    _share_metrics((settings.home / "metrics").absolute())
    with ExitStack() as stack:
        if is_embedded(settings):
            stack.enter_context(EmbeddedPostgres(settings.home / "postgres"))
            asyncio.run(migrate(dsn(settings, "owner")))
        config = uvicorn.Config(
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
        listening = config.bind_socket()
        listening.listen(config.backlog)
        stack.enter_context(_keeper())
        address = f"http://{host}:{listening.getsockname()[1]}"
        log.info("serving", address=address, workers=workers)
        if announce is not None:
            _announce(announce, address)
        Multiprocess(config, sockets=[listening]).run()


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
    raise SystemExit(0)


@contextmanager
def _keeper() -> Iterator[None]:
    process = multiprocessing.get_context("spawn").Process(target=run_keeper, name="keeper")
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join(_KEEPER_STOP_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()


def run_keeper() -> None:
    """The keeper's process, from its environment."""
    die_with_parent()
    set_up_logging()
    settings = Settings()
    database = Database(dsn(settings, "batch"), pool_connections=1)
    asyncio.run(keep(settings, load_keys(settings.home), database, system_clock))
