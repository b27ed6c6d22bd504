"""目視確認: a check without the PIN needs an operator and a right, is limited, and is recorded."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from eligibility_api.contract.codes import FacilityKind, Purpose, Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.tokens import Credential
from tests.builders.database import Database
from tests.builders.fund import Fund, open_fund
from tests.builders.people import Person, sign

pytestmark = pytest.mark.anyio

LIMIT = 3


@pytest.fixture(scope="module")
async def fund(database: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fund]:
    """A fund with a low limit."""
    home: Path = tmp_path_factory.mktemp("fund")
    async with open_fund(database, home, visual_checks_per_hour=LIMIT) as opened:
        yield opened


async def _look(
    fund: Fund, person: Person, operator: str | None = "受付 見本", terminal: Credential | None = None
) -> httpx2.Response:
    body = await fund.proof(person.card, Purpose.VISUAL_CHECK, terminal)
    named = {"operator": operator} if operator else {}
    return await fund.post("/v1/eligibility/visual-check", body | named, terminal)


async def test_the_operator_is_recorded_until_the_hourly_limit_is_reached(fund: Fund) -> None:
    person, terminal = await fund.insured(), await fund.terminal()

    answers = [await _look(fund, person, terminal=terminal) for _ in range(LIMIT + 1)]

    assert [a.json().get("validity") for a in answers[:LIMIT]] == ["1"] * LIMIT
    assert (answers[LIMIT].status_code, answers[LIMIT].json()["code"]) == (429, "visual-check-limit")
    assert int(answers[LIMIT].headers["Retry-After"]) > 0
    records = await fund.records(
        "kind = 'eligibility.visual-check' AND client_id = $1::text::uuid", terminal.client_id
    )
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


async def test_a_card_without_a_pin_is_registered_by_visual_check(fund: Fund) -> None:
    """Rule B1 (E12): by staff with the right, recorded with the operator; then it is answered by visual check."""
    terminal = await fund.terminal()
    person = fund.person(pin=None)
    await fund.enrol(person)
    before = await fund.look(person.card, terminal)
    registered = await fund.register_by_face(person.card, terminal)
    after = await fund.look(person.card, terminal)
    assert before.json()["code"] == "first-registration-needed"
    assert (registered.status_code, registered.json()["already_registered"]) == (201, False)
    assert after.json()["validity"] == "1"
    [record] = await fund.records("record_id = $1::text::uuid", registered.json()["record_id"])
    assert (record["kind"], record["outcome"], record["operator"]) == (
        "binding.first-registration",
        "bound",
        "受付 見本",
    )


async def test_a_registration_by_visual_check_counts_towards_the_limit(fund: Fund) -> None:
    terminal, people = await fund.terminal(), [fund.person() for _ in range(LIMIT + 1)]
    answers = [await fund.register_by_face(person.card, terminal) for person in people]
    assert [answer.status_code for answer in answers] == [201] * LIMIT + [429]
    assert answers[-1].json()["code"] == "visual-check-limit"
    assert (await fund.look(people[0].card, terminal)).json()["code"] == "visual-check-limit"
    assert (await fund.register(people[-1].card)).json()["already_registered"] is False


async def test_a_registration_by_visual_check_needs_an_operator(fund: Fund) -> None:
    person = fund.person()
    refused = await fund.register_by_face(person.card, operator=None)
    assert (refused.status_code, refused.json()["code"]) == (422, "operator-required")
    assert (await fund.tap(person.card)).json()["code"] == "first-registration-needed"


@pytest.mark.parametrize(
    "rights", [(Right.ELIGIBILITY, Right.REGISTRATION), (Right.ELIGIBILITY, Right.VISUAL_CHECK)]
)
async def test_a_registration_by_visual_check_needs_both_rights(
    fund: Fund, rights: tuple[Right, ...]
) -> None:
    terminal = await fund.terminal(rights=rights)
    refused = await fund.post("/v1/presence/challenges", {"purpose": "visual-registration"}, terminal)
    assert (refused.status_code, refused.json()["code"]) == (403, "right-missing")


@pytest.mark.parametrize(
    ("signed", "presented"),
    [
        (Purpose.VISUAL_CHECK, Purpose.VISUAL_REGISTRATION),
        (Purpose.FIRST_REGISTRATION, Purpose.VISUAL_REGISTRATION),
        (Purpose.VISUAL_REGISTRATION, Purpose.FIRST_REGISTRATION),
    ],
)
async def test_a_signature_for_another_purpose_registers_nothing(
    fund: Fund, signed: Purpose, presented: Purpose
) -> None:
    """Rule A1: a visual check is no registration, and a comparison of the face no PIN."""
    person, challenge = fund.person(), await fund.challenge(presented)
    body = await fund.proof(person.card, presented)
    signature = sign(person.card.authentication, fund.message(challenge, signed))
    forged = body | {"challenge": challenge, "signature": base64.b64encode(signature).decode()}
    refused = await fund.post("/v1/registrations", forged | {"agreed": True, "operator": "受付"})
    assert refused.json()["code"] == "signature-invalid"


@pytest.mark.parametrize(("care", "refused"), [("1", False), ("2", False), ("3", True)])
async def test_no_visual_check_for_an_online_consultation(fund: Fund, care: str, refused: bool) -> None:
    """Rule A8 (E13): care 3 is refused with its challenge, care 1 and 2 are accepted."""
    terminal, person = await fund.terminal(), await fund.insured()
    record = (await fund.tap(person.card, terminal)).json()["record_id"]
    wish = {"presence_record": record, "categories": ["medication"], "care": care, "visual_check": True}
    given = await fund.post("/v1/consents/challenges", wish, terminal)
    if refused:
        assert (given.status_code, given.json()["code"]) == (403, "consent-online-visual-check")
        return
    body = fund.signed_consent(person.card, given.json(), record, terminal, visual_check=True)
    assert (await fund.post("/v1/consents", body, terminal)).status_code == 201


async def test_no_visual_check_for_an_online_consultation_by_another_statement(fund: Fund) -> None:
    """Rule A8: the challenge of another form of care is of no use."""
    terminal, person = await fund.terminal(), await fund.insured()
    record = (await fund.tap(person.card, terminal)).json()["record_id"]
    wish = {"presence_record": record, "categories": ["medication"], "care": "1", "visual_check": True}
    given = (await fund.post("/v1/consents/challenges", wish, terminal)).json()
    online = (
        await fund.post("/v1/consents/challenges", wish | {"care": "3", "visual_check": False}, terminal)
    ).json()
    given["statement"] = online["statement"]
    body = fund.signed_consent(person.card, given, record, terminal, visual_check=True)
    refused = await fund.post("/v1/consents", body, terminal)
    assert refused.json()["code"] == "consent-online-visual-check"


async def test_an_online_consultation_is_consented_to_with_the_pin(fund: Fund) -> None:
    person = await fund.insured()
    assert (await fund.consent(person.card, care="3")).status_code == 201
