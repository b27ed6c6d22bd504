"""Every command of `jpki-mock`: help in both languages, refused values, and what a refusal leaves behind."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from jpki_mock.authority.values import Reason
from jpki_mock.cli import app

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


def commands() -> dict[str, Any]:
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


COMMANDS = commands()


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPKI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})


def test_all_commands_are_listed() -> None:
    text = run("--help").output
    assert {
        "residents",
        "issue",
        "renew",
        "plug",
        "sign",
        "suspend",
        "resume",
        "revoke",
        "list",
        "admit",
        "serve",
    } <= set(COMMANDS)
    assert all(name in text for name in COMMANDS)
    assert "A synthetic J-LIS" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_help_begins_with_a_japanese_sentence_and_an_english_one(name: str) -> None:
    japanese, english, *_ = [part.strip() for part in (COMMANDS[name].help or "").split("\n\n")]
    assert run(name, "--help").exit_code == 0
    assert JAPANESE.search(japanese)
    assert japanese.endswith("。")
    assert english[0].isascii()
    assert english.endswith((".", ":"))


@pytest.mark.parametrize("name", COMMANDS)
def test_unknown_options_are_refused_and_no_register_is_created(name: str, tmp_path: Path) -> None:
    assert run(name, "--unknown").exit_code == 2
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("reason", ["", "lost", "Request", "death ", "key_compromise"])
def test_another_reason_is_refused_and_the_reasons_are_listed(reason: str) -> None:
    done = run("revoke", "card.json", "--reason", reason)
    assert done.exit_code == 2
    assert all(one.value in done.output for one in Reason)


@pytest.mark.parametrize(
    "words",
    [
        ("serve", "--port", "-1"),
        ("serve", "--port", "65536"),
        ("plug", "card.json", "--port", "0"),
        ("suspend", "--ca", "auth-1", "--serial", "0"),
        ("issue", "--resident", "R1", "--out", "c.json", "--carrier", "phone"),
        ("issue", "--resident", "R1", "--out", "c.json", "--key", "rsa4096"),
        ("issue", "--resident", "R1", "--out", "c.json", "--issued-on", "2026-02-30"),
        ("residents", "--people", "-1"),
        ("residents", "--people", "many"),
        ("revoke",),
        ("renew", "card.json"),
        ("admit",),
    ],
)
def test_a_value_outside_its_limits_is_wrong_usage(words: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert "Usage" in done.output or "Error" in done.output
    assert not (tmp_path / "c.json").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("suspend",),
        ("suspend", "card.json", "--ca", "auth-1"),
        ("suspend", "--ca", "auth-1"),
        ("suspend", "--serial", "5"),
        ("revoke", "card.json", "--ca", "auth-1", "--serial", "5", "--reason", "request"),
        ("resume", "card.json", "--serial", "5"),
    ],
)
def test_certificates_are_selected_in_one_way(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert done.stderr == "Name either a card file, or an authority (--ca) with a serial number (--serial).\n"


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"pin": "1234"}'])
@pytest.mark.parametrize(
    "words",
    [
        ("suspend", "card.json"),
        ("renew", "card.json", "--out", "new.json"),
        ("plug", "card.json"),
        ("sign", "card.json"),
    ],
)
def test_a_file_that_is_no_card_is_refused_without_its_content(
    words: tuple[str, ...], content: bytes, tmp_path: Path
) -> None:
    (tmp_path / "card.json").write_bytes(content)
    done = run(*words)
    assert (done.exit_code, done.stderr) == (2, "The file is not a card.\n")
    assert (tmp_path / "card.json").read_bytes() == content
    assert not (tmp_path / "new.json").exists()


@pytest.mark.parametrize(
    "words", [("suspend", "none.json"), ("plug", "none.json"), ("sign", "none.json"), ("admit", "none.pem")]
)
def test_a_missing_file_is_named(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert done.stderr == f"{words[1]}: No such file or directory.\n"


@pytest.mark.parametrize(
    "fault",
    ["", "unknown", "delay-ms", "delay-ms=-1", "delay-ms=soon", "corrupt-signature=maybe", "delay ms=5"],
)
def test_a_fault_is_one_of_the_listed_ones_with_a_valid_value(fault: str, tmp_path: Path) -> None:
    done = run("issue", "--resident", "R1-00000001", "--out", "c.json", "--fault", fault)
    assert done.exit_code == 2
    assert done.stderr.startswith("Unknown fault or invalid value; the faults are ")
    assert not (tmp_path / "c.json").exists()
