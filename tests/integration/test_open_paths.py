"""What a server of the fund answers without a token: the operations whose description asks for none."""

from __future__ import annotations

import re
from typing import Any

import pytest

from eligibility_api.app import OPEN_PATHS
from eligibility_api.platform.settings import Settings
from eligibility_api.web.description.operations import operations
from eligibility_api.web.server.limits import BodyLimits, ServerLimits
from tests.builders.fund import Fund
from tests.builders.real_server import served

pytestmark = pytest.mark.anyio

EXAMPLES = {"path": "0/000"}
"""The parameters of paths; every other is an id."""


def example(path: str) -> str:
    return re.sub(
        r"{(\w+)}", lambda name: EXAMPLES.get(name[1], "0190f5c6-0000-7000-8000-000000000000"), path
    )


async def test_exactly_the_operations_without_a_scheme_of_security_need_no_token(fund: Fund) -> None:
    limits = ServerLimits.of(Settings(), BodyLimits(1, {}), 1_000, OPEN_PATHS)
    document: Any = fund.app.openapi()
    found = {path: bool(operation["security"]) for _, path, operation in operations(document)}
    assert len(found) > 50
    assert {path: limits.needs_token(example(path)) for path in found} == found


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/audit/checkpoint", 404),  # a fund without a record has no checkpoint yet
        ("/v1/audit/tile/0/000", 404),
        ("/v1/audit/consistency?old_size=0&new_size=1", 404),
        ("/v1/enrolments", 401),
    ],
)
async def test_the_audit_log_is_read_without_a_token_and_nothing_else_is(
    fund: Fund, path: str, status: int
) -> None:
    async with served(fund.app) as server:
        assert (await server.http.get(path)).status_code == status
