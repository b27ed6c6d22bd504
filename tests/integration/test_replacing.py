"""The SQL that applies a member file to stored data equals the plan of `domain.timeline`.

Many members at once, each with random periods in a first file, and others in a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from eligibility_api.domain.timeline import Period, plan_replace
from tests.builders.fund import Fund
from tests.builders.member_files import csv_file, get, member, run_jobs, upload_and_process
from tests.builders.people import Person
from tests.depth import DEEP

pytestmark = pytest.mark.anyio

MEMBERS = 2_000 if DEEP else 150
FIRST_DAY = date(2020, 4, 1)

Stated = tuple[date, date | None, str]
"""A period: its days, and the alias in which periods of the same days may differ."""

_CURRENT = """
SELECT e.number, e.acquired_on, e.lost_on, e.name_alias FROM enrolment e
JOIN revision o ON o.revision = e.opened_by AND o.published_at IS NOT NULL
WHERE e.closed_by IS NULL AND e.symbol = $1
"""


def random_periods(draw: Random) -> list[Stated]:
    """Up to three periods without common days; the last one may be open."""
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


def changed(draw: Random, stated: list[Stated]) -> list[Stated]:
    """A member's periods in the next file: the same, some of them, the same days with other aliases, or new ones."""
    match draw.randrange(4):
        case 0:
            return stated
        case 1:
            return draw.sample(stated, draw.randint(1, len(stated)))
        case 2:
            return [(begun, end, draw.choice("甲乙丙")) for begun, end, _ in stated]
    return random_periods(draw)


def rows(symbol: str, person: Person, stated: Mapping[str, list[Stated]]) -> Iterator[dict[str, str]]:
    for number, periods in stated.items():
        for begun, end, alias in periods:
            ending = {"lost_on": end.isoformat(), "reason_of_loss": "03"} if end else {}
            cells = {
                "symbol": symbol,
                "number": number,
                "name_alias": alias,
                "acquired_on": begun.isoformat(),
            }
            yield member(person, **cells, **ending)


def planned(current: list[Stated], new: list[Stated]) -> set[Stated]:
    """The periods after the plan is applied; a period's digest covers all its items."""
    known = [Period(n, *stated[:2], repr(stated).encode()) for n, stated in enumerate(current)]
    given = [Period(n, *stated[:2], repr(stated).encode()) for n, stated in enumerate(new)]
    plan = plan_replace(known, given)
    kept = {stated for n, stated in enumerate(current) if n not in plan.close}
    return kept | {new[n] for n in plan.open}


async def current_periods(fund: Fund, symbol: str) -> dict[str, set[Stated]]:
    found: dict[str, set[Stated]] = {}
    for row in await fund.owner.fetch(_CURRENT, [symbol]):
        found.setdefault(row["number"], set()).add((row["acquired_on"], row["lost_on"], row["name_alias"]))
    return found


async def published(fund: Fund, body: bytes) -> dict[str, Any]:
    """A file that was checked and published on request. All its members are one person, which must not hold it."""
    answer = await upload_and_process(fund, body, scope="changes", publish="on-request")
    assert (answer["state"], answer["report"]["bad_rows"]) == ("checked", 0), answer
    await fund.post(f"/v1/uploads/{answer['upload_id']}/publish", {}, fund.insurer)
    await run_jobs(fund)
    return dict(await get(fund, f"/v1/uploads/{answer['upload_id']}"))


@pytest.mark.parametrize("seed", range(5) if DEEP else [1])
async def test_rows_replace_the_periods_that_they_overlap_and_an_undo_restores_them(
    fund: Fund, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw, symbol, person = Random(seed), f"置換{seed}", fund.person()
    # Most members change, and all are the same person: neither may hold the file in this test.
    lenient = {name: 1.0 for name in type(fund.state.settings).model_fields if name.startswith("hold_")}
    object.__setattr__(fund.state, "settings", fund.state.settings.model_copy(update=lenient))
    first = {f"{n:05d}": random_periods(draw) for n in range(MEMBERS)}
    second = {number: changed(draw, stated) for number, stated in first.items()}

    assert any(first.values())
    await published(fund, csv_file(rows(symbol, person, first)))
    assert await current_periods(fund, symbol) == {number: set(stated) for number, stated in first.items()}

    upload = await published(fund, csv_file(rows(symbol, person, second)))
    assert upload["report"]["unchanged"] > 0
    assert await current_periods(fund, symbol) == {
        number: planned(stated, second[number]) for number, stated in first.items()
    }

    await fund.post(f"/v1/uploads/{upload['upload_id']}/undo", {"reason": "確認済み"}, fund.insurer)
    await run_jobs(fund)
    assert await current_periods(fund, symbol) == {number: set(stated) for number, stated in first.items()}
