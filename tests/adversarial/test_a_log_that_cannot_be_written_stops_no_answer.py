"""A log that cannot be written, or whose reader has stopped, neither ends nor delays an answer, and is counted.

The applications' middleware in a process of its own, with every kind of standard error.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2
import pytest

REQUESTS = 1500
"""Requests: their lines are several times what a pipe holds."""

MALFORMED = 300
"""Malformed requests: their messages are more than the last page of a full pipe still holds."""

PROGRAM = """
import socket, sys, uvicorn
from fastapi import FastAPI
from eligibility_api import health
from eligibility_api.platform.telemetry import set_up_logging
from eligibility_api.web import problems
from eligibility_api.web.middleware import AccessLog

app = FastAPI()
app.include_router(health.router)

@app.get("/broken")
async def broken():
    raise ValueError

config = uvicorn.Config(app, log_level="warning")
set_up_logging()
problems.install_error_handlers(app)
app.add_middleware(AccessLog)
with socket.create_server(("127.0.0.1", 0)) as listening:
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(config).run([listening])
"""

StandardError = Callable[[], tuple[int, list[int]]]
"""Opens a standard error: its descriptor, and all descriptors to close at the end."""


def full_disk() -> tuple[int, list[int]]:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    return descriptor, [descriptor]


def ended_reader() -> tuple[int, list[int]]:
    reader, writer = os.pipe()
    os.close(reader)
    return writer, [writer]


def stopped_reader() -> tuple[int, list[int]]:
    """A pipe that nobody reads: a write to it would wait for ever once it is full."""
    reader, writer = os.pipe()
    return writer, [reader, writer]


@contextmanager
def serving(standard_error: int | None) -> Iterator[httpx2.Client]:
    """The program; `None` closes its standard error."""
    redirected = ["sh", "-c", 'exec "$@" 2>&-', "sh"] if standard_error is None else []
    with subprocess.Popen(
        [*redirected, sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=standard_error,
        text=True,
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        try:
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:
                yield http
        finally:
            process.kill()


def assert_answers(http: httpx2.Client) -> int:
    """Every request is answered as without a log; returns the lines that were lost."""
    assert {http.get("/healthz").status_code for _ in range(REQUESTS)} == {200}
    broken = http.get("/broken")
    assert (broken.status_code, broken.json()["code"]) == (500, "internal")
    [lost] = re.findall(r"^shikaku_log_lines_lost_total (\S+)$", http.get("/metrics").text, re.MULTILINE)
    return int(float(lost))


def send_malformed(url: httpx2.URL) -> None:
    """A request that the web server itself refuses, and logs."""
    with socket.create_connection((url.host, url.port or 0), timeout=10) as connection:
        connection.sendall(b"\x00 malformed\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("opened", [full_disk, ended_reader])
def test_a_log_that_takes_nothing_stops_no_answer_and_is_counted(opened: StandardError) -> None:
    descriptor, to_close = opened()
    try:
        with serving(descriptor) as http:
            assert assert_answers(http) > REQUESTS / 2
    finally:
        for one in to_close:
            os.close(one)


def test_a_log_whose_reader_has_stopped_delays_no_answer() -> None:
    descriptor, to_close = stopped_reader()
    try:
        with serving(descriptor) as http:
            assert_answers(http)
            for _ in range(MALFORMED):
                send_malformed(http.base_url)
            assert http.get("/healthz").status_code == 200
    finally:
        for one in to_close:
            os.close(one)


def test_a_closed_standard_error_stops_no_answer() -> None:
    with serving(None) as http:
        assert_answers(http)
