"""A card after its certificate's expiry: eligibility alone, for three months, and never once it was revoked."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from eligibility_api.audit.recompute import recompute
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.domain.expiry import Carrier, CertificateEnd, usable_until
from eligibility_api.eligibility.store import CARD_STATEMENT
from jpki_mock.authority.values import Carrier as CarrierOfJlis
from jpki_mock.authority.values import CertificateId, Reason
from jpki_mock.personalisation import certificate_id
from tests.builders.fund import Fund
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

TOO_OLD = -150
"""Days before today of an expiry whose grace period has ended, whatever the month."""


def _id(person: Person) -> CertificateId:
    return certificate_id(person.card.authentication)


def _remark(fund: Fund, days: int, carrier: Carrier = Carrier.CARD) -> dict[str, str]:
    last_day = day_in_japan(fund.clock()) + timedelta(days=days)
    renew_by = usable_until(CertificateEnd(last_day, carrier))
    status = "expiring" if days >= 0 else "grace"
    return {"status": status, "expires_on": last_day.isoformat(), "renew_by": renew_by.isoformat()}


async def _age_mirror(fund: Fund) -> None:
    await fund.batch.fetch("UPDATE authority SET checked_at = checked_at - interval '1 hour'", [])


@pytest.mark.parametrize("days", [-1, -30, -88])
async def test_an_expired_card_shows_the_eligibility_and_until_when_to_renew(fund: Fund, days: int) -> None:
    """Rules A6, A7 (E1)."""
    person = await fund.expiring(days)
    for response in (await fund.tap(person.card), await fund.look(person.card)):
        answer = response.json()
        assert (response.status_code, answer["validity"], len(answer["results"])) == (200, "1", 1)
        assert answer["certificate_renewal"] == _remark(fund, days)


@pytest.mark.parametrize("days", [0, 1, 30, 85])
async def test_a_card_that_expires_soon_has_the_remark(fund: Fund, days: int) -> None:
    """Rule A7: three months before its last day."""
    person = await fund.expiring(days)
    answer = (await fund.tap(person.card)).json()
    assert (answer["validity"], answer["certificate_renewal"]) == ("1", _remark(fund, days))
    unchanged = (await fund.tap(person.card, known_version=answer["version"])).json()
    assert (unchanged["unchanged"], unchanged["certificate_renewal"]) == (True, _remark(fund, days))


@pytest.mark.parametrize("days", [100, 1000])
async def test_before_that_there_is_no_remark_and_no_record_of_it(fund: Fund, days: int) -> None:
    person = await fund.expiring(days)
    answer = (await fund.tap(person.card)).json()
    assert (answer["validity"], answer["certificate_renewal"]) == ("1", None)
    [record] = await fund.records("record_id = $1::text::uuid", answer["record_id"])
    assert "certificate" not in json.loads(record["detail"])


async def test_the_remark_does_not_change_the_answers_version(fund: Fund) -> None:
    """Rule S9: it is about the card."""
    person = await fund.expiring(-1)
    by_card = (await fund.tap(person.card)).json()
    by_number = await fund.look_up(person)
    assert by_number.json()["version"] == by_card["version"]
    assert by_number.json()["certificate_renewal"] is None


async def test_after_the_grace_period_the_card_is_refused(fund: Fund) -> None:
    person = await fund.expiring(TOO_OLD)
    for response in (await fund.tap(person.card), await fund.look(person.card)):
        assert (response.status_code, response.json()["code"]) == (403, "certificate-expired")


async def test_a_phone_has_no_grace_period(fund: Fund) -> None:
    """Rule A6 (E14); its certificate ends with the card's."""
    phone = await fund.expiring(-1, carrier=CarrierOfJlis.ANDROID)
    refused = await fund.tap(phone.card)
    assert (refused.status_code, refused.json()["code"]) == (403, "certificate-expired")
    serial = fund.state.verifier.certificate(phone.card.authentication.certificate).id.serial_bytes
    [record] = await fund.records("serial = $1", serial)
    assert (record["outcome"], record["enrolments"]) == ("certificate-expired", [])


