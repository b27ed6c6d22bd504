"""Guesses of a person's spelling reveal neither how much of them is right, nor anything beyond an insurer's limits.

The limits are 5 unmatched rows an hour and 8 a day by files, 40 mismatches an hour by calls.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from jpki_mock.register.register import ItemsChange
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.insurers import NOWHERE, Insurer, admit
from tests.builders.member_files import get
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

PER_HOUR, PER_DAY = 5, 8


@pytest.fixture(scope="module")
async def fund(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    """A fund with low limits."""
    limits = {
        "unmatched_rows_per_hour": PER_HOUR,
        "unmatched_rows_per_day": PER_DAY,
        "mismatches_per_hour": 40,
    }
    async with open_fund(database, tmp_path_factory.mktemp("fund"), **limits) as opened:
        yield opened


def rare(fund: Fund) -> Person:
    """A person of whom only the register knows the rare character of her name."""
    person = fund.person()
    person.resident = fund.jlis.register.change(
        person.resident.resident_id, ItemsChange(name=f"𠮷田　花子{person.resident.resident_id[-6:]}")
    )
    return person


def ordinary(person: Person) -> str:
    return person.resident.name.replace("𠮷", "吉")


def shown(answer: dict[str, Any]) -> dict[str, Any]:
    """All that an answer shows, without what names the call or the upload."""
    named = {"upload_id", "received_at", "size", "enrolment_id", "known_from"}
    return {name: value for name, value in answer.items() if name not in named}


WRONG: dict[str, dict[str, str]] = {
    "one item": {"address": NOWHERE},
    "two items": {"address": NOWHERE, "name_kana": "チガウ ヒト"},
    "every item": {
        "address": NOWHERE,
        "name_kana": "チガウ ヒト",
        "name": "違田　人子",
        "sex": "1",
        "birth_date": "1955-05-05",
    },
}


async def test_a_wrong_guess_is_answered_alike_whatever_of_it_is_right(fund: Fund) -> None:
    insurer, answers = await admit(fund), []
    for wrong in WRONG.values():
        person = rare(fund)
        answers.append(
            (
                await fund.enrol(person, credential=insurer.program, **({"name": ordinary(person)} | wrong))
            ).json()
        )
    assert [shown(answer) for answer in answers] == [shown(answers[0])] * len(WRONG)
    assert (answers[0]["match"], answers[0]["differences"]) == ("none", [])


@pytest.mark.parametrize("name", ["●●", "●●●●", "●田●●", "●" * 9, "●田　●●●●●●●●"])
async def test_missing_characters_find_nobody_by_the_other_items(fund: Fund, name: str) -> None:
    insurer, person = await admit(fund), rare(fund)
    fund.jlis.register.change(
        person.resident.resident_id, ItemsChange(name="𠮷田　花子" if len(name) != 2 else "𠮷田")
    )
    answer = (await fund.enrol(person, credential=insurer.program, name=name)).json()
    assert (answer["match"], answer["differences"]) == ("none", [])


async def test_the_address_is_not_found_by_missing_characters(fund: Fund) -> None:
    insurer, person = await admit(fund), rare(fund)
    hidden = "".join("●" for _ in person.resident.address)
    answer = (await fund.enrol(person, credential=insurer.program, address=hidden)).json()
    assert answer["match"] == "none"


async def exhausted(fund: Fund) -> Insurer:
    """An insurer that has just used up its limit of the hour by one-row files."""
    insurer = await admit(fund)
    for attempt in range(PER_HOUR):
        answer = await insurer.process(fund, insurer.guess(fund.person(), attempt))
        assert (answer["state"], answer["report"]["unmatched"], answer["report"]["proposed"]) == (
            "published",
            1,
            0,
        )
    return insurer


async def test_a_right_spelling_beyond_the_limit_is_reported_like_a_wrong_one(fund: Fund) -> None:
    insurer, person = await exhausted(fund), rare(fund)
    wrong = await insurer.process(fund, insurer.guess(person, 77))
    right = await insurer.process(fund, insurer.row(person, name=ordinary(person)))
    assert shown(right) == shown(wrong)
    assert (right["state"], right["report"]["unmatched"], right["report"]["proposed"]) == ("held", None, None)
    assert [finding["code"] for finding in right["report"]["findings"]] == ["unmatched-limit"]
    assert person.resident.resident_id[1:] not in str(await get(fund, "/v1/mismatches", insurer.program))


async def test_proposals_by_files_use_the_limit_up_like_wrong_guesses(fund: Fund) -> None:
    insurer = await admit(fund)
    for _ in range(PER_HOUR):
        person = rare(fund)
        answer = await insurer.process(fund, insurer.row(person, name=ordinary(person)))
        assert (answer["state"], answer["report"]["proposed"]) == ("published", 1)
    person = rare(fund)
    held = await insurer.process(fund, insurer.row(person, name=ordinary(person)))
    assert (held["state"], held["report"]["proposed"]) == ("held", None)


async def test_an_approval_shows_the_proposals_of_a_held_file(fund: Fund) -> None:
    insurer, person = await exhausted(fund), rare(fund)
    held = await insurer.process(fund, insurer.row(person, name=ordinary(person)))
    await insurer.decide(fund, held["upload_id"], "approve", approver=True)
    report = (await insurer.status(fund, held["upload_id"]))["report"]
    assert (report["unmatched"], report["proposed"]) == (1, 1)
    assert [(f["column"], f["detail"]) for f in report["findings"] if f["code"] == "variant"] == [
        ("name", {"kind": "character"})
    ]
