"""Files of guesses find nobody: beyond the limit a report shows nothing of the register, until a second key approves.

The limits are 3 unmatched rows an hour and 5 a day, raised to 2 % of the insurer's persons.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.fund_clients import INSURER
from tests.builders.insurers import Insurer, admit
from tests.builders.member_files import csv_file, get, run_jobs, upload

pytestmark = pytest.mark.anyio

PER_HOUR, PER_DAY = 3, 5


@pytest.fixture(scope="module")
async def fund(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    """A fund with low limits."""
    limits = {"unmatched_rows_per_hour": PER_HOUR, "unmatched_rows_per_day": PER_DAY}
    async with open_fund(database, tmp_path_factory.mktemp("fund"), **limits) as opened:
        yield opened


async def exhausted(fund: Fund) -> Insurer:
    """An insurer that has just used up its limit of the hour by one-row files, all of them published."""
    insurer, person = await admit(fund), fund.person()
    for attempt in range(PER_HOUR):
        answer = await insurer.process(fund, insurer.guess(person, attempt))
        assert (answer["state"], answer["report"]["unmatched"]) == ("published", 1)
    return insurer


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    """All that an answer about an upload shows, without what names the upload."""
    return {name: value for name, value in answer.items() if name not in {"upload_id", "received_at", "size"}}


async def until_visible(fund: Fund) -> None:
    """Wait until the lead of the latest revision is over."""
    await fund.owner.fetch(
        "SELECT pg_sleep(greatest(extract(epoch FROM max(published_at) - now()), 0)) FROM revision", []
    )


async def an_hour_later(fund: Fund, insurer: Insurer) -> None:
    """Let the insurer's counts be an hour old."""
    await fund.owner.fetch(
        "UPDATE mismatch_count SET hour = hour - interval '1 hour' WHERE insurer_number = $1",
        [insurer.number],
    )


async def test_a_right_guess_beyond_the_limit_is_reported_like_a_wrong_one(fund: Fund) -> None:
    insurer, person = await exhausted(fund), fund.person()
    wrong = await insurer.process(fund, insurer.guess(person, 77))
    right = await insurer.process(fund, insurer.row(person))
    assert shown(right) == shown(wrong)
    assert (right["state"], right["report"]["unmatched"]) == ("held", None)
    assert [finding["code"] for finding in right["report"]["findings"]] == ["unmatched-limit"]


@pytest.mark.parametrize("options", [{}, {"publish": "on-request"}, {"bad_rows": "reject-file"}], ids=str)
@pytest.mark.parametrize("and_also", ["nothing", "a bad row", "the row of another insurer"])
async def test_no_way_of_sending_a_file_reveals_more(
    fund: Fund, options: dict[str, str], and_also: str
) -> None:
    insurer, person = await exhausted(fund), fund.person()
    others = {
        "nothing": [],
        "a bad row": [insurer.row(fund.person(), sex="9")],
        "the row of another insurer": [insurer.row(fund.person()) | {"insurer_number": INSURER}],
    }[and_also]
    answers = [
        await insurer.process(fund, row, *others, **options)
        for row in (insurer.guess(person, 77), insurer.row(person))
    ]
    assert shown(answers[0]) == shown(answers[1])
    assert answers[1]["report"]["unmatched"] is None


async def test_rejecting_a_held_file_reveals_nothing(fund: Fund) -> None:
    insurer, person = await exhausted(fund), fund.person()
    held = await insurer.process(fund, insurer.row(person))
    rejected = await insurer.decide(fund, held["upload_id"], "reject")
    assert (rejected.status_code, rejected.json()["report"]["unmatched"]) == (200, None)
    assert (await insurer.status(fund, held["upload_id"]))["report"]["unmatched"] is None


async def test_a_held_guess_is_in_no_queue_and_no_feed(fund: Fund) -> None:
    insurer, person = await exhausted(fund), fund.person()
    await until_visible(fund)
    before = [await get(fund, f"/v1/{path}", insurer.program) for path in ("mismatches", "changes")]
    await insurer.process(fund, insurer.guess(person, 77), insurer.row(fund.person()))
    await until_visible(fund)
    assert [await get(fund, f"/v1/{path}", insurer.program) for path in ("mismatches", "changes")] == before