async def test_a_phone_has_the_remark_and_is_used_until_its_last_day(fund: Fund) -> None:
    phone = await fund.expiring(10, carrier=CarrierOfJlis.ANDROID)
    answer = (await fund.tap(phone.card)).json()
    assert answer["certificate_renewal"] == _remark(fund, 10, Carrier.PHONE)


async def test_the_carrier_of_an_old_binding_is_asked_for_when_it_decides(fund: Fund) -> None:
    """Bindings from before carriers were stored: J-LIS is asked, in the grace period only."""
    card = await fund.expiring(-1, carrier_stored=False)
    phone = await fund.expiring(-1, carrier_stored=False, carrier=CarrierOfJlis.ANDROID)
    soon = await fund.expiring(10, carrier_stored=False)

    assert (await fund.tap(card.card)).json()["certificate_renewal"] == _remark(fund, -1)
    assert (await fund.tap(phone.card)).json()["code"] == "certificate-expired"
    fund.jlis_connection.cut = True
    failed = await fund.tap(card.card)
    unasked = await fund.tap(soon.card)
    fund.jlis_connection.cut = False
    assert (failed.status_code, failed.json()["code"]) == (503, "register-unavailable")
    assert unasked.json()["certificate_renewal"] == _remark(fund, 10, Carrier.PHONE)


async def test_an_expired_card_that_was_never_registered_is_not_registered_any_more(fund: Fund) -> None:
    """Rule A6: the grace period is for cards that are in use."""
    person = await fund.expiring(-1)
    await fund.owner.fetch("DELETE FROM binding WHERE serial = $1", [_serial(fund, person)])
    tapped, registered = await fund.tap(person.card), await fund.register(person.card)
    by_face = await fund.register_by_face(person.card)
    assert [one.json()["code"] for one in (tapped, registered, by_face)] == ["certificate-expired"] * 3
    assert not await fund.owner.fetch("SELECT FROM binding WHERE serial = $1", [_serial(fund, person)])


def _serial(fund: Fund, person: Person) -> bytes:
    return fund.state.verifier.certificate(person.card.authentication.certificate).id.serial_bytes


@pytest.mark.parametrize("days", [-1, -80])
@pytest.mark.parametrize("visual_check", [False, True])
async def test_no_consent_is_given_with_an_expired_card(fund: Fund, days: int, visual_check: bool) -> None:
    """Rule A6: no medical information, and no consent to it."""
    person = await fund.expiring(days)
    refused = await fund.consent(person.card, visual_check=visual_check)
    assert (refused.status_code, refused.json()["code"]) == (403, "consent-certificate-expired")
    assert not await fund.owner.fetch(
        "SELECT FROM permit p JOIN binding b USING (person_key) WHERE b.serial = $1", [_serial(fund, person)]
    )


async def test_a_consent_with_a_card_that_expires_soon_has_the_remark_too(fund: Fund) -> None:
    person = await fund.expiring(20)
    given = await fund.consent(person.card)
    assert given.status_code == 201
    assert given.json()["eligibility"]["certificate_renewal"] == _remark(fund, 20)


@pytest.mark.parametrize("reason", [Reason.REQUEST, Reason.LOSS])
@pytest.mark.parametrize("when", ["before expiry", "after expiry"])
@pytest.mark.parametrize("source", ["mirror", "ocsp"])
async def test_a_revoked_card_is_refused_in_the_grace_period_too(
    fund: Fund, reason: Reason, when: str, source: str
) -> None:
    """Rule Q6."""
    person = await fund.expiring(-60)
    ago = timedelta(days=70 if when == "before expiry" else 50)
    fund.jlis.certificates.revoke(_id(person), reason, fund.clock() - ago)
    if source == "mirror":
        assert await fund.mirror()
    else:
        await _age_mirror(fund)
    code = "certificate-suspended" if reason is Reason.LOSS else "certificate-revoked"
    assert (await fund.tap(person.card)).json()["code"] == code
    assert await fund.mirror()


