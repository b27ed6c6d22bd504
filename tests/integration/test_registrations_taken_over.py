"""Registrations that were made elsewhere before (rule B3): by an operator's command, for the person whom J-LIS names."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.dates import JAPAN, day_in_japan
from eligibility_api.platform.errors import OperatorError
from eligibility_api.registration.take_over import take_over
from jpki_mock.authority.values import Reason
from jpki_mock.jlis import Jlis
from jpki_mock.personalisation import CardOrder, certificate_id
from jpki_mock.register.resident import Resident
from jpki_mock.settings import Settings
from tests.builders.commands import Command
from tests.builders.fund import Fund
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

FIVE_YEARS = timedelta(days=1820)


def expired(fund: Fund, days: int, **order: Any) -> tuple[Person, date]:
    """A person whose certificate expired so many days ago, and the day of its issue."""
    last_day = day_in_japan(fund.clock()) - timedelta(days=days)
    issued_at = datetime.combine(last_day - FIVE_YEARS, time(12), JAPAN)
    born = date(1980, last_day.month, last_day.day)
    return fund.person(birth_date=born, issued_at=issued_at, **order), issued_at.date()


async def taken_over(fund: Fund, person: Person, day: date) -> bool:
    der = person.card.authentication.certificate
    async with fund.owner.transaction() as connection:
        return await take_over(connection, fund.state.jlis, fund.state.verifier.trust, der, day)


async def bindings(fund: Fund, person: Person) -> int:
    serial = certificate_id(person.card.authentication).serial
    rows = await fund.owner.fetch(
        "SELECT count(*) AS n FROM binding WHERE serial = $1",
        [serial.to_bytes((serial.bit_length() + 7) // 8, "big")],
    )
    return int(rows[0]["n"])


async def test_an_expired_card_that_was_registered_in_time_is_in_its_grace_period(fund: Fund) -> None:
    """Rules A6 and B3: the eligibility, and no consent."""
    person, issued_on = expired(fund, 20)
    await fund.enrol(person)
    assert (await fund.tap(person.card)).json()["code"] == "certificate-expired"

    assert await taken_over(fund, person, issued_on)

    answer = (await fund.tap(person.card)).json()
    assert (answer["validity"], answer["certificate_renewal"]["status"]) == ("1", "grace")
    assert (await fund.register(person.card)).json()["code"] == "certificate-expired"
    [record] = await fund.records("kind = 'binding.taken-over'")
    assert (record["outcome"], record["client_id"], record["person_key"] is None) == ("bound", None, False)
    assert issued_on.isoformat() in str(record["detail"])


async def test_taking_over_again_binds_and_records_nothing(fund: Fund) -> None:
    person, issued_on = expired(fund, 20)
    await fund.enrol(person)
    records = len(await fund.records("kind = 'binding.taken-over'"))
    assert [await taken_over(fund, person, issued_on) for _ in range(2)] == [True, False]
    assert len(await fund.records("kind = 'binding.taken-over'")) == records + 1
    registered = await fund.insured()
    assert not await taken_over(fund, registered, day_in_japan(fund.clock()))


@pytest.mark.parametrize(("after_issue", "bound"), [(-1, 0), (0, 1), (1820, 1), (1821, 0)])
async def test_the_certificate_was_valid_on_the_day(fund: Fund, after_issue: int, bound: int) -> None:
    """Rule B3, on the first and the last day, and around them."""
    person, issued_on = expired(fund, 20)
    day = issued_on + timedelta(days=after_issue)
    if bound:
        assert await taken_over(fund, person, day)
    else:
        with pytest.raises(OperatorError, match="not valid on that day"):
            await taken_over(fund, person, day)
    assert await bindings(fund, person) == bound


async def test_nothing_is_bound_for_a_blocked_person(fund: Fund) -> None:
    """Rules B2 and B3."""
    person, issued_on = expired(fund, 20)
    await fund.enrol(person, self_disclosure_blocked=True)
    with pytest.raises(OperatorError, match="rule B2"):
        await taken_over(fund, person, issued_on)
    assert await bindings(fund, person) == 0


async def test_a_revoked_certificate_is_refused_at_the_card_whatever_was_taken_over(fund: Fund) -> None:
    """Rule Q6."""
    person, issued_on = expired(fund, 20)
    await fund.enrol(person)
    await taken_over(fund, person, issued_on)
    fund.jlis.certificates.revoke(
        certificate_id(person.card.authentication), Reason.KEY_COMPROMISE, fund.clock()
    )
    assert await fund.mirror()
    assert (await fund.tap(person.card)).json()["code"] == "certificate-revoked"


async def test_a_certificate_of_another_authority_is_refused(fund: Fund, tmp_path: Path) -> None:
    with Jlis(Settings(home=tmp_path / "other"), fund.clock()) as other:
        resident = Resident.model_validate(fund.person().resident.model_dump())
        other.register.add([resident])
        card = other.cards.issue(CardOrder(resident_id=resident.resident_id), fund.clock())
    with pytest.raises(ShikakuError, match="certificate-other-authority"):
        await taken_over(fund, Person(resident, card), day_in_japan(fund.clock()))


def pem(*people: Person) -> str:
    certificates = (x509.load_der_x509_certificate(one.card.authentication.certificate) for one in people)
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)


@pytest.mark.parametrize(
    "content",
    ["nothing", "", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"],
    ids=range(3),
)
async def test_the_command_refuses_what_is_no_certificate(
    fund: Fund, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    file = tmp_path / "cards.pem"
    file.write_text(content)
    result = await command("registration", "take-over", str(file), "--registered-on", "2026-01-01")
    assert (result.code, "cannot be read as certificates" in result.err) == (1, True)
    monkeypatch.setenv("FUND_TRUST_STORE", str(tmp_path / "missing.pem"))
    file.write_text(pem(fund.person()))
    untrusted = await command("registration", "take-over", str(file), "--registered-on", "2026-01-01")
    assert (untrusted.code, "trust store cannot be read" in untrusted.err) == (1, True)
    missing = await command("registration", "take-over", "missing.pem", "--registered-on", "2026-01-01")
    assert (missing.code, "cannot be read" in missing.err) == (1, True)


async def test_the_command_asks_j_lis_and_binds_all_or_none(
    fund: Fund, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No J-LIS answers here, so that nothing is bound."""
    person, issued_on = expired(fund, 20)
    monkeypatch.setenv("FUND_TRUST_STORE", str(fund.state.settings.trust_store))
    monkeypatch.setenv("FUND_SIGNATURE_TRUST_STORE", str(fund.state.settings.signature_trust_store))
    file = tmp_path / "cards.pem"
    file.write_text(pem(person, await fund.insured()))
    result = await command("registration", "take-over", str(file), "--registered-on", issued_on.isoformat())
    assert (result.code, "register-unavailable" in result.err) == (1, True)
    late = await command("registration", "take-over", str(file), "--registered-on", "2050-01-01")
    assert (late.code, "not valid on that day" in late.err) == (1, True)
    assert await bindings(fund, person) == 0