async def test_a_second_key_approves_with_a_reason_and_then_everything_is_reported(fund: Fund) -> None:
    insurer, person = await exhausted(fund), fund.person()
    held = await insurer.process(fund, insurer.row(person), insurer.guess(fund.person(), 77))
    own = await insurer.decide(fund, held["upload_id"], "approve")
    assert own.json()["code"] == "right-missing"
    await insurer.decide(fund, held["upload_id"], "approve", approver=True, reason="異動の届出による")
    published = await insurer.status(fund, held["upload_id"])
    assert (published["state"], published["report"]["unmatched"]) == ("published", 1)
    [record] = await fund.records("insurer_number = $1 AND kind = 'enrolment.file-approve'", insurer.number)
    assert '"reason": "異動の届出による"' in record["detail"]
    assert str(record["client_id"]) == insurer.approver.client_id


async def test_an_approval_is_no_permission_for_the_next_file(fund: Fund) -> None:
    insurer = await exhausted(fund)
    first = await insurer.process(fund, insurer.row(fund.person()))
    await insurer.decide(fund, first["upload_id"], "approve", approver=True)
    assert (await insurer.process(fund, insurer.row(fund.person())))["state"] == "held"


async def test_the_limit_counts_rows_and_not_files(fund: Fund) -> None:
    insurer, person = await admit(fund), fund.person()
    guesses = [insurer.guess(person, attempt) for attempt in range(PER_HOUR + 1)]
    answer = await insurer.process(fund, *guesses)
    assert (answer["state"], answer["report"]["unmatched"]) == ("held", None)


async def test_withheld_wrong_guesses_count_like_reported_ones(fund: Fund) -> None:
    """Otherwise a file of known wrong rows and one guess would give the answer by being held, again and again."""
    insurer, person = await admit(fund), fund.person()
    for attempt in range(PER_HOUR - 1):
        await insurer.process(fund, insurer.guess(person, attempt))
    held = await insurer.process(fund, insurer.guess(person, 50), insurer.guess(person, 51))
    after = await insurer.process(fund, insurer.row(fund.person()))
    assert [held["state"], after["state"]] == ["held", "held"]


async def test_the_day_has_a_limit_of_its_own(fund: Fund) -> None:
    insurer, person = await exhausted(fund), fund.person()
    await an_hour_later(fund, insurer)
    states = []
    for attempt in range(PER_DAY - PER_HOUR + 2):
        answer = await insurer.process(fund, insurer.guess(person, 50 + attempt))
        states.append(answer["state"])
    assert states == ["published"] * (PER_DAY - PER_HOUR) + ["held"] * 2
    for _ in range(24):
        await an_hour_later(fund, insurer)
    assert (await insurer.process(fund, insurer.guess(person, 99)))["state"] == "published"


async def test_files_that_arrive_together_are_within_the_same_limit(fund: Fund) -> None:
    insurer, person = await admit(fund), fund.person()
    sent = await asyncio.gather(
        *(insurer.send(fund, insurer.guess(person, attempt)) for attempt in range(PER_HOUR + 7))
    )
    await asyncio.gather(*(run_jobs(fund) for _ in range(4)))
    await run_jobs(fund)
    answers = [await insurer.status(fund, upload_id) for upload_id in sent]
    assert sum(answer["report"]["unmatched"] is not None for answer in answers) == PER_HOUR


async def test_one_insurers_guesses_do_not_hold_anothers_files(fund: Fund) -> None:
    await exhausted(fund)
    other = await admit(fund)
    assert (await other.process(fund, other.guess(fund.person(), 1)))["state"] == "published"


