"""Who needs a 資格確認書: the insurer's list, applications, deregistrations (利用登録解除), and their withdrawal."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from eligibility_api.contract.insurer_ops import PaperCertificates
from eligibility_api.contract.numbers import check_digit
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.dates import day_in_japan
from eligibility_api.insurer_ops import papers as service
from tests.builders.fund import Fund
from tests.builders.people import Person

pytestmark = pytest.mark.anyio

_NUMBERS = count(1)
LEAVES: dict[str, Any] = {"lost_on": "2026-04-01", "reason_of_loss": "03"}


@pytest.fixture
async def own(fund: Fund) -> Credential:
    """A new insurer, so that its data does not depend on other tests."""
    number = f"0613{next(_NUMBERS):03d}"
    return await fund.admit_insurer(f"{number}{check_digit(number)}")


def of(insurer: Credential) -> dict[str, Any]:
    """The insurer's item of a call about a member."""
    return {"credential": insurer, "insurer_number": insurer.insurer_number}


async def listed(fund: Fund, own: Credential) -> dict[str, tuple[str, date | None]]:
    """Reason and first day of each need, by enrolment."""
    response = await fund.get("/v1/paper-certificates", own)
    page = PaperCertificates.model_validate_json(response.content)
    return {need.enrolment_id: (need.reason.value, need.needed_from) for need in page.members}


async def papers(fund: Fund, own: Credential, **query: str) -> dict[str, bool]:
    """Whether the need of a paper is new, by enrolment."""
    page = PaperCertificates.model_validate_json(
        (await fund.get("/v1/paper-certificates", own, **query)).content
    )
    needs = {need.enrolment_id: need.new_since for need in page.members}
    return needs | (await papers(fund, own, **query | {"after": page.next}) if page.next else {})


async def member(fund: Fund, own: Credential, person: Person, **more: Any) -> str:
    """The enrolment's id of a person whose card is registered."""
    enrolled = (await fund.enrol(person, credential=own, **more)).json()
    assert (await fund.register(person.card)).status_code == 201
    return str(enrolled["enrolment_id"])


async def test_a_member_without_a_usable_card_needs_a_paper(fund: Fund, own: Credential) -> None:
    with_card = await member(fund, own, fund.person())
    without = (await fund.enrol(fund.person(), credential=own)).json()["enrolment_id"]
    nobody = (await fund.enrol(fund.person(), credential=own, address="どこにもない町")).json()[
        "enrolment_id"
    ]
    future = (await fund.enrol(fund.person(), credential=own, acquired_on="2099-01-01")).json()
    gone = fund.person()
    await fund.enrol(gone, credential=own)
    await fund.change(gone, "end", **of(own), **LEAVES)

    # From 75 on a person is insured by the late-elderly scheme, even if this insurer did not report the end.
    await fund.enrol(fund.person(birth_date=date(1940, 1, 1)), credential=own, acquired_on="2010-04-01")

    assert set(await papers(fund, own)) == {without, nobody}
    assert {with_card, future["enrolment_id"]}.isdisjoint(await papers(fund, own))


@pytest.mark.parametrize("status", ["revoked", "suspended", "expired"])
async def test_a_member_whose_card_became_invalid_newly_needs_a_paper(
    fund: Fund, own: Credential, status: str
) -> None:
    enrolment_id = await member(fund, own, fund.person())
    await fund.owner.fetch("UPDATE binding SET bound_at = bound_at - interval '3 months'", [])
    await known_since(fund, own, "2024-06-01")
    assert await papers(fund, own) == {}

    statement = (
        "UPDATE binding SET not_after = now() - interval '1 day' WHERE person_key = (SELECT {person})"
        if status == "expired"
        else "INSERT INTO revoked_certificate SELECT authority, serial, '" + status + "', now() FROM binding"
        " WHERE person_key = (SELECT {person})"
    ).format(
        person="e.person_key FROM enrolment e JOIN entitlement t USING (entitlement)"
        " WHERE t.enrolment_id = $1::text::uuid"
    )
    await fund.owner.fetch(statement, [enrolment_id])

    assert await papers(fund, own) == {enrolment_id: True}
    assert await papers(fund, own, since_month="2025-01") == {enrolment_id: False}


