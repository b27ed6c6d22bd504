"""Consents, and the checks before their challenges, that travel together are granted like single ones in turn."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from eligibility_api.clients.caller import Caller
from eligibility_api.consent.grant import GRANTS, PRECHECKS, facility_name
from eligibility_api.contract.codes import Purpose, Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.tokens import Credential
from eligibility_api.domain.certificate import CertificateId
from eligibility_api.domain.permits import MAX_PRESENCE_AGE
from eligibility_api.presence.service import RIGHTS_FOR
from tests.builders.fund import Fund
from tests.builders.fund_clients import OTHER_CLINIC
from tests.builders.people import Person
from tests.builders.together import (
    RECORDS,
    Worker,
    given_in_turn,
    given_together,
    opened_workers,
    owners_session,
    versions_of,
)
from tests.depth import DEEP

pytestmark = pytest.mark.anyio

TODAY = date(2026, 11, 23)
RIGHTS = tuple(right.value for right in RIGHTS_FOR[Purpose.CONSENT])


@dataclass
class Presence:
    """A card that was just present at a terminal, and the record of it."""

    kind: str
    person: Person
    certificate: CertificateId
    terminal: Credential
    record: UUID


@dataclass
class Nation:
    """Presences, and the names of the facilities."""

    presences: list[Presence] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
async def nation(fund: Fund) -> Nation:
    made = Nation()
    terminals = [
        await fund.terminal(),
        await fund.terminal(institution_code=OTHER_CLINIC),
        await fund.terminal(),
    ]
    for kind in ("insured", "insured", "referenced", "blocked", "revoked", "looked up", "old", "closed"):
        person = await fund.insured()
        if kind == "referenced":
            body = fund.lookup_body(person) | {"reference_number": "P-1"}
            assert (await fund.post("/v1/reference-numbers", body, terminals[0])).status_code == 200
        for terminal in terminals[:2] if kind != "closed" else terminals[2:]:
            if kind == "looked up":
                answer = await fund.look_up(person, terminal)
            else:
                answer = await fund.tap(person.card, terminal)
            certificate = fund.state.verifier.certificate(person.card.authentication.certificate).id
            record = UUID(answer.json()["record_id"])
            made.presences.append(Presence(kind, person, certificate, terminal, record))
        key = [certificate.authority, certificate.serial_bytes]
        if kind == "blocked":
            change = "UPDATE enrolment SET self_disclosure_blocked = true WHERE name = $1"
            await fund.owner.fetch(change, [person.resident.name])
        elif kind == "revoked":
            revoke = "INSERT INTO revoked_certificate (authority, serial, status, revoked_at) VALUES ($1, $2, 'revoked', now())"
            await fund.owner.fetch(revoke, key)
    await fund.owner.fetch(
        "UPDATE client SET closed_at = now() WHERE client_id = $1::text::uuid", [terminals[2].client_id]
    )
    rows = await fund.owner.fetch("SELECT institution_code, name FROM facility", [])
    made.names = {row["institution_code"]: row["name"] for row in rows}
    return made


def drawn(fund: Fund, nation: Nation, random: Random) -> list[dict[str, Any]]:
    """The consents of one group: some with one proof, of all presences."""
    now = fund.clock()
    nonces = [random.randbytes(16) for _ in range(random.randint(1, 8))]
    asked = []
    for _ in range(random.randint(1, 10)):
        presence = random.choice(nation.presences)
        other = random.choice(nation.presences)
        code = presence.terminal.institution_code
        assert code is not None
        certificate = random.choice(
            (presence.certificate,) * 6 + (CertificateId(bytes(32), 4711), other.certificate)
        )
        appointment = random.choice((None, None, None, timedelta(days=2), timedelta(days=-1)))
        asked.append(
            {
                "expires_at": now + timedelta(minutes=random.choice((5, 5, 5, 5, -1))),
                "nonce": random.choice(nonces),
                "rights": RIGHTS,
                "client_id": UUID(presence.terminal.client_id),
                "authority": certificate.authority,
                "serial": certificate.serial_bytes,
                "ocsp_status": None,
                "max_age": timedelta(hours=1),
                "basis": "pin",
                "operator": None,
                "presence_record": random.choice((presence.record,) * 6 + (other.record, uuid4())),
                "max_presence_age": MAX_PRESENCE_AGE,
                "window": timedelta(hours=24),
                "stated_institution": code,
                "stated_name": random.choice((nation.names[code],) * 6 + ("Ｘ医院",)),
                "duration_is_right": random.random() > 0.1,
                "categories": random.choice(("medication", "medication,treatment")),
                "care": "1",
                "as_of": TODAY,
                "statement": '{"version": "1"}',
                "words": "見本",
                "challenge": "a.b",
                "certificate": b"1",
                "signature": b"2",
                "audience": "urn:test",
                "expires_on": random.choice((None, None, TODAY)),
                "day_begins": None if appointment is None else now + appointment,
                "day_ends": None if appointment is None else now + appointment + timedelta(hours=20),
            }
        )  # fmt: skip
    return asked


_COLUMNS = (
    "missing", "spent", "revocation_status", "person_key", "facility_kind", "carrier", "outcome", "within_limit",
    "available_from",
)  # fmt: skip


def comparable(rows: Sequence[Mapping[str, Any]]) -> Any:
    """A consent's rows: the result without ids and instants, and the versions read."""
    first = rows[0]
    if not (first["in_time"] and first["admitted"] and first["entitled"]):
        return "refused", first["in_time"], first["admitted"], first["entitled"]
    if first.get("goes_alone", first["missing"] is not None):
        return ("alone",)
    if not first["spent"]:
        return ("used",)
    given = first["permit_id"] is not None
    reference = first["reference_number"] if given else None
    return first["outcome"], {name: first[name] for name in _COLUMNS}, given, reference, versions_of(rows)


