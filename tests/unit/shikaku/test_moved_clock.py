"""Another time for all processes: the same seconds for each, by libfaketime."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from shikaku import moved_clock
from shikaku.moved_clock import find_library, instant, start_again_at, variables
from shikaku.processes import StackError

NOW = datetime(2026, 12, 1, 0, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-12-15", datetime(2026, 12, 14, 15, tzinfo=UTC)),
        ("2026-12-15T09:00", datetime(2026, 12, 15, tzinfo=UTC)),
        ("2026-12-15T09:00+00:00", datetime(2026, 12, 15, 9, tzinfo=UTC)),
        ("2026-12-15T00:00:00Z", datetime(2026, 12, 15, tzinfo=UTC)),
    ],
)
def test_an_instant_is_in_japan_unless_it_names_a_zone(text: str, read: datetime) -> None:
    assert instant(text) == read


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-02-30", "09:00"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|range"):
        instant(text)


@pytest.mark.parametrize(
    ("begin", "offset"),
    [
        (NOW + timedelta(days=1), "+86400"),
        (NOW - timedelta(seconds=90.2), "-90"),
        (NOW, "+0"),
        (datetime(2026, 12, 1, 9, 0, tzinfo=timezone(timedelta(hours=9))), "+0"),
    ],
)
def test_all_clocks_are_moved_by_the_same_seconds(begin: datetime, offset: str) -> None:
    found = variables(begin, NOW, "/lib/fake.so")
    assert found["FAKETIME"] == offset
    assert found["LD_PRELOAD"] == "/lib/fake.so"
    assert found["FAKETIME_DONT_FAKE_MONOTONIC"] == "1"


def test_the_library_is_found_where_a_distribution_puts_it(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="libfaketime is needed"):
        find_library(tmp_path)
    file = tmp_path / "usr" / "lib" / "x86_64-linux-gnu" / "faketime" / "libfaketime.so.1"
    file.parent.mkdir(parents=True)
    file.touch()
    assert find_library(tmp_path) == str(file)


def test_the_program_starts_again_once(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict[str, str]] = []
    monkeypatch.delenv(moved_clock.OFFSET, raising=False)
    monkeypatch.setattr(moved_clock, "find_library", lambda _: "/lib/fake.so")
    monkeypatch.setattr(moved_clock, "_replace", started.append)
    start_again_at(NOW)
    [environment] = started
    assert environment["PATH"] == os.environ["PATH"]
    monkeypatch.setenv(moved_clock.OFFSET, environment[moved_clock.OFFSET])
    start_again_at(NOW)
    assert len(started) == 1


def test_another_process_sees_the_time(tmp_path: Path) -> None:
    try:
        library = find_library(Path("/"))
    except StackError:
        pytest.skip("libfaketime is not installed")
    begin = datetime(2031, 5, 6, 7, 8, tzinfo=UTC)
    environment = variables(begin, datetime.now(UTC), library)
    program = "import datetime; print(datetime.datetime.now(datetime.UTC).isoformat())"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert abs(datetime.fromisoformat(done.stdout.strip()) - begin) < timedelta(minutes=1)