async def test_a_file_about_members_as_they_are_is_never_withheld(fund: Fund) -> None:
    insurer = await admit(fund)
    people = [fund.person() for _ in range(3)]
    await insurer.process(fund, *(insurer.row(person) for person in people))
    for attempt in range(PER_HOUR):
        await insurer.process(fund, insurer.guess(people[0], attempt))
    answer = await insurer.process(fund, *(insurer.row(person, name_alias="別名") for person in people))
    assert (answer["state"], answer["report"]["unmatched"]) == ("published", 0)


async def test_an_honest_first_load_with_one_unmatched_in_a_hundred_is_published(fund: Fund) -> None:
    insurer = await admit(fund)
    rows = [insurer.row(fund.person()) for _ in range(594)]
    answer = await insurer.process(fund, *rows, *(insurer.guess(fund.person(), n) for n in range(6)))
    assert (answer["state"], answer["report"]["unmatched"]) == ("published", 6)
    # What it has published raises its limit from then on: to 11.
    more = await insurer.process(fund, *(insurer.guess(fund.person(), 10 + n) for n in range(5)))
    beyond = await insurer.process(fund, insurer.guess(fund.person(), 20))
    assert (more["state"], more["report"]["unmatched"], beyond["state"]) == ("published", 5, "held")


async def test_one_person_under_many_numbers_raises_no_limit(fund: Fund) -> None:
    insurer, known = await admit(fund), fund.person()
    copies = [insurer.row(known, number=str(100_000 + n)) for n in range(700)]
    await insurer.process(fund, *copies)
    guesses = [insurer.guess(fund.person(), n) for n in range(PER_HOUR + 1)]
    assert (await insurer.process(fund, *guesses))["state"] == "held"
    copies = [insurer.row(known, number=str(200_000 + n)) for n in range(700)]
    again = await insurer.process(fund, *copies, insurer.guess(fund.person(), 99))
    assert again["report"]["unmatched"] is None


async def test_every_file_of_which_the_register_was_asked_is_recorded_with_its_counts(fund: Fund) -> None:
    insurer, person = await exhausted(fund), fund.person()
    await insurer.process(fund, insurer.row(person), insurer.guess(person, 77))
    records = await fund.records("insurer_number = $1 AND kind = 'enrolment.file-matched'", insurer.number)
    assert [record["outcome"] for record in records] == ["done"] * PER_HOUR + ["withheld"]
    assert '"looked_up": 2' in records[-1]["detail"]
    assert '"unmatched": 1' in records[-1]["detail"]


async def test_a_file_that_is_checked_again_is_counted_once(fund: Fund) -> None:
    insurer = await admit(fund)
    waiting = await insurer.process(fund, insurer.guess(fund.person(), 1), publish="on-request")
    older = await insurer.process(fund, insurer.guess(fund.person(), 2), publish="on-request")
    for upload_id in (waiting["upload_id"], older["upload_id"]):
        await insurer.decide(fund, upload_id, "publish")
    assert (await insurer.status(fund, older["upload_id"]))["state"] == "published"
    [count] = await fund.owner.fetch(
        "SELECT unmatched_rows FROM mismatch_count WHERE insurer_number = $1", [insurer.number]
    )
    assert count["unmatched_rows"] == 2


async def test_a_file_as_large_as_the_limit_allows_stays_within_it(fund: Fund) -> None:
    """The bound by its arithmetic: whatever the sizes of the files, no more wrong guesses are reported than the limit."""
    insurer, person, attempts = await admit(fund), fund.person(), iter(range(1000))
    reported = 0
    for size in (2, 1, 4, 1, 1, 3, 1):
        answer = await insurer.process(fund, *(insurer.guess(person, next(attempts)) for _ in range(size)))
        reported += answer["report"]["unmatched"] or 0
    assert reported == 3


async def test_the_same_bytes_again_are_not_checked_again(fund: Fund) -> None:
    insurer = await admit(fund)
    body = csv_file([insurer.guess(fund.person(), 1)])
    answers: list[Any] = []
    for _ in range(2):
        answers.append((await upload(fund, body, insurer.program, scope="changes")).json())
        await run_jobs(fund)
    assert answers[1]["duplicate_of"] == answers[0]["upload_id"]
