"""Killed again and again while requests arrive, the exchange answers every one of them."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from tests.builders.clinic.request_files import ReadResult, look_up
from tests.builders.clinic.samples import credential
from tests.builders.exchange_process import ExchangeProcess, wait_for
from tests.depth import DEEP

KILLS = [0, 1, 2, 3, 5, 8, 13, 21, 34] if DEEP else [0, 7]
"""Results that have appeared when the process is killed."""
REQUESTS = 40


@pytest.fixture
def exchange(tmp_path: Path) -> ExchangeProcess:
    """A terminal whose fund refuses the connection: each answer is a technical failure."""
    credential().save(tmp_path / "terminal.json")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TERMINAL_")},
        "TERMINAL_CREDENTIAL": str(tmp_path / "terminal.json"),
        "TERMINAL_FUND_URL": "http://127.0.0.1:1",
        "TERMINAL_HOME": str(tmp_path / "home"),
    }
    return ExchangeProcess(tmp_path / "OQS", environment)


def has_results(exchange: ExchangeProcess, count: int) -> bool:
    return len(exchange.results()) >= count


def test_every_request_has_its_result(exchange: ExchangeProcess) -> None:
    names = [f"OQSsiquc01req_{number:03d}.xml" for number in range(REQUESTS)]
    expected = [name.replace("req", "res") for name in names]
    with exchange:
        for name in names:
            exchange.drop(name, look_up())
        for count in KILLS:
            wait_for(partial(has_results, exchange, count), "result")
            exchange.kill()
            exchange.start()
        wait_for(lambda: exchange.results() == expected, "result of each request")
        assert exchange.stop() == 0
    assert list((exchange.root / "req").iterdir()) == []
    for name in expected:
        read = ReadResult((exchange.root / "res" / name).read_bytes())
        assert (read["SegmentOfResult"], read["ErrorCode"]) == ("9", "SHK-9006")
