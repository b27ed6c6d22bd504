"""Other organisations' programs, run by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loadtest.surroundings import LoadError, Surroundings, surroundings


def test_many_commands_are_one_start_and_what_they_say_is_told() -> None:
    there = Surroundings(dict(os.environ), None)
    assert there.run("payer-mock", ["next-month", "--help"], ["population", "--help"]).count("Usage: payer-mock") == 2


def test_a_command_that_fails_stops_the_load_and_is_named() -> None:
    there = Surroundings(dict(os.environ), None)
    with pytest.raises(LoadError, match="payer-mock nonsense ended with 2"):
        there.run("payer-mock", ["nonsense"])


def test_a_house_that_is_there_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TERMINAL_FUND_URL", "http://127.0.0.1:8400")
    monkeypatch.setenv("FUND_HOME", "/somewhere")
    with surroundings(tmp_path, workers=1) as there:
        assert (there.fund_url, there.fund_home, there.house) == (
            "http://127.0.0.1:8400",
            Path("/somewhere"),
            None,
        )
