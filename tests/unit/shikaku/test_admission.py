"""The admission of facilities and insurers: the commands run, and where the credentials are."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from shikaku.admission import admit_insurer, admit_insurers, admit_terminal, keys_of
from shikaku.commands import Commands
from shikaku.processes import StackError
from tests.builders.ran_commands import RanCommands


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> RanCommands:
    return RanCommands(monkeypatch)


def test_a_terminal_s_credential_is_in_the_home_folder(tmp_path: Path, ran: RanCommands) -> None:
    path = admit_terminal(
        Commands(tmp_path, {}), "1311111114", "架空診療所", "clinic", "eligibility", file="t.json"
    )
    assert path == tmp_path / "t.json"
    [words] = ran.ran
    assert words[:2] == ["facility", "add"]
    assert dict(zip(words[2::2], words[3::2], strict=True)) == {
        "--institution-code": "1311111114", "--name": "架空診療所", "--kind": "clinic", "--rights": "eligibility",
        "--out": str(path),
    }  # fmt: skip


def test_a_terminal_has_the_fixed_key_only_if_it_is_asked_for(tmp_path: Path, ran: RanCommands) -> None:
    for test_key in (True, False):
        admit_terminal(Commands(tmp_path, {}), "1", "架空", "clinic", "", file="t.json", test_key=test_key)
    assert ["--test-key" in words for words in ran.ran] == [True, False]


def test_a_terminal_that_is_not_admitted_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    RanCommands(monkeypatch, facility=4)
    with pytest.raises(StackError, match="facility ended with exit code 4"):
        admit_terminal(Commands(tmp_path, {}), "1", "架空", "clinic", "", file="t.json")


def test_insurers_are_added_to_the_insurer_s_program_one_after_the_other(
    tmp_path: Path, ran: RanCommands
) -> None:
    made = Commands(tmp_path, {})
    admit_insurer(made, "01130012", "架空健康保険協会")
    admit_insurer(made, "06130017", "架空健康保険組合")
    admit_insurers(made, {"138057": '架空,"市"', "01130012": "架空健康保険協会"})
    first, second, third = made.wiring["PAYER_CREDENTIAL"].split(":")
    assert first == str(tmp_path / "payers" / "payer-01130012.json")  # replaced
    assert second == str(tmp_path / "payer-06130017.json")
    assert third == str(tmp_path / "payers" / "payer-138057.json")
    assert made.wiring["PAYER_APPROVER"].count("approver-") == 2
    with (tmp_path / "insurers.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["insurer_number", "name"], ["138057", '架空,"市"'], ["01130012", "架空健康保険協会"],
        ]  # fmt: skip


def test_the_keys_of_an_insurer_are_its_program_s_and_its_approver_s(
    tmp_path: Path, ran: RanCommands
) -> None:
    made = Commands(tmp_path, {})
    admit_insurers(made, {"01130012": "架空健康保険協会", "138057": "架空市"})
    program, approver = keys_of(made, "138057")
    assert program == tmp_path / "payers" / "payer-138057.json"
    assert str(approver) == made.wiring["PAYER_APPROVER"].split(":")[1]
    with pytest.raises(KeyError):
        keys_of(made, "06130017")
