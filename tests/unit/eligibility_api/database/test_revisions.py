"""Which programs a schema serves, and which program a session is of."""

from __future__ import annotations

import pytest

from eligibility_api.database.connections import APPLICATION_NAME, JOBS_APPLICATION_NAME
from eligibility_api.database.revisions import FIRST_FLOOR, head, is_served, revision_of, session_name


@pytest.mark.parametrize("kind", [APPLICATION_NAME, JOBS_APPLICATION_NAME])
def test_a_session_is_named_after_its_programs_revision(kind: str) -> None:
    assert session_name(kind) == f"{kind} {head()}"
    assert revision_of(session_name(kind)) == head()
    assert len(session_name(kind)) < 64, "PostgreSQL would cut it"


@pytest.mark.parametrize(
    ("name", "revision"),
    [
        ("eligibility-api", FIRST_FLOOR),
        ("eligibility-api jobs", FIRST_FLOOR),
        ("eligibility-api 0041", "0041"),
        ("eligibility-api jobs 0041", "0041"),
        ("", None),
        ("psql", None),
        ("eligibility-api 41", None),
        ("eligibility-api 0041 x", None),
        ("eligibility-apis 0041", None),
        ("eligibility-api ００４１", None),
    ],
)
def test_sessions_of_other_programs_have_no_revision(name: str, revision: str | None) -> None:
    assert revision_of(name) == revision


@pytest.mark.parametrize(
    ("program", "schema", "floor", "served"),
    [
        ("0042", "0042", "0040", True),
        ("0042", "0043", "0042", True),  # the next release has migrated
        ("0042", "0044", "0043", False),  # a contract of it has run
        ("0042", "0041", "0040", False),  # this release has not migrated
    ],
)
def test_a_program_is_served_from_its_own_schema_until_a_contract(
    program: str, schema: str, floor: str, served: bool
) -> None:
    assert is_served(program, schema=schema, floor=floor) is served
