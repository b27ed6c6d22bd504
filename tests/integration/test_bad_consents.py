"""Invalid consents are refused; once the challenge is spent, the refusal is recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from eligibility_api.contract.codes import FacilityKind, Purpose, Right
from eligibility_api.contract.errors import ShikakuError
from jpki_mock.authority.values import Carrier, Reason
from jpki_mock.personalisation import CardOrder, certificate_id
from tests.builders.consents import code_of, newest_record, protect, registered_consent
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

# -- Refused before anything is spent ----------------------------------------------------------------------------------

Touch = Callable[[Fund, dict[str, Any]], Awaitable[dict[str, Any]]]


async def _name_by_one_byte(fund: Fund, body: dict[str, Any]) -> dict[str, Any]:
    return body | {"statement": body["statement"] | {"institution_name": "試験医阮"}}


async def _one_category_more(fund: Fund, body: dict[str, Any]) -> dict[str, Any]:
    return body | {"statement": body["statement"] | {"categories": ["medication", "surgery"]}}


async def _other_presence(fund: Fund, body: dict[str, Any]) -> dict[str, Any]:
    return body | {"presence_record": str(uuid4())}


async def _signature_of_another_card(fund: Fund, body: dict[str, Any]) -> dict[str, Any]:
    other = await fund.insured()
    signed = fund.signed_consent(other.card, body, body["presence_record"])
    return body | {"signature": signed["signature"]}


async def _presence_in_place_of_consent(fund: Fund, body: dict[str, Any]) -> dict[str, Any]:
    return body | {"challenge": await fund.challenge(Purpose.ELIGIBILITY)}


async def _of_another_terminal(fund: Fund, body: dict[str, Any]) -> dict[str, Any]:
    other = await fund.terminal()
    person = await fund.insured()
    theirs = await fund.consent_request(person.card, credential=other)
    return body | {"challenge": theirs["challenge"]}


UNSPENT: list[tuple[Touch, str]] = [
    (_name_by_one_byte, "signature-invalid"),
    (_one_category_more, "signature-invalid"),
    (_other_presence, "signature-invalid"),
    (_signature_of_another_card, "signature-invalid"),
    (_presence_in_place_of_consent, "challenge-other-purpose"),
    (_of_another_terminal, "challenge-other-terminal"),
]


@pytest.mark.parametrize(("touch", "code"), UNSPENT, ids=[touch.__name__ for touch, _ in UNSPENT])
async def test_a_consent_that_the_card_did_not_sign_as_sent_is_refused(
    fund: Fund, touch: Touch, code: str
) -> None:
    person = await fund.insured()
    body = await fund.consent_request(person.card)

    refused = await fund.post("/v1/consents", await touch(fund, body))
    good = await fund.post("/v1/consents", body)

    assert (refused.status_code, code_of(refused)) == (403, code)
    assert good.status_code == 201


async def test_the_signature_of_a_consent_is_refused_as_a_presence(fund: Fund) -> None:
    person = await fund.insured()
    body = await fund.consent_request(person.card)
    proof = {name: body[name] for name in ("challenge", "certificate", "signature")}
    assert code_of(await fund.post("/v1/eligibility/card", proof)) == "challenge-other-purpose"


async def test_a_challenge_for_a_consent_with_pin_is_refused_without_the_pin(fund: Fund) -> None:
    person = await fund.insured()
    body = await fund.consent_request(person.card)
    answer = {"challenge": body["challenge"], "statement": body["statement"]}
    without_pin = fund.signed_consent(person.card, answer, body["presence_record"], visual_check=True)
    assert code_of(await fund.post("/v1/consents", without_pin)) == "signature-invalid"


async def test_a_consent_by_visual_check_needs_an_operator(fund: Fund) -> None:
    person = await fund.insured()
    body = await fund.consent_request(person.card, visual_check=True)
    assert code_of(await fund.post("/v1/consents", body | {"operator": None})) == "operator-required"


async def test_a_challenge_for_a_consent_is_valid_for_five_minutes(fund: Fund) -> None:
    person = await fund.insured()
    body = await fund.consent_request(person.card)
    async with fund.clock_offset(timedelta(seconds=301)):
        late = await fund.post("/v1/consents", body)
        await fund.set_clock_offset(timedelta(seconds=280))
        in_time = await fund.post("/v1/consents", body)
    assert (code_of(late), code_of(in_time)) == ("challenge-expired", "201")


async def test_a_challenge_expires_by_the_newest_record_too(fund: Fund) -> None:
    person = await fund.insured()
    async with fund.clock_offset(timedelta(minutes=6)):
        await fund.set_clock_offset(timedelta())
        body = await fund.consent_request(person.card)
        await fund.set_clock_offset(timedelta(minutes=6))
        await fund.tap(person.card)
        await fund.set_clock_offset(timedelta())
        late = await fund.post("/v1/consents", body)
        record = await newest_record(fund, "eligibility.consent-pin")
    assert (code_of(late), record["outcome"]) == ("challenge-expired", "challenge-expired")


# -- Refused and recorded ----------------------------------------------------------------------------------------------

Make = Callable[[Fund, Person], Awaitable[dict[str, Any]]]


async def _after_presence(fund: Fund, person: Person, presence: str) -> dict[str, Any]:
    """A consent that is valid except for the presence that it follows."""
    body = await fund.consent_request(person.card)
    return fund.signed_consent(person.card, body, presence)


async def _after_nothing(fund: Fund, person: Person) -> dict[str, Any]:
    return await _after_presence(fund, person, str(uuid4()))


async def _after_a_look_up_by_number(fund: Fund, person: Person) -> dict[str, Any]:
    return await _after_presence(fund, person, (await fund.look_up(person)).json()["record_id"])


async def _after_a_refused_tap(fund: Fund, person: Person) -> dict[str, Any]:
    stranger = fund.person()
    await fund.tap(stranger.card)
    return await _after_presence(
        fund, person, str((await newest_record(fund, "eligibility.card"))["record_id"])
    )


async def _after_an_earlier_consent(fund: Fund, person: Person) -> dict[str, Any]:
    return await _after_presence(fund, person, (await registered_consent(fund, person))["record_id"])


async def _after_another_facilitys_presence(fund: Fund, person: Person) -> dict[str, Any]:
    terminal = await fund.terminal(institution_code=OTHER_CLINIC)
    return await _after_presence(fund, person, (await fund.tap(person.card, terminal)).json()["record_id"])


async def _after_another_terminals_presence(fund: Fund, person: Person) -> dict[str, Any]:
    terminal = await fund.terminal()
    return await _after_presence(fund, person, (await fund.tap(person.card, terminal)).json()["record_id"])


async def _after_another_persons_presence(fund: Fund, person: Person) -> dict[str, Any]:
    other = await fund.insured()
    return await _after_presence(fund, person, (await fund.tap(other.card)).json()["record_id"])


async def _after_her_phones_presence(fund: Fund, person: Person) -> dict[str, Any]:
    order = CardOrder(resident_id=person.resident.resident_id, carrier=Carrier.ANDROID)
    phone = fund.jlis.cards.issue(order, fund.clock())
    assert (await fund.register(phone)).status_code == 201
    return await _after_presence(fund, person, (await fund.tap(phone)).json()["record_id"])


def _with_statement(**changes: Any) -> Make:
    async def make(fund: Fund, person: Person) -> dict[str, Any]:
        body = await fund.consent_request(person.card)
        answer = {"challenge": body["challenge"], "statement": body["statement"] | changes}
        return fund.signed_consent(person.card, answer, body["presence_record"])

    return make


async def _with_a_revoked_certificate(fund: Fund, person: Person) -> dict[str, Any]:
    body = await fund.consent_request(person.card)
    fund.jlis.certificates.revoke(certificate_id(person.card.authentication), Reason.REQUEST, fund.clock())
    assert await fund.mirror()
    return body


async def _with_a_suspended_certificate(fund: Fund, _: Person) -> dict[str, Any]:
    phone = await fund.insured(carrier=Carrier.ANDROID)
    body = await fund.consent_request(phone.card)
    fund.jlis.certificates.suspend(certificate_id(phone.card.authentication), fund.clock())
    assert await fund.mirror()
    return body


async def _of_a_protected_person(fund: Fund, person: Person) -> dict[str, Any]:
    body = await fund.consent_request(person.card)
    await protect(fund, person)
    return body


RECORDED: list[tuple[str, Make, str]] = [
    ("nothing", _after_nothing, "consent-presence-missing"),
    ("by-number", _after_a_look_up_by_number, "consent-presence-missing"),
    ("refused-tap", _after_a_refused_tap, "consent-presence-missing"),
    ("consent", _after_an_earlier_consent, "consent-presence-missing"),
    ("other-facility", _after_another_facilitys_presence, "consent-presence-missing"),
    ("other-terminal", _after_another_terminals_presence, "consent-presence-too-old"),
    ("other-person", _after_another_persons_presence, "consent-presence-other-certificate"),
    ("other-certificate", _after_her_phones_presence, "consent-presence-other-certificate"),
    ("name", _with_statement(institution_name="架空病院"), "consent-words-differ"),
    ("code", _with_statement(institution_code=OTHER_CLINIC), "consent-words-differ"),
    ("longer", _with_statement(until="withdrawal"), "consent-words-differ"),
    ("shorter", _with_statement(care="2", until="24-hours"), "consent-words-differ"),
    ("revoked", _with_a_revoked_certificate, "certificate-revoked"),
    ("suspended", _with_a_suspended_certificate, "certificate-suspended"),
    ("protected", _of_a_protected_person, "card-not-usable"),
]


@pytest.mark.parametrize(("make", "code"), [row[1:] for row in RECORDED], ids=[row[0] for row in RECORDED])
async def test_an_inadmissible_consent_is_refused_recorded_and_not_stored(
    fund: Fund, make: Make, code: str
) -> None:
    person = await fund.insured()
    body = await make(fund, person)
    before = await _permits(fund)

    refused = await fund.post("/v1/consents", body)

    record = await newest_record(fund, "eligibility.consent-pin")
    assert (code_of(refused), record["outcome"]) == (code, code)
    assert await _permits(fund) == before
    assert code_of(await fund.post("/v1/consents", body)) == "challenge-used"


async def _permits(fund: Fund) -> int:
    [row] = await fund.owner.fetch("SELECT count(*) AS permits FROM permit", ())
    return int(row["permits"])


async def test_a_consent_is_used_once(fund: Fund) -> None:
    body = await fund.consent_request((await fund.insured()).card)
    uses = [code_of(await fund.post("/v1/consents", body)) for _ in range(3)]
    assert uses == ["201", "challenge-used", "challenge-used"]


async def test_no_consent_follows_a_presence_older_than_ten_minutes(fund: Fund) -> None:
    person = await fund.insured()
    presence = (await fund.tap(person.card)).json()["record_id"]
    async with fund.clock_offset(timedelta(minutes=9, seconds=50)):
        body = await fund.consent_request(person.card, presence=presence)
        assert code_of(await fund.post("/v1/consents", body)) == "201"
        late = await fund.consent_request(person.card, presence=presence)
        await fund.set_clock_offset(timedelta(minutes=10, seconds=1))
        asked = {"presence_record": presence, "categories": ["medication"]}
        refused = await fund.post("/v1/consents/challenges", asked)
        recorded = await fund.post("/v1/consents", late)
        record = await newest_record(fund, "eligibility.consent-pin")
    assert {code_of(refused), code_of(recorded), record["outcome"]} == {"consent-presence-too-old"}


@pytest.mark.parametrize("presence", [uuid4(), UUID(int=0)])
async def test_no_challenge_is_issued_without_a_presence(fund: Fund, presence: UUID) -> None:
    asked = {"presence_record": str(presence), "categories": ["medication"]}
    assert code_of(await fund.post("/v1/consents/challenges", asked)) == "consent-presence-missing"


async def test_a_terminal_without_the_right_is_refused(fund: Fund) -> None:
    terminal = await fund.terminal(rights=(Right.ELIGIBILITY, Right.CONSENT))
    person = await fund.insured()
    presence = (await fund.tap(person.card, terminal)).json()["record_id"]
    asked = {"presence_record": presence, "categories": ["medication"], "visual_check": True}
    assert code_of(await fund.post("/v1/consents/challenges", asked, terminal)) == "right-missing"

    without = await fund.terminal(rights=(Right.ELIGIBILITY,))
    assert code_of(await fund.post("/v1/consents/challenges", asked, without)) == "right-missing"


async def test_an_eligibility_only_facility_cannot_be_admitted_for_consents(fund: Fund) -> None:
    with pytest.raises(ShikakuError, match="right-missing"):
        await fund.terminal(
            institution_code="1312345672", kind=FacilityKind.ELIGIBILITY_ONLY, rights=(Right.CONSENT,)
        )
