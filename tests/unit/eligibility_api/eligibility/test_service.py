"""Checks by card and by number: days and instants at their bounds, what the statement gets, and the first refusal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.clients.caller import Caller
from eligibility_api.contract import examples
from eligibility_api.contract.codes import Purpose, Right
from eligibility_api.contract.eligibility import (
    CardCheckRequest,
    EligibilityAnswer,
    NumberCheckRequest,
    UnchangedAnswer,
    VisualCheckRequest,
)
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.certificate import CertificateId
from eligibility_api.domain.challenge import Challenge
from eligibility_api.eligibility import service
from eligibility_api.eligibility.by_number import INSTANT_STATEMENT, NUMBER_STATEMENT
from eligibility_api.eligibility.store import CARD_STATEMENT, VISUAL_STATEMENT
from eligibility_api.platform.sql import Statement
from eligibility_api.presence.query import VerifiedProof
from eligibility_api.state import State
from tests.builders.scripted_database import (
    CLIENT,
    CLINIC,
    NOW,
    asked_of,
    insurer,
    scripted_state,
    terminal,
    values_asked,
)
from tests.unit.eligibility_api.domain.members import by_card, by_number, full_answer, insured

pytestmark = pytest.mark.anyio

TODAY = date(2026, 4, 1)
RECORD = UUID(int=6)
CALLER = terminal(Right.ELIGIBILITY)
NOBODY: dict[str, Any] = {
    "admitted": True,
    "entitled": True,
    "misses_left": 5,
    "over_limit": False,
    "streak": None,
    "record_id": RECORD,
    "recorded_at": NOW,
    "outcome": "answered",
    "facility_kind": "clinic",
    "asked": [],
    "person_key": None,
    "reference_number": None,
    "version": None,
}
"""The row of a look-up by number that matches nobody."""

CARD: dict[str, Any] = {
    "in_time": True,
    "admitted": True,
    "entitled": True,
    "missing": None,
    "revocation_status": "good",
    "person_key": bytes(16),
    "facility_kind": "clinic",
    "spent": True,
    "record_id": RECORD,
    "recorded_at": NOW,
    "outcome": "answered",
    "within_limit": True,
    "carrier": None,
    "reference_number": None,
    "version": None,
}
"""The row of a check by card of a person without enrolments."""

AS_OF, KIND, CONSENTS, KNOWN_VERSION = map(
    NUMBER_STATEMENT.names.index, ("as_of", "kind", "consents", "known_version")
)
"""Places of the statement's parameters by number."""


def number(**changes: Any) -> NumberCheckRequest:
    return NumberCheckRequest.model_validate(examples.NUMBER | {"as_of": None} | changes)


async def parameters_of(asked: NumberCheckRequest) -> tuple[str, list[Any]]:
    state = scripted_state([NOBODY])
    await service.check_number(state, CALLER, asked)
    [(statement, parameters)] = asked_of(state).asked
    return statement, parameters


async def test_a_look_up_without_a_day_is_of_today_in_japan() -> None:
    statement, parameters = await parameters_of(number(limit_certificate_consent=False))
    assert statement == NUMBER_STATEMENT.text
    assert parameters[AS_OF:] == [TODAY, "eligibility.number", "", None]


async def test_the_one_consent_of_a_look_up_is_the_limit_certificates() -> None:
    _, parameters = await parameters_of(number(limit_certificate_consent=True, known_version="v"))
    assert (parameters[CONSENTS], parameters[KNOWN_VERSION]) == ("limit-certificate", "v")


@pytest.mark.parametrize(
    ("as_of", "accepted"),
    [("2021-03-28", True), ("2021-03-27", False), ("2027-04-02", True), ("2027-04-03", False)],
)
async def test_the_fund_answers_for_five_years_back_and_one_ahead(as_of: str, accepted: bool) -> None:
    if accepted:
        _, parameters = await parameters_of(number(as_of=as_of))
        assert parameters[AS_OF].isoformat() == as_of
        return
    state = scripted_state()
    with pytest.raises(ShikakuError, match="as-of-out-of-range"):
        await service.check_number(state, CALLER, number(as_of=as_of))
    assert asked_of(state).asked == []


