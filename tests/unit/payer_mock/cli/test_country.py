"""`payer-mock country` and `month`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from payer_mock.cli import app
from payer_mock.clock import this_month
from tests.unit.payer_mock.country.residents import residents_file


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_country_is_made_as_of_this_month_and_lives_on(tmp_path: Path) -> None:
    residents, _ = residents_file(tmp_path, 50)
    made = run("country", "--residents", residents, "--out", tmp_path / "land", "--json")
    assert json.loads(made.stdout) == {"people": 50, "month": this_month()}
    assert (tmp_path / "land" / "insurers.csv").read_text().startswith("insurer_number,name\n01130012,架空")
    assert "現在" in run("month", "--country", tmp_path / "land").stdout
    events = json.loads(run("month", "--country", tmp_path / "land", "--json").stdout)["events"]
    assert all(isinstance(count, int) for count in events.values())


def test_what_cannot_be_made_is_told(tmp_path: Path) -> None:
    residents, _ = residents_file(tmp_path, 5)
    assert (
        run("country", "--residents", residents, "--out", tmp_path / "a", "--month", "2026-13").exit_code == 2
    )
    residents.write_text("架空\n")
    broken = run("country", "--residents", residents, "--out", tmp_path / "b")
    assert (broken.exit_code, "line 1" in broken.stderr, "架空\n" in broken.stderr) == (2, True, False)
    assert run("month", "--country", tmp_path).exit_code == 2


@pytest.mark.parametrize("damage", [b"", b"a,b\n1,2\n", b'h\n"1\n', b"h\n\xff\n", b"h\n\n"])
def test_a_damaged_member_file_ends_the_month_in_a_sentence(tmp_path: Path, damage: bytes) -> None:
    residents, _ = residents_file(tmp_path, 50)
    run("country", "--residents", residents, "--out", tmp_path / "land", "--month", "2026-10")
    (tmp_path / "land" / "2026-10" / "members-01130012.csv").write_bytes(damage)
    played = run("month", "--country", tmp_path / "land")
    assert (played.exit_code, "is damaged" in played.stderr) == ((2, True) if damage else (0, False))
    assert (tmp_path / "land" / "2026-11").exists() is not bool(damage)


def test_a_country_needs_a_place(tmp_path: Path) -> None:
    residents, _ = residents_file(tmp_path, 5)
    (tmp_path / "file").touch()
    assert run("country", "--residents", residents, "--out", tmp_path / "file" / "land").exit_code == 2
    residents.write_text("[" * 100_000 + "\n")
    assert run("country", "--residents", residents, "--out", tmp_path / "land").exit_code == 2
