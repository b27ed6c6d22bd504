"""`locust -f loadtest/locustfile.py` with a fake fund: its pitfalls, each of which would make a report untrue."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from loadtest.scenario.levels import LEVELS
from tests.builders.conductor.fake_fund import FakeFund
from tests.depth import DEEP

ROOT = Path(__file__).parents[2]
LOCUSTFILE = ROOT / "tests" / "builders" / "conductor" / "locustfile.py"
LOOK_UP = "/v1/eligibility/number"
RANKS_MS = 60.0
"""While a fund stands still latencies are some 10 ms apart: how far neighbouring ranks may differ."""


@contextmanager
def locust(
    fund: FakeFund, report: Path, *arguments: str, **variables: str
) -> Iterator[subprocess.Popen[str]]:
    """A running Locust without a page; ended by the block's end."""
    environment = os.environ | {
        "FAKE_FUND": fund.url, "FAKE_REPORT": str(report), "PYTHONPATH": str(ROOT), **variables,
    }  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "locust",
        "-f",
        str(LOCUSTFILE),
        "--headless",
        "--only-summary",
        *arguments,
    ]
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """The output up to the line with these words."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if words in line:
            return text
    raise AssertionError(text)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_the_report_has_the_slowest_visits_and_the_percentiles_of_the_engine(tmp_path: Path) -> None:
    """The fund stands still from before the load's end to long after it: Locust's own users would not notice."""
    report = tmp_path / "report.json"
    options = ("--tags", "number", "-u", "100", "--run-time", "2s")
    with FakeFund(stands_still=(100, 1.5)) as fund, locust(fund, report, *options) as process:
        text = process.communicate(timeout=60)[0]
    figures: dict[str, Any] = json.loads(report.read_text())
    assert process.returncode == 0, text
    assert figures["count"] == figures["engine_count"] == fund.requests[LOOK_UP] > 100
    assert figures["max_ms"] > 1400
    for own, engines in zip(figures["percentiles"][1:], figures["engine"][1:], strict=True):
        assert own == pytest.approx(engines, abs=RANKS_MS), figures
    assert f"passed: {figures['count']} answers compared" in text


@pytest.mark.skipif(
    not DEEP, reason="twenty seconds of waiting; tests/unit/loadtest/conductor has the master's part"
)
def test_a_killed_worker_fails_the_run_and_a_late_one_is_refused(tmp_path: Path) -> None:
    report, port = tmp_path / "report.json", str(free_port())
    as_master = (
        "--master", "--master-bind-port", port, "--expect-workers", "2", "--tags", "number", "-u", "60",
        "--run-time", "4s",
    )  # fmt: skip
    as_worker = ("--worker", "--master-port", port)
    with (
        FakeFund() as fund,
        locust(fund, report, *as_master) as master,
        locust(fund, report, *as_worker),
        locust(fund, report, *as_worker) as killed,
    ):
        read_until(master, "updating to 60 users")
        with locust(fund, report, *as_worker) as late:
            killed.send_signal(signal.SIGKILL)
            refused = late.communicate(timeout=60)[0]
        text = master.communicate(timeout=60)[0]
    assert (late.returncode, master.returncode) == (3, 1), text
    assert "the master refused this worker: it is late" in refused
    assert "1 of 2 workers did not report their last figures" in text
    assert json.loads(report.read_text())["count"] > 60


_SHAPES = """
import json
from types import SimpleNamespace
from loadtest import locustfile
from loadtest.conductor.shapes import ConductedShape

class Master:
    has_failed = is_conducting = is_drained = False
    is_ready = False
    def begin(self, level, seconds):
        self.is_conducting, self.begun = True, (level.name, seconds)
    def end(self):
        self.ended = True

options = SimpleNamespace(minutes=None, scale=0.5, num_users=7, run_time=3.0)
found = {}
for name in [*locustfile.SHAPES.values(), "Checks"]:
    shape = getattr(locustfile, name)()
    shape.runner = SimpleNamespace(environment=SimpleNamespace(parsed_options=options))
    ConductedShape.master = master = Master()
    ticks = [shape.tick()]
    shape.start_time -= 301
    never_ready = shape.tick()
    master.is_ready = True
    ticks.append(shape.tick())
    at = shape.seconds * 0.45
    busiest = max(shape.users(shape.seconds * part / 1440) for part in range(1440))
    shape.start_time -= shape.seconds
    ticks.append(shape.tick())
    master.is_drained = True
    ticks.append(shape.tick())
    master.has_failed = True
    found[name] = [master.begun, [tick and tick[0] for tick in ticks], busiest, shape.tick(), never_ready]
parser = __import__("argparse").ArgumentParser()
locustfile.add_options(parser)
refused = []
for name in ("web_host", "master_bind_host"):
    addresses = {"web_host": "127.0.0.1", "master_bind_host": "127.0.0.1", name: "0.0.0.0"}
    try:
        locustfile._conduct_as_master(None, None, None, SimpleNamespace(**addresses))
    except SystemExit as stopped:
        refused.append(stopped.code)
hosts = [parser.get_default("web_host"), parser.get_default("master_bind_host")]
print(json.dumps({"shapes": found, "levels": locustfile.SHAPES, "hosts": hosts, "refused": refused}))
"""


def test_shapes_wait_for_workers_and_for_the_last_answer_and_nothing_listens_beyond_this_machine() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SHAPES], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert (printed["hosts"], printed["refused"]) == (["127.0.0.1", "127.0.0.1"], [3, 3])
    assert done.stderr.count("so it listens on this machine only") == 2
    assert printed["levels"].keys() == LEVELS.keys()
    for name, shape in printed["levels"].items():
        begun, (waiting, first, draining, ended), busiest, *failed = printed["shapes"][shape]
        level = LEVELS[name]
        assert begun == [name, level.minutes * 60]
        assert (waiting, draining, ended, failed) == (0, 0, None, [None, None])
        if name == "day":
            assert first == 0
            assert busiest == pytest.approx(1210 / 2, rel=0.05)
        else:
            assert first == busiest == round(level.checks_per_s / 2)
    assert printed["shapes"]["Checks"] == [["L0", 3.0], [0, 7, 0, None], 7, None, None]
