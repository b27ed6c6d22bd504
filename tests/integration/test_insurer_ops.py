"""Insurer operations: feed of changes, statistics, correction lists, members who need a paper."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

import asyncpg
import pytest

from eligibility_api.contract.insurer_ops import Changes, PaperCertificates
from eligibility_api.contract.numbers import check_digit
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.enrolment import store
from eligibility_api.insurer_ops import service
from eligibility_api.insurer_ops.corrections import facilities_answered_by_revisions
from eligibility_api.insurer_ops.lookup_counts import count_look_ups
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, OTHER_CLINIC
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

_NUMBERS = count(1)
LEAVES: dict[str, Any] = {"lost_on": "2026-04-01", "reason_of_loss": "03"}


@pytest.fixture
async def own(fund: Fund) -> Credential:
    """A new insurer, so that its data does not depend on other tests."""
    number = f"0613{next(_NUMBERS):03d}"
    return await fund.admit_insurer(f"{number}{check_digit(number)}")


def of(insurer: Credential) -> dict[str, Any]:
    """The insurer's item of a call about a member."""
    return {"credential": insurer, "insurer_number": insurer.insurer_number}


async def changes(fund: Fund, own: Credential, after: str | None = None, limit: int = 1_000) -> Changes:
    """One page of the feed."""
    query: dict[str, Any] = {"limit": limit} | ({"after": after} if after is not None else {})
    response = await fund.get("/v1/changes", own, **query)
    assert response.status_code == 200, response.text
    return Changes.model_validate_json(response.content)


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


async def figures(fund: Fund, own: Credential) -> dict[str, Any]:
    return dict((await fund.get("/v1/statistics", own)).json())


def hours_since(day: date) -> float:
    return (datetime.now(UTC) - datetime.combine(day, time(), JAPAN)) / timedelta(hours=1)


async def test_registration_delay_counts_from_the_first_insured_day_in_japan(
    fund: Fund, own: Credential
) -> None:
    today = day_in_japan(datetime.now(UTC))
    days = [today - timedelta(days=n) for n in (1, 3, 10)] + [today + timedelta(days=5)]
    for day in days:
        await fund.enrol(fund.person(), credential=own, acquired_on=day.isoformat())

    delay = (await figures(fund, own))["registration_delay"]

    assert delay["enrolments"] == 4
    assert delay["median_hours"] == pytest.approx((hours_since(days[0]) + hours_since(days[1])) / 2, abs=0.1)
    assert delay["p95_hours"] == pytest.approx(
        hours_since(days[1]) + 0.85 * (hours_since(days[2]) - hours_since(days[1])), abs=0.1
    )


async def test_a_correction_is_no_new_enrolment_and_a_new_period_is(fund: Fund, own: Credential) -> None:
    person = fund.person()
    await fund.enrol(person, credential=own)
    await fund.change(person, "branch", new_branch="05", **of(own))
    await fund.change(person, "end", branch="05", **of(own), **LEAVES)
    assert (await figures(fund, own))["registration_delay"]["enrolments"] == 1
    await fund.enrol(person, credential=own, branch="05", acquired_on="2026-06-01")
    assert (await figures(fund, own))["registration_delay"]["enrolments"] == 2


async def test_an_insurers_first_file_lists_no_new_members(fund: Fund, own: Credential) -> None:
    for _ in range(2):
        await fund.enrol(fund.person(), credential=own)
        await fund.owner.fetch(
            "UPDATE revision SET kind = 'file' WHERE insurer_number = $1", [own.insurer_number]
        )
    assert (await figures(fund, own))["registration_delay"]["enrolments"] == 1


async def test_an_insurer_without_members_has_empty_statistics(fund: Fund, own: Credential) -> None:
    assert await figures(fund, own) == {
        "registration_delay": {"enrolments": 0, "median_hours": None, "p95_hours": None},
        "look_ups": {},
    }


async def counted(fund: Fund) -> None:
    """Count all look-ups so far with the background job."""
    while await count_look_ups(fund.batch, commit_delay=timedelta()):
        pass


async def test_look_ups_are_counted_by_outcome_for_each_insurer_of_the_person(
    fund: Fund, own: Credential
) -> None:
    person, ended, blocked = fund.person(), fund.person(), fund.person()
    await fund.enrol(person)
    await counted(fund)
    before = (await figures(fund, fund.insurer))["look_ups"]
    for each in (person, ended, blocked):
        await fund.register(each.card)
        await fund.enrol(each, credential=own, self_disclosure_blocked=each is blocked)
    await fund.change(ended, "end", **of(own), **LEAVES)

    for each in (person, person, ended, blocked):
        await fund.tap(each.card)
    await fund.look_up(person, insurer_number=own.insurer_number)
    await fund.look_up(fund.person())
    assert (await figures(fund, own))["look_ups"] == {}
    await counted(fund)
    await counted(fund)

    assert (await figures(fund, own))["look_ups"] == {"1": 3, "2": 1, "card-not-usable": 1}
    after = (await figures(fund, fund.insurer))["look_ups"]
    assert after["1"] - before.get("1", 0) == 3


