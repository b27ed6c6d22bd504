"""The insurers' back office: statistics, counts of look-ups, and correction lists."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import asyncpg
import pytest

from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.dates import JAPAN, day_in_japan, months_before
from eligibility_api.insurer_ops.corrections import facilities_answered_by_revisions
from eligibility_api.insurer_ops.lookup_counts import count_look_ups
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, OTHER_CLINIC
from tests.builders.insurer_changes import LEAVES, changes, new_insurer, of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def own(fund: Fund) -> Credential:
    return await new_insurer(fund)


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
    found = await figures(fund, own)
    by_month = found.pop("delay_by_month")
    nothing = {"enrolments": 0, "median_hours": None, "p95_hours": None}
    assert found == {"registration_delay": nothing, "look_ups": {}}
    assert len(by_month) == 6
    assert [{name: month[name] for name in nothing} for month in by_month] == [nothing] * 6


async def test_the_delay_of_each_month_in_japan_is_of_what_was_published_in_it(
    fund: Fund, own: Credential
) -> None:
    this_month = day_in_japan(datetime.now(UTC)).replace(day=1)
    published = [
        datetime.combine(months_before(this_month, 2), time(), JAPAN),
        datetime.combine(months_before(this_month, 5), time(12), JAPAN),
        datetime.combine(months_before(this_month, 5), time(), JAPAN) - timedelta(seconds=1),
    ]
    for at in published:
        acquired = (at - timedelta(days=10)).astimezone(JAPAN).date()
        await fund.enrol(fund.person(), credential=own, acquired_on=acquired.isoformat())
        await fund.owner.fetch(
            "UPDATE revision SET published_at = $1 WHERE revision ="
            " (SELECT max(revision) FROM revision WHERE insurer_number = $2)",
            [at, own.insurer_number],
        )
    by_month = (await figures(fund, own))["delay_by_month"]
    assert [month["month"] for month in by_month] == [
        f"{months_before(this_month, number):%Y-%m}" for number in (5, 4, 3, 2, 1, 0)
    ]
    assert [month["enrolments"] for month in by_month] == [1, 0, 0, 1, 0, 0]
    assert by_month[0]["median_hours"] == pytest.approx(10 * 24 + 12)
    assert by_month[3]["p95_hours"] == pytest.approx(10 * 24)


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
