"""Access without consent: in an emergency by a second factor, in disaster mode by a person search.

Both grant a permit for a limited time, and the same resources are then accessed through the same access check
as under a consent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from eligibility_api.clients.caller import Caller
from eligibility_api.clients.second_factor import decrypt_secret
from eligibility_api.clients.staff import check_admitted
from eligibility_api.consent.access_check import RIGHT_FOR
from eligibility_api.contract.categories import MEDICAL_ROLES
from eligibility_api.contract.codes import Category, Role
from eligibility_api.contract.consent import Basis
from eligibility_api.contract.emergency import (
    DisasterPermitRequest,
    DisasterSearch,
    EmergencyRequest,
    FoundMembership,
    FoundPerson,
    PermitAnswer,
)
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.cover import covers
from eligibility_api.domain.second_factor import matching_step, step_expires_at
from eligibility_api.eligibility.misses import LookUpQuota, limits, log_streak, seconds_to_next_hour
from eligibility_api.eligibility.versions import enrolment_version
from eligibility_api.emergency import disaster_permits, person_search, store
from eligibility_api.emergency.store import SecondFactor, UsedPassword
from eligibility_api.state import State

NOTICES: Final = {
    Basis.EMERGENCY: (
        "同意のない閲覧として記録され、ご本人にも表示されます。"
        " This access without consent is recorded, and the patient can see it."
    ),
    Basis.DISASTER: (
        "災害時の閲覧として記録され、ご本人にも表示されます。"
        " This access in a disaster is recorded, and the patient can see it."
    ),
}
"""The notice shown to staff with a permit. In a disaster the patient may have consented orally."""


async def emergency(state: State, caller: Caller, request: EmergencyRequest) -> PermitAnswer:
    """Grant a permit for a patient who cannot be asked (W8), to an operator with a second factor.

    Raises `role-not-permitted`, `staff-not-authorised`, `not-identified`, `second-factor-limit`,
    `second-factor-refused`, `card-not-usable`, `client-closed`; each but the last is recorded.
    """
    caller.require(RIGHT_FOR[Basis.EMERGENCY])
    factor = await store.second_factor(state.database, caller, request.operator)
    permit_id = uuid4()
    row = await store.permit(
        state.database,
        caller,
        request,
        permit_id,
        refusal=_refusal(request.role),
        stored=factor.stored if factor is not None else None,
        used=_used_password(state, caller, request, factor) if factor is not None else None,
        limit=state.settings.second_factor_misses_per_hour,
    )
    check_admitted(row)
    if row["outcome"] == "second-factor-limit":
        raise ShikakuError(row["outcome"], retry_after=seconds_to_next_hour(state.clock()))
    return _answer(row, permit_id, Basis.EMERGENCY, request.categories)


def _used_password(
    state: State, caller: Caller, request: EmergencyRequest, factor: SecondFactor
) -> UsedPassword | None:
    """The one-time password's time step as a single-use value; None if the password is wrong."""
    secret = decrypt_secret(state.keys.second_factor, factor.stored, caller.institution(), request.operator)
    step = matching_step(secret, request.one_time_password, factor.now)
    if step is None:
        return None
    name = f"second-factor\0{caller.institution()}\0{request.operator}\0{step}"
    return UsedPassword(step_expires_at(step), hashlib.sha256(name.encode()).digest())


async def search(state: State, caller: Caller, request: DisasterSearch) -> FoundPerson:
    """Answer who a patient is and her insurance, while disaster mode is on for the facility (W15).

    Raises `disaster-mode-off`, `disaster-not-found`, `disaster-several-found`, `card-not-usable`, each recorded;
    `number-miss-limit` and `client-closed`, not recorded.
    """
    caller.require(RIGHT_FOR[Basis.DISASTER])
    rows = await person_search.search(state.database, caller, request, limits(state.settings))
    quota = LookUpQuota.of(rows[0])
    quota.check(state.clock())
    log_streak(caller, quota.streak)
    if rows[0]["outcome"] != "answered":
        raise ShikakuError(rows[0]["outcome"])
    enrolments = [enrolment_version(row) for row in rows if row["version"] is not None]
    return FoundPerson(
        record_id=str(rows[0]["record_id"]),
        memberships=[
            FoundMembership.model_validate(enrolment, from_attributes=True)
            for enrolment in enrolments
            if covers(enrolment, rows[0]["today"])
        ],
    )


async def disaster_permit(state: State, caller: Caller, request: DisasterPermitRequest) -> PermitAnswer:
    """Grant a permit for the person whom a search of this facility found (W16).

    Raises `role-not-permitted`, `staff-not-authorised`, `disaster-mode-off`, `not-identified`, `card-not-usable`,
    each recorded; `client-closed`, not recorded.
    """
    caller.require(RIGHT_FOR[Basis.DISASTER])
    permit_id = uuid4()
    row = await disaster_permits.permit(state.database, caller, request, permit_id, _refusal(request.role))
    check_admitted(row)
    return _answer(row, permit_id, Basis.DISASTER, request.categories)


def _refusal(role: Role) -> str | None:
    return None if role in MEDICAL_ROLES else "role-not-permitted"


def _answer(
    row: Any,
    permit_id: UUID,
    basis: Literal[Basis.EMERGENCY, Basis.DISASTER],
    categories: Sequence[Category],
) -> PermitAnswer:
    if row["outcome"] != "permitted":
        raise ShikakuError(row["outcome"])
    return PermitAnswer(
        permit_id=permit_id,
        basis=basis,
        categories=list(categories),
        given_at=row["given_at"],
        available_until=row["until"],
        record_id=str(row["record_id"]),
        notice=NOTICES[basis],
    )
