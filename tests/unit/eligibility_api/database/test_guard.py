"""No connection can be opened without the settings under which statements find rows by keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import eligibility_api

SOURCE = Path(eligibility_api.__file__).parent

OPENS = re.compile(
    r"\b(asyncpg\.(connect|create_pool)\b|create_(async_)?engine\b|psycopg\w*\.connect|Servers\()"
)
RELAXES = re.compile(r"enable_(seqscan|hashjoin|mergejoin|indexscan|bitmapscan|nestloop)|plan_cache_mode")
WHOLE_FILE = re.compile(r"\bwhole_file\(")

MAY_OPEN = {"database/connections.py", "database/migrate.py", "database/servers.py"}
"""The connections of all programs, migrations, which run alone, and what finds the primary for both."""

READS_WHOLE_FILES = {
    "database/plans.py": 1,
    "uploads/check.py": 1,
    "uploads/matches.py": 1,
    "uploads/plan.py": 1,
    "uploads/publish.py": 1,
    "uploads/report.py": 1,
}
"""Where a statement may read all rows of a file: once in each."""


def _sources() -> dict[str, str]:
    return {
        path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(SOURCE.rglob("*.py"))
        if "migrations" not in path.parts
    }


def test_only_the_guarded_connections_are_opened() -> None:
    sources = _sources()
    assert len(sources) > 200
    assert {name for name, text in sources.items() if OPENS.search(text)} == MAY_OPEN


def test_nothing_but_the_guard_chooses_kinds_of_plans() -> None:
    assert {name for name, text in _sources().items() if RELAXES.search(text)} == {"database/plans.py"}


def test_statements_over_whole_files_are_listed() -> None:
    counts = {name: len(WHOLE_FILE.findall(text)) for name, text in _sources().items()}
    assert {name: count for name, count in counts.items() if count} == READS_WHOLE_FILES


@pytest.mark.parametrize(
    "text",
    [
        "asyncpg.connect(dsn)",
        "create_async_engine(url)",
        "asyncpg.create_pool(dsn)",
        "create_engine(url)",
        "Servers(dsn)",
    ],
)
def test_an_unguarded_connection_is_found(text: str) -> None:
    assert OPENS.search(text)
