"""`loadtest smoke` against the running stack: many taps at a time, every answer checked."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from eligibility_api.contract.codes import Validity
from tests.builders.load_laboratory import run_loadtest
from tests.builders.stack import PopulatedStack
from tests.depth import DEEP

EXPECTED = {
    "valid": Validity.VALID,
    "moved": Validity.VALID,
    "ended": Validity.INVALID,
    "never": Validity.NOT_FOUND,
}


@pytest.fixture
def environment(stack: PopulatedStack, tmp_path: Path) -> dict[str, str]:
    """The stack's variables, and four of its cards."""
    expected = tmp_path / "expected.json"
    expected.write_text(json.dumps(EXPECTED))
    return stack.environment | {"LOADTEST_EXPECTED": str(expected)}


_WARNINGS = ("-W", "error", "-W", "ignore:unclosed <socket:ResourceWarning")
"""Every warning is an error but one: Locust's pool leaves connections that the server closed to the garbage collector."""


def smoke(environment: dict[str, str], *, seconds: int = 2) -> tuple[int, dict[str, Any]]:
    """Exit code and report. Locust patches the process that imports it, which is therefore a separate one."""
    return run_loadtest(
        environment, "smoke", "--seconds", str(seconds), warnings=_WARNINGS, exit_codes=(0, 1), timeout=120
    )


def test_every_answer_is_right_under_a_little_load(environment: dict[str, str]) -> None:
    exit_code, report = smoke(environment, seconds=8 if DEEP else 3)
    assert (exit_code, report["failures"], report["silent_cards"]) == (0, {}, [])
    assert report["users"] == len(EXPECTED)
    assert report["taps"] >= len(EXPECTED)
    counts = {row["name"]: row["count"] for row in report["requests"]}
    assert counts == {
        "/v1/token": len(EXPECTED),
        "/v1/presence/challenges": report["taps"],
        "/v1/eligibility/card": report["taps"],
    }


def test_an_unexpected_answer_fails(environment: dict[str, str]) -> None:
    Path(environment["LOADTEST_EXPECTED"]).write_text(json.dumps(EXPECTED | {"ended": Validity.VALID}))
    exit_code, report = smoke(environment)
    assert exit_code == 1
    assert set(report["failures"]) == {"validity-wrong"}
    assert report["silent_cards"] == ["ended"]


def test_an_unreachable_fund_fails(environment: dict[str, str]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # bound, without a listener
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        exit_code, report = smoke(environment | {"TERMINAL_FUND_URL": url})
    assert exit_code == 1
    assert set(report["failures"]) == {"fund-unreachable"}
    assert set(report["silent_cards"]) == set(EXPECTED)
