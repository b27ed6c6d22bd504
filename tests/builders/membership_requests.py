"""The requests about a person's membership: insurers' enrolments and changes, receptions' look-ups by number."""

from __future__ import annotations

from typing import Any

import httpx2

from eligibility_api.contract.tokens import Credential
from tests.builders.fund_clients import FundClients
from tests.builders.people import Person


class MembershipRequests(FundClients):
    """Requests of insurers about members, and look-ups of members by number."""

    def lookup_body(self, person: Person, **more: Any) -> dict[str, Any]:
        """The items of a person's certificate as the body of a number look-up; `more` replaces items, None leaves one out."""
        body: dict[str, Any] = {
            "insurer_number": self.insurer.insurer_number,
            "symbol": "見本",
            "number": person.resident.resident_id[1:],
            "branch": "00",
            "birth_date": person.resident.birth_date.isoformat(),
        }
        return {name: value for name, value in (body | more).items() if value is not None}

    async def look_up(
        self, person: Person, credential: Credential | None = None, **more: Any
    ) -> httpx2.Response:
        """Look a person up by number; `more` replaces items of the request."""
        return await self.post("/v1/eligibility/number", self.lookup_body(person, **more), credential)

    def enrolment_body(
        self, person: Person, *, insurer: Credential | None = None, **more: Any
    ) -> dict[str, Any]:
        """A person as an insured member, as the body of an enrolment; `more` replaces items."""
        resident = person.resident
        body: dict[str, Any] = {
            "insurer_number": (insurer or self.insurer).insurer_number,
            "symbol": "見本",
            "number": resident.resident_id[1:],
            "branch": "00",
            "relationship": "1",
            "name": resident.name,
            "name_kana": resident.name_kana,
            "sex": resident.sex,
            "birth_date": resident.birth_date.isoformat(),
            "address": resident.address,
            "acquired_on": "2024-04-01",
        }
        return body | more

    async def enrol(
        self, person: Person, *, credential: Credential | None = None, key: str | None = None, **more: Any
    ) -> httpx2.Response:
        """Enrol a person as an insured member; `more` replaces items of the request."""
        insurer = credential or self.insurer
        body = self.enrolment_body(person, insurer=insurer, **more)
        return await self.post("/v1/enrolments", body, insurer, key=key)

    async def change(
        self,
        person: Person,
        action: str,
        *,
        credential: Credential | None = None,
        key: str | None = None,
        **more: Any,
    ) -> httpx2.Response:
        """Another request about the person's membership; `more` has its items."""
        path = f"/v1/enrolments/{action}"
        return await self.post(path, self.lookup_body(person, **more), credential or self.insurer, key=key)
