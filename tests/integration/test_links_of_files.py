"""A file links its members by set operations: they agree with the rules of single changes in every state (R6 to R8)."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from eligibility_api.contract.enrolment import Difference, Mismatch, RegisterMatch
from eligibility_api.enrolment.linking import (
    UNLINKED,
    Link,
    RegisterAnswer,
    closes_card,
    contested,
    link_after_match,
)
from eligibility_api.uploads.prepare import CLOSES_CARD, CONTEST, LINK
from tests.builders.fund import Fund
from tests.builders.links import ANOTHER, HER, OUTCOMES, STATES

pytestmark = pytest.mark.anyio

_COLUMNS = (
    "place int, person_key text, register_match text, mismatch text, proposed_key text, differences jsonb"
)


def as_row(link: Link | RegisterAnswer, place: int, **more: Any) -> dict[str, Any]:
    """A link or the register's answer as the row that the set operations read."""
    proposed_key = link.proposed_key if isinstance(link, Link) else None
    return {
        "place": place,
        "person_key": link.person_key and link.person_key.decode(),
        "register_match": link.match if isinstance(link, RegisterAnswer) else link.register_match,
        "mismatch": link.mismatch if isinstance(link, Link) else None,
        "proposed_key": proposed_key and proposed_key.decode(),
        "differences": [one.model_dump(mode="json") for one in link.differences] or None,
        **more,
    }


def as_link(row: Any) -> Link:
    """The link of a row."""
    person_key, proposed_key = (row[name] and row[name].encode() for name in ("person_key", "proposed_key"))
    differences = json.loads(row["differences"] or "null") or ()
    return Link(
        person_key,
        RegisterMatch(row["register_match"]),
        Mismatch(row["mismatch"]),
        proposed_key,
        tuple(map(Difference.model_validate, differences)),
    )


async def linked(fund: Fund, pairs: list[tuple[Link | None, RegisterAnswer | None]]) -> list[Link]:
    """What a file makes of former links and the register's answers; None: no former version, not asked."""
    former = [as_row(link, place) for place, (link, _) in enumerate(pairs) if link is not None]
    found = [as_row(answer, place) for place, (_, answer) in enumerate(pairs) if answer is not None]
    rows = await fund.owner.fetch(
        f"SELECT l.* FROM generate_series(0, $3::int - 1) place"
        f" LEFT JOIN jsonb_to_recordset($1::text::jsonb) AS f ({_COLUMNS}) ON f.place = place.place"
        f" LEFT JOIN (SELECT place AS row, a.* FROM jsonb_to_recordset($2::text::jsonb) AS a ({_COLUMNS})) m"
        f" ON m.place = place.place CROSS JOIN LATERAL (SELECT {LINK}) l ORDER BY place.place",
        [json.dumps(former), json.dumps(found), len(pairs)],
    )
    return [as_link(row) for row in rows]


async def test_a_file_links_as_a_single_change_does(fund: Fund) -> None:
    pairs = list(product([*STATES, None], OUTCOMES))
    expected = [link_after_match(former or UNLINKED, found) for former, found in pairs]
    assert len(set(expected)) == 10
    assert await linked(fund, list(pairs)) == expected


async def test_a_row_about_which_the_register_was_not_asked_keeps_its_link(fund: Fund) -> None:
    assert await linked(fund, [(state, None) for state in STATES]) == STATES


async def test_a_file_closes_a_card_where_a_single_change_does(fund: Fund) -> None:
    """Rule R7: `was_blocked` is of the former version, if it was linked to the same person."""
    cases = list(
        product(STATES, (False, True), (False, True), [None, HER, ANOTHER], (False, True))
    )  # link, ended, blocked, the former version's person, its block
    rows = [
        as_row(link, place, ended=ended, blocked=blocked, former=former and former.decode(), was=was)
        for place, (link, ended, blocked, former, was) in enumerate(cases)
    ]
    columns = f"{_COLUMNS}, ended boolean, blocked boolean, former text, was boolean"
    found = await fund.owner.fetch(
        f"SELECT {CLOSES_CARD} AS closes FROM jsonb_to_recordset($1::text::jsonb) AS l ({columns})"
        " CROSS JOIN LATERAL (SELECT l.blocked AS self_disclosure_blocked, CASE WHEN l.ended THEN"
        " (now() AT TIME ZONE 'Asia/Tokyo')::date END AS lost_on) r"
        " CROSS JOIN LATERAL (SELECT l.former AS person_key, l.was AS self_disclosure_blocked) f ORDER BY l.place",
        [json.dumps(rows)],
    )
    expected = [
        closes_card(link, ended=ended, blocked=blocked, was_blocked=was and former == link.person_key)
        for link, ended, blocked, former, was in cases
    ]
    assert {True, False} == set(expected)
    assert [row["closes"] for row in found] == expected


async def test_a_file_contests_a_link_as_a_single_change_does(fund: Fund) -> None:
    """Rule R7: only links that close a card are contested; all others stay."""
    closing = [state for state in STATES if closes_card(state, ended=False, blocked=True, was_blocked=False)]
    assert len(closing) > 3
    links = [*closing, *STATES]
    rows = [
        as_row(link, place, others=[7] if place < len(closing) else None) for place, link in enumerate(links)
    ]
    found = await fund.owner.fetch(
        f"SELECT {CONTEST} FROM jsonb_to_recordset($1::text::jsonb) AS c ({_COLUMNS}, others bigint[])"
        " ORDER BY c.place",
        [json.dumps(rows)],
    )
    assert [as_link(row) for row in found] == [*map(contested, closing), *STATES]
