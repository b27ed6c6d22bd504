"""Planned downtimes: by command into a file, the next one in the notice, and nothing wrong in it."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner, Result

from eligibility_api.cli import app
from eligibility_api.contract.notice import MAX_DOWNTIMES, Downtime, Downtimes
from eligibility_api.platform.errors import OperatorError
from eligibility_api.status import commands, downtimes

NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
"""12:00 in Japan."""


def planned(begins_in: float, hours: float = 1.0, ja: str = "定期保守") -> Downtime:
    begins_at = NOW + timedelta(hours=begins_in)
    return Downtime(begins_at=begins_at, ends_at=begins_at + timedelta(hours=hours), ja=ja, en="Maintenance")


@pytest.mark.parametrize(
    ("begins", "expected"),
    [([], None), ([-2], None), ([-1], None), ([-0.5], -0.5), ([5, 2], 2), ([-3, 4], 4)],
    ids=["none", "over", "just over", "under way", "the earliest", "the next"],
)
def test_the_next_downtime_is_the_first_that_is_not_over(begins: list[float], expected: float | None) -> None:
    found = Downtimes(planned=[planned(begin) for begin in begins]).next(NOW)
    assert found == (planned(expected) if expected is not None else None)


def test_what_is_over_is_dropped_when_another_one_is_planned() -> None:
    kept = Downtimes(planned=[planned(-5), planned(9)]).with_planned(planned(2), NOW)
    assert kept.planned == [planned(2), planned(9)]


@pytest.mark.parametrize(
    "change",
    [
        {"ja": ""},
        {"ja": "あ" * 201},
        {"en": "a" * 201},
        {"ends_at": NOW},
        {"begins_at": "2026-12-01T00:00:00"},
    ],
    ids=["empty", "long", "long in English", "ends before", "no zone"],
)
def test_a_downtime_that_says_nothing_or_never_ends_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Downtime.model_validate(planned(1).model_dump() | change)


def test_more_downtimes_than_anybody_reads_are_refused() -> None:
    full = Downtimes(planned=[planned(1)] * MAX_DOWNTIMES)
    with pytest.raises(ValidationError):
        full.with_planned(planned(1), NOW)


def test_the_file_is_its_owners_and_gives_back_what_was_written(tmp_path: Path) -> None:
    home = tmp_path / "fund"
    assert downtimes.read(home) == Downtimes()
    downtimes.write(home, Downtimes(planned=[planned(1)]))
    assert downtimes.read(home).planned == [planned(1)]
    [file] = home.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"planned": 3}', b'{"planned": [{}]}'])
def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path, content: bytes) -> None:
    downtimes.write(tmp_path, Downtimes())
    [file] = tmp_path.iterdir()
    file.write_bytes(content)
    with pytest.raises(OperatorError, match="cannot be read"):
        downtimes.read(tmp_path)


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `eligibility-api downtime` at `NOW`, with a home of its own."""
    monkeypatch.setenv("FUND_HOME", str(tmp_path))
    monkeypatch.setattr(commands, "system_clock", lambda: NOW)
    return lambda *arguments: CliRunner().invoke(app, ["downtime", *arguments])


SENTENCES = ("--ja", "定期保守", "--en", "Maintenance")


def test_the_commands_plan_list_and_cancel(run: Run) -> None:
    for begin, end in (("2026-12-06T01:00", "2026-12-06T05:00"), ("2026-12-02T01:00", "2026-12-02T02:00")):
        assert run("plan", "--from", begin, "--to", end, *SENTENCES).exit_code == 0
    listed = [json.loads(line) for line in run("list").stdout.splitlines()]
    assert [one["begins_at"] for one in listed] == ["2026-12-02T01:00:00+09:00", "2026-12-06T01:00:00+09:00"]
    assert (listed[0]["ja"], listed[0]["en"]) == ("定期保守", "Maintenance")
    assert run("cancel").exit_code == 0
    assert run("list").stdout == ""


@pytest.mark.parametrize(
    ("begin", "end", "sentence"),
    [
        ("2026-12-06T05:00", "2026-12-06T01:00", "ends after it begins"),
        ("2026-11-30T01:00", "2026-11-30T05:00", "already over"),
    ],
)
def test_a_downtime_that_cannot_be_is_refused_with_a_sentence(
    run: Run, begin: str, end: str, sentence: str
) -> None:
    result = run("plan", "--from", begin, "--to", end, *SENTENCES)
    assert isinstance(result.exception, OperatorError)
    assert sentence in str(result.exception)
    assert run("list").stdout == ""
