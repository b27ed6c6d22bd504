"""One member at a time: an insurer enrols a member, or ends the enrolment.

Every change is a revision that shows at once; nothing is overwritten, so that what the fund knew before stays
answerable. An insurer changes its own members only.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from eligibility_api.contract.codes import Right
from eligibility_api.contract.enrolment import EndRequest, EnrolmentAnswer, EnrolmentRequest, RegisterMatch
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.membership import comparable
from eligibility_api.enrolment import store
from eligibility_api.facilities.caller import Caller
from eligibility_api.state import State

_EXCLUSION_VIOLATION = "23P01"
"""SQLSTATE of the constraint by which an entitlement holds once on a day."""


async def _still_admitted(connection: AsyncConnection, caller: Caller) -> str:
    """The insurer's name. A token outlives its client's closing by minutes: the database has the last word."""
    name = await store.admitted_as(connection, caller.client_id, Right.ENROLMENT)
    if name is None:
        raise ShikakuError("client-closed")
    return name


def _check_own(caller: Caller, insurer_number: str) -> None:
    caller.need(Right.ENROLMENT)
    if caller.insurer() != insurer_number:
        raise ShikakuError("enrolment-other-insurer")


def _membership(request: EnrolmentRequest | EndRequest) -> store.Membership:
    symbol, number, branch = comparable(request.symbol, request.number, request.branch)
    return {
        "insurer_number": request.insurer_number,
        "symbol_key": symbol,
        "number_key": number,
        "branch_key": branch,
        "birth_date": request.birth_date,
    }


async def enrol(state: State, caller: Caller, request: EnrolmentRequest) -> EnrolmentAnswer:
    """Add one member. The person is looked for in the resident register through the fund; never a guess.

    Raises `enrolment-other-insurer`, `enrolment-overlap`, `register-unavailable`.
    """
    _check_own(caller, request.insurer_number)
    match, person_key = await state.presence.jlis.match(
        name=request.name,
        name_kana=request.name_kana,
        birth_date=request.birth_date,
        sex=request.sex,
        address=request.address,
    )
    content = request.model_dump(exclude={"insurer_number"})
    async with state.database.transaction() as connection:
        insurer_name = await _still_admitted(connection, caller)
        entitlement, enrolment_id = await store.add_entitlement(connection, _membership(request))
        revision = await store.prepare_revision(connection, caller.insurer(), caller.client_id)
        version = content | {
            "entitlement": entitlement,
            "opened_by": revision,
            "insurer_name": insurer_name,
            "person_key": person_key,
            "register_match": match,
        }
        try:
            await store.open_version(connection, version)
        except IntegrityError as error:
            if getattr(error.orig, "sqlstate", None) == _EXCLUSION_VIOLATION:
                raise ShikakuError("enrolment-overlap") from error
            raise
        await _record(connection, caller, "enrolment.add", person_key, revision)
        known_from = await store.publish_revision(connection, revision)
    return EnrolmentAnswer(
        enrolment_id=str(enrolment_id),
        match=RegisterMatch(match),
        known_from=known_from,
        acquired_on=request.acquired_on,
        lost_on=request.lost_on,
    )


async def end(state: State, caller: Caller, request: EndRequest) -> EnrolmentAnswer:
    """End a member's enrolment: the version that runs beyond `lost_on` is closed, a shortened one is opened.

    Raises `enrolment-other-insurer` and `enrolment-unknown`.
    """
    _check_own(caller, request.insurer_number)
    async with state.database.transaction() as connection:
        await _still_admitted(connection, caller)
        found = await store.find_entitlement(connection, _membership(request))
        current = await store.open_ended(connection, found[0], request.lost_on) if found is not None else None
        if found is None or current is None:
            raise ShikakuError("enrolment-unknown")
        revision = await store.prepare_revision(connection, caller.insurer(), caller.client_id)
        await store.close_version(connection, current.version, revision)
        kept = {k: v for k, v in current._mapping.items() if k not in {"version", "closed_by"}}
        changed = {
            "opened_by": revision,
            "lost_on": request.lost_on,
            "reason_of_loss": request.reason_of_loss,
        }
        await store.open_version(connection, kept | changed)
        await _record(connection, caller, "enrolment.end", current.person_key, revision)
        known_from = await store.publish_revision(connection, revision)
    return EnrolmentAnswer(
        enrolment_id=str(found[1]),
        match=RegisterMatch(current.register_match),
        known_from=known_from,
        acquired_on=current.acquired_on,
        lost_on=request.lost_on,
    )


async def _record(
    connection: AsyncConnection, caller: Caller, kind: str, person_key: bytes | None, revision: int
) -> None:
    values: dict[str, Any] = {
        "kind": kind,
        "outcome": "done",
        "client_id": caller.client_id,
        "insurer_number": caller.insurer_number,
        "person_key": person_key,
        "detail": {"revision": revision},
    }
    await store.record(connection, values)