@pytest.mark.parametrize(
    ("known_at", "accepted"),
    [
        (NOW, True),
        (datetime(2020, 1, 1, tzinfo=UTC), True),
        (NOW + timedelta(microseconds=1), False),
        (datetime(2019, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), False),
    ],
)
async def test_known_at_is_between_2020_and_now(known_at: datetime, accepted: bool) -> None:
    asked = number(known_at=known_at.isoformat())
    if accepted:
        statement, parameters = await parameters_of(asked)
        assert statement == INSTANT_STATEMENT.text
        assert parameters[INSTANT_STATEMENT.names.index("known_at")] == known_at
        return
    state = scripted_state()
    with pytest.raises(ShikakuError, match="known-at-out-of-range"):
        await service.check_number(state, CALLER, asked)
    assert asked_of(state).asked == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"admitted": False, "outcome": None}, "client-closed"),
        ({"entitled": False, "outcome": None}, "right-missing"),
        ({"misses_left": 0, "outcome": None}, "number-miss-limit"),
        ({"outcome": "known-at-not-asked"}, "known-at-not-asked"),
        ({"outcome": None}, "internal"),
    ],
)
async def test_without_an_answered_record_nothing_is_answered(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ShikakuError) as refused:
        await service.check_number(scripted_state([NOBODY | changes]), CALLER, number())
    assert refused.value.code == code


@pytest.mark.parametrize(
    "caller", [terminal(*set(Right) - {Right.ELIGIBILITY}), insurer(*set(Right) - {Right.ELIGIBILITY})]
)
async def test_without_the_right_no_number_is_looked_up(caller: Caller) -> None:
    state = scripted_state()
    with pytest.raises(ShikakuError, match="right-missing"):
        await service.check_number(state, caller, number())
    assert asked_of(state).asked == []


PROOF = {"challenge": "x", "certificate": "QQ==", "signature": "QQ=="}
LATER = NOW + timedelta(days=365)
ENDS = [LATER]
"""The end of the verified certificate; a test changes it in place."""


@pytest.fixture
def ends_at() -> Iterator[list[datetime]]:
    """`ENDS`, as it was after the test."""
    yield ENDS
    ENDS[:] = [LATER]


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[Purpose]:
    """The purposes for which a proof was verified, instead of verifying it."""
    purposes: list[Purpose] = []

    def verify(state: object, caller: object, purpose: Purpose, proof: object) -> VerifiedProof:
        purposes.append(purpose)
        challenge = Challenge(purpose, NOW + timedelta(seconds=60), CLINIC, CLIENT, bytes(16))
        return VerifiedProof(challenge, CLIENT, (Right.ELIGIBILITY,), CertificateId(bytes(32), 1), ENDS[0])

    monkeypatch.setattr(service, "verify_proof", verify)
    return purposes


PROOF_VALUES = {
    "expires_at", "nonce", "rights", "client_id", "authority", "serial", "ocsp_status", "max_age", "holder_outcome", "holder",
}  # fmt: skip


def own_values(state: State, statement: Statement) -> dict[str, Any]:
    """The values of the one statement that was executed, by name, besides the proof's."""
    [values] = values_asked(state, statement)
    return {name: value for name, value in values.items() if name not in PROOF_VALUES}


async def test_a_check_by_card_is_by_its_pin_and_has_no_operator_and_no_limit(
    verified: list[Purpose],
) -> None:
    state = scripted_state([CARD])
    answer = await service.check_card(
        state, CALLER, CardCheckRequest.model_validate(PROOF | {"known_version": "v"})
    )
    assert (verified, answer.validity) == ([Purpose.ELIGIBILITY], "4")
    assert own_values(state, CARD_STATEMENT) == {
        "as_of": TODAY,
        "kind": "eligibility.card",
        "operator": None,
        "known_version": "v",
        "ended_at": None,
        "carrier": None,
        "expires_on": None,
    }


async def test_a_visual_check_names_its_operator_and_has_an_hourly_limit(verified: list[Purpose]) -> None:
    state = scripted_state([CARD], visual_checks_per_hour=7)
    request = VisualCheckRequest.model_validate(PROOF | {"operator": "受付　見本"})
    await service.check_card(state, CALLER, request)
    assert verified == [Purpose.VISUAL_CHECK]
    assert own_values(state, VISUAL_STATEMENT) == {
        "as_of": TODAY,
        "kind": "eligibility.visual-check",
        "operator": "受付　見本",
        "known_version": None,
        "ended_at": None,
        "carrier": None,
        "expires_on": None,
        "visual_limit": 7,
    }