async def test_a_death_in_the_grace_period_ends_the_card(fund: Fund) -> None:
    person = await fund.expiring(-60)
    day = day_in_japan(fund.clock()) - timedelta(days=5)
    fund.jlis.record_death(person.resident.resident_id, day, fund.clock())
    assert await fund.mirror()
    assert (await fund.tap(person.card)).json()["code"] == "certificate-revoked"


async def test_a_mirrored_list_without_expired_certificates_does_not_clear_an_expired_card(
    fund: Fund,
) -> None:
    """Rule Q6: OCSP decides then, and without it nothing is answered."""
    person, valid = await fund.expiring(-10), await fund.insured()
    await fund.batch.fetch("UPDATE authority SET expired_since = NULL", [])
    by_ocsp = await fund.tap(person.card)
    [record] = await fund.records("record_id = $1::text::uuid", by_ocsp.json()["record_id"])
    fund.jlis_connection.cut = True
    failed, unaffected = await fund.tap(person.card), await fund.tap(valid.card)
    fund.jlis_connection.cut = False
    assert await fund.mirror()
    by_list = await fund.tap(person.card)
    [listed] = await fund.records("record_id = $1::text::uuid", by_list.json()["record_id"])
    assert (json.loads(record["detail"])["revocation"], by_ocsp.json()["validity"]) == ("ocsp", "1")
    assert (failed.status_code, failed.json()["code"]) == (503, "revocation-unavailable")
    assert unaffected.json()["validity"] == "1"
    assert json.loads(listed["detail"])["revocation"].startswith("crl ")


async def test_the_remark_recomputes_from_the_record(fund: Fund) -> None:
    people = [
        await fund.expiring(-3),
        await fund.expiring(40),
        await fund.expiring(5, carrier=CarrierOfJlis.ANDROID),
    ]
    given: list[dict[str, Any]] = [(await fund.tap(person.card)).json() for person in people]
    given.append((await fund.consent(people[1].card)).json()["eligibility"])
    assert all(answer["certificate_renewal"] for answer in given)
    for answer in given:
        answer["reference_number"] = None
        async with fund.owner.transaction() as connection:
            [again] = [
                one.model_dump(mode="json")
                async for one in recompute(
                    connection, version_key=fund.state.keys.version, record_id=UUID(answer["record_id"])
                )
            ]
        assert again == answer


async def test_a_tap_reads_the_bindings_index_alone(fund: Fund) -> None:
    """The carrier is in the table, which is read only of a certificate that has expired or expires soon."""
    now = fund.clock()
    values = dict.fromkeys(CARD_STATEMENT.names) | {
        "expires_at": now + timedelta(seconds=60),
        "nonce": bytes(16),
        "rights": ["eligibility"],
        "client_id": uuid4(),
        "authority": bytes(32),
        "serial": b"\1",
        "max_age": timedelta(seconds=60),
        "as_of": day_in_japan(now),
        "kind": "eligibility.card",
    }
    for ended_at, expires_on, scans in (
        (None, None, ["Index Only Scan"]),
        (None, day_in_japan(now), ["Index Only Scan", "Index Scan"]),
        (now, day_in_japan(now), ["Index Only Scan", "Index Scan"]),
    ):
        parameters = CARD_STATEMENT.parameters(values | {"ended_at": ended_at, "expires_on": expires_on})
        rows = await fund.state.database.fetch(f"EXPLAIN (COSTS OFF) {CARD_STATEMENT.text}", parameters)
        plan = [row[0].strip().removeprefix("->").strip() for row in rows]
        assert sorted(line.split(" using ")[0] for line in plan if "using binding_pkey" in line) == scans
        assert not [line for line in plan if "Seq Scan on binding" in line]
