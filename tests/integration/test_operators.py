"""`eligibility-api operator`: staff are registered on their administrator's authority and ended; both are recorded."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import pytest

from eligibility_api.audit_log.acts import operating_user
from eligibility_api.clients.second_factor import decrypt_secret
from eligibility_api.contract.codes import FacilityKind, Right
from tests.builders.commands import Command, CommandResult
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC, HOSPITAL, OTHER_CLINIC

pytestmark = pytest.mark.anyio


PHARMACY, ELIGIBILITY_ONLY = "1341111118", "1319900013"


@pytest.fixture(scope="module", autouse=True)
async def facilities(fund: Fund) -> None:
    """Facilities of several kinds."""
    for code, kind in (
        (HOSPITAL, FacilityKind.HOSPITAL),
        (PHARMACY, FacilityKind.PHARMACY),
        (ELIGIBILITY_ONLY, FacilityKind.ELIGIBILITY_ONLY),
    ):
        await fund.terminal(institution_code=code, kind=kind, rights=(Right.ELIGIBILITY,))


async def add(
    command: Command, operator: str, *words: str, institution_code: str = HOSPITAL
) -> CommandResult:
    named = ("--institution-code", institution_code, "--operator", operator, "--authorised-by", "見本　院長")
    return await command("operator", "add", *named, *words)


async def end(command: Command, operator: str) -> CommandResult:
    return await command("operator", "end", "--institution-code", HOSPITAL, "--operator", operator)


async def records(fund: Fund, operator: str) -> list[tuple[str, dict[str, Any]]]:
    found = await fund.records("kind LIKE 'operator.%' AND operator = $1", operator)
    assert all(record["client_id"] is None and record["institution_code"] == HOSPITAL for record in found)
    return [(record["kind"], json.loads(record["detail"])) for record in found]


async def test_an_emergency_operators_secret_is_printed_once(fund: Fund, command: Command) -> None:
    operator = f"見本　医師{uuid4().hex[:8]}"

    result = await add(command, operator, "--emergency")

    uri = urlsplit(result.out.strip())
    assert (result.code, uri.scheme, uri.netloc) == (0, "otpauth", "totp")
    assert unquote(uri.path) == f"/Shikaku:{operator}@{HOSPITAL}"
    [row] = await fund.owner.fetch("SELECT * FROM facility_operator WHERE operator = $1", [operator])
    secret = decrypt_secret(fund.state.keys.second_factor, row["totp_secret"], HOSPITAL, operator)
    assert parse_qs(uri.query)["secret"] == [base64.b32encode(secret).decode()]
    assert (row["medical"], row["emergency"], row["authorised_by"]) == (False, True, "見本　院長")
    expected = {
        "authorised_by": "見本　院長",
        "medical": False,
        "emergency": True,
        "os_user": operating_user(),
    }
    assert await records(fund, operator) == [("operator.registered", expected)]

    again = await add(command, operator, "--emergency")
    assert (again.code, again.out, len(again.err.splitlines())) == (1, "", 1)
    listed = await command("operator", "list", "--institution-code", HOSPITAL)
    assert "secret" not in listed.out


async def test_an_operator_with_medical_access_only_has_no_second_factor(
    fund: Fund, command: Command
) -> None:
    operator = f"見本　職員{uuid4().hex[:8]}"
    result = await add(command, operator, "--medical")
    assert (result.code, result.out) == (0, "")
    [row] = await fund.owner.fetch("SELECT * FROM facility_operator WHERE operator = $1", [operator])
    assert (row["medical"], row["emergency"], row["totp_secret"]) == (True, False, None)


async def test_an_ended_operator_can_be_registered_again_with_a_new_secret(
    fund: Fund, command: Command
) -> None:
    operator = f"見本　医師{uuid4().hex[:8]}"
    first = await add(command, operator, "--emergency", "--medical")
    ended, twice = await end(command, operator), await end(command, operator)
    second = await add(command, operator, "--emergency")
    assert [result.code for result in (first, ended, twice, second)] == [0, 0, 1, 0]
    assert first.out != second.out
    kinds = [kind for kind, _ in await records(fund, operator)]
    assert kinds == ["operator.registered", "operator.ended", "operator.registered"]
    listed = await command("operator", "list", "--institution-code", HOSPITAL)
    rows = [row for line in listed.out.splitlines() if (row := json.loads(line))["operator"] == operator]
    assert [(row["medical"], row["ended_at"] is None) for row in rows] == [(True, False), (False, True)]


async def test_an_operator_needs_a_known_facility_a_name_and_a_right(command: Command) -> None:
    nowhere = await add(command, "見本　医師", "--medical", institution_code=OTHER_CLINIC)
    nothing = await add(command, "見本　医師")
    nameless = await add(command, " ", "--medical")
    assert [result.code for result in (nowhere, nothing, nameless)] == [1, 2, 2]
    assert len(nowhere.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("institution_code", "words", "refused"),
    [
        (CLINIC, ["--emergency"], "hospitals"),
        (CLINIC, ["--medical", "--emergency"], "hospitals"),
        (PHARMACY, ["--emergency"], "hospitals"),
        (ELIGIBILITY_ONLY, ["--emergency"], "hospitals"),
        (ELIGIBILITY_ONLY, ["--medical"], "medical data"),
        (CLINIC, ["--medical"], None),
        (PHARMACY, ["--medical"], None),
    ],
)
async def test_no_operator_is_registered_for_what_the_kind_of_facility_cannot_do(
    fund: Fund, command: Command, institution_code: str, words: list[str], refused: str | None
) -> None:
    """Rule G4."""
    operator = f"見本　職員{uuid4().hex[:8]}"
    result = await add(command, operator, *words, institution_code=institution_code)
    rows = await fund.owner.fetch("SELECT 1 FROM facility_operator WHERE operator = $1", [operator])
    assert (result.code, len(rows)) == ((1, 0) if refused else (0, 1))
    assert (refused or "") in result.err
    assert (await fund.records("kind = 'operator.registered' AND operator = $1", operator) == []) is bool(
        refused
    )