_STORED = f"""
{RECORDS}
UNION ALL SELECT 'nonce', to_jsonb(n), 0 FROM used_nonce n
UNION ALL
SELECT 'permit', to_jsonb(p) - 'permit_id' - 'record_id' - 'given_at' - 'until'
       || jsonb_build_object('minutes', round(extract(epoch FROM p.until - p.given_at) / 60), 'evidence', to_jsonb(e) - 'permit_id',
                             'recorded', EXISTS (SELECT FROM audit_record r WHERE r.record_id = p.record_id
                                                 AND r.detail ->> 'permit' = p.permit_id::text AND r.client_id = p.client_id)), 0
FROM permit p JOIN consent_evidence e USING (permit_id)
ORDER BY 1, 3, 2
"""


async def test_together_gives_the_same_rows_records_permits_and_evidence_as_in_turn(
    fund: Fund, nation: Nation
) -> None:
    ways: Counter[str] = Counter()
    async with owners_session(fund) as connection:
        for seed in range(1000 if DEEP else 80):
            asked = drawn(fund, nation, Random(seed))
            one_by_one = await given_in_turn(connection, GRANTS, asked, comparable, _STORED)
            at_once = await given_together(connection, GRANTS, asked, comparable, _STORED)
            for single, joint in zip(one_by_one[0], at_once[0], strict=True):
                # Of a spent proof no other source is asked: alone, such a request is `used`.
                assert joint == single or (joint[0], single[0]) == ("alone", "used"), seed
            assert at_once[1] == one_by_one[1], seed
            ways.update(joint[0] for joint in at_once[0])
    expected = {
        "refused", "alone", "used", "answered", "certificate-revoked", "consent-presence-missing", "consent-day",
        "consent-presence-other-certificate", "consent-words-differ", "card-not-usable",
    }  # fmt: skip
    assert expected <= set(ways), ways


async def test_the_checks_before_challenges_are_the_same_together(fund: Fund, nation: Nation) -> None:
    def comparable_check(rows: Sequence[Mapping[str, Any]]) -> Any:
        [row] = rows
        return row["refusal"], None if row["refusal"] == "client-closed" else row["name"]

    refusals: Counter[Any] = Counter()
    async with owners_session(fund) as connection:
        for seed in range(30):
            random = Random(seed)
            asked = [
                {
                    "client_id": UUID(random.choice(nation.presences).terminal.client_id),
                    "presence_record": random.choice([*(one.record for one in nation.presences), uuid4()]),
                    "rights": RIGHTS if seed % 5 else ("nothing",),
                    "max_presence_age": MAX_PRESENCE_AGE if seed % 7 else timedelta(),
                }
                for _ in range(random.randint(1, 12))
            ]
            one_by_one = await given_in_turn(connection, PRECHECKS, asked, comparable_check, RECORDS)
            assert await given_together(connection, PRECHECKS, asked, comparable_check, RECORDS) == one_by_one
            refusals.update(refusal for refusal, _ in one_by_one[0])
    assert {
        None,
        "client-closed",
        "right-missing",
        "consent-presence-missing",
        "consent-presence-too-old",
    } <= set(refusals)


@pytest.fixture
async def workers(fund: Fund) -> AsyncIterator[list[Worker]]:
    async with opened_workers(fund, 2, PRECHECKS) as opened:
        yield opened


async def test_each_challenge_gets_its_own_facilitys_name_or_refusal(
    fund: Fund, nation: Nation, workers: list[Worker]
) -> None:
    asked = [one for one in nation.presences if one.kind in ("insured", "looked up", "closed")]

    async def check(one: Presence) -> str:
        caller = Caller(
            UUID(one.terminal.client_id), one.terminal.institution_code, None, frozenset({Right.CONSENT})
        )
        try:
            return await facility_name(workers[0].database, caller, RIGHTS_FOR[Purpose.CONSENT], one.record)
        except ShikakuError as error:
            return error.code

    def expected(one: Presence) -> str:
        code = {"looked up": "consent-presence-missing", "closed": "client-closed"}.get(one.kind)
        return code or nation.names[str(one.terminal.institution_code)]

    assert await asyncio.gather(*(check(one) for one in asked)) == [expected(one) for one in asked]
    assert workers[0].sent == ["alone", "together"]


async def test_consents_at_once_over_http_are_each_persons_own(fund: Fund, nation: Nation) -> None:
    people = [await fund.insured() for _ in range(5)]
    bodies = [await fund.consent_request(person.card) for person in people]
    answers = await asyncio.gather(*(fund.post("/v1/consents", body) for body in [*bodies, bodies[2]]))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409], [
        answer.text for answer in answers
    ]
    for person, answer in zip(people, answers, strict=False):
        if answer.status_code != 201:
            assert answer.json()["code"] == "challenge-used"
            continue
        given = answer.json()
        [result] = given["eligibility"]["results"]
        assert result["name"] == person.resident.name
        [permit] = await fund.owner.fetch(
            "SELECT p.person_key, p.record_id::text, e.presence_record::text FROM permit p JOIN consent_evidence e USING (permit_id)"
            " WHERE permit_id = $1::text::uuid",
            [given["consent_id"]],
        )
        assert permit["record_id"] == given["record_id"]
        assert permit["presence_record"] == bodies[people.index(person)]["presence_record"]
