"""Look-ups are counted by outcome, once for each insurer whose members were read, on the day in Japan."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from eligibility_api.audit import store as audit
from eligibility_api.contract.enrolment import Mismatch
from eligibility_api.database.connections import Database
from eligibility_api.domain.eligibility import RULE_VERSION
from eligibility_api.domain.enrolment_version import EnrolmentVersion
from eligibility_api.insurer_ops.lookup_counts import MAX_RECORDS, count_look_ups
from tests.unit.eligibility_api.domain.members import CLINIC, MUNICIPAL, PERSON, SOCIETY, TODAY, insured

pytestmark = pytest.mark.anyio

VERSIONS = {
    1: insured(1),
    2: insured(2, lost_on=TODAY - timedelta(days=1)),
    3: insured(3, insurer_number=MUNICIPAL, lost_on=TODAY - timedelta(days=400)),
    4: insured(4, self_disclosure_blocked=True),
    5: insured(5, mismatch=Mismatch.OPEN),
}
AT = datetime(2026, 4, 1, 3, tzinfo=UTC)


def record(number: int, *enrolments: int, **changes: Any) -> Any:
    values: dict[str, Any] = {
        "record_id": UUID(int=number),
        "recorded_at": AT,
        "kind": "eligibility.card",
        "facility_kind": "clinic",
        "institution_code": CLINIC,
        "person_key": PERSON,
        "as_of": TODAY,
        "enrolments": list(enrolments),
        "matched_entitlements": None,
        "tickets": None,
        "consents": None,
        "rule_version": RULE_VERSION,
        "known_version": None,
        "certificate": None,
    }
    return SimpleNamespace(**values | changes)


class Result:
    """The rows of a statement."""

    def __init__(self, rows: Sequence[Any]) -> None:
        self.rows = rows

    def all(self) -> Sequence[Any]:
        return self.rows

    def scalar_one(self) -> Any:
        return self.rows[0]


class Records:
    """The audit log behind the last counted record; keeps what is added."""

    def __init__(self, *records: Any) -> None:
        self.records = records
        self.added: list[dict[str, Any]] = []
        self.progress: list[UUID] = []

    @asynccontextmanager
    async def step(self) -> Any:
        yield self

    async def execute(self, statement: Any, values: Any = None) -> Result:
        text = str(statement)
        if text.startswith("SELECT * FROM lookups_after"):
            assert values["max_records"] == MAX_RECORDS
            return Result(self.records)
        if text.startswith("INSERT"):
            self.added += values
        if text.startswith("UPDATE"):
            self.progress += [
                value for value in statement.compile().params.values() if isinstance(value, UUID)
            ]
        return Result([UUID(int=0)])


@pytest.fixture(autouse=True)
def stored_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    async def versions(_: object, records: Sequence[Any]) -> dict[int, EnrolmentVersion]:
        return {number: VERSIONS[number] for one in records for number in one.enrolments}

    monkeypatch.setattr(audit, "versions", versions)


async def counted(*records: Any) -> dict[tuple[str, date, str], int]:
    """The counts that these records add, by insurer, day and outcome."""
    log = Records(*records)
    await count_look_ups(cast(Database, log))
    return {(one["insurer_number"], one["day"], one["outcome"]): one["lookups"] for one in log.added}


async def test_a_look_up_counts_for_each_insurer_whose_members_were_read() -> None:
    found = await counted(record(1, 1), record(2, 1, 3), record(3, 2))
    assert found == {(SOCIETY, TODAY, "1"): 2, (MUNICIPAL, TODAY, "1"): 1, (SOCIETY, TODAY, "2"): 1}


@pytest.mark.parametrize(
    ("counted_record", "outcome"),
    [
        (record(1, 4), "card-not-usable"),
        (record(1, 5), "card-not-usable"),
        (record(1, 5, kind="eligibility.number", matched_entitlements=[5]), "eligibility-not-confirmable"),
        (record(1, 2, kind="eligibility.batch", matched_entitlements=[2]), "2"),
    ],
)
async def test_the_outcome_is_recomputed_also_where_it_is_a_refusal(
    counted_record: Any, outcome: str
) -> None:
    assert await counted(counted_record) == {(SOCIETY, TODAY, outcome): 1}


@pytest.mark.parametrize(
    ("recorded_at", "day"),
    [
        (datetime(2026, 4, 1, 14, 59, tzinfo=UTC), date(2026, 4, 1)),
        (datetime(2026, 4, 1, 15, 0, tzinfo=UTC), date(2026, 4, 2)),
    ],
)
async def test_the_day_is_that_of_the_answer_in_japan(recorded_at: datetime, day: date) -> None:
    assert list(await counted(record(1, 1, recorded_at=recorded_at))) == [(SOCIETY, day, "1")]


@pytest.mark.parametrize(
    "other",
    [record(1, 1, rule_version=RULE_VERSION + 1), record(1, kind=None), record(1)],
    ids=["rule", "kind", "nobody"],
)
async def test_other_records_count_for_nobody_and_are_passed(other: Any) -> None:
    log = Records(other)
    assert not await count_look_ups(cast(Database, log))
    assert (log.added, log.progress) == ([], [UUID(int=1)])


async def test_progress_is_the_last_record_and_a_full_chunk_means_that_more_may_wait() -> None:
    log = Records(*(record(number, 1) for number in range(1, MAX_RECORDS + 1)))
    assert await count_look_ups(cast(Database, log))
    assert log.progress == [UUID(int=MAX_RECORDS)]


async def test_without_new_records_nothing_is_written() -> None:
    log = Records()
    assert not await count_look_ups(cast(Database, log))
    assert (log.added, log.progress) == ([], [])
