"""The stack: a home of its own, an environment without foreign settings, and what ends its start."""

from __future__ import annotations

import csv
import fcntl
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from shikaku import ports, processes, stack
from shikaku.ports import Ports
from shikaku.processes import MODULES, ROOT, Service, StackError, command_line
from shikaku.stack import APPROVER, AUDIENCE, PIN, SENDER, Stack

FOREIGN = ("DATABASE_URL", "DATABASE_URL_OTHER", "FUND_HOME", "FUND_DATABASE_URL", "JPKI_HOME", "LOADTEST_PIN",
           "PAYER_FUND_URL", "TERMINAL_FUND_URL")  # fmt: skip


class Commands:
    """The commands that a stack runs, with given exit codes by their first words."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **codes: int) -> None:
        self.ran: list[list[str]] = []
        self.options: list[dict[str, Any]] = []
        self._codes = codes
        monkeypatch.setattr(subprocess, "run", self.run)

    def run(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        self.ran.append(command[3:])
        self.options.append(options)
        return subprocess.CompletedProcess(
            command, self._codes.get(command[3], 0), "printed\n", " it broke \n"
        )


def test_a_command_s_environment_has_the_wiring_and_no_foreign_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FOREIGN:
        monkeypatch.setenv(name, "foreign")
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    environment = Stack(tmp_path / "home").environment
    assert "foreign" not in environment.values()
    assert (environment["LANG"], environment["NO_PROXY"]) == ("ja_JP.UTF-8", "127.0.0.1")
    assert (environment["FUND_AUDIENCE"], environment["LOADTEST_PIN"]) == (AUDIENCE, PIN)
    assert "FUND_JLIS_URL" not in environment  # known only once J-LIS listens


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
    made.wiring["FUND_HOME"] = "changed"
    assert made.wiring["FUND_HOME"] != "changed"


def test_a_shell_reads_the_wiring_as_it_is(tmp_path: Path) -> None:
    made = Stack(tmp_path / "a folder's home")
    path = tmp_path / "deep" / "stack.env"
    made.write_environment(path)
    lines = path.read_text().splitlines()
    assert lines == sorted(lines)
    read = dict(shlex.split(line)[1].split("=", 1) for line in lines)
    assert read == made.wiring


@pytest.mark.parametrize(("check", "code"), [(True, 0), (False, 0), (False, 3)])
def test_a_command_s_result_is_returned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: bool, code: int
) -> None:
    commands = Commands(monkeypatch, residents=code)
    done = Stack(tmp_path / "home").run("jpki-mock", "residents", "--out", tmp_path, stdin="x", check=check)
    assert (done.returncode, done.stdout) == (code, "printed\n")
    assert commands.ran == [["residents", "--out", str(tmp_path)]]
    assert (commands.options[0]["input"], commands.options[0]["cwd"]) == ("x", ROOT)


def test_a_failed_command_is_named_with_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Commands(monkeypatch, facility=4)
    with pytest.raises(StackError) as raised:
        Stack(tmp_path / "home").admit_terminal("1311111114", "架空診療所", "clinic", "eligibility", "t.json")
    assert str(raised.value) == "eligibility-api facility ended with exit code 4:\nit broke"


def test_variables_of_one_command_override_the_wiring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = Commands(monkeypatch)
    Stack(tmp_path / "home").run("payer-mock", "stats", variables={"LOADTEST_PIN": "9999"})
    assert commands.options[0]["env"]["LOADTEST_PIN"] == "9999"


def test_a_terminal_s_credential_is_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = Commands(monkeypatch)
    path = Stack(tmp_path / "home").admit_terminal(
        "1311111114", "架空診療所", "clinic", "eligibility", "t.json"
    )
    assert path == tmp_path / "home" / "t.json"
    [words] = commands.ran
    assert words[:2] == ["facility", "add"]
    assert dict(zip(words[2::2], words[3::2], strict=True)) == {
        "--institution-code": "1311111114", "--name": "架空診療所", "--kind": "clinic", "--rights": "eligibility",
        "--out": str(path),
    }  # fmt: skip


def test_insurers_are_added_to_the_insurer_s_program_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Commands(monkeypatch)
    made = Stack(tmp_path)
    made.admit_insurer("01130012", "架空健康保険協会")
    made.admit_insurer("06130017", "架空健康保険組合")
    made.admit_insurers({"138057": '架空,"市"', "01130012": "架空健康保険協会"})
    first, second, third = made.wiring["PAYER_CREDENTIAL"].split(":")
    assert first == str(tmp_path / "payers" / "payer-01130012.json")  # replaced
    assert second == str(tmp_path / "payer-06130017.json")
    assert third == str(tmp_path / "payers" / "payer-138057.json")
    assert made.wiring["PAYER_APPROVER"].count("approver-") == 2
    with (tmp_path / "insurers.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["insurer_number", "name"], ["138057", '架空,"市"'], ["01130012", "架空健康保険協会"],
        ]  # fmt: skip


def test_a_desk_has_two_operators_and_a_home_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = Commands(monkeypatch)
    started: list[tuple[str, int, Path, dict[str, str]]] = []

    def serve(_: Stack, lock: int, name: str, *, port: int, announce: Path, variables: dict[str, str]) -> str:
        started.append((name, port, announce, variables))
        return "http://127.0.0.1:1/enrolment"

    monkeypatch.setattr(Stack, "_serve", serve)
    made = Stack(tmp_path, ports=Ports(insurer=8700))
    made._lock = 0
    made.admit_insurers({"01130012": "架空健康保険協会"})
    program, approver = made.keys_of("01130012")
    assert str(approver) in made.wiring["PAYER_APPROVER"].split(":")
    assert made.open_desk(program, approver) == "http://127.0.0.1:1/enrolment"
    home = tmp_path / "desk-of-payer-01130012"
    added = [command for command in commands.ran if "add-operator" in command]
    assert [(command[1], command[command.index("--credential") + 1]) for command in added] == [
        (SENDER[0], str(program)), (APPROVER[0], str(approver)),
    ]  # fmt: skip
    assert {options["env"]["PAYER_HOME"] for options in commands.options[-2:]} == {str(home)}
    assert not any(password in command for command in added for _, password in (SENDER, APPROVER))
    assert started == [("payer-mock", 8700, home / "url", {"PAYER_HOME": str(home)})]


def test_a_home_with_other_files_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("mine")
    with pytest.raises(StackError, match="contains files of something else"):
        Stack(tmp_path / "home").start()
    assert (tmp_path / "home" / "letter.txt").read_text() == "mine"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, tuple[str, ...]]]:
    """The services of a stack with their ports and options; they listen at once."""
    started: list[tuple[str, int, tuple[str, ...]]] = []

    def serve(_: Stack, lock: int, name: str, *options: str, port: int) -> str:
        os.fstat(lock)  # open as long as the stack runs
        started.append((name, port, options))
        return f"http://127.0.0.1:{8400 + len(started)}"

    monkeypatch.setattr(Stack, "_serve", serve)
    return started


def test_a_start_empties_the_home_of_an_earlier_stack_and_admits_its_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: list[Any]
) -> None:
    commands = Commands(monkeypatch)
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
    Commands(monkeypatch)
    monkeypatch.setattr(Ports, "check", lambda _: None)
    with Stack(tmp_path / "home", ports=Ports(fund=8400, jlis=8410)):
        assert [(name, port) for name, port, _ in served] == [("jpki-mock", 8410), ("eligibility-api", 8400)]


def test_a_taken_port_ends_the_start_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: list[Any]
) -> None:
    commands = Commands(monkeypatch)
    monkeypatch.setattr(ports, "_is_taken", lambda port: port == 8410)
    with pytest.raises(StackError, match=r"port 8410 of 127\.0\.0\.1\. PORTS=free"):
        Stack(tmp_path / "home", ports=Ports.named("fixed")).start()
    assert (served, commands.ran) == ([], [])


def test_two_stacks_do_not_run_in_one_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: list[Any]
) -> None:
    Commands(monkeypatch)
    monkeypatch.setattr(stack, "_LOCK_SECONDS", 0.0)
    with Stack(tmp_path / "home"), pytest.raises(StackError, match="Another stack is running"):
        Stack(tmp_path / "home").start()
    with Stack(tmp_path / "home"):
        pass  # free again
    lock = os.open(tmp_path / "home.lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(lock)


def test_a_start_that_fails_stops_what_it_had_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: list[Any]
) -> None:
    Commands(monkeypatch, insurer=1)
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


WAITS = "import sys, time; print('listening', flush=True); time.sleep(600)"
FAILS = "import sys; print('\\n'.join(f'line {n}' for n in range(50)), flush=True); sys.exit('the reason')"


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Service]:
    """Starts a small program in place of a service."""
    monkeypatch.setattr(processes, "_parent_death_prefix", tuple)
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)

    def make(program: str) -> Service:
        monkeypatch.setattr(processes, "command_line", lambda *_: [sys.executable, "-c", program])
        return Service("jpki-mock", [], dict(os.environ), tmp_path / "logs" / "jpki-mock.log", lock)

    return make


def test_a_service_is_waited_for_and_stopped(start: Callable[[str], Service], tmp_path: Path) -> None:
    service = start(WAITS)
    log = tmp_path / "logs" / "jpki-mock.log"
    service.wait_for("address", lambda: "listening" in log.read_text(), 60.0)
    service.stop()
    assert service._process.returncode == -15


def test_a_service_that_ends_is_reported_with_the_end_of_its_log(start: Callable[[str], Service]) -> None:
    service = start(FAILS)
    with pytest.raises(StackError) as raised:
        service.wait_for("address", lambda: False, 60.0)
    lines = str(raised.value).splitlines()
    assert lines[0] == "jpki-mock ended with exit code 1:"
    assert lines[-1] == "the reason"
    assert len(lines) == 21


def test_a_service_that_does_not_get_ready_is_given_up(start: Callable[[str], Service]) -> None:
    service = start(WAITS)
    with pytest.raises(StackError, match="no readiness after 0 s"):
        service.wait_for("readiness", lambda: False, 0.0)
    service.stop()


@pytest.mark.parametrize("name", MODULES)
def test_every_program_is_started_by_its_installed_name(name: str) -> None:
    executable, option, program, *words = command_line(name, ["--help", Path("x")])
    assert (executable, option, words) == (sys.executable, "-c", ["--help", "x"])
    assert repr(name) in program
    assert f"from {MODULES[name]} import main" in program


@pytest.mark.parametrize(("found", "code", "prefix"), [(None, 0, ()), ("/usr/bin/setpriv", 1, ()), ("/usr/bin/setpriv", 0, ("setpriv", "--pdeathsig", "TERM"))])  # fmt: skip
def test_services_end_with_this_process_where_the_system_can_do_that(
    monkeypatch: pytest.MonkeyPatch, found: str | None, code: int, prefix: tuple[str, ...]
) -> None:
    processes._parent_death_prefix.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda _: found)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=code))
    assert processes._parent_death_prefix() == prefix
    processes._parent_death_prefix.cache_clear()


def test_a_stack_as_a_program_prints_its_environment_file_last_and_ends_with_sigterm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    Commands(monkeypatch)

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
