"""Prescriptions and dispensings out of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eligibility_api.contract.examples import DISPENSING, PRESCRIPTION
from tests.unit.clinic_terminal.set_up import Desk

DOCTOR = ("--role", "doctor", "--operator", "見本 医師")


def written(folder: Path, request: dict[str, Any]) -> str:
    path = folder / "request.json"
    path.write_text(json.dumps(request), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("command", "request_", "path"),
    [
        ("prescribe", PRESCRIPTION, "/v1/prescriptions"),
        ("dispense", DISPENSING, "/v1/dispensings"),
    ],
)
def test_a_file_is_told_once_by_its_key(
    desk: Desk, tmp_path: Path, command: str, request_: dict[str, Any], path: str
) -> None:
    report = desk.report(command, written(tmp_path, request_), *DOCTOR, "--key", "rx-1")
    assert (report["exit_code"], "entry_id" in report["answer"]) == (0, True)
    assert (desk.fund.calls[-1], desk.fund.headers[-1]["Idempotency-Key"]) == (path, "rx-1")
    assert desk.fund.headers[-1]["Operator-Role"] == "doctor"


def test_without_a_key_each_call_has_a_new_one(desk: Desk, tmp_path: Path) -> None:
    for _ in range(2):
        desk.run("prescribe", written(tmp_path, PRESCRIPTION), *DOCTOR)
    keys = {headers["Idempotency-Key"] for headers in desk.fund.headers if "Idempotency-Key" in headers}
    assert len(keys) == 2


def test_what_was_taken_is_shown(desk: Desk, tmp_path: Path) -> None:
    result = desk.run("prescribe", written(tmp_path, PRESCRIPTION), *DOCTOR)
    assert result.stdout.lstrip().startswith("○ 受け付けました / Done")
    assert "2026-04-01 18:00" in result.stdout


@pytest.mark.parametrize("request_", [PRESCRIPTION | {"prescribed_on": "yesterday"}, {"name": "架空 花子"}])
def test_a_file_of_another_form_is_not_sent_and_its_values_are_not_repeated(
    desk: Desk, tmp_path: Path, request_: dict[str, Any]
) -> None:
    report = desk.report("prescribe", written(tmp_path, request_), *DOCTOR)
    assert (report["exit_code"], report["problem"]["code"]) == (30, "request-invalid")
    assert desk.fund.calls == []
    assert "yesterday" not in json.dumps(report)


def test_a_file_that_is_no_json_is_told(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_bytes(b"\x83\x4a")
    assert desk.report("dispense", str(path), *DOCTOR)["problem"]["code"] == "request-invalid"


def test_a_pharmacy_that_prescribes_is_refused(desk: Desk, tmp_path: Path) -> None:
    desk.fund.failures["/v1/prescriptions"] = ["right-missing"]
    assert desk.report("prescribe", written(tmp_path, PRESCRIPTION), *DOCTOR)["exit_code"] == 30


def test_whoever_does_not_say_as_whom_ends_with_2(desk: Desk, tmp_path: Path) -> None:
    assert desk.run("prescribe", written(tmp_path, PRESCRIPTION)).exit_code == 2
    assert desk.fund.calls == []
