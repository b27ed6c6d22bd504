"""`payer-mock enrol` at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from payer_mock.cli import Dependencies, app
from tests.unit.payer_mock.builders import CELLS, LEFT, line, members_file
from tests.unit.payer_mock.fake_fund import ENROL, FakeFund


def run(file: Path, *options: str, fund: FakeFund | None = None) -> Result:
    dependencies = Dependencies(make_transport=(fund or FakeFund()).transport)
    return CliRunner().invoke(app, ["enrol", str(file), *options], obj=dependencies)


def test_json_has_the_whole_report(tmp_path: Path) -> None:
    file = members_file(tmp_path, line(), line(number="2", **LEFT), line(number="3", sex="F"))
    result = run(file, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "rows": 3,
        "enrolled": 2,
        "ended": 1,
        "matched": {"one": 2, "variant": 0, "none": 0, "ambiguous": 0, "other": 0, "contested": 0},
        "refused_rows": 1,
        "refused": {"code": 1},
        "checks": {},
        "faults": [{"row": 4, "column": "sex", "code": "code"}],
        "unknown_columns": [],
        "stopped": None,
    }


def test_a_good_file_gives_exit_code_0(tmp_path: Path) -> None:
    result = run(members_file(tmp_path, line()))
    assert result.exit_code == 0
    assert "資格取得 / enrolled" in result.stdout


def test_the_screen_has_rows_codes_and_sentences_but_no_values(tmp_path: Path) -> None:
    file = members_file(tmp_path, line(), line(number="123456789018"), line(number="9"))
    result = run(file, fund=FakeFund(failures={(ENROL, "9"): "overloaded"}))
    assert result.exit_code == 3
    assert "my-number-refused" in result.stdout
    assert "Stopped at row 4 (overloaded)" in result.stdout
    for value in ("123456789018", CELLS["name"], CELLS["address"], CELLS["birth_date"]):
        assert value not in result.output


def test_a_file_with_another_header_is_not_a_member_file(tmp_path: Path) -> None:
    result = run(members_file(tmp_path, header="a,b\n"))
    assert result.exit_code == 2
    assert "file-header" in result.stderr
    assert "ない列：保険者番号（insurer_number）" in result.stderr


def test_a_file_is_checked_without_settings_and_without_the_fund(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PAYER_CREDENTIAL")
    file = members_file(tmp_path, line(), line(sex="F", birth_date="60/4/1"))
    result = CliRunner().invoke(app, ["check", str(file)], obj=Dependencies())
    assert result.exit_code == 1
    for words in (
        "エラーのある行 / rejected rows",
        "性別",
        "コード表にない値です。→",
        "birth_date",
    ):
        assert words in result.stdout
    assert CELLS["name"] not in result.output


@pytest.mark.parametrize("command", ["enrol", "check"])
def test_a_workbook_is_refused_with_how_to_save_it(tmp_path: Path, command: str) -> None:
    (tmp_path / "members.xlsx").write_bytes(b"PK\x03\x04")
    result = CliRunner().invoke(app, [command, str(tmp_path / "members.xlsx")], obj=Dependencies())
    assert result.exit_code == 2
    assert "CSV UTF-8（コンマ区切り）" in result.stderr


def test_a_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PAYER_CREDENTIAL")
    result = run(members_file(tmp_path, line()))
    assert result.exit_code == 2
    assert "PAYER_CREDENTIAL" in result.stderr
