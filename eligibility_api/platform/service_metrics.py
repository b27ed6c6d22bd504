"""Adds up the metrics of the service's processes.

Each process counts in its own memory. The service's owner reads all of them over a Unix socket, and keeps what
ended processes counted, so that no count ever falls. Gauges are of the living only. Nothing is written to a disk
(docs/decisions/014-metrics-stay-in-memory.md).
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress

import structlog
from prometheus_client import generate_latest
from prometheus_client.core import Metric
from prometheus_client.samples import Sample

from eligibility_api.platform.telemetry import METRICS

log = structlog.get_logger()

Figures = dict[tuple[str, str, tuple[tuple[str, str], ...]], float]
"""Values by metric, sample and labels."""

_ADDRESS = "FUND_METRICS_ADDRESS"
"""Environment variable by which the owner gives its processes the address; set by the program itself."""

_READ_SECONDS = 10.0
"""Interval in which the owner reads all processes: a killed one's figures since the last reading are lost."""

_ANSWER_SECONDS = 1.0
"""How long a process may take to answer; after that its last figures count."""

_MAX_LINE_BYTES = 16 * 1024 * 1024
_REPORT, _READ = b"report\n", b"read\n"
_CREDENTIALS = struct.Struct("3i")


def own_figures() -> Figures:
    """The figures of this process."""
    return {
        (family.name, sample.name, tuple(sample.labels.items())): sample.value
        for family in METRICS.collect()
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def add(total: Figures, figures: Figures) -> None:
    """Add `figures` to `total`."""
    for key, value in figures.items():
        total[key] = total.get(key, 0.0) + value


def counts(figures: Figures) -> Figures:
    """The figures that stay when their process ends: a gauge says what a process has now, and it has ended."""
    gauges = {family.name for family in METRICS.collect() if family.type == "gauge"}
    return {key: value for key, value in figures.items() if key[0] not in gauges}


def exposition(figures: Figures) -> bytes:
    """The figures in Prometheus' text format."""
    return generate_latest(_Collected(figures))


class _Collected:
    """The metrics of this program with other values (prometheus_client's interface of a collector)."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        """The program's metrics, with the figures as their samples."""
        for family in METRICS.collect():
            family.samples = [
                Sample(name, dict(labels), value)
                for (metric, name, labels), value in self._figures.items()
                if metric == family.name
            ]
            yield family


class _Process:
    """A process that reports its figures over a connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._answered = asyncio.Event()
        self.figures: Figures = {}

    def ask(self) -> None:
        """Ask for its present figures."""
        self._answered.clear()
        self._writer.write(b"\n")

    async def answer(self) -> None:
        """Wait until it has answered or ended."""
        await self._answered.wait()

    async def follow(self, reader: asyncio.StreamReader) -> None:
        """Take its answers until it ends."""
        try:
            while line := await reader.readline():
                self.figures = _decoded(line)
                self._answered.set()
        finally:
            self._answered.set()


class _Owner:
    """The figures of all processes, in the owner's event loop."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._processes: set[_Process] = set()
        self._ended: Figures = {}

    async def run(self) -> None:
        """Serve until cancelled."""
        server = await asyncio.start_unix_server(self._connected, sock=self._listening, limit=_MAX_LINE_BYTES)
        async with server:
            while True:
                await asyncio.sleep(_READ_SECONDS)
                await self._read_all()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Cancelled when the owner ends, malformed or cut off when a process does.
        with closing(writer), suppress(OSError, ValueError, TypeError, asyncio.CancelledError):
            if not _is_own(writer):
                return
            if await reader.readline() == _READ:
                await self._read_all()
                writer.write(exposition(self._total()))
            else:
                await self._follow(_Process(writer), reader)

    async def _follow(self, process: _Process, reader: asyncio.StreamReader) -> None:
        self._processes.add(process)
        try:
            await process.follow(reader)
        finally:
            self._processes.discard(process)
            add(self._ended, counts(process.figures))

    async def _read_all(self) -> None:
        processes = tuple(self._processes)
        for process in processes:
            process.ask()
        with suppress(TimeoutError):
            async with asyncio.timeout(_ANSWER_SECONDS):
                for process in processes:
                    await process.answer()

    def _total(self) -> Figures:
        total = own_figures()
        for figures in (self._ended, *(process.figures for process in self._processes)):
            add(total, figures)
        return total


@contextmanager
def metrics_owner() -> Iterator[None]:
    """Read the metrics of the processes started inside, in a thread. Without a socket, each reports its own."""
    listening = socket.socket(socket.AF_UNIX)
    try:
        listening.bind("")  # Linux gives it a name outside of any file system
        listening.listen()
    except OSError as error:
        log.warning("metrics_not_shared", cause=type(error).__name__, exc_info=error)
        listening.close()
        yield
        return
    os.environ[_ADDRESS] = listening.getsockname().decode("ascii").removeprefix("\0")
    try:
        with _in_thread(_Owner(listening)):
            yield
    finally:
        del os.environ[_ADDRESS]


@contextmanager
def _in_thread(owner: _Owner) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    running = loop.create_task(owner.run())

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:  # closes the loop with all its tasks
            runner.run(asyncio.wait({running}))

    thread = threading.Thread(target=run, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(running.cancel)
        thread.join()


@asynccontextmanager
async def reported_metrics() -> AsyncIterator[None]:
    """Let the owner read this process's figures meanwhile. Does nothing outside of a service."""
    address = os.environ.get(_ADDRESS)
    try:
        reporting = asyncio.create_task(_report(*await _connected_to(address))) if address else None
    except OSError as error:
        log.warning("metrics_not_shared", cause=type(error).__name__, exc_info=error)
        reporting = None
    try:
        yield
    finally:
        if reporting is not None:
            reporting.cancel()
            with suppress(asyncio.CancelledError):
                await reporting


async def _report(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the owner until it or this process ends; the last figures are sent unasked."""
    with closing(writer):
        writer.write(_REPORT)
        try:
            while await reader.readline():
                writer.write(_encoded(own_figures()))
        finally:
            writer.write(_encoded(own_figures()))


async def metrics_text() -> bytes:
    """The metrics of the whole service (Prometheus' text format), or of this process outside of one.

    Raises OSError, TimeoutError among them, if the owner does not answer.
    """
    address = os.environ.get(_ADDRESS)
    if address is None:
        return exposition(own_figures())
    async with asyncio.timeout(3 * _ANSWER_SECONDS):
        reader, writer = await _connected_to(address)
        with closing(writer):
            writer.write(_READ)
            text = await reader.read()
    if not text:
        raise ConnectionResetError("the owner sent nothing")
    return text


async def _connected_to(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the owner. uvloop cannot connect to such a name by itself; this never waits."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.setblocking(False)
        connection.connect(f"\0{address}")
        return await asyncio.open_unix_connection(sock=connection)
    except BaseException:
        connection.close()
        raise


def _is_own(writer: asyncio.StreamWriter) -> bool:
    """Whether the peer is of this user: the socket's name is open to every user of the machine."""
    peer: socket.socket = writer.get_extra_info("socket")
    data = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, user, _ = _CREDENTIALS.unpack(data)
    return bool(user == os.geteuid())


def _encoded(figures: Figures) -> bytes:
    return json.dumps([[*key, value] for key, value in figures.items()]).encode() + b"\n"


def _decoded(line: bytes) -> Figures:
    return {
        (metric, sample, tuple((name, value) for name, value in labels)): number
        for metric, sample, labels, number in json.loads(line)
    }
