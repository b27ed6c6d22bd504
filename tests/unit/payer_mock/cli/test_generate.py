"""`payer-mock population` and `next-month` at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from payer_mock.cli import app
from payer_mock.clock import this_month
from tests.builders.residents import residents_file


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_population_is_generated_as_of_this_month_and_advanced(tmp_path: Path) -> None:
    residents, _ = residents_file(tmp_path, 1_000)
    generated = run("population", "--residents", residents, "--out", tmp_path / "population", "--json")
    assert json.loads(generated.stdout) == {"people": 1_000, "month": this_month()}
    assert (
        (tmp_path / "population" / "insurers.csv")
        .read_text()
        .startswith("insurer_number,name\n01130012,架空")
    )
    assert "現在" in run("next-month", "--population", tmp_path / "population").stdout
    events = json.loads(run("next-month", "--population", tmp_path / "population", "--json").stdout)["events"]
    assert events
    assert all(isinstance(count, int) for count in events.values())


def test_invalid_arguments_and_files_are_wrong_usage(tmp_path: Path) -> None:
    residents, _ = residents_file(tmp_path, 5)
    assert (
        run("population", "--residents", residents, "--out", tmp_path / "a", "--month", "2026-13").exit_code
        == 2
    )
    residents.write_text("架空\n")
    broken = run("population", "--residents", residents, "--out", tmp_path / "b")
    assert (broken.exit_code, "line 1" in broken.stderr, "架空\n" in broken.stderr) == (2, True, False)
    assert run("next-month", "--population", tmp_path).exit_code == 2


@pytest.mark.parametrize("damage", [b"", b"a,b\n1,2\n", b'h\n"1\n', b"h\n\xff\n", b"h\n\n"])
def test_a_damaged_member_file_gives_an_error_message(tmp_path: Path, damage: bytes) -> None:
    residents, _ = residents_file(tmp_path, 50)
    run("population", "--residents", residents, "--out", tmp_path / "population", "--month", "2026-10")
    (tmp_path / "population" / "2026-10" / "members-01130012.csv").write_bytes(damage)
    month_result = run("next-month", "--population", tmp_path / "population")
    assert (month_result.exit_code, "is damaged" in month_result.stderr) == (
        (2, True) if damage else (0, False)
    )
    assert (tmp_path / "population" / "2026-11").exists() is not bool(damage)


def test_an_unusable_folder_or_residents_file_is_wrong_usage(tmp_path: Path) -> None:
    residents, _ = residents_file(tmp_path, 5)
    (tmp_path / "file").touch()
    assert (
        run("population", "--residents", residents, "--out", tmp_path / "file" / "population").exit_code == 2
    )
    residents.write_text("[" * 100_000 + "\n")
    assert run("population", "--residents", residents, "--out", tmp_path / "population").exit_code == 2
