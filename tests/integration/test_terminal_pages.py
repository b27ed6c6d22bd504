"""`clinic-terminal serve --pages`: the screens on a real socket, until the command ends."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx2
import pytest

from tests.builders.clinic.samples import credential
from tests.builders.clinic.service_runner import ServiceRunner


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ServiceRunner:
    path = tmp_path / "terminal.json"
    credential().save(path)
    monkeypatch.setenv("TERMINAL_CREDENTIAL", str(path))
    monkeypatch.setenv("TERMINAL_FUND_URL", "http://127.0.0.1:8000")
    monkeypatch.setenv("TERMINAL_HOME", str(tmp_path / "home"))
    return ServiceRunner()


def test_the_screens_are_served_until_the_command_ends(runner: ServiceRunner) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    statuses: list[int] = []

    def look() -> None:
        with httpx2.Client(trust_env=False) as http:
            statuses.append(http.get(f"http://127.0.0.1:{port}/desk").status_code)

    runner.steps = iter([look])
    result = runner.run("serve", "--pages", str(port))
    assert result.exit_code == 0, result.output
    assert statuses == [303]
    assert f"http://127.0.0.1:{port}/desk" in result.output
    with pytest.raises(httpx2.ConnectError):
        httpx2.Client(trust_env=False).get(f"http://127.0.0.1:{port}/desk")


def test_a_port_in_use_is_named(runner: ServiceRunner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = runner.run("serve", "--pages", str(taken.getsockname()[1]))
    assert result.exit_code == 2
    assert "--pages" in result.output
