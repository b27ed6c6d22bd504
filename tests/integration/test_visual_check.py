"""目視確認: a check without the PIN needs an operator and a right, is limited, and is recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from eligibility_api.contract.codes import FacilityKind, Purpose, Right
from eligibility_api.contract.errors import ShikakuError
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

LIMIT = 3


@pytest.fixture(scope="module")
async def fund(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    """A fund with a low limit."""
    home: Path = tmp_path_factory.mktemp("fund")
    async with open_fund(database, home, visual_checks_per_hour=LIMIT) as opened:
        yield opened


async def _look(fund: Fund, person: Person, operator: str | None = "受付 見本") -> httpx2.Response:
    body = await fund.proof(person.card, Purpose.VISUAL_CHECK)
    return await fund.post(
        "/v1/eligibility/visual-check", body | ({"operator": operator} if operator else {})
    )


async def test_the_operator_is_recorded_until_the_hourly_limit_is_reached(fund: Fund) -> None:
    person = await fund.insured()

    answers = [await _look(fund, person) for _ in range(LIMIT + 1)]

    assert [a.json().get("validity") for a in answers[:LIMIT]] == ["1"] * LIMIT
    assert (answers[LIMIT].status_code, answers[LIMIT].json()["code"]) == (429, "visual-check-limit")
    assert int(answers[LIMIT].headers["Retry-After"]) > 0
    records = await fund.records("kind = 'eligibility.visual-check'")
    assert [record["operator"] for record in records] == ["受付 見本"] * LIMIT


async def test_a_used_proof_does_not_count_towards_the_limit(fund: Fund) -> None:
    terminal = await fund.terminal()
    person = await fund.insured()
    body = await fund.proof(person.card, Purpose.VISUAL_CHECK, terminal) | {"operator": "202609010004"}

    uses = [await fund.post("/v1/eligibility/visual-check", body, terminal) for _ in range(LIMIT + 2)]
    fresh = await fund.proof(person.card, Purpose.VISUAL_CHECK, terminal) | {"operator": "受付"}
    later = await fund.post("/v1/eligibility/visual-check", fresh, terminal)

    assert [use.json().get("code") for use in uses] == [None] + ["challenge-used"] * (LIMIT + 1)
    assert later.status_code == 200


async def test_a_limit_of_zero_allows_none(fund: Fund) -> None:
    person, state = await fund.insured(), fund.state
    closed = state.settings.model_copy(update={"visual_checks_per_hour": 0})
    fund.app.state.fund = replace(state, settings=closed)
    try:
        assert (await _look(fund, person)).json()["code"] == "visual-check-limit"
    finally:
        fund.app.state.fund = state


async def test_without_an_operator_it_is_refused(fund: Fund) -> None:
    person = fund.person()
    assert (await _look(fund, person, operator=None)).json()["code"] == "operator-required"


async def test_a_signature_for_a_visual_check_is_no_proof_with_pin(fund: Fund) -> None:
    person = await fund.insured()
    body = await fund.proof(person.card, Purpose.VISUAL_CHECK)
    refused = await fund.post("/v1/eligibility/card", body)
    assert refused.json()["code"] == "challenge-other-purpose"


async def test_a_terminal_without_the_right_gets_no_challenge_for_it(fund: Fund) -> None:
    terminal = await fund.terminal(rights=(Right.ELIGIBILITY,))
    refused = await fund.post("/v1/presence/challenges", {"purpose": "visual-check"}, terminal)
    assert (refused.status_code, refused.json()["code"]) == (403, "right-missing")


async def test_an_eligibility_only_facility_cannot_be_admitted_for_it(fund: Fund) -> None:
    with pytest.raises(ShikakuError, match="right-missing"):
        await fund.terminal(
            institution_code="1312345672", kind=FacilityKind.ELIGIBILITY_ONLY, rights=(Right.VISUAL_CHECK,)
        )


async def test_an_admitted_terminal_has_a_certificate_for_cards(fund: Fund) -> None:
    assert fund.clinic.visual_check_certificate is not None
    assert (await fund.terminal(rights=(Right.ELIGIBILITY,))).visual_check_certificate is None
