"""What a member file makes of what is known: the worker's statements, held against the plan of `domain.timeline`.

Many members at once, each with periods drawn at random in a first file, and others in a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from eligibility_api.domain.timeline import Period, plan_replace
from tests.builders.fund import Fund, Person
from tests.builders.member_files import csv_file, get, member, run_jobs, upload_and_process
from tests.depth import DEEP

pytestmark = pytest.mark.anyio

MEMBERS = 2_000 if DEEP else 150
FIRST_DAY = date(2020, 4, 1)

Said = tuple[date, date | None, str]
"""Of a period: its days, and the alias by which two periods of the same days differ."""

_STANDING = """
SELECT e.number, e.acquired_on, e.lost_on, e.name_alias FROM enrolment e
JOIN revision o ON o.revision = e.opened_by AND o.published_at IS NOT NULL
WHERE e.closed_by IS NULL AND e.symbol = $1
"""


def drawn(draw: Random) -> list[Said]:
    """Up to three periods that share no day; the last one may go on."""
    days = sorted(draw.sample(range(60), 2 * draw.randint(1, 3)))
    ends: list[int | None] = [*days[1::2]]
    if draw.random() < 0.4:
        ends[-1] = None
    return [
        (
            FIRST_DAY + timedelta(begun),
            None if end is None else FIRST_DAY + timedelta(end),
            draw.choice("甲乙"),
        )
        for begun, end in zip(days[::2], ends, strict=True)
    ]


def changed(draw: Random, said: list[Said]) -> list[Said]:
    """What the next file says of a member: the same, some of it, or something else altogether."""
    match draw.randrange(4):
        case 0:
            return said
        case 1:
            return draw.sample(said, draw.randint(1, len(said)))
        case 2:
            return [(begun, end, draw.choice("甲乙丙")) for begun, end, _ in said]
    return drawn(draw)


def rows(symbol: str, person: Person, said: Mapping[str, list[Said]]) -> Iterator[dict[str, str]]:
    for number, periods in said.items():
        for begun, end, alias in periods:
            ending = {"lost_on": end.isoformat(), "reason_of_loss": "03"} if end else {}
            cells = {
                "symbol": symbol,
                "number": number,
                "name_alias": alias,
                "acquired_on": begun.isoformat(),
            }
            yield member(person, **cells, **ending)


def planned(current: list[Said], new: list[Said]) -> set[Said]:
    """What stands after the plan: a period's digest is all that is said of it."""
    known = [Period(n, *said[:2], repr(said).encode()) for n, said in enumerate(current)]
    given = [Period(n, *said[:2], repr(said).encode()) for n, said in enumerate(new)]
    plan = plan_replace(known, given)
    kept = {said for n, said in enumerate(current) if n not in plan.close}
    return kept | {new[n] for n in plan.open}


async def standing(fund: Fund, symbol: str) -> dict[str, set[Said]]:
    found: dict[str, set[Said]] = {}
    for row in await fund.owner.fetch(_STANDING, [symbol]):
        found.setdefault(row["number"], set()).add((row["acquired_on"], row["lost_on"], row["name_alias"]))
    return found


async def published(fund: Fund, body: bytes) -> dict[str, Any]:
    """The file checked and, on the insurer's word, published. Its people are one and the same, which holds nothing."""
    answer = await upload_and_process(fund, body, scope="changes", publish="on-request")
    assert (answer["state"], answer["report"]["bad_rows"]) == ("checked", 0), answer
    await fund.post(f"/v1/uploads/{answer['upload_id']}/publish", {}, fund.insurer)
    await run_jobs(fund)
    return dict(await get(fund, f"/v1/uploads/{answer['upload_id']}"))


@pytest.mark.parametrize("seed", range(5) if DEEP else [1])
async def test_a_files_rows_take_the_place_of_what_they_touch_and_an_undo_brings_it_back(
    fund: Fund, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw, symbol, person = Random(seed), f"置換{seed}", fund.person()
    # Most of the members change, and one person is all of them: neither shall hold the file here.
    lenient = {name: 1.0 for name in type(fund.state.settings).model_fields if name.startswith("hold_")}
    object.__setattr__(fund.state, "settings", fund.state.settings.model_copy(update=lenient))
    first = {f"{n:05d}": drawn(draw) for n in range(MEMBERS)}
    second = {number: changed(draw, said) for number, said in first.items()}

    await published(fund, csv_file(rows(symbol, person, first)))
    assert await standing(fund, symbol) == {number: set(said) for number, said in first.items()}

    upload = await published(fund, csv_file(rows(symbol, person, second)))
    assert upload["report"]["unchanged"] > 0
    assert await standing(fund, symbol) == {
        number: planned(said, second[number]) for number, said in first.items()
    }

    await fund.post(f"/v1/uploads/{upload['upload_id']}/undo", {"reason": "確認済み"}, fund.insurer)
    await run_jobs(fund)
    assert await standing(fund, symbol) == {number: set(said) for number, said in first.items()}
