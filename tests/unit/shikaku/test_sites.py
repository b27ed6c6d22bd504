"""What is opened in a running stack: which programs are started with what, and where they are found. Nothing is started here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from shikaku import sites
from shikaku.admission import admit_insurers, keys_of
from shikaku.ports import Ports
from shikaku.processes import StackError
from shikaku.sites import APPROVER, DOCTOR, RECEPTION, SENDER
from shikaku.stack import Stack
from tests.builders.ran_commands import RanCommands


class StartedPrograms:
    """Records the programs that a stack starts, whose output is given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, log: Path) -> None:
        self.log = log
        self.arguments: list[tuple[str, ...]] = []
        self.options: list[dict[str, Any]] = []
        monkeypatch.setattr(Stack, "start_service", self.start_service)
        monkeypatch.setattr(Stack, "serve", self.serve)

    def start_service(self, name: str, *arguments: str | Path) -> Any:
        self.arguments.append((name, *map(str, arguments)))
        return SimpleNamespace(log=self.log, wait_for=self._wait_for)

    def serve(self, name: str, *options: str, **more: Any) -> str:
        self.arguments.append((name, *options))
        self.options.append(more)
        return "http://127.0.0.1:1/"

    @staticmethod
    def _wait_for(what: str, ready: Callable[[], bool], seconds: float) -> None:
        assert ready(), what


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> RanCommands:
    return RanCommands(monkeypatch)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StartedPrograms:
    return StartedPrograms(monkeypatch, tmp_path / "log")


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    made = Stack(tmp_path, ports=Ports(web_face=8600, screens=8610, insurer=8700, console=8800))
    made.connect(TERMINAL_FUND_URL="http://127.0.0.1:8400")
    return made


def test_a_desk_has_two_operators_and_a_home_of_its_own(
    tmp_path: Path, ran: RanCommands, started: StartedPrograms, stack: Stack
) -> None:
    admit_insurers(stack, {"01130012": "架空健康保険協会"})
    program, approver = keys_of(stack, "01130012")
    assert sites.open_desk(stack, program, approver) == "http://127.0.0.1:1/"
    home = tmp_path / "desk-of-payer-01130012"
    added = [command for command in ran.ran if "add-operator" in command]
    assert [(command[1], command[command.index("--credential") + 1]) for command in added] == [
        (SENDER[0], str(program)), (APPROVER[0], str(approver)),
    ]  # fmt: skip
    assert {options["env"]["PAYER_HOME"] for options in ran.options[-2:]} == {str(home)}
    assert not any(password in command for command in added for _, password in (SENDER, APPROVER))
    assert started.arguments == [("payer-mock",)]
    assert started.options == [
        {"port": 8700, "announce": home / "url", "variables": {"PAYER_HOME": str(home)}}
    ]


def test_the_clinic_s_terminal_answers_the_folder_and_announces_its_screens(
    tmp_path: Path, ran: RanCommands, started: StartedPrograms, stack: Stack
) -> None:
    root = tmp_path / "exchange"
    (root / "req").mkdir(parents=True)
    started.log.write_text(
        "The web API answers at http://127.0.0.1:8600\nThe screens are served at http://127.0.0.1:8610: x\n"
    )
    assert sites.serve_exchange(stack, root) == "http://127.0.0.1:8600"
    assert (stack.web_face_url, stack.screens_url) == ("http://127.0.0.1:8600", "http://127.0.0.1:8610")
    assert started.arguments == [
        ("clinic-terminal", "serve", "--root", str(root), "--http", "8600", "--pages", "8610",
         "--shelf", str(stack.cards)),
    ]  # fmt: skip
    assert [words[1:4] for words in ran.ran] == [
        [RECEPTION[0], "--role", "reception"],
        [DOCTOR[0], "--role", "doctor"],
    ]
    assert [options["input"] for options in ran.options] == [f"{RECEPTION[1]}\n", f"{DOCTOR[1]}\n"]
    assert stack.wiring["TERMINAL_EXCHANGE_ROOT"] == str(root)
    assert stack.wiring["TERMINAL_EXCHANGE_OPERATOR"] == DOCTOR[0]


def test_a_terminal_that_announces_no_screens_is_not_ready(
    tmp_path: Path, ran: RanCommands, started: StartedPrograms, stack: Stack
) -> None:
    (tmp_path / "req").mkdir()
    started.log.write_text("The web API answers at http://127.0.0.1:8600\n")
    with pytest.raises(AssertionError, match="screens"):
        sites.serve_exchange(stack, tmp_path)


@pytest.mark.parametrize(("screens", "readers"), [("", 0), ("http://127.0.0.1:8610", 1)])
def test_the_console_has_the_persons_and_the_clinic_s_reader_if_there_is_one(
    started: StartedPrograms, stack: Stack, screens: str, readers: int
) -> None:
    stack.screens_url = screens
    persons = {"pin": "4321", "persons": ["見本"]}
    assert sites.open_console(stack, persons) == "http://127.0.0.1:1/"
    assert json.loads(stack.persons.read_text(encoding="utf-8")) == persons
    assert stack.persons.stat().st_mode & 0o077 == 0
    [arguments] = started.arguments
    assert arguments[:3] == ("sandbox-console", "--fund", "http://127.0.0.1:8400")
    assert arguments.count("--reader") == readers
    assert not screens or arguments[-1] == f"架空診療所={screens}"


@pytest.mark.parametrize("status", [200, 404])
def test_a_sandbox_becomes_strict_or_it_is_an_error(
    monkeypatch: pytest.MonkeyPatch, stack: Stack, status: int
) -> None:
    asked: list[Any] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        asked.append((request.url.path, json.loads(request.content)))
        return httpx2.Response(status)

    def client(base_url: str, trust_env: bool) -> httpx2.Client:
        return original(base_url=base_url, trust_env=trust_env, transport=httpx2.MockTransport(respond))

    original = httpx2.Client
    monkeypatch.setattr(httpx2, "Client", client)
    if status == 200:
        sites.be_strict(stack)
    else:
        with pytest.raises(StackError, match="answered 404"):
            sites.be_strict(stack)
    assert asked == [("/sandbox/strict", {"strict": True})]
