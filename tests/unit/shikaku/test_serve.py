"""The command `shikaku`: its options, its ready file, and its exit codes. Services are not started here."""

from __future__ import annotations

import json
import signal
import stat
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shikaku import serve
from shikaku.ports import Ports
from shikaku.processes import StackError
from shikaku.sites import APPROVER, DOCTOR, RECEPTION, SENDER
from shikaku.stack import PIN

TODAY = date(2026, 11, 30)


class FakeStack:
    """A stack that starts nothing, and notes in which order it is used."""

    def __init__(self, home: Path, **options: Any) -> None:
        self.home, self.options = home, options
        self.done: list[str] = []
        self.error: BaseException | None = None
        self.stale = True
        self.cards, self.persons = home / "cards", home / "persons.json"
        self.screens_url, self.web_face_url = "http://screens:8610", "http://web:8600"
        self.wiring = {
            "FUND_JLIS_URL": "http://jlis:8410",
            "TERMINAL_FUND_URL": "http://fund:8400",
            "TERMINAL_CREDENTIAL": "terminal.json",
            "TERMINAL_EXCHANGE_ROOT": str(home / "exchange"),
            "PAYER_CREDENTIAL": "payer-01130012.json",
        }

    def warm(self) -> Any:
        return nullcontext()

    def start(self, meanwhile: Callable[[], object]) -> None:
        if self.error is not None:
            raise self.error
        meanwhile()
        self.done.append("started")

    def stop(self) -> None:
        self.done.append("stopped")

    def write_environment(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("export A=1\n")


class FakePersons:
    """Registers nobody."""

    def __init__(self, stack: FakeStack, data: Any) -> None:
        self._stack = stack

    def issue_cards(self) -> None:
        self._stack.done.append("cards")
        self._stack.stale = any(self._stack.home.parent.parent.rglob("*.json"))

    def register(self) -> None:
        self._stack.done.append("registered")


class Played:
    """What a run of the command did."""

    def __init__(self) -> None:
        self.stack: FakeStack | None = None
        self.error: BaseException | None = None
        self.ready: dict[str, Any] = {}
        self.files: list[Path] = []


def open_console(_: FakeStack, persons: dict[str, Any]) -> str:
    assert persons["pin"] == PIN
    assert len(persons["persons"]) > 100
    return "http://console:8800"


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Played:
    found = Played()

    def made(home: Path, **options: Any) -> FakeStack:
        found.stack = FakeStack(home, **options)
        found.stack.error = found.error
        return found.stack

    def pause() -> None:
        found.files = sorted(one for one in tmp_path.rglob("*") if one.is_file())
        file = tmp_path / "deep" / "ready.json"
        if file.exists():
            found.ready = json.loads(file.read_text(encoding="utf-8"))
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(serve, "Stack", made)
    monkeypatch.setattr(serve, "PersonRegistration", FakePersons)
    monkeypatch.setattr(serve, "serve_exchange", lambda stack, _: stack.done.append("exchange"))
    monkeypatch.setattr(serve, "be_strict", lambda stack: stack.done.append("strict"))
    monkeypatch.setattr(serve, "open_desk", lambda *_: "http://desk:8700")
    monkeypatch.setattr(serve, "open_console", open_console)
    monkeypatch.setattr(serve, "today", lambda: TODAY)
    monkeypatch.setattr(serve, "end_like_ctrl_c", lambda: None)
    monkeypatch.setattr(signal, "pause", pause)
    return found


def test_the_ready_file_is_there_only_while_all_is_ready(
    played: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "deep" / "ready.json"
    file.parent.mkdir()
    file.write_text("of a killed process")
    assert serve.main(["--ready-file", str(file)]) == 130
    home = tmp_path / ".shikaku"
    assert played.files == [home / "stack.env", file]
    assert played.stack is not None
    assert played.stack.done == ["cards", "started", "registered", "exchange", "stopped"]
    assert not played.stack.stale
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []
    assert played.ready == {
        "day": "2026-11-30",
        "fund": "http://fund:8400",
        "jlis": "http://jlis:8410",
        "web_api": "http://web:8600",
        "screens": "http://screens:8610",
        "console": "http://console:8800",
        "insurer_desk": "http://desk:8700",
        "institution_code": "1311111114",
        "insurer_number": "01130012",
        "terminal_credential": "terminal.json",
        "insurer_credential": "payer-01130012.json",
        "exchange": str(home / "stack" / "exchange"),
        "cards": str(home / "stack" / "cards"),
        "pin": PIN,
        "persons": str(home / "stack" / "persons.json"),
        "environment": str(home / "stack.env"),
        "variables": played.stack.wiring,
    }
    printed = capsys.readouterr().out
    for text in (
        "http://fund:8400",
        "http://console:8800",
        "http://desk:8700",
        PIN,
        *RECEPTION,
        *DOCTOR,
        *SENDER,
        *APPROVER,
    ):
        assert text in printed
    for address, who in (
        ("http://screens:8610/reader", "患者さん：カードリーダーの画面 / patients: the card reader"),
        ("http://screens:8610/desk", "受付・医師：今日の来院 / reception, doctor: today's visits"),
        ("http://desk:8700", "保険者の担当者：加入者情報の登録 / an insurer's clerks: members"),
        (
            "http://fund:8400/portal",
            "患者さん：本人の画面（スマートフォンの幅で） / patients: their own page, as on a phone",
        ),
        (
            "http://console:8800",
            "試験環境：テスト患者・カードを置く・記録・障害 / sandbox: persons, cards, request log, faults",
        ),
    ):
        assert f"  {who}  {address}" in printed.splitlines()


@pytest.mark.parametrize(
    ("arguments", "ports", "strict"),
    [([], Ports.named("fixed"), False), (["--ports", "free", "--strict"], Ports(), True)],
    ids=["usual", "other"],
)
def test_the_stack_is_a_sandbox_as_the_options_say(
    played: Played, tmp_path: Path, arguments: list[str], ports: Ports, strict: bool
) -> None:
    assert serve.main(arguments) == 130
    assert played.stack is not None
    assert played.stack.options == {
        "ports": ports,
        "sandbox": True,
        "strict": strict,
        "card_keys": tmp_path / "cache" / "shikaku" / "card-keys.json",
    }
    assert (played.stack.done[-2:] == ["strict", "stopped"]) is strict


def test_a_stack_that_does_not_start_exits_with_1_and_its_reason(
    played: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    played.error = StackError("jpki-mock: no address")
    assert serve.main(["--ready-file", str(tmp_path / "ready.json")]) == 1
    assert "jpki-mock: no address" in capsys.readouterr().err
    assert not (tmp_path / "ready.json").exists()


@pytest.mark.parametrize(
    ("home", "kept"),
    [("/h/ann", "/h/ann/.cache/shikaku/card-keys.json"), (None, None)],
    ids=["home", "no home"],
)
def test_keys_of_cards_are_kept_in_the_user_s_cache(
    monkeypatch: pytest.MonkeyPatch, home: str | None, kept: str | None
) -> None:
    def no_home() -> Path:
        if home is None:
            raise RuntimeError
        return Path(home)

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    assert serve._card_keys() == (Path(kept) if kept else None)


@pytest.mark.parametrize("arguments", [["--ports", "8400"], ["--listen"], ["more"]])
def test_a_wrong_option_starts_nothing(played: Played, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        serve.main(arguments)
    assert end.value.code == 2
    assert played.stack is None


def test_without_the_extra_the_command_names_it(
    played: Played, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve, "find_spec", lambda _: None)
    assert serve.main([]) == 2
    assert "shikaku[stack]" in capsys.readouterr().err
    assert played.stack is None


def test_the_ports_of_the_services_are_passed_on(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    relayed: list[Any] = []

    def relay(*asked: Any) -> Any:
        relayed.append(asked)
        return nullcontext()

    monkeypatch.setattr(serve, "Relay", relay)
    assert serve.main(["--listen", "192.0.2.1"]) == 130
    assert relayed == [("192.0.2.1", [8400, 8410, 8600, 8610, 8800, 8700])]
