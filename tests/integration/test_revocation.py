"""Revocation takes effect in time; without revocation data a tap fails technically."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jpki_mock.authority.values import Carrier, CertificateId, Kind, Reason
from jpki_mock.personalisation import certificate_id
from tests.builders.fund import Fund
from tests.builders.people import Person

pytestmark = pytest.mark.anyio


def _id(person: Person) -> CertificateId:
    return certificate_id(person.card.authentication)


async def _age_mirror(fund: Fund, seconds: int) -> None:
    await fund.batch.fetch(
        "UPDATE authority SET checked_at = checked_at - $1::interval", [timedelta(seconds=seconds)]
    )


async def test_a_revoked_card_is_refused_once_the_mirror_has_the_list(fund: Fund) -> None:
    person = await fund.insured()
    fund.jlis.certificates.revoke(_id(person), Reason.REQUEST, fund.clock())
    assert await fund.mirror()

    response = await fund.tap(person.card)

    assert (response.status_code, response.json()["code"]) == (403, "certificate-revoked")
    [record] = await fund.records("outcome = 'certificate-revoked' AND serial = $1", _serial(fund, person))
    assert record["enrolments"] == []


def _serial(fund: Fund, person: Person) -> bytes:
    return fund.state.verifier.certificate(person.card.authentication.certificate).id.serial_bytes


async def test_a_suspended_card_is_refused_and_a_resumed_one_is_accepted(fund: Fund) -> None:
    phone = await fund.insured(carrier=Carrier.ANDROID)
    fund.jlis.certificates.suspend(_id(phone), fund.clock())
    await fund.mirror()
    suspended = await fund.tap(phone.card)
    fund.jlis.certificates.resume(_id(phone))
    await fund.mirror()
    resumed = await fund.tap(phone.card)

    assert (suspended.json()["code"], resumed.status_code) == ("certificate-suspended", 200)


@pytest.mark.parametrize("reason", [Reason.LOSS, Reason.REQUEST, Reason.RENEWAL])
@pytest.mark.parametrize("source", ["mirror", "ocsp"])
async def test_what_ends_a_card_ends_its_phone(fund: Fund, reason: Reason, source: str) -> None:
    """Rule Q7 (E14): within the mirror's maximum age, or by OCSP at once."""
    phone = await fund.insured(carrier=Carrier.ANDROID)
    assert phone.plastic is not None
    card = certificate_id(phone.plastic.authentication)
    assert (await fund.tap(phone.card)).json()["validity"] == "1"
    fund.jlis.certificates.revoke(card, reason, fund.clock())
    if source == "mirror":
        assert await fund.mirror()
    else:
        await _age_mirror(fund, 3600)
    code = "certificate-suspended" if reason is Reason.LOSS else "certificate-revoked"
    assert (await fund.tap(phone.card)).json()["code"] == code
    assert await fund.mirror()


async def test_with_a_stale_mirror_ocsp_decides_and_a_challenge_is_spent_once(fund: Fund) -> None:
    good, revoked = await fund.insured(), await fund.insured()
    fund.jlis.certificates.revoke(_id(revoked), Reason.DEATH, fund.clock())
    await _age_mirror(fund, 3600)

    proof = await fund.proof(good.card)
    answer = await fund.post("/v1/eligibility/card", proof)
    again = await fund.post("/v1/eligibility/card", proof)
    refused = await fund.tap(revoked.card)

    assert answer.json()["validity"] == "1"
    assert again.json()["code"] == "challenge-used"
    assert refused.json()["code"] == "certificate-revoked"
    [record] = await fund.records("record_id = $1::text::uuid", answer.json()["record_id"])
    assert '"ocsp"' in record["detail"]


async def test_without_revocation_data_a_tap_fails_technically_and_the_same_proof_works_later(
    fund: Fund,
) -> None:
    person = await fund.insured()
    await _age_mirror(fund, 3600)
    fund.jlis_connection.cut = True
    proof = await fund.proof(person.card)

    failed = await fund.post("/v1/eligibility/card", proof)
    fund.jlis_connection.cut = False
    await fund.mirror()
    later = await fund.post("/v1/eligibility/card", proof)

    assert (failed.status_code, failed.json()["code"], failed.json()["kind"]) == (
        503,
        "revocation-unavailable",
        "technical",
    )
    assert int(failed.headers["Retry-After"]) > 0
    assert later.json()["validity"] == "1"


async def test_a_rolled_back_crl_is_rejected_and_the_last_valid_one_stays(fund: Fund) -> None:
    """Rule Q5."""
    person = await fund.insured()
    ca = fund.jlis.authorities.newest(Kind.AUTHENTICATION).id
    older = fund.jlis.revocation_lists.current(ca, fund.clock())
    fund.jlis.certificates.revoke(_id(person), Reason.REQUEST, fund.clock())
    assert await fund.mirror()
    fund.jlis_connection.replaced["/crl/"] = older

    assert not await fund.mirror()
    assert (await fund.tap(person.card)).json()["code"] == "certificate-revoked"


async def test_a_crl_signed_by_another_authority_is_rejected(fund: Fund) -> None:
    other = fund.jlis.authorities.newest(Kind.SIGNATURE).id
    fund.jlis_connection.replaced["/crl/"] = fund.jlis.revocation_lists.current(other, fund.clock())
    assert not await fund.mirror()


async def test_a_crl_from_the_future_is_rejected(fund: Fund) -> None:
    ca = fund.jlis.authorities.newest(Kind.AUTHENTICATION).id
    ahead = fund.jlis.revocation_lists.current(ca, fund.clock() + timedelta(hours=3))
    fund.jlis_connection.replaced["/crl/"] = ahead
    assert not await fund.mirror()


async def test_an_ocsp_response_to_another_request_is_rejected(fund: Fund) -> None:
    first, second = await fund.insured(), await fund.insured()
    await _age_mirror(fund, 3600)
    await fund.tap(first.card)
    fund.jlis_connection.replaced["/ocsp/"] = fund.jlis_connection.responses["ocsp"]

    response = await fund.tap(second.card)

    assert (response.status_code, response.json()["code"]) == (503, "revocation-unavailable")
    fund.jlis_connection.replaced.clear()
    await fund.mirror()


async def test_a_renewed_certificate_replaces_the_revoked_one_of_a_lost_card(fund: Fund) -> None:
    person = await fund.insured()
    fund.jlis.certificates.suspend(_id(person), fund.clock())
    new = fund.jlis.cards.renew(person.card, fund.clock())
    await fund.mirror()

    old_answer, new_answer = await fund.tap(person.card), await fund.tap(new)

    assert old_answer.json()["code"] == "certificate-revoked"
    assert new_answer.json()["validity"] == "1"
