"""The commands `prescribe`, `dispense` and `dispense-on-site`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eligibility_api.contract.examples import DISPENSING, DUPLICATE_CHECK, ON_SITE, PRESCRIPTION
from tests.builders.clinic.terminal import TerminalRunner

DOCTOR = ("--role", "doctor", "--operator", "見本 医師")


def write_request(folder: Path, request: dict[str, Any]) -> str:
    path = folder / "request.json"
    path.write_text(json.dumps(request), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("command", "request_", "path"),
    [
        ("prescribe", PRESCRIPTION, "/v1/prescriptions"),
        ("dispense", DISPENSING, "/v1/dispensings"),
        ("dispense-on-site", ON_SITE, "/v1/on-site-dispensings"),
    ],
)
def test_a_file_is_sent_with_its_key(
    terminal: TerminalRunner, tmp_path: Path, command: str, request_: dict[str, Any], path: str
) -> None:
    report = terminal.report(command, write_request(tmp_path, request_), *DOCTOR, "--key", "rx-1")
    assert (report["exit_code"], "entry_id" in report["answer"]) == (0, True)
    assert (terminal.fund.calls[-1], terminal.fund.headers[-1]["Idempotency-Key"]) == (path, "rx-1")
    assert terminal.fund.headers[-1]["Operator-Role"] == "doctor"


def test_without_a_key_each_call_has_a_new_one(terminal: TerminalRunner, tmp_path: Path) -> None:
    for _ in range(2):
        terminal.run("prescribe", write_request(tmp_path, PRESCRIPTION), *DOCTOR)
    keys = {headers["Idempotency-Key"] for headers in terminal.fund.headers if "Idempotency-Key" in headers}
    assert len(keys) == 2


def test_the_entry_is_shown(terminal: TerminalRunner, tmp_path: Path) -> None:
    result = terminal.run("prescribe", write_request(tmp_path, PRESCRIPTION), *DOCTOR)
    assert result.stdout.lstrip().startswith("○ 完了しました / Done")
    assert "2026-04-01 18:00" in result.stdout


@pytest.mark.parametrize("request_", [PRESCRIPTION | {"prescribed_on": "yesterday"}, {"name": "架空 花子"}])
def test_an_invalid_file_is_not_sent_and_its_values_are_not_repeated(
    terminal: TerminalRunner, tmp_path: Path, request_: dict[str, Any]
) -> None:
    report = terminal.report("prescribe", write_request(tmp_path, request_), *DOCTOR)
    assert (report["exit_code"], report["problem"]["code"]) == (30, "request-invalid")
    assert terminal.fund.calls == []
    assert "yesterday" not in json.dumps(report)


def test_a_file_that_is_no_json_is_rejected(terminal: TerminalRunner, tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_bytes(b"\x83\x4a")
    assert terminal.report("dispense", str(path), *DOCTOR)["problem"]["code"] == "request-invalid"


def test_a_refusal_ends_with_30(terminal: TerminalRunner, tmp_path: Path) -> None:
    terminal.fund.failures["/v1/prescriptions"] = ["right-missing"]
    assert terminal.report("prescribe", write_request(tmp_path, PRESCRIPTION), *DOCTOR)["exit_code"] == 30


def test_without_a_role_it_ends_with_2(terminal: TerminalRunner, tmp_path: Path) -> None:
    assert terminal.run("prescribe", write_request(tmp_path, PRESCRIPTION)).exit_code == 2
    assert terminal.fund.calls == []


CONSENT = {"consent_id": "019ab000-0000-7000-8000-0000000000c1"}


@pytest.mark.parametrize(("more", "named"), [({}, False), (CONSENT, True)], ids=["fact", "consent"])
def test_a_check_shows_the_facts_and_with_consent_the_other_medicines(
    terminal: TerminalRunner, tmp_path: Path, more: dict[str, Any], named: bool
) -> None:
    """Rule K7."""
    path = write_request(tmp_path, DUPLICATE_CHECK | more)
    result = terminal.run("check-duplicates", path, *DOCTOR)
    assert result.exit_code == 0
    assert "重複投薬 / Duplicate medication" in result.stdout
    assert "該当あり / found" in result.stdout
    assert "該当なし / none" in result.stdout
    line = "[1] 重複投薬：架空鎮痛テープ・見本クリニック・2026-03-27～2026-04-09"
    assert (line in result.stdout) is named
    assert terminal.fund.headers[-1]["Operator-Role"] == "doctor"


def test_where_not_all_was_compared_nothing_is_called_absent(
    terminal: TerminalRunner, tmp_path: Path
) -> None:
    """Rule M9."""
    terminal.fund.permits.too_many_entries = True
    path = write_request(tmp_path, DUPLICATE_CHECK)
    result = terminal.run("check-duplicates", path, *DOCTOR)
    assert "該当あり / found" in result.stdout
    assert "判定できません / cannot be decided" in result.stdout
    assert "お薬手帳" in result.stdout
    assert "該当なし" not in result.stdout
    assert terminal.report("check-duplicates", path, *DOCTOR)["answer"]["complete"] is False


def test_a_refused_check_ends_with_30(terminal: TerminalRunner, tmp_path: Path) -> None:
    terminal.fund.failures["/v1/duplicate-checks"] = ["not-identified"]
    report = terminal.report("check-duplicates", write_request(tmp_path, DUPLICATE_CHECK), *DOCTOR)
    assert (report["exit_code"], report["problem"]["code"]) == (30, "not-identified")
