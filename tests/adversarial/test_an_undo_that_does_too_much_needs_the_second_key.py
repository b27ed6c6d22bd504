"""An undo that loses a protection flag, or changes or removes too many members, needs the second key as a file does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.fund import Fund
from tests.builders.insurers import Insurer, admit
from tests.builders.member_files import run_jobs
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

FLAGS = ("nondisclosure", "self_disclosure_blocked")


async def published(fund: Fund, insurer: Insurer, *rows: dict[str, str]) -> str:
    """Publish a file, with an approval if it is held; returns its upload's id."""
    answer = await insurer.process(fund, *rows)
    if answer["state"] == "held":
        await insurer.decide(fund, answer["upload_id"], "approve", approver=True)
        answer = await insurer.status(fund, answer["upload_id"])
    assert answer["state"] == "published", answer
    return str(answer["upload_id"])


async def undone(fund: Fund, insurer: Insurer, upload_id: str, *, approver: bool = False) -> dict[str, Any]:
    """Ask for an undo; returns the upload's state once the job has nothing to do."""
    response = await insurer.decide(fund, upload_id, "undo", approver=approver)
    assert response.status_code == 202, response.text
    return await insurer.status(fund, upload_id)


def holding(answer: dict[str, Any]) -> list[str]:
    """The codes of the findings that hold the undo."""
    return [finding["code"] for finding in answer["undo_report"]["findings"] if finding["holds"]]


def people(fund: Fund, number: int) -> list[Person]:
    return [fund.person() for _ in range(number)]


async def flags_of(fund: Fund, insurer: Insurer) -> set[tuple[bool, bool]]:
    """The flags of the insurer's current versions."""
    rows = await fund.owner.fetch(
        """SELECT v.nondisclosure, v.self_disclosure_blocked FROM enrolment v JOIN entitlement e USING (entitlement)
           JOIN revision o ON o.revision = v.opened_by AND o.published_at IS NOT NULL
           LEFT JOIN revision c ON c.revision = v.closed_by
           WHERE e.insurer_number = $1 AND c.published_at IS NULL""",
        [insurer.number],
    )
    return {(row["nondisclosure"], row["self_disclosure_blocked"]) for row in rows}


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("known_before", [True, False])
async def test_an_undo_that_loses_a_flag_waits_and_the_flag_stays(
    fund: Fund, flag: str, known_before: bool
) -> None:
    insurer, [person] = await admit(fund), people(fund, 1)
    if known_before:
        await published(fund, insurer, insurer.row(person))
    upload_id = await published(fund, insurer, insurer.row(person, **{flag: "1"}))
    answer = await undone(fund, insurer, upload_id)
    assert (answer["state"], holding(answer)) == ("undo-held", ["protection-lost"])
    assert await flags_of(fund, insurer) == {(flag == FLAGS[0], flag == FLAGS[1])}


async def test_the_second_key_carries_out_the_undo_with_a_reason(fund: Fund) -> None:
    insurer, [person] = await admit(fund), people(fund, 1)
    await published(fund, insurer, insurer.row(person))
    upload_id = await published(fund, insurer, insurer.row(person, nondisclosure="1"))
    await undone(fund, insurer, upload_id)
    own = await insurer.decide(fund, upload_id, "approve")
    assert own.json()["code"] == "right-missing"
    await insurer.decide(fund, upload_id, "approve", approver=True, reason="誤登録の訂正")
    assert (await insurer.status(fund, upload_id))["state"] == "undone"
    assert await flags_of(fund, insurer) == {(False, False)}
    records = await fund.records("insurer_number = $1 AND kind LIKE 'enrolment.file-%'", insurer.number)
    kinds = [record["kind"].removeprefix("enrolment.file-") for record in records]
    assert kinds[-4:] == ["undo", "undo-held", "approve", "undone"]
    assert '"reason": "誤登録の訂正"' in records[-2]["detail"]


async def test_whoever_asked_for_the_undo_cannot_approve_it(fund: Fund) -> None:
    insurer, [person] = await admit(fund), people(fund, 1)
    upload_id = await published(fund, insurer, insurer.row(person, nondisclosure="1"))
    assert (await undone(fund, insurer, upload_id, approver=True))["state"] == "undo-held"
    refused = await insurer.decide(fund, upload_id, "approve", approver=True)
    assert refused.json()["code"] == "approval-needs-another-key"
    assert await flags_of(fund, insurer) == {(True, False)}