async def known_since(fund: Fund, own: Credential, day: str) -> None:
    """Set the day since which everything about an insurer's members is known."""
    statement = "UPDATE revision SET published_at = $2::text::date WHERE insurer_number = $1"
    await fund.owner.fetch(statement, [own.insurer_number, day])


async def test_a_member_listed_a_month_ago_is_not_new(fund: Fund, own: Credential) -> None:
    old = (await fund.enrol(fund.person(), credential=own)).json()["enrolment_id"]
    await known_since(fund, own, "2024-06-01")
    today = day_in_japan(datetime.now(UTC)).isoformat()
    new = (await fund.enrol(fund.person(), credential=own, acquired_on=today)).json()["enrolment_id"]
    assert await papers(fund, own) == {old: False, new: True}


async def test_a_member_registered_late_is_new(fund: Fund, own: Credential) -> None:
    late = (await fund.enrol(fund.person(), credential=own)).json()["enrolment_id"]
    assert await papers(fund, own) == {late: True}


@pytest.mark.parametrize("month", ["0000-01", "2026-13", "2026-1", "x"])
async def test_an_invalid_month_is_rejected(fund: Fund, month: str) -> None:
    response = await fund.get("/v1/paper-certificates", since_month=month)
    assert (response.status_code, response.json()["code"]) == (422, "request-invalid")


