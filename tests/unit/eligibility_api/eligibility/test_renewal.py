"""A renewal link: J-LIS's predecessors in their order, the first bound one decides, and only for the same person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from eligibility_api.contract.codes import Purpose, Right
from eligibility_api.database.connections import Database
from eligibility_api.domain.certificate import CertificateId
from eligibility_api.domain.challenge import Challenge
from eligibility_api.domain.expiry import Carrier
from eligibility_api.eligibility.renewal import follow_link
from eligibility_api.jlis.client import Holder, Jlis
from eligibility_api.presence.query import HolderAnswer, VerifiedProof
from tests.builders.scripted_database import CLIENT, CLINIC, NOW

pytestmark = pytest.mark.anyio

PERSON, OTHER = bytes(16), bytes([1]) * 16
OWN, FIRST, SECOND = (CertificateId(bytes(32), serial) for serial in (9, 8, 7))
PROOF = VerifiedProof(
    Challenge(Purpose.ELIGIBILITY, NOW, CLINIC, CLIENT, bytes(16)),
    CLIENT,
    (Right.ELIGIBILITY,),
    OWN,
    NOW + timedelta(days=365),
)


class Result:
    """The result of a statement with one value."""

    def __init__(self, value: object) -> None:
        self.value = value

    def one_or_none(self) -> object:
        return None if self.value is None else SimpleNamespace(person_key=self.value, ends_at=None)

    def scalar_one_or_none(self) -> object:
        return self.value

    def scalar_one(self) -> object:
        return self.value


class Bindings:
    """The table of bindings: persons by certificate. `taken`: the link was taken by another call meanwhile."""

    def __init__(
        self,
        bound: dict[CertificateId, bytes],
        taken: dict[CertificateId, bytes] | None = None,
        *,
        blocked: bytes | None = None,
    ) -> None:
        self.blocked = blocked
        self.bound = {(one.authority, one.serial_bytes): person for one, person in bound.items()}
        self.taken = taken
        self.linked: list[dict[str, Any]] = []
        self.refused: list[str] = []
        """Outcomes of the records of refused links."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Bindings]:
        yield self

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[Bindings]:
        yield self

    async def rollback(self) -> None:
        assert not self.linked

    async def execute(self, statement: object, values: dict[str, Any]) -> Result:
        if "self_disclosure_blocked" in str(statement):
            return Result(values["person_key"] == self.blocked)
        place = values["authority"], values["serial"]
        if "INSERT" not in str(statement):
            return Result(self.bound.get(place))
        if "outcome" in values:
            self.refused.append(values["outcome"])
            return Result(None)
        if self.taken is not None:
            self.bound |= {(one.authority, one.serial_bytes): person for one, person in self.taken.items()}
            return Result(None)
        self.linked.append(values)
        self.bound[place] = values["person_key"]
        return Result(True)


class Register:
    """J-LIS, which knows the holder of one certificate."""

    def __init__(self, holder: Holder | None) -> None:
        self.found = holder
        self.asked: list[CertificateId] = []

    async def holder(self, certificate: CertificateId) -> Holder | None:
        self.asked.append(certificate)
        return self.found


async def followed(holder: Holder | None, bindings: Bindings) -> HolderAnswer:
    register = Register(holder)
    answer = await follow_link(cast(Database, bindings), cast(Jlis, register), PROOF)
    assert register.asked == [OWN]
    return answer


async def test_a_certificate_that_jlis_does_not_know_has_no_link() -> None:
    assert await followed(None, Bindings({FIRST: PERSON})) == HolderAnswer("unlinked")


@pytest.mark.parametrize("predecessors", [[], [FIRST], [FIRST, SECOND]])
async def test_without_a_bound_predecessor_the_person_is_named_but_not_bound(
    predecessors: list[CertificateId],
) -> None:
    bindings = Bindings({})
    assert await followed(Holder(PERSON, predecessors), bindings) == HolderAnswer("unlinked", PERSON)
    assert (bindings.linked, bindings.refused) == ([], [])


@pytest.mark.parametrize(("bound", "renewed"), [({FIRST, SECOND}, FIRST), ({SECOND}, SECOND)])
async def test_the_binding_of_the_latest_bound_predecessor_is_taken_over(
    bound: set[CertificateId], renewed: CertificateId
) -> None:
    bindings = Bindings(dict.fromkeys(bound, PERSON))
    assert await followed(Holder(PERSON, [FIRST, SECOND]), bindings) == HolderAnswer("bound", PERSON)
    [link] = bindings.linked
    assert (link["serial"], link["renewed_serial"], link["person_key"]) == (
        OWN.serial_bytes,
        renewed.serial_bytes,
        PERSON,
    )
    assert (link["client_id"], link["institution_code"], link["not_after"]) == (
        CLIENT,
        CLINIC,
        PROOF.not_after,
    )


@pytest.mark.parametrize("carrier", [Carrier.CARD, Carrier.PHONE, None])
async def test_the_carrier_is_bound_with_the_certificate(carrier: Carrier | None) -> None:
    bindings = Bindings({FIRST: PERSON})
    answer = await followed(Holder(PERSON, [FIRST], carrier), bindings)
    assert (answer.carrier, bindings.linked[0]["carrier"]) == (carrier, carrier)


async def test_nothing_is_bound_for_a_blocked_person() -> None:
    """Rule B2 (E9)."""
    bindings = Bindings({FIRST: PERSON}, blocked=PERSON)
    assert await followed(Holder(PERSON, [FIRST]), bindings) == HolderAnswer("card-not-usable", PERSON)
    assert (bindings.linked, bindings.refused) == ([], ["card-not-usable"])


async def test_a_predecessor_of_another_person_is_a_conflict_and_ends_the_search() -> None:
    bindings = Bindings({FIRST: OTHER, SECOND: PERSON})
    answer = await followed(Holder(PERSON, [FIRST, SECOND]), bindings)
    assert (answer, bindings.linked) == (HolderAnswer("registration-conflict", PERSON), [])
    assert bindings.refused == ["registration-conflict"]


@pytest.mark.parametrize(
    ("taken", "outcome"),
    [
        ({OWN: PERSON}, "bound"),
        ({OWN: OTHER}, "registration-conflict"),
        ({SECOND: PERSON}, "registration-conflict"),
    ],
    ids=["by the same tap", "by another person", "by another certificate"],
)
async def test_a_link_that_was_taken_meanwhile_is_accepted_only_for_this_certificate_and_person(
    taken: dict[CertificateId, bytes], outcome: str
) -> None:
    bindings = Bindings({FIRST: PERSON}, taken)
    assert await followed(Holder(PERSON, [FIRST]), bindings) == HolderAnswer(outcome, PERSON)
