"""`loadtest smoke` against the running house: the same taps, many at a time, every answer judged."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from eligibility_api.contract.codes import Validity
from tests.builders.stack import PopulatedStack

EXPECTED = {
    "valid": Validity.VALID,
    "moved": Validity.VALID,
    "ended": Validity.INVALID,
    "never": Validity.NOT_FOUND,
}


@pytest.fixture
def environment(stack: PopulatedStack, tmp_path: Path) -> dict[str, str]:
    """The house's wiring, and four of its people to tap."""
    expected = tmp_path / "expected.json"
    expected.write_text(json.dumps(EXPECTED))
    return stack.environment | {"LOADTEST_EXPECTED": str(expected)}


_WARNINGS = ("-W", "error", "-W", "ignore:unclosed <socket:ResourceWarning")
"""Every warning is a fault, but one: Locust's pool leaves a line that the server closed meanwhile to the collector."""


def smoke(environment: dict[str, str], *, seconds: int = 2) -> tuple[int, dict[str, Any]]:
    """Exit code and report. Locust changes the process that imports it, so it gets one of its own."""
    program = "from loadtest.cli import main; main()"
    words = [sys.executable, *_WARNINGS, "-c", program, "smoke", "--seconds", str(seconds), "--json"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert not done.stderr
    return done.returncode, json.loads(done.stdout)


def test_every_answer_is_right_under_a_little_load(environment: dict[str, str]) -> None:
    exit_code, report = smoke(environment, seconds=20)
    assert (exit_code, report["failures"], report["silent_cards"]) == (0, {}, [])
    assert report["users"] == len(EXPECTED)
    assert report["taps"] >= len(EXPECTED)
    counts = {row["name"]: row["count"] for row in report["requests"]}
    assert counts == {
        "/v1/token": len(EXPECTED),
        "/v1/presence/challenges": report["taps"],
        "/v1/eligibility/card": report["taps"],
    }


def test_an_answer_other_than_expected_fails_the_smoke(environment: dict[str, str]) -> None:
    Path(environment["LOADTEST_EXPECTED"]).write_text(json.dumps(EXPECTED | {"ended": Validity.VALID}))
    exit_code, report = smoke(environment)
    assert exit_code == 1
    assert set(report["failures"]) == {"validity-wrong"}
    assert report["silent_cards"] == ["ended"]


def test_a_fund_that_is_not_there_fails_the_smoke(environment: dict[str, str]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # taken, and nobody listens
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        exit_code, report = smoke(environment | {"TERMINAL_FUND_URL": url})
    assert exit_code == 1
    assert set(report["failures"]) == {"fund-unreachable"}
    assert set(report["silent_cards"]) == set(EXPECTED)