async def test_the_paper_list_is_paged_by_member(
    fund: Fund, own: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    for with_card in (False, True, True, False, False):
        person = fund.person()
        await (member(fund, own, person) if with_card else fund.enrol(person, credential=own))
    whole = await papers(fund, own)
    monkeypatch.setattr(service, "MEMBERS_PER_PAGE", 2)
    assert await papers(fund, own) == whole
    assert len(whole) == 3


async def test_paper_lists_contain_the_insurers_own_members_only(fund: Fund, own: Credential) -> None:
    await fund.enrol(fund.person())
    assert await papers(fund, own) == {}


async def test_a_blocked_member_is_listed_although_a_card_is_registered(fund: Fund, own: Credential) -> None:
    """Rule K1."""
    person = fund.person()
    enrolment_id = await member(fund, own, person)
    assert await listed(fund, own) == {}
    await fund.owner.fetch(
        "UPDATE enrolment SET self_disclosure_blocked = true WHERE version = (SELECT max(version) FROM enrolment)",
        [],
    )
    assert await listed(fund, own) == {enrolment_id: ("blocked", None)}


async def test_an_expired_certificate_is_listed_from_the_end_of_its_three_months(
    fund: Fund, own: Credential
) -> None:
    """Rule K2."""
    enrolment_id = await member(fund, own, fund.person())
    await fund.owner.fetch("UPDATE binding SET not_after = now() - interval '40 days'", [])
    expired = day_in_japan(datetime.now(UTC) - timedelta(days=40))
    month = expired.year * 12 + expired.month - 1 + 4
    assert await listed(fund, own) == {
        enrolment_id: ("certificate-expired", date(month // 12, month % 12 + 1, 1))
    }


@pytest.mark.parametrize("reason", ["card-lost", "card-returned", "needs-help"])
async def test_an_applicant_is_listed(fund: Fund, own: Credential, reason: str) -> None:
    """Rule K3."""
    person = fund.person()
    enrolment_id = await member(fund, own, person)
    body = {"enrolment_id": enrolment_id, "reason": reason}
    first, again = [await fund.post("/v1/paper-certificates/applications", body, own) for _ in range(2)]
    assert (first.status_code, again.json()) == (201, first.json())
    records = await fund.records("kind = 'paper.applied' AND detail ->> 'enrolment_id' = $1", enrolment_id)
    assert len(records) == 1
    assert await listed(fund, own) == {enrolment_id: (reason, None)}

    assert (await fund.register(fund.jlis.cards.renew(person.card, fund.clock()))).status_code == 201
    assert await listed(fund, own) == ({enrolment_id: (reason, None)} if reason == "needs-help" else {})


async def test_another_insurers_member_cannot_apply_or_be_deregistered(fund: Fund, own: Credential) -> None:
    enrolment_id = (await fund.enrol(fund.person())).json()["enrolment_id"]
    for path, more in (
        ("/v1/paper-certificates/applications", {"reason": "card-lost"}),
        ("/v1/paper-certificates/applications/withdraw", {"reason": "card-lost"}),
        ("/v1/deregistrations", {}),
        ("/v1/deregistrations/withdraw", {}),
    ):
        response = await fund.post(path, {"enrolment_id": enrolment_id} | more, own)
        assert (response.status_code, response.json()["code"]) == (404, "enrolment-unknown")


async def test_a_deregistered_card_works_until_the_end_of_the_next_month(fund: Fund, own: Credential) -> None:
    """Rule K4; it can be registered again then."""
    person = fund.person()
    enrolment_id = await member(fund, own, person)
    body = {"enrolment_id": enrolment_id}
    deregistered = "kind = 'binding.deregistration' AND person_key IS NOT NULL"
    earlier = await fund.records(deregistered)
    first, again = [await fund.post("/v1/deregistrations", body, own) for _ in range(2)]
    assert (first.status_code, again.json()) == (201, first.json())
    today = day_in_japan(datetime.now(UTC))
    month = today.year * 12 + today.month - 1 + 2
    end = date(month // 12, month % 12 + 1, 1)
    assert first.json()["last_day"] == (end - timedelta(days=1)).isoformat()
    records = (await fund.records(deregistered))[len(earlier) :]
    assert [record["outcome"] for record in records] == ["done"]
    assert await listed(fund, own) == {enrolment_id: ("deregistered", end)}
    assert (await fund.tap(person.card)).status_code == 200

    await fund.owner.fetch("UPDATE binding SET ends_at = now() WHERE ends_at IS NOT NULL", [])
    refused = await fund.tap(person.card)
    assert refused.json()["code"] == "first-registration-needed"
    renewed = fund.jlis.cards.renew(person.card, fund.clock())
    assert (await fund.tap(renewed)).json()["code"] == "first-registration-needed"

    assert (await fund.register(renewed)).status_code == 201
    assert (await fund.tap(renewed)).status_code == 200
    assert await listed(fund, own) == {}


async def test_the_same_card_can_be_registered_again(fund: Fund, own: Credential) -> None:
    """Rule K4."""
    person = fund.person()
    enrolment_id = await member(fund, own, person)
    await fund.post("/v1/deregistrations", {"enrolment_id": enrolment_id}, own)
    await fund.owner.fetch("UPDATE binding SET ends_at = now() WHERE ends_at IS NOT NULL", [])
    assert (await fund.tap(person.card)).json()["code"] == "first-registration-needed"
    assert (await fund.register(person.card)).status_code == 201
    assert (await fund.tap(person.card)).status_code == 200


async def test_a_renewal_before_the_effect_ends_with_the_deregistration(fund: Fund, own: Credential) -> None:
    """Rule K4."""
    person = fund.person()
    enrolment_id = await member(fund, own, person)
    await fund.post("/v1/deregistrations", {"enrolment_id": enrolment_id}, own)
    assert (await fund.tap(fund.jlis.cards.renew(person.card, fund.clock()))).status_code == 200
    rows = await fund.owner.fetch(
        "SELECT count(*) AS cards, count(DISTINCT ends_at) AS ends FROM binding WHERE ends_at > now()"
        " AND person_key = (SELECT person_key FROM binding ORDER BY record_id DESC LIMIT 1)",
        [],
    )
    assert [dict(row) for row in rows] == [{"cards": 2, "ends": 1}]


async def test_an_insurer_alone_deregisters_nobody_whom_another_insures(fund: Fund, own: Credential) -> None:
    """Rules K4, R7."""
    person = fund.person()
    enrolment_id = await member(fund, own, person)
    await fund.enrol(person)
    refused = await fund.post("/v1/deregistrations", {"enrolment_id": enrolment_id}, own)
    assert (refused.status_code, refused.json()["code"]) == (409, "deregistration-refused")
    assert (await fund.tap(person.card)).status_code == 200


async def test_without_a_registered_card_there_is_nothing_to_end(fund: Fund, own: Credential) -> None:
    """Rule K4."""
    enrolled = (await fund.enrol(fund.person(), credential=own)).json()
    refused = await fund.post("/v1/deregistrations", {"enrolment_id": enrolled["enrolment_id"]}, own)
    assert refused.json()["code"] == "deregistration-refused"


async def withdraw(fund: Fund, own: Credential, what: str, body: dict[str, Any]) -> tuple[int, str | None]:
    """Status and code of a withdrawal."""
    response = await fund.post(f"/v1/{what}/withdraw", body, own)
    return response.status_code, response.json().get("code")


@pytest.mark.parametrize("reason", ["card-lost", "card-returned", "needs-help"])
async def test_a_withdrawn_application_leaves_the_list(fund: Fund, own: Credential, reason: str) -> None:
    """Rule K5."""
    enrolment_id = await member(fund, own, fund.person())
    body, applications = {"enrolment_id": enrolment_id, "reason": reason}, "paper-certificates/applications"
    assert await withdraw(fund, own, applications, body) == (409, "nothing-to-withdraw")
    assert (await fund.post(f"/v1/{applications}", body, own)).status_code == 201
    other = body | {"reason": "needs-help" if reason == "card-lost" else "card-lost"}
    assert await withdraw(fund, own, applications, other) == (409, "nothing-to-withdraw")
    assert await listed(fund, own) == {enrolment_id: (reason, None)}

    assert await withdraw(fund, own, applications, body) == (200, None)
    assert await listed(fund, own) == {}
    assert await withdraw(fund, own, applications, body) == (409, "nothing-to-withdraw")
    records = await fund.records("kind = 'paper.withdrawn' AND detail ->> 'enrolment_id' = $1", enrolment_id)
    assert [(record["outcome"], record["person_key"] is None) for record in records] == [("done", False)]

    # A new application counts at once, also within a day of the withdrawn one.
    assert (await fund.post(f"/v1/{applications}", body, own)).status_code == 201
    assert await listed(fund, own) == {enrolment_id: (reason, None)}


async def test_a_withdrawn_deregistration_leaves_every_card_registered(fund: Fund, own: Credential) -> None:
    """Rule K5."""
    person = fund.person()
    enrolment_id = await member(fund, own, person)
    body = {"enrolment_id": enrolment_id}
    assert await withdraw(fund, own, "deregistrations", body) == (409, "nothing-to-withdraw")
    first = await fund.post("/v1/deregistrations", body, own)
    renewed = fund.jlis.cards.renew(person.card, fund.clock())
    assert (await fund.tap(renewed)).status_code == 200

    assert await withdraw(fund, own, "deregistrations", body) == (200, None)
    assert await listed(fund, own) == {}
    ends = "SELECT count(*) AS cards, count(b.ends_at) AS ends FROM binding b WHERE b.person_key = ANY (SELECT e.person_key"
    ends += " FROM enrolment e JOIN entitlement t USING (entitlement) WHERE t.enrolment_id = $1::text::uuid)"
    [row] = await fund.owner.fetch(ends, [enrolment_id])
    assert dict(row) == {"cards": 2, "ends": 0}
    assert await withdraw(fund, own, "deregistrations", body) == (409, "nothing-to-withdraw")
    records = await fund.records(
        "kind = 'binding.deregistration-withdrawn' AND detail ->> 'enrolment_id' = $1", enrolment_id
    )
    assert [(record["outcome"], record["person_key"] is None) for record in records] == [("done", False)]
    again = await fund.post("/v1/deregistrations", body, own)
    assert (again.status_code, again.json()) == (201, first.json())


async def test_a_deregistration_that_has_taken_effect_is_not_withdrawn(fund: Fund, own: Credential) -> None:
    """Rule K5."""
    person = fund.person()
    body = {"enrolment_id": await member(fund, own, person)}
    await fund.post("/v1/deregistrations", body, own)
    await fund.owner.fetch("UPDATE binding SET ends_at = now() WHERE ends_at IS NOT NULL", [])
    assert await withdraw(fund, own, "deregistrations", body) == (409, "nothing-to-withdraw")
    assert (await fund.tap(person.card)).json()["code"] == "first-registration-needed"


async def test_a_deregistration_is_not_withdrawn_once_another_insures_the_person(
    fund: Fund, own: Credential
) -> None:
    """Rules K5, R7."""
    person = fund.person()
    body = {"enrolment_id": await member(fund, own, person)}
    await fund.post("/v1/deregistrations", body, own)
    await fund.enrol(person)
    assert await withdraw(fund, own, "deregistrations", body) == (409, "deregistration-refused")


async def test_a_deregistration_of_this_month_is_new_on_the_list(fund: Fund, own: Credential) -> None:
    """Rule K2: it was not known on the reference day."""
    enrolment_id = await member(fund, own, fund.person())
    await fund.owner.fetch("UPDATE binding SET bound_at = bound_at - interval '3 months'", [])
    await known_since(fund, own, "2024-06-01")
    await fund.post("/v1/deregistrations", {"enrolment_id": enrolment_id}, own)
    assert await papers(fund, own) == {enrolment_id: True}
    await known_earlier(fund, "2 months")
    assert await papers(fund, own) == {enrolment_id: False}


async def known_earlier(fund: Fund, by: str) -> None:
    """Set back what is known of ended registrations."""
    await fund.owner.fetch(
        "UPDATE registration_end SET recorded_at = recorded_at - $1::text::interval,"
        " stood_until = stood_until - $1::text::interval",
        [by],
    )


@pytest.mark.parametrize("stood", [True, False])
async def test_a_withdrawn_deregistration_is_known_for_the_time_in_which_it_stood(
    fund: Fund, own: Credential, stood: bool
) -> None:
    """Rule K5: whether it is new on the list depends on the reference day a month ago."""
    enrolment_id = await member(fund, own, fund.person())
    await fund.owner.fetch("UPDATE binding SET bound_at = bound_at - interval '4 months'", [])
    await known_since(fund, own, "2024-06-01")
    body = {"enrolment_id": enrolment_id}
    await fund.post("/v1/deregistrations", body, own)
    await known_earlier(fund, "2 months")
    assert await withdraw(fund, own, "deregistrations", body) == (200, None)
    if not stood:
        await known_earlier(fund, "40 days")
    await fund.post("/v1/deregistrations", body, own)
    assert await papers(fund, own) == {enrolment_id: not stood}


async def test_an_ended_registration_stays_known_after_the_card_is_registered_again(
    fund: Fund, own: Credential
) -> None:
    """Rule K5: a member listed then is not new when a later deregistration lists her again."""
    person = fund.person()
    enrolment_id = await member(fund, own, person)
    await fund.owner.fetch("UPDATE binding SET bound_at = bound_at - interval '4 months'", [])
    await known_since(fund, own, "2024-06-01")
    body = {"enrolment_id": enrolment_id}
    await fund.post("/v1/deregistrations", body, own)
    await fund.owner.fetch("UPDATE binding SET ends_at = now() WHERE ends_at IS NOT NULL", [])
    await fund.owner.fetch(
        "UPDATE registration_end SET recorded_at = recorded_at - interval '2 months' WHERE stood_until IS NULL",
        [],
    )
    assert (await fund.register(person.card)).status_code == 201
    assert await listed(fund, own) == {}
    await fund.post("/v1/deregistrations", body, own)
    assert await papers(fund, own) == {enrolment_id: False}
