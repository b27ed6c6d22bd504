"""Stored claims, permits, prescriptions and check-ups, and requests of the history, for tests of the history."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx2

from eligibility_api.claims.tables import CLAIM_COLUMNS, claim_row
from eligibility_api.contract.claims import ClaimKind
from eligibility_api.contract.codes import Care, Category, FacilityKind, Right, Role
from eligibility_api.contract.consent import CONSENTS_PATH, Basis
from eligibility_api.contract.history import (
    OPERATOR_HEADER,
    ROLE_HEADER,
    CareSetting,
    HistoryResource,
    Origin,
)
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.claims import READER_VERSION, Claim, Content, Member, encode
from eligibility_api.domain.dates import day_in_japan, months_before
from eligibility_api.domain.membership import comparable
from eligibility_api.drug_master import store as drug_master_store
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, INSURER
from tests.builders.known import PHARMACY, PLAIN_CONTENT
from tests.builders.people import Person

HISTORY_RIGHTS = (Right.ELIGIBILITY, Right.CONSENT)
ALL_CATEGORIES = tuple(Category)

_FILE = """
INSERT INTO claim_file (insurer_number, client_id, state, known_from, reader_version)
VALUES ($1, $2::text::uuid, 'done', $3, $4) RETURNING file_id
"""

_CLAIM = f"""
INSERT INTO claim ({", ".join(CLAIM_COLUMNS)})
VALUES ({", ".join(f"${number}" for number in range(1, len(CLAIM_COLUMNS) + 1))})
RETURNING claim
"""

_PERMIT = """
INSERT INTO permit (basis, person_key, institution_code, client_id, care, categories, given_at, until, reason, record_id)
VALUES ($1, $2, $3, $4::text::uuid, $5, $6, $7, $8, $9, $10)
RETURNING permit_id
"""

_PERSON_KEY = """
SELECT e.person_key FROM enrolment e WHERE e.name = $1 AND e.person_key IS NOT NULL ORDER BY e.version DESC LIMIT 1
"""

_KNOWN_SINCE = """
UPDATE revision SET published_at = $2
WHERE revision IN (SELECT opened_by FROM enrolment WHERE name = $1)
"""


def months_ago(fund: Fund, months: int) -> date:
    """The first day of the month so many months before the fund's current one."""
    return months_before(day_in_japan(fund.clock()).replace(day=1), months)


def claim(
    fund: Fund,
    person: Person,
    of: Content = PLAIN_CONTENT,
    *,
    months: int = 3,
    pharmacy: bool = False,
    insurer_number: str = INSURER,
    branch: str | None = "00",
    **more: Any,
) -> Claim:
    """A claim of the person as `Fund.enrol` enrols her, treated `months` months ago and claimed in the next month.

    Raises ValueError for a claim of the current month, which is shown from its eleventh day on: a test of it
    would hold on some days of each month only. Such a test gives `claim_month` itself.
    """
    if months < 2 and "claim_month" not in more:
        raise ValueError("A claim of this month is shown from the 11th on: give months of 2 and more")
    member = Member(
        insurer_number=insurer_number,
        symbol="見本",
        number=person.resident.resident_id[1:],
        branch=branch,
        birth_date=person.resident.birth_date,
    )
    values: dict[str, Any] = {
        "kind": ClaimKind.PHARMACY if pharmacy else ClaimKind.MEDICAL,
        "setting": CareSetting.PHARMACY if pharmacy else CareSetting.OUTPATIENT,
        "institution_code": PHARMACY if pharmacy else CLINIC,
        "claim_month": months_ago(fund, months - 1),
        "treatment_month": months_ago(fund, months),
        "member": member,
        "content": of,
    }
    return Claim(**(values | more))


async def store_claims(
    fund: Fund, *claims: Claim, known_from: datetime | None = None, reader_version: int = READER_VERSION
) -> list[int]:
    """Store claims as one file of the fund's insurer; known since 40 days ago by default."""
    since = known_from or fund.clock() - timedelta(days=40)
    [file] = await fund.owner.fetch(_FILE, [INSURER, fund.insurer.client_id, since, reader_version])
    numbers = []
    for one in claims:
        [kept] = await fund.owner.fetch(_CLAIM, claim_row(file["file_id"], one))
        numbers.append(int(kept["claim"]))
    return numbers


async def person_key(fund: Fund, person: Person) -> bytes:
    """The person key of an enrolled person."""
    [found] = await fund.owner.fetch(_PERSON_KEY, [person.resident.name])
    return bytes(found["person_key"])


async def set_known_since(fund: Fund, person: Person, instant: datetime) -> None:
    """Change the instant at which her enrolments became known."""
    await fund.owner.fetch(_KNOWN_SINCE, [person.resident.name, instant])


