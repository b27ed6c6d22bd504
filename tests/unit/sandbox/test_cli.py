"""`sandbox-console serve`: what it is given, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox import console
from sandbox.cli import app
from tests.builders.console import all_persons


@pytest.fixture
def persons(tmp_path: Path) -> Path:
    file = tmp_path / "persons.json"
    file.write_text(all_persons().model_dump_json(), encoding="utf-8")
    return file


def test_it_serves_the_console_of_fund_readers_and_persons(
    persons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[console.Console] = []
    served: list[tuple[object, ...]] = []
    monkeypatch.setattr("sandbox.app.create_app", lambda console, _signer: made.append(console))
    monkeypatch.setattr("screens.web.server.serve", lambda *given: served.append(given))
    options = [
        "--reader",
        "架空診療所=http://127.0.0.1:1",
        "--reader",
        "見本薬局=http://127.0.0.1:2/",
        "--port",
        "8700",
    ]
    announce = tmp_path / "url"
    result = CliRunner().invoke(
        app,
        [
            "serve",
            "--fund",
            "http://127.0.0.1:3/",
            "--persons",
            str(persons),
            "--announce",
            str(announce),
            *options,
        ],
    )
    assert result.exit_code == 0, result.output
    [one] = made
    assert one.fund.url == "http://127.0.0.1:3"
    assert [(reader.name, reader.url) for reader in one.readers] == [
        ("架空診療所", "http://127.0.0.1:1"),
        ("見本薬局", "http://127.0.0.1:2"),
    ]
    assert one.persons.pin == json.loads(persons.read_text())["pin"]
    assert served == [(None, 8700, announce, "/console")]


@pytest.mark.parametrize("reader", ["x", "=http://127.0.0.1:1", "x=", "x=ftp://127.0.0.1"])
def test_a_reader_is_a_name_and_a_url(persons: Path, reader: str) -> None:
    options = ["serve", "--fund", "http://127.0.0.1:3", "--persons", str(persons), "--reader", reader]
    result = CliRunner().invoke(app, options)
    assert result.exit_code == 2
    assert "NAME=URL" in result.output


def test_without_a_file_of_persons_it_does_not_start(tmp_path: Path) -> None:
    options = ["serve", "--fund", "http://127.0.0.1:3", "--persons", str(tmp_path / "none.json")]
    assert CliRunner().invoke(app, options).exit_code == 2
