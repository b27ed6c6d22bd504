"""Stores health check-ups of an insurer's own members, of any day, also if not enrolled yet."""

from __future__ import annotations

import time

from eligibility_api.checkups import store
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.checkups import CheckupsAnswer, CheckupsRequest
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.enrolment.change import wait_until_visible
from eligibility_api.state import State


async def add_checkups(state: State, caller: Caller, request: CheckupsRequest) -> CheckupsAnswer:
    """Store check-ups, and return how many match nobody enrolled by current knowledge.

    Repeating an upload is harmless. Raises `enrolment-other-insurer` and `client-closed`.
    """
    caller.require(Right.CLAIMS)
    if any(checkup.insurer_number != caller.insurer() for checkup in request.checkups):
        raise ShikakuError("enrolment-other-insurer")
    row = await store.add_checkups(state.database, caller, request.checkups)
    if row is None:
        raise ShikakuError("client-closed")
    await wait_until_visible(time.monotonic(), store.LEAD)
    return CheckupsAnswer(accepted=row["taken"], unmatched=row["unmatched"], known_from=row["known_from"])
