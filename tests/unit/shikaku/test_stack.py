"""The stack: what connects its services, the order of its start, and what ends it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from shikaku import ports, stack
from shikaku.ports import Ports
from shikaku.processes import StackError
from shikaku.stack import AUDIENCE, PIN, Stack
from tests.builders.ran_commands import RanCommands


def test_everything_is_below_the_home_folder_wherever_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = Stack(Path("relative/home"), revocation_max_age_seconds=7)
    home = str(tmp_path / "relative" / "home")
    paths = {name: value for name, value in made.wiring.items() if "/" in value}
    assert len(paths) > 5
    assert all(value.startswith(home) for value in paths.values())
    assert made.wiring["FUND_REVOCATION_MAX_AGE_SECONDS"] == "7"
    assert (made.wiring["FUND_AUDIENCE"], made.wiring["LOADTEST_PIN"]) == (AUDIENCE, PIN)
    assert "FUND_JLIS_URL" not in made.wiring  # known only once J-LIS listens


@pytest.mark.parametrize(
    ("options", "variable"),
    [({"sandbox": True}, "FUND_SANDBOX"), ({"strict": True}, "TERMINAL_EXCHANGE_SHUFFLED")],
)
def test_a_stack_is_a_sandbox_or_strict_only_if_it_is_asked_for(
    tmp_path: Path, options: dict[str, Any], variable: str
) -> None:
    assert Stack(tmp_path, **options).wiring[variable] == "1"
    assert variable not in Stack(tmp_path).wiring


def test_a_given_database_is_named_by_its_folder_and_no_address_is_in_the_wiring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = Stack(tmp_path / "home", database=Path("addresses"))
    assert made.wiring["FUND_SECRETS_DIR"] == str(tmp_path / "addresses")
    assert not [name for name in made.wiring if "DATABASE" in name]
    assert "FUND_SECRETS_DIR" not in Stack(tmp_path).wiring


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, tuple[str, ...]]]:
    """The services of a stack with their ports and options; they listen at once."""
    started: list[tuple[str, int, tuple[str, ...]]] = []

    def serve(self: Stack, name: str, *options: str, port: int) -> str:
        assert self._lock is not None
        os.fstat(self._lock)  # open as long as the stack runs
        started.append((name, port, options))
        return f"http://127.0.0.1:{8400 + len(started)}"

    monkeypatch.setattr(Stack, "serve", serve)
    return started


def test_a_start_empties_the_home_of_an_earlier_stack_and_admits_its_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: list[Any]
) -> None:
    commands = RanCommands(monkeypatch)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".stack").touch()
    (home / "old.json").touch()
    with Stack(home, workers=3) as running:
        assert sorted(path.name for path in home.iterdir()) == [".stack", "cards"]
        assert home.stat().st_mode & 0o077 == 0
        assert served == [("jpki-mock", 0, ()), ("eligibility-api", 0, ("--workers", "3"))]
        assert running.wiring["FUND_JLIS_URL"] == "http://127.0.0.1:8401"
        assert (
            running.wiring["TERMINAL_FUND_URL"] == running.wiring["PAYER_FUND_URL"] == "http://127.0.0.1:8402"
        )
        assert [words[:2] for words in commands.ran] == [
            ["keys", "init"], ["admit", str(home / "fund" / "keys" / "jlis-client.pub.pem")], ["facility", "add"],
            ["insurer", "add"],
        ]  # fmt: skip


def test_a_stack_listens_at_the_ports_that_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: list[Any]
) -> None:
    RanCommands(monkeypatch)
    monkeypatch.setattr(Ports, "check", lambda _: None)
    with Stack(tmp_path / "home", ports=Ports(fund=8400, jlis=8410)):
        assert [(name, port) for name, port, _ in served] == [("jpki-mock", 8410), ("eligibility-api", 8400)]


def test_a_taken_port_ends_the_start_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: list[Any]
) -> None:
    commands = RanCommands(monkeypatch)
    monkeypatch.setattr(ports, "_is_taken", lambda port: port == 8410)
    with pytest.raises(StackError, match=r"port 8410 of 127\.0\.0\.1\. PORTS=free"):
        Stack(tmp_path / "home", ports=Ports.named("fixed")).start()
    assert (served, commands.ran) == ([], [])


def test_a_given_database_is_migrated_before_the_fund_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: list[Any]
) -> None:
    commands = RanCommands(monkeypatch)
    order: list[str] = []
    migrate, serve = Stack._migrate, Stack.serve

    def migrated(self: Stack) -> None:
        order.append("migrate")
        migrate(self)

    def serving(self: Stack, name: str, *options: str, port: int) -> str:
        order.append(name)
        return serve(self, name, *options, port=port)

    monkeypatch.setattr(Stack, "_migrate", migrated)
    monkeypatch.setattr(Stack, "serve", serving)
    with Stack(tmp_path / "home", database=tmp_path / "addresses"):
        assert order == ["migrate", "jpki-mock", "eligibility-api"]
    assert [words for words in commands.ran if words[0] in {"migrate", "drug-master"}] == [
        ["migrate"],
        ["drug-master", "load"],
    ]


def test_a_start_that_fails_stops_what_it_had_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: list[Any]
) -> None:
    RanCommands(monkeypatch, insurer=1)
    stopped: list[str] = []
    made = Stack(tmp_path / "home")
    made._running.callback(stopped.append, "services")
    with pytest.raises(StackError, match="insurer ended with exit code 1"):
        made.start()
    assert stopped == ["services"]


@pytest.mark.parametrize(("status", "ready"), [(200, True), (503, False), (404, False), (None, False)])
def test_a_fund_is_ready_once_it_answers_200(status: int | None, ready: bool) -> None:
    def respond(request: httpx2.Request) -> httpx2.Response:
        assert request.url.path == "/readyz"
        if status is None:
            raise httpx2.ConnectError("refused", request=request)
        return httpx2.Response(status)

    with httpx2.Client(transport=httpx2.MockTransport(respond)) as http:
        assert stack._is_ready(http, "http://127.0.0.1:1") is ready


def test_a_stack_as_a_program_prints_its_environment_file_last_and_ends_with_sigterm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    RanCommands(monkeypatch)

    def pause() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(signal, "pause", pause)
    monkeypatch.setattr(sys, "argv", ["stack", "--home", str(tmp_path / "home"), "--workers", "1"])
    stack.main()
    assert capsys.readouterr().out == (
        f"J-LIS http://127.0.0.1:8401, fund http://127.0.0.1:8402; . {tmp_path / 'home.env'}\n"
    )
    assert "export TERMINAL_FUND_URL=http://127.0.0.1:8402" in (tmp_path / "home.env").read_text()


def test_a_stack_that_cannot_start_exits_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["stack", "--home", str(tmp_path)])
    with pytest.raises(SystemExit) as end:
        stack.main()
    assert "contains files of something else" in str(end.value.code)
