"""The published interface, tested with requests that its description allows or forbids."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from eligibility_api.app import build
from eligibility_api.contract.errors import CATALOGUE, PROBLEM_MEDIA_TYPE, Problem
from eligibility_api.state import State
from tests.builders.stack import PopulatedStack
from tests.depth import DEEP

EXAMPLES = 300 if DEEP else 15

# A member file is sent unchanged.
schemathesis.serializer.alias("application/jsonl", "application/octet-stream")


def _never_opened() -> AbstractAsyncContextManager[State]:
    raise AssertionError("only the description is needed")


schema = schemathesis.openapi.from_dict(build(_never_opened).openapi())


@pytest.fixture(scope="module")
def token(stack: PopulatedStack) -> str:
    """An access token of the clinic's terminal."""
    with stack.terminal() as terminal:
        return terminal.client.sign_in()


@schema.parametrize()
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
def test_every_response_is_described_or_a_problem_of_the_catalogue(
    case: schemathesis.Case[Any], stack: PopulatedStack, token: str
) -> None:
    response = case.call(
        base_url=stack.wiring["TERMINAL_FUND_URL"], headers={"Authorization": f"Bearer {token}"}
    )

    if response.status_code < 400:
        case.validate_response(response)
        return
    assert response.headers["content-type"] == [PROBLEM_MEDIA_TYPE]
    problem = Problem.model_validate_json(response.content)
    assert problem.code in CATALOGUE
    assert problem.kind != "technical", problem.code