async def test_records_that_may_still_be_written_are_counted_later(fund: Fund, own: Credential) -> None:
    person = fund.person()
    await fund.enrol(person, credential=own)
    await fund.look_up(person, insurer_number=own.insurer_number)
    while await count_look_ups(fund.batch):
        pass
    assert (await figures(fund, own))["look_ups"] == {}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT lookups_after('00000000-0000-0000-0000-000000000000', '0 seconds', 1)",
        "SELECT last_record_id FROM lookup_count_progress",
        "INSERT INTO lookup_count VALUES ('06139992', now(), '1', 1)",
        "UPDATE idempotency SET answer = '{}'",
        "DELETE FROM mismatch_count",
        "UPDATE mismatch_count SET hour = now()",
        "UPDATE number_miss SET institution_code = '1'",
        "UPDATE reference_number SET entitlement = 1",
        "UPDATE revision SET published_at = '2001-01-01'",
        "INSERT INTO revision (insurer_number, client_id, published_at) SELECT insurer_number, client_id, now() FROM revision",
        "UPDATE enrolment SET closed_by = opened_by WHERE closed_by IS NULL",
        "UPDATE enrolment SET closed_by = (SELECT max(revision) FROM revision) WHERE closed_by IS NULL",
    ],
)
async def test_the_api_role_may_not(fund: Fund, statement: str) -> None:
    await fund.enrol(fund.person())
    connection = await asyncpg.connect(fund.database.dsn("api"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def papers(fund: Fund, own: Credential, **query: str) -> dict[str, bool]:
    """Whether the need of a paper is new, by enrolment."""
    page = PaperCertificates.model_validate_json(
        (await fund.get("/v1/paper-certificates", own, **query)).content
    )
    needs = {need.enrolment_id: need.new_since for need in page.members}
    return needs | (await papers(fund, own, **query | {"after": page.next}) if page.next else {})


async def member(fund: Fund, own: Credential, person: Person, **more: Any) -> str:
    """The enrolment's id of a person whose card is registered."""
    enrolled = (await fund.enrol(person, credential=own, **more)).json()
    assert (await fund.register(person.card)).status_code == 201
    return str(enrolled["enrolment_id"])


async def test_a_member_without_a_usable_card_needs_a_paper(fund: Fund, own: Credential) -> None:
    with_card = await member(fund, own, fund.person())
    without = (await fund.enrol(fund.person(), credential=own)).json()["enrolment_id"]
    nobody = (await fund.enrol(fund.person(), credential=own, address="どこにもない町")).json()[
        "enrolment_id"
    ]
    future = (await fund.enrol(fund.person(), credential=own, acquired_on="2099-01-01")).json()
    gone = fund.person()
    await fund.enrol(gone, credential=own)
    await fund.change(gone, "end", **of(own), **LEAVES)

    # From 75 on a person is insured by the late-elderly scheme, even if this insurer did not report the end.
    await fund.enrol(fund.person(birth_date=date(1940, 1, 1)), credential=own, acquired_on="2010-04-01")

    assert set(await papers(fund, own)) == {without, nobody}
    assert {with_card, future["enrolment_id"]}.isdisjoint(await papers(fund, own))


@pytest.mark.parametrize("status", ["revoked", "suspended", "expired"])
async def test_a_member_whose_card_became_invalid_newly_needs_a_paper(
    fund: Fund, own: Credential, status: str
) -> None:
    enrolment_id = await member(fund, own, fund.person())
    await fund.owner.fetch("UPDATE binding SET bound_at = bound_at - interval '3 months'", [])
    await known_since(fund, own, "2024-06-01")
    assert await papers(fund, own) == {}

    statement = (
        "UPDATE binding SET not_after = now() WHERE person_key = (SELECT {person})"
        if status == "expired"
        else "INSERT INTO revoked_certificate SELECT authority, serial, '" + status + "', now() FROM binding"
        " WHERE person_key = (SELECT {person})"
    ).format(
        person="e.person_key FROM enrolment e JOIN entitlement t USING (entitlement)"
        " WHERE t.enrolment_id = $1::text::uuid"
    )
    await fund.owner.fetch(statement, [enrolment_id])

    assert await papers(fund, own) == {enrolment_id: True}
    assert await papers(fund, own, since_month="2025-01") == {enrolment_id: False}


async def known_since(fund: Fund, own: Credential, day: str) -> None:
    """Set the day since which everything about an insurer's members is known."""
    statement = "UPDATE revision SET published_at = $2::text::date WHERE insurer_number = $1"
    await fund.owner.fetch(statement, [own.insurer_number, day])


async def test_a_member_listed_a_month_ago_is_not_new(fund: Fund, own: Credential) -> None:
    old = (await fund.enrol(fund.person(), credential=own)).json()["enrolment_id"]
    await known_since(fund, own, "2024-06-01")
    today = day_in_japan(datetime.now(UTC)).isoformat()
    new = (await fund.enrol(fund.person(), credential=own, acquired_on=today)).json()["enrolment_id"]
    assert await papers(fund, own) == {old: False, new: True}


async def test_a_member_registered_late_is_new(fund: Fund, own: Credential) -> None:
    late = (await fund.enrol(fund.person(), credential=own)).json()["enrolment_id"]
    assert await papers(fund, own) == {late: True}


@pytest.mark.parametrize("month", ["0000-01", "2026-13", "2026-1", "x"])
async def test_an_invalid_month_is_rejected(fund: Fund, month: str) -> None:
    response = await fund.get("/v1/paper-certificates", since_month=month)
    assert (response.status_code, response.json()["code"]) == (422, "request-invalid")


async def test_the_paper_list_is_paged_by_member(
    fund: Fund, own: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    for with_card in (False, True, True, False, False):
        person = fund.person()
        await (member(fund, own, person) if with_card else fund.enrol(person, credential=own))
    whole = await papers(fund, own)
    monkeypatch.setattr(service, "MEMBERS_PER_PAGE", 2)
    assert await papers(fund, own) == whole
    assert len(whole) == 3


async def test_paper_lists_contain_the_insurers_own_members_only(fund: Fund, own: Credential) -> None:
    await fund.enrol(fund.person())
    assert await papers(fund, own) == {}


async def test_the_certificates_expiry_is_stored_with_its_binding_also_after_a_renewal(fund: Fund) -> None:
    person = await fund.insured()
    renewed = fund.jlis.cards.renew(person.card, fund.clock())
    assert (await fund.tap(renewed)).status_code == 200
    rows = await fund.owner.fetch("SELECT basis, not_after FROM binding ORDER BY bound_at DESC LIMIT 2", [])
    assert sorted(row["basis"] for row in rows) == ["first-registration", "renewal"]
    assert all(row["not_after"] > datetime.now(UTC) for row in rows)


async def revision_of(fund: Fund, enrolment_id: str) -> int:
    """The revision that opened the enrolment's first version."""
    (row,) = await fund.owner.fetch(
        """SELECT min(opened_by) AS revision FROM enrolment JOIN entitlement USING (entitlement)
           WHERE enrolment_id = $1::text::uuid""",
        [enrolment_id],
    )
    return int(row["revision"])


@pytest.mark.parametrize("linked", [True, False], ids=["linked", "unlinked"])
async def test_the_correction_list_has_the_facilities_answered_with_withdrawn_data(
    fund: Fund, own: Credential, linked: bool
) -> None:
    person = fund.person()
    elsewhere = await fund.terminal(institution_code=OTHER_CLINIC)
    address: dict[str, Any] = {} if linked else {"address": "架空県どこにもない町"}
    enrolled = (await fund.enrol(person, credential=own, **address)).json()
    if not linked:
        body = {"enrolment_id": enrolled["enrolment_id"]}
        await fund.post("/v1/mismatches/confirm", body, own)
    opened = [e.revision for e in (await changes(fund, own)).changes]
    number: dict[str, Any] = {"insurer_number": own.insurer_number}
    for _ in range(2):
        await fund.look_up(person, **number)
    await fund.look_up(person, elsewhere, as_of="2024-03-31", **number)

    async def facilities() -> dict[str, int]:
        async with fund.state.database.transaction() as connection:
            return {
                f.institution_code: f.answers
                for f in await facilities_answered_by_revisions(connection, opened)
            }

    status = await facilities()
    await fund.change(person, "withdraw", **of(own))

    assert (status, await facilities()) == ({}, {CLINIC: 2})


async def test_a_facility_shown_only_another_enrolment_of_the_person_is_not_listed(
    fund: Fund, own: Credential
) -> None:
    person = fund.person()
    ended = (
        await fund.enrol(
            person, credential=own, acquired_on="2020-04-01", lost_on="2021-04-01", reason_of_loss="03"
        )
    ).json()
    await fund.enrol(person)
    await fund.look_up(person)
    revision = await revision_of(fund, ended["enrolment_id"])
    await fund.change(person, "withdraw", **of(own))
    async with fund.state.database.transaction() as connection:
        assert await facilities_answered_by_revisions(connection, [revision]) == []