async def test_a_rejected_undo_leaves_the_file_published_and_can_be_asked_for_again(fund: Fund) -> None:
    insurer, [person] = await admit(fund), people(fund, 1)
    upload_id = await published(fund, insurer, insurer.row(person, nondisclosure="1"))
    for _ in range(2):
        assert (await undone(fund, insurer, upload_id))["state"] == "undo-held"
        rejected = await insurer.decide(fund, upload_id, "reject")
        assert rejected.json()["state"] == "published"
    await undone(fund, insurer, upload_id)
    # The approval of an earlier undo, or of the file, would be none for this one.
    assert (await insurer.status(fund, upload_id))["state"] == "undo-held"
    await insurer.decide(fund, upload_id, "approve", approver=True)
    assert (await insurer.status(fund, upload_id))["state"] == "undone"


async def test_the_approval_of_a_held_file_is_none_for_its_undo(fund: Fund) -> None:
    insurer, members = await admit(fund), people(fund, 25)
    await published(fund, insurer, *(insurer.row(person) for person in members))
    held = await insurer.process(fund, *(insurer.row(person, name_alias="誤") for person in members))
    assert held["state"] == "held"
    await insurer.decide(fund, held["upload_id"], "approve", approver=True)
    answer = await undone(fund, insurer, held["upload_id"])
    assert (answer["state"], holding(answer)) == ("undo-held", ["changed"])


async def test_an_undo_that_removes_too_many_members_waits(fund: Fund) -> None:
    insurer = await admit(fund)
    kept = [insurer.row(person) for person in people(fund, 30)]
    await published(fund, insurer, *kept)
    upload_id = await published(fund, insurer, *(insurer.row(person) for person in people(fund, 2)))
    answer = await undone(fund, insurer, upload_id)
    assert (answer["state"], holding(answer)) == ("undo-held", ["removed"])
    assert (answer["undo_report"]["removed"], answer["undo_report"]["changed"]) == (2, 0)


@pytest.mark.parametrize(
    ("changed", "removed", "state"), [(4, 1, "undone"), (5, 0, "undo-held"), (0, 2, "undo-held")]
)
async def test_the_shares_are_those_that_hold_a_file(
    fund: Fund, changed: int, removed: int, state: str
) -> None:
    """20 members in the file and 30 of the insurer: more than 4 changed, or more than 1 removed, are too many."""
    insurer, members = await admit(fund), people(fund, 30)
    await published(fund, insurer, *(insurer.row(person) for person in members))
    rows = [
        insurer.row(person, **({"name_alias": "誤"} if n < changed else {}))
        for n, person in enumerate(members[:20])
    ]
    upload_id = await published(
        fund, insurer, *rows, *(insurer.row(person) for person in people(fund, removed))
    )
    assert (await undone(fund, insurer, upload_id))["state"] == state


async def test_a_small_undo_is_carried_out_at_once(fund: Fund) -> None:
    insurer, [one, other] = await admit(fund), people(fund, 2)
    await published(fund, insurer, insurer.row(one))
    upload_id = await published(fund, insurer, insurer.row(one, name_alias="誤"), insurer.row(other))
    answer = await undone(fund, insurer, upload_id)
    assert (answer["state"], holding(answer)) == ("undone", [])
    assert answer["undo_report"] == {
        "changed": 1,
        "removed": 1,
        "findings": [
            {"code": "changed", "count": 1, "holds": False, "column": None, "detail": {"share": 1.0}},
            {"code": "removed", "count": 1, "holds": False, "column": None, "detail": None},
        ],
    }


async def test_what_was_changed_since_does_not_count(fund: Fund) -> None:
    insurer, [person] = await admit(fund), people(fund, 1)
    upload_id = await published(fund, insurer, insurer.row(person, nondisclosure="1"))
    await published(fund, insurer, insurer.row(person, nondisclosure="1", name_alias="別名"))
    answer = await undone(fund, insurer, upload_id)
    assert (answer["state"], answer["report"]["changed_since"]) == ("undone", 1)
    assert await flags_of(fund, insurer) == {(True, False)}


async def test_a_held_undo_blocks_no_other_file(fund: Fund) -> None:
    insurer, [person] = await admit(fund), people(fund, 1)
    upload_id = await published(fund, insurer, insurer.row(person, nondisclosure="1"))
    await undone(fund, insurer, upload_id)
    await published(fund, insurer, insurer.row(fund.person()))
    await run_jobs(fund)
    assert (await insurer.status(fund, upload_id))["state"] == "undo-held"
    for decision in ("undo", "publish"):
        refused = await insurer.decide(fund, upload_id, decision)
        assert refused.json()["code"] == "upload-state"
