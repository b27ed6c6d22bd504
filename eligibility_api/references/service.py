"""Registering a facility's own numbers for persons whom it names by their certificates."""

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
from eligibility_api.eligibility.misses import limits, tell_run
from eligibility_api.references import store
from eligibility_api.state import State


async def register(state: State, caller: Caller, request: ReferenceRegistration) -> ReferenceAnswer:
    """Register one. Raises `reference-not-found`, `reference-several-found`, `number-miss-limit`."""
    [outcome] = await _register(state, caller, [request])
    if outcome != "registered":
        raise ShikakuError(outcome)
    return ReferenceAnswer(outcome=outcome)


async def register_all(state: State, caller: Caller, request: ReferenceRegistrations) -> ReferenceAnswers:
    """Register each by itself. Raises `number-miss-limit` where no miss was left at the start."""
    outcomes = await _register(state, caller, request.registrations)
    return ReferenceAnswers(registrations=[ReferenceAnswer(outcome=outcome) for outcome in outcomes])


async def _register(
    state: State, caller: Caller, registrations: Sequence[ReferenceRegistration]
) -> Sequence[str]:
    caller.need(Right.ELIGIBILITY)
    done = await store.register(state.database, caller, registrations, limits=limits(state.settings))
    done.turn.check(state.clock())
    tell_run(caller, done.turn.run, done.outcomes.count("reference-not-found"))
    return done.outcomes
