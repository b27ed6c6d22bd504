"""Registers a facility's own numbers for persons whom it identifies by their memberships."""

from __future__ import annotations

from collections.abc import Sequence

from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.references import (
    ReferenceAnswer,
    ReferenceAnswers,
    ReferenceRegistration,
    ReferenceRegistrations,
)
from eligibility_api.eligibility.misses import limits, log_streak
from eligibility_api.references import store
from eligibility_api.state import State


async def register(state: State, caller: Caller, request: ReferenceRegistration) -> ReferenceAnswer:
    """Register one. Raises `reference-not-found`, `reference-several-found`, `number-miss-limit`."""
    [outcome] = await _register(state, caller, [request])
    if outcome != "registered":
        raise ShikakuError(outcome)
    return ReferenceAnswer(outcome=outcome)


async def register_all(state: State, caller: Caller, request: ReferenceRegistrations) -> ReferenceAnswers:
    """Register each row independently. Raises `number-miss-limit` if no miss was left at the start."""
    outcomes = await _register(state, caller, request.registrations)
    return ReferenceAnswers(registrations=[ReferenceAnswer(outcome=outcome) for outcome in outcomes])


async def _register(
    state: State, caller: Caller, registrations: Sequence[ReferenceRegistration]
) -> Sequence[str]:
    caller.require(Right.ELIGIBILITY)
    result = await store.register(state.database, caller, registrations, limits=limits(state.settings))
    result.quota.check(state.clock())
    log_streak(caller, result.quota.streak, result.outcomes.count("reference-not-found"))
    return result.outcomes
