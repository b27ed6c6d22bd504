"""Returns earlier answers to the facility that requested them."""

from __future__ import annotations

from uuid import UUID

from eligibility_api.audit import store
from eligibility_api.clients.caller import Caller
from eligibility_api.contract.codes import Right
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from eligibility_api.contract.errors import ShikakuError
from eligibility_api.domain.recorded_answers import MissingRows, UnknownRule, inputs_of
from eligibility_api.domain.rule_versions import RULES
from eligibility_api.state import State


async def earlier_answer(
    state: State, caller: Caller, record_id: UUID
) -> EligibilityAnswer | UnchangedAnswer:
    """Recompute the answer of a record by the rules of its time, and record this access.

    Raises `not-found` for an unknown record, another facility's, or one whose data are deleted (T9), `answer-of-earlier-rule`, and the refusal
    that the rules led to.
    """
    caller.require(Right.ELIGIBILITY)
    institution_code = caller.institution()
    async with state.database.transaction() as connection:
        row = await store.own_answer(connection, caller, record_id)
        if not row.admitted:
            raise ShikakuError("client-closed")
        if row.record_id is None:
            raise ShikakuError("not-found")
        record = store.recorded(row)
        versions = await store.versions(connection, [record])
        values = {
            "kind": "answer.read",
            "outcome": "done",
            "client_id": caller.client_id,
            "institution_code": institution_code,
            "person_key": record.person_key,
            "detail": {"record_id": str(record_id)},
        }
        await store.record(connection, values)
    try:
        inputs = inputs_of(record, versions)
    except UnknownRule as error:
        raise ShikakuError("answer-of-earlier-rule") from error
    except MissingRows as error:
        raise ShikakuError("not-found") from error
    return RULES[inputs.rule_version].answer(inputs, state.keys.version)
