"""Performs the machine's actions at a real fund: three facilities, two patients with a short history, one operator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx2
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from eligibility_api.contract.codes import FacilityKind, Purpose, Right
from eligibility_api.contract.history import OPERATOR_HEADER, ROLE_HEADER
from eligibility_api.contract.tokens import Credential
from eligibility_api.facilities.operators import OperatorRegistration, register
from tests.builders.claims import claim, store_claims
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, OTHER_CLINIC
from tests.builders.known import content, drug
from tests.builders.people import Person

FACILITIES = ("clinic", "pharmacy", "hospital")
OPERATOR = "見本　医師"

_PHARMACY = "1341111118"
_STEP_SECONDS = 30
_RIGHTS = (Right.ELIGIBILITY, Right.REGISTRATION, Right.VISUAL_CHECK, Right.CONSENT)
_HOSPITAL_RIGHTS = (*_RIGHTS, Right.EMERGENCY)

Answered = tuple[str, str | None]
"""The code of a call's outcome, and the permit granted."""

Accessed = tuple[str, list[tuple[str, str]], set[str]]


def mark(who: int) -> str:
    """The instruction of a patient's only medicine, to recognise whose it is."""
    return f"患者{who}"


class Stage:
    """One fund for all examples; each example has new patients."""

    def __init__(self, fund: Fund) -> None:
        self.fund = fund
        self.terminals: dict[str, Credential] = {}
        self.people: list[Person] = []
        self._operators: dict[str, str] = {}
        """The operator who proved a second factor, by the permit granted."""

    async def open(self) -> None:
        """Admit the terminals, once."""
        places = {
            "clinic": (CLINIC, FacilityKind.CLINIC),
            "pharmacy": (_PHARMACY, FacilityKind.PHARMACY),
            "hospital": (OTHER_CLINIC, FacilityKind.HOSPITAL),
        }
        for place, (code, kind) in places.items():
            rights = _HOSPITAL_RIGHTS if kind is FacilityKind.HOSPITAL else _RIGHTS
            self.terminals[place] = await self.fund.terminal(institution_code=code, kind=kind, rights=rights)

    async def begin(self) -> None:
        """Start with new patients and without records ahead of the clock."""
        await self.fund.set_clock_offset(timedelta())
        await self.fund.alter_records("DELETE FROM audit_record WHERE recorded_at > now()")
        await self.fund.alter_records("DELETE FROM audit_record WHERE kind LIKE 'history.%'")
        await self.fund.mirror()
        self.people = [await self.fund.insured() for _ in range(2)]
        for who, person in enumerate(self.people):
            medicine = drug(instruction=mark(who), days=((1, 1),))
            await store_claims(self.fund, claim(self.fund, person, content(medicine)))

    async def turn(self, hour: int) -> None:
        await self.fund.set_clock_offset(timedelta(hours=hour))

    async def consent(self, who: int, where: str, what: Sequence[str], care: str, visually: bool) -> Answered:
        """A tap and, in the same session, a consent."""
        card, terminal = self.people[who].card, self.terminals[where]
        tapped = await self._tap(who, where, visually)
        if tapped.status_code != 200:
            return _code(tapped), None
        record = tapped.json()["record_id"]
        request = {
            "presence_record": record,
            "categories": list(what),
            "care": care,
            "visual_check": visually,
        }
        challenge = await self.fund.post("/v1/consents/challenges", request, terminal)
        if challenge.status_code != 200:
            return _code(challenge), None
        body = self.fund.signed_consent(card, challenge.json(), record, terminal, visual_check=visually)
        response = await self.fund.post("/v1/consents", body, terminal)
        if response.status_code != 201:
            return _code(response), None
        return "given", response.json()["consent_id"]

    async def _tap(self, who: int, where: str, visually: bool = False) -> httpx2.Response:
        card, terminal = self.people[who].card, self.terminals[where]
        if not visually:
            return await self.fund.tap(card, terminal)
        proof = await self.fund.proof(card, Purpose.VISUAL_CHECK, terminal)
        body = proof | {"operator": OPERATOR}
        return await self.fund.post("/v1/eligibility/visual-check", body, terminal)

    async def end(self, where: str, permit: str, reason: str) -> str:
        response = await self.fund.post(
            f"/v1/consents/{permit}/end", {"reason": reason}, self.terminals[where]
        )
        return "ended" if response.status_code == 200 else _code(response)

    async def protect(self, who: int, on: bool) -> None:
        number = self.people[who].resident.resident_id[1:]
        await self.fund.owner.fetch(
            "UPDATE enrolment SET self_disclosure_blocked = $2 WHERE number = $1", [number, on]
        )

    async def emergency(self, who: int, what: Sequence[str], right: bool) -> Answered:
        """Request a permit after a tap at the hospital, with a new operator's second factor; its second use is refused."""
        tapped = await self._tap(who, "hospital")
        if tapped.status_code != 200:
            return _code(tapped), None
        operator = f"{OPERATOR}{len(self._operators)}"
        body = {
            "identified_by": tapped.json()["record_id"],
            "reason": "unconscious",
            "note": "試験",
            "categories": list(what),
            "operator": operator,
            "role": "doctor",
            "one_time_password": await self._password(operator, right),
        }
        code, permit = _permit(await self.fund.post("/v1/emergencies", body, self.terminals["hospital"]))
        self._operators[permit or operator] = operator
        if permit is not None:
            again = await self.fund.post("/v1/emergencies", body, self.terminals["hospital"])
            assert _code(again) == "second-factor-refused"
        return code, permit

    async def _password(self, operator: str, right: bool) -> str:
        """A password of the operator's second factor, which is registered here; or a wrong one."""
        named = OperatorRegistration(OTHER_CLINIC, operator, "見本　院長", medical=True, emergency=True)
        async with self.fund.owner.transaction() as connection:
            secret = await register(connection, self.fund.state.keys.second_factor, named)
        assert secret is not None
        totp = TOTP(secret, 6, SHA1(), _STEP_SECONDS)
        present = int(self.fund.clock().timestamp())
        steps = [totp.generate(present + n * _STEP_SECONDS).decode() for n in (-2, -1, 0, 1, 2)]
        return steps[2] if right else next(text for n in range(10) if (text := f"{n:06d}") not in steps)

    async def open_disaster(self, hours: int) -> int:
        [row] = await self.fund.owner.fetch(
            "INSERT INTO disaster (areas, reason, opened_by, opened_at, closes_at)"
            " SELECT '{13}', '試験', '試験', window_clock(), window_clock() + make_interval(hours => $1)"
            " RETURNING disaster_id",
            [hours],
        )
        await self._record("disaster.opened")
        return int(row["disaster_id"])

    async def close_disaster(self, number: int) -> None:
        await self.fund.owner.fetch(
            "UPDATE disaster SET closed_at = window_clock() WHERE disaster_id = $1", [number]
        )
        await self._record("disaster.closed")

    async def _record(self, kind: str) -> None:
        """Write the record as the operator's commands do; those support whole days only."""
        await self.fund.owner.fetch("INSERT INTO audit_record (kind, outcome) VALUES ($1, 'done')", [kind])

    async def end_disasters(self) -> None:
        await self.fund.owner.fetch("UPDATE disaster SET closed_at = opened_at WHERE closed_at IS NULL", ())

    async def search(self, who: int, where: str, what: Sequence[str]) -> tuple[str, str | None, int | None]:
        """Search by membership, then ask for a permit. Returns the code, the permit, and the disaster under which it was granted."""
        body = {"membership": self.fund.lookup_body(self.people[who]), "operator": OPERATOR}
        found = await self.fund.post("/v1/disaster-searches", body, self.terminals[where])
        if found.status_code != 200:
            return _code(found), None, None
        request = {
            "identified_by": found.json()["record_id"],
            "consent": "oral",
            "categories": list(what),
            "operator": OPERATOR,
            "role": "doctor",
        }
        response = await self.fund.post("/v1/disaster-permits", request, self.terminals[where])
        code, permit = _permit(response)
        if permit is None:
            return code, None, None
        [row] = await self.fund.owner.fetch(
            "SELECT (reason ->> 'disaster_id')::bigint AS number FROM permit WHERE permit_id = $1", [permit]
        )
        return code, permit, int(row["number"])

    async def access(self, where: str, path: str, role: str) -> Accessed:
        """The outcome of an access, its records, and the marks of the medicines disclosed."""
        before = {row["record_id"] for row in await self._access_records()}
        operator = next((name for permit, name in self._operators.items() if permit in path), OPERATOR)
        headers = {
            "Authorization": f"Bearer {await self.fund.token(self.terminals[where])}",
            ROLE_HEADER: role,
            OPERATOR_HEADER: quote(operator if role == "doctor" else "見本　職員"),
        }
        response = await self.fund.http.get(path, headers=headers)
        recorded = [
            (row["kind"], row["outcome"])
            for row in await self._access_records()
            if row["record_id"] not in before
        ]
        if response.status_code != 200:
            return _code(response), recorded, set()
        medicines = response.json().get("medicines", [])
        return "answered", recorded, {medicine["instruction"] for medicine in medicines}

    async def _access_records(self) -> list[dict[str, Any]]:
        return await self.fund.records("kind LIKE 'history.%'")


def _code(response: httpx2.Response) -> str:
    return str(response.json()["code"])


def _permit(response: httpx2.Response) -> Answered:
    if response.status_code != 201:
        return _code(response), None
    return "found", response.json()["permit_id"]