DAY = timedelta(days=1)
END_OF_TODAY = datetime(2026, 4, 1, 14, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("not_after", "ended", "expires_on"),
    [
        (END_OF_TODAY + 91 * DAY, False, date(2026, 7, 1)),
        (END_OF_TODAY + 92 * DAY, False, None),
        (END_OF_TODAY, False, TODAY),
        (NOW, False, TODAY),
        (NOW - timedelta(microseconds=1), True, TODAY),
        (END_OF_TODAY - DAY, True, date(2026, 3, 31)),
        (END_OF_TODAY - 90 * DAY, True, date(2026, 1, 1)),
    ],
)
@pytest.mark.usefixtures("verified")
async def test_the_statement_gets_the_end_of_a_certificate_only_if_it_matters(
    ends_at: list[datetime], not_after: datetime, ended: bool, expires_on: date | None
) -> None:
    """Rules A6, A7: past, or within three months."""
    ends_at[:] = [not_after]
    state = scripted_state([CARD])
    await service.check_card(state, CALLER, CardCheckRequest.model_validate(PROOF))
    values = own_values(state, CARD_STATEMENT)
    assert (values["ended_at"], values["expires_on"]) == (not_after if ended else None, expires_on)
    assert values["carrier"] is None


@pytest.mark.parametrize(
    ("carrier", "renew_by"), [("card", "2026-06-30"), ("phone", "2026-03-20"), (None, "2026-03-20")]
)
@pytest.mark.parametrize(
    "answered", [datetime(2026, 3, 20, 14, tzinfo=UTC), NOW], ids=["last day", "after it"]
)
@pytest.mark.usefixtures("verified")
async def test_an_answer_carries_the_remark_of_the_day_of_its_record(
    ends_at: list[datetime], carrier: str | None, renew_by: str, answered: datetime
) -> None:
    """Rule A7; an answered row of a phone after its end would have none."""
    ends_at[:] = [datetime(2026, 3, 20, 14, 59, 59, tzinfo=UTC)]
    state = scripted_state([CARD | {"carrier": carrier, "recorded_at": answered}])
    answer = await service.check_card(state, CALLER, CardCheckRequest.model_validate(PROOF))
    remark = answer.certificate_renewal and answer.certificate_renewal.model_dump(mode="json")
    if answered == NOW and carrier != "card":
        assert remark is None
        return
    status = "grace" if answered == NOW else "expiring"
    assert remark == {"status": status, "expires_on": "2026-03-20", "renew_by": renew_by}


async def test_a_visual_check_without_an_operator_is_refused_before_the_proof_is_verified(
    verified: list[Purpose],
) -> None:
    with pytest.raises(ShikakuError, match="operator-required"):
        await service.check_card(scripted_state(), CALLER, VisualCheckRequest.model_validate(PROOF))
    assert verified == []


@pytest.mark.parametrize(
    ("changes", "code", "retry_after"),
    [
        ({"within_limit": False, "spent": False}, "visual-check-limit", 3600),
        ({"spent": False}, "challenge-used", None),
        ({"revocation_status": "suspended"}, "certificate-suspended", None),
        ({"outcome": "first-registration-needed"}, "first-registration-needed", None),
        ({"outcome": "registration-conflict"}, "registration-conflict", None),
        ({"outcome": "card-not-usable"}, "card-not-usable", None),
        ({"outcome": "certificate-expired"}, "certificate-expired", None),
        ({"outcome": None}, "internal", None),
    ],
)
@pytest.mark.usefixtures("verified")
async def test_the_first_reason_refuses_a_check_by_card(
    changes: dict[str, Any], code: str, retry_after: int | None
) -> None:
    with pytest.raises(ShikakuError) as refused:
        await service.check_card(
            scripted_state([CARD | changes]), CALLER, CardCheckRequest.model_validate(PROOF)
        )
    assert (refused.value.code, refused.value.retry_after) == (code, retry_after)


UNCHANGED = UnchangedAnswer.model_validate(
    {"validity": "1", "as_of": TODAY, "answered_at": NOW, "record_id": "r"}
)


@pytest.mark.parametrize("reference", ["P-1", None])
def test_a_reference_number_is_added_to_an_answer_about_an_identified_person_alone(
    reference: str | None,
) -> None:
    person = full_answer(by_card(insured()))
    with_number = service.with_reference(person, reference)
    assert isinstance(with_number, EligibilityAnswer)
    assert (with_number.reference_number, with_number.version) == (reference, person.version)
    nobody = full_answer(by_number(asked=set()))
    assert service.with_reference(nobody, reference) is nobody
    assert service.with_reference(UNCHANGED, reference) is UNCHANGED