async def grant_permit(
    fund: Fund,
    person: Person,
    terminal: Credential,
    categories: Collection[Category] = ALL_CATEGORIES,
    *,
    basis: Basis = Basis.PIN,
    care: Care = Care.OUTPATIENT,
) -> UUID:
    """Insert a permit for the terminal's facility, valid from now on."""
    now = fund.clock()
    values = [
        basis.value,
        await person_key(fund, person),
        terminal.institution_code,
        terminal.client_id,
        care.value,
        [category.value for category in categories],
        now,
        now + timedelta(hours=24) if care is not Care.HOME_VISIT else None,
        json.dumps({}) if basis in {Basis.EMERGENCY, Basis.DISASTER} else None,
        uuid4(),
    ]
    [permit] = await fund.owner.fetch(_PERMIT, values)
    return UUID(str(permit["permit_id"]))


async def request_history(
    fund: Fund,
    permit: UUID,
    terminal: Credential,
    what: HistoryResource = HistoryResource.MEDICATIONS,
    *,
    role: Role = Role.PHARMACIST,
    operator: str | None = None,
    address: str = CONSENTS_PATH,
    **query: Any,
) -> httpx2.Response:
    """Request a history resource, by default as a pharmacist."""
    headers = {"Authorization": f"Bearer {await fund.token(terminal)}", ROLE_HEADER: role.value}
    if operator is not None:
        headers[OPERATOR_HEADER] = quote(operator)
    return await fund.http.get(f"{address}/{permit}/{what}", params=query, headers=headers)


async def fetch_history(
    fund: Fund,
    permit: UUID,
    terminal: Credential,
    what: HistoryResource = HistoryResource.MEDICATIONS,
    **query: Any,
) -> dict[str, Any]:
    """The answer to a history request; asserts that it succeeds."""
    response = await request_history(fund, permit, terminal, what, **query)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


_ENTRY = """
INSERT INTO prescription_entry (origin, person_key, institution_code, prescribed_on, dispensed_on, prescriber_code,
                                prescriber_name, content, known_from, client_id, record_id, idempotency_key, digest)
VALUES ($1, $2, $3, $4, $5, $6, '架空診療所', $7, $8, $9::text::uuid, gen_random_uuid(), gen_random_uuid()::text, '')
RETURNING entry
"""


async def store_prescription_entry(
    fund: Fund,
    person: Person,
    terminal: Credential,
    of: Content,
    *,
    prescribed_on: date,
    dispensed_on: date | None = None,
    prescriber: str = CLINIC,
    on_site: bool = False,
    registered: timedelta = timedelta(seconds=1),
) -> int:
    """Store a prescription of the terminal's facility, or a dispensing where `dispensed_on` is given.

    `registered`: how long ago.
    """
    dispensed = Origin.ON_SITE if on_site else Origin.DISPENSING
    values = [
        (dispensed if dispensed_on else Origin.PRESCRIPTION).value,
        await person_key(fund, person),
        terminal.institution_code,
        prescribed_on,
        dispensed_on,
        prescriber,
        encode(of),
        fund.clock() - registered,
        terminal.client_id,
    ]
    [kept] = await fund.owner.fetch(_ENTRY, values)
    return int(kept["entry"])


_CHECKUP = """
INSERT INTO health_checkup (insurer_number, symbol_key, number_key, branch_key, birth_date, examined_on, items, client_id,
                            known_from)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::uuid, $9)
RETURNING checkup
"""


async def store_checkup(
    fund: Fund,
    person: Person,
    on: date,
    value: str,
    *,
    branch: str = "00",
    known_from: datetime | None = None,
) -> int:
    """Store a check-up with one item."""
    items = [
        {"item_code": "9A755000000000001", "item_name": "収縮期血圧（見本）", "value": value, "unit": "mmHg"}
    ]
    values = [
        INSURER,
        *comparable("見本", person.resident.resident_id[1:], branch),
        person.resident.birth_date,
        on,
        json.dumps(items),
        fund.insurer.client_id,
        known_from or fund.clock() - timedelta(days=1),
    ]
    [kept] = await fund.owner.fetch(_CHECKUP, values)
    return int(kept["checkup"])


async def pharmacy_with_history_rights(fund: Fund) -> Credential:
    """A pharmacy's terminal with the right to read histories; loads the shipped drug master."""
    async with fund.owner.transaction() as connection:
        await drug_master_store.load(connection, drug_master_store.shipped())
    return await fund.terminal(institution_code=PHARMACY, kind=FacilityKind.PHARMACY, rights=HISTORY_RIGHTS)


async def enrolled_patient(fund: Fund, *, since: timedelta = timedelta(days=300), **items: Any) -> Person:
    """A person who has been enrolled for a while."""
    person = fund.person()
    assert (await fund.enrol(person, **items)).status_code == 201
    await set_known_since(fund, person, fund.clock() - since)
    return person


async def drug_codes(fund: Fund, person: Person, terminal: Credential, **query: Any) -> list[str]:
    """The drug codes in the history under a new permit, newest first."""
    answer = await fetch_history(fund, await grant_permit(fund, person, terminal), terminal, **query)
    return [medicine["drug_code"] for medicine in answer["medicines"]]
