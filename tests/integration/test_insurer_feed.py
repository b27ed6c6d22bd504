"""The feed of changes: every version of the insurer's own members, once and in order."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from eligibility_api.contract.tokens import Credential
from eligibility_api.enrolment import store
from tests.builders.fund import Fund
from tests.builders.insurer_changes import LEAVES, changes, new_insurer, of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def own(fund: Fund) -> Credential:
    return await new_insurer(fund)


async def test_the_feed_lists_opened_and_closed_versions(fund: Fund, own: Credential) -> None:
    person = fund.person()
    assert (await changes(fund, own)).next is None
    enrolled = (await fund.enrol(person, credential=own)).json()
    first = await changes(fund, own)

    ended = (await fund.change(person, "end", **of(own), **LEAVES)).json()
    second = await changes(fund, own, first.next)

    assert [(e.event, e.kind, e.enrolment_id) for e in first.changes] == [
        ("opened", "single", enrolled["enrolment_id"])
    ]
    assert [e.event for e in second.changes] == ["closed", "opened"]
    assert {e.known_from for e in second.changes} == {datetime.fromisoformat(ended["known_from"])}
    assert (await changes(fund, own, second.next)).next == second.next


@pytest.mark.parametrize("limit", [1, 2, 3, 1_000])
async def test_pages_of_any_size_give_the_same_feed(fund: Fund, own: Credential, limit: int) -> None:
    people = [fund.person() for _ in range(3)]
    for person in people:
        await fund.enrol(person, credential=own)
        await fund.change(person, "end", **of(own), **LEAVES)
    whole = (await changes(fund, own)).changes

    listed, page = [], await changes(fund, own, limit=limit)
    listed += page.changes
    while page.has_more:
        page = await changes(fund, own, page.next, limit)
        listed += page.changes

    assert listed == whole
    assert len(whole) == 9


async def test_the_feed_contains_the_insurers_own_members_only(fund: Fund, own: Credential) -> None:
    await fund.enrol(fund.person())
    assert (await changes(fund, own)).changes == []


async def test_a_revision_published_after_a_newer_one_is_not_missed(fund: Fund, own: Credential) -> None:
    person = fund.person()
    first = (await fund.enrol(person, credential=own)).json()
    file = await copied(fund, own, first["enrolment_id"])
    await fund.enrol(fund.person(), credential=own)
    before = await changes(fund, own)
    assert len(before.changes) == 2

    await fund.owner.fetch("UPDATE revision SET published_at = clock_timestamp() WHERE revision = $1", [file])
    after = await changes(fund, own, before.next)

    assert [(e.event, e.revision, e.kind) for e in after.changes] == [
        ("closed", file, "file"),
        ("opened", file, "file"),
    ]


async def test_a_revision_of_the_future_is_listed_once_it_is_effective(fund: Fund, own: Credential) -> None:
    first = (await fund.enrol(fund.person(), credential=own)).json()
    file = await copied(fund, own, first["enrolment_id"])
    ahead = "UPDATE revision SET published_at = clock_timestamp() + $2::text::interval WHERE revision = $1"
    await fund.owner.fetch(ahead, [file, "1 hour"])
    before = await changes(fund, own)
    assert len(before.changes) == 1

    await fund.owner.fetch(ahead, [file, "0 seconds"])

    assert len((await changes(fund, own, before.next)).changes) == 2


async def test_the_feed_waits_for_a_commit_that_comes_after_its_instant(fund: Fund, own: Credential) -> None:
    first = (await fund.enrol(fund.person(), credential=own)).json()
    before = await changes(fund, own)
    file = await copied(fund, own, first["enrolment_id"])

    async with fund.state.database.transaction() as late:
        await store.publish(late, file, timedelta())
        listed = asyncio.ensure_future(changes(fund, own, before.next))
        await until_waiting(fund)

    assert len((await listed).changes) == 2


async def until_waiting(fund: Fund) -> None:
    """Wait until a session waits for the publishing lock."""
    async with asyncio.timeout(5):
        while not await fund.owner.fetch(
            "SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = $1 AND NOT granted",
            [store.PUBLISHING_LOCKS],
        ):
            await asyncio.sleep(0.01)


async def test_concurrent_changes_are_each_listed_once(fund: Fund, own: Credential) -> None:
    people = [fund.person() for _ in range(6)]
    listed: list[Any] = []
    cursor = None
    making = asyncio.gather(*(fund.enrol(person, credential=own) for person in people))
    while len(listed) < len(people):
        page = await changes(fund, own, cursor, 2)
        listed, cursor = listed + page.changes, page.next

    ids = {response.json()["enrolment_id"] for response in await making}
    assert Counter(e.enrolment_id for e in listed) == dict.fromkeys(ids, 1)
    assert listed == sorted(listed, key=lambda e: (e.known_from, e.revision))


async def copied(fund: Fund, own: Credential, enrolment_id: str) -> int:
    """A file's revision in preparation that replaces an enrolment's version by an equal one."""
    columns = await fund.owner.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'enrolment'", []
    )
    kept = ", ".join(
        c["column_name"] for c in columns if c["column_name"] not in {"version", "opened_by", "closed_by"}
    )
    (row,) = await fund.owner.fetch(
        f"""WITH file AS (
                INSERT INTO revision (insurer_number, client_id, kind) VALUES ($1, $2::text::uuid, 'file') RETURNING revision
            ), former AS (
                UPDATE enrolment e SET closed_by = file.revision FROM entitlement t, file
                WHERE t.entitlement = e.entitlement AND t.enrolment_id = $3::text::uuid RETURNING e.*
            )
            INSERT INTO enrolment (opened_by, {kept}) SELECT file.revision, {", ".join(f"former.{c}" for c in kept.split(", "))} FROM former, file
            RETURNING opened_by""",
        [own.insurer_number, own.client_id, enrolment_id],
    )
    return int(row["opened_by"])


@pytest.mark.parametrize("path", ["/v1/mismatches", "/v1/changes", "/v1/paper-certificates"])
@pytest.mark.parametrize("cursor", ["x", "bm90IGpzb24=", "W10=", "LTE=", "鍵"])
async def test_an_invalid_cursor_is_rejected(fund: Fund, path: str, cursor: str) -> None:
    response = await fund.get(path, after=cursor)
    assert (response.status_code, response.json()["code"]) == (422, "cursor-invalid")


@pytest.mark.parametrize(
    "path", ["/v1/mismatches", "/v1/changes", "/v1/statistics", "/v1/paper-certificates"]
)
async def test_an_unchanged_answer_is_not_sent_again(fund: Fund, own: Credential, path: str) -> None:
    await fund.enrol(fund.person(), credential=own, address="架空県どこにもない町")
    first = await fund.get(path, own)

    again = await fund.get(path, own, etag=first.headers["ETag"])
    await fund.enrol(fund.person(), credential=own, address="架空県どこにもない町")
    changed = await fund.get(path, own, etag=first.headers["ETag"])

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert changed.status_code == 200
