"""`clinic-terminal exchange` and `serve`: what they start, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from clinic_terminal.card.pcsc import Reader
from clinic_terminal.store.process_lock import only_process
from tests.builders.clinic.fake_card import FakeCard
from tests.builders.clinic.folder import REQUEST, RESULT
from tests.builders.clinic.request_files import ReadResult, look_up
from tests.builders.clinic.samples import credential
from tests.builders.clinic.service_runner import ServiceRunner, appears

COMMANDS = pytest.mark.parametrize("command", ["exchange", "serve"])


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ServiceRunner:
    path = tmp_path / "terminal.json"
    credential().save(path)
    monkeypatch.setenv("TERMINAL_CREDENTIAL", str(path))
    monkeypatch.setenv("TERMINAL_FUND_URL", "http://127.0.0.1:8000")
    monkeypatch.setenv("TERMINAL_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TERMINAL_EXCHANGE_ROOT", raising=False)
    return ServiceRunner()


@COMMANDS
@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(143), SystemExit(129)], ids=repr)
def test_requests_are_answered_until_a_signal_ends_the_process(
    runner: ServiceRunner, tmp_path: Path, command: str, end: BaseException
) -> None:
    root = tmp_path / "OQS"
    runner.end = end
    runner.steps = iter(
        [lambda: (root / "req" / REQUEST).write_bytes(look_up()), lambda: appears(root / "res" / RESULT)]
    )
    result = runner.run(command, "--root", str(root))
    assert result.exit_code == 0, result.output
    assert "Press Ctrl-C to end" in result.stdout
    assert ReadResult((root / "res" / RESULT).read_bytes())["QualificationValidity"] == "1"
    assert sorted(path.name for path in root.iterdir()) == ["face", "req", "res"]
    assert runner.urls  # each thread has a client of its own
    with only_process(tmp_path / "home"):
        pass  # the lock was released


@COMMANDS
def test_the_root_of_the_settings_is_the_default(
    runner: ServiceRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("TERMINAL_EXCHANGE_ROOT", str(tmp_path / "OQS"))
    runner.steps = iter([lambda: appears(tmp_path / "OQS" / "req")])
    assert runner.run(command).exit_code == 0


@COMMANDS
def test_without_a_root_there_is_nothing_to_do(runner: ServiceRunner, command: str) -> None:
    result = runner.run(command)
    assert result.exit_code == 2
    assert "--root" in result.stderr


def link_for_root(tmp_path: Path) -> str:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "OQS").symlink_to(tmp_path / "elsewhere")
    return "OQS: a link is not followed"


def file_for_root(tmp_path: Path) -> str:
    (tmp_path / "OQS").touch()
    return "OQS: Not a directory"


def wrong_key(tmp_path: Path) -> str:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "terminal.db").write_bytes(b"x")
    return "store-key-missing"


@COMMANDS
@pytest.mark.parametrize("wrong", [link_for_root, file_for_root, wrong_key])
def test_what_is_wrong_at_the_start_ends_the_command_with_a_clear_text(
    runner: ServiceRunner, tmp_path: Path, command: str, wrong: Callable[[Path], str]
) -> None:
    text = wrong(tmp_path)
    result = runner.run(command, "--root", str(tmp_path / "OQS"))
    assert result.exit_code == 2
    assert text in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("name", "value"), [("TERMINAL_EXCHANGE_ENCODING", "EUC-JP"), ("TERMINAL_ANSWER_DAYS", "-1")]
)
def test_a_wrong_setting_is_named(
    runner: ServiceRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    result = runner.run("exchange", "--root", str(tmp_path / "OQS"))
    assert result.exit_code == 2
    assert name in result.stderr


def test_a_second_exchange_of_the_same_terminal_is_refused(runner: ServiceRunner, tmp_path: Path) -> None:
    with only_process(tmp_path / "home"):
        result = runner.run("exchange", "--root", str(tmp_path / "OQS"))
    assert result.exit_code == 2
    assert "exchange-running" in result.stderr


def test_what_is_in_the_way_is_reported_in_both_languages(runner: ServiceRunner, tmp_path: Path) -> None:
    root = tmp_path / "OQS"
    (root / "req").mkdir(parents=True)
    (root / "req" / "Thumbs.db").touch()
    (root / "req" / REQUEST).write_bytes(look_up())
    runner.steps = iter([lambda: appears(root / "res" / RESULT)])
    result = runner.run("exchange", "--root", str(root))
    assert "要求ではないファイル" in result.stderr
    assert "other-files: 1" in result.stderr
    assert "Thumbs" not in result.stderr


# Taps on insertion.


def test_each_inserted_card_is_one_tap_with_a_file(runner: ServiceRunner, tmp_path: Path) -> None:
    root = tmp_path / "OQS"
    runner.readers = []

    def insert() -> None:
        runner.card = FakeCard()
        runner.readers = [Reader("Fake Reader", True)]

    def remove() -> None:
        runner.readers = [Reader("Fake Reader", False)]

    def wait() -> None:
        """Nothing changes."""

    runner.steps = iter([wait, insert, wait, wait, remove, wait, insert, remove])
    result = runner.run("serve", "--root", str(root), "--taps", "--operator", "受付 見本")
    assert result.exit_code == 0, result.output
    reports = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    assert [report["exit_code"] for report in reports] == [0, 0]
    faces = [ReadResult(path.read_bytes()) for path in (root / "face").iterdir()]
    assert [face["QualificationValidity"] for face in faces] == ["1", "1"]


def test_a_reader_that_is_missing_is_waited_for(runner: ServiceRunner) -> None:
    from clinic_terminal.card.errors import CardError

    runner.readers = CardError("reader-missing")

    def plug_in() -> None:
        runner.readers = [Reader("Fake Reader", True)]

    def unplug() -> None:
        runner.readers = []

    runner.steps = iter([plug_in, unplug])
    result = runner.run("serve", "--taps", "--pin-stdin", "--reader", "Fake Reader")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout.splitlines()[-1])["exit_code"] == 0


def test_a_failed_tap_ends_nothing(runner: ServiceRunner) -> None:
    def plug_in() -> None:
        runner.readers = [Reader("Fake Reader", True)]

    def unplug() -> None:
        runner.readers = []

    runner.readers = []
    runner.fund.failures["/v1/eligibility/visual-check"] = ["database-unavailable"]
    runner.steps = iter([plug_in, unplug, plug_in, unplug])
    runner.card = FakeCard()
    result = runner.run("serve", "--taps", "--operator", "受付 見本")
    codes = [json.loads(line)["exit_code"] for line in result.stdout.splitlines() if line.startswith("{")]
    assert codes[0] == 40
    assert len(codes) == 2
    assert result.exit_code == 0


@pytest.mark.parametrize("options", [[], ["--pin-stdin", "--operator", "受付 見本"]])
def test_taps_need_either_a_pin_or_an_operator(runner: ServiceRunner, options: list[str]) -> None:
    result = runner.run("serve", "--taps", *options)
    assert result.exit_code == 2
    assert "--taps" in result.stderr
