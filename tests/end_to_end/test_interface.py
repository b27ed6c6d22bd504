"""The published interface, tested with requests that its description allows or forbids, by all of schemathesis's checks.

One check has another form: valid data may be refused by a rule that JSON Schema cannot express, such as a check
digit, but by no other (`RULES_BEYOND_A_SCHEMA`). The clients are this test's own, so that their limits and files
are nobody else's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from eligibility_api.contract.errors import CATALOGUE, Problem
from eligibility_api.contract.fund_caller import FundCaller
from eligibility_api.contract.tokens import Credential
from shikaku.admission import admit_terminal
from tests.builders.described import description
from tests.builders.stack import PopulatedStack
from tests.depth import DEEP

EXAMPLES = 120 if DEEP else 8

INSURERS_PATHS = (
    "/v1/enrolments", "/v1/mismatches", "/v1/changes", "/v1/statistics", "/v1/paper-certificates", "/v1/medical-tickets",
    "/v1/uploads", "/v1/claims", "/v1/health-checkups",
)  # fmt: skip
"""Beginnings of the paths that insurers call."""

RULES_BEYOND_A_SCHEMA = {
    "agreement",
    "base64",
    "branch",
    "categories",
    "day",
    "institution_code",
    "insurer_number",
    "int_type",  # JSON Schema takes 1.0 for an integer
    "jwt",
    "kana",
    "law_number",
    "membership_text",
    "payer_number",
    "postal_code",
    "purpose",
    "reason_of_loss",
    "recipient_number",
    "scheme",
    "search",
    "ticket_period",
    "ticket_treatment",
    "ticket_twice",
    "too_many_members",
}
"""Rules about check digits, calendars, encodings, and items that depend on each other."""

DECODED_FIRST = {"header.operator-name"}
"""Places whose text is percent-decoded before its form is checked: `%00` has the described form, and is refused."""

load_all_checks()
# A member file is sent unchanged.
schemathesis.serializer.alias("application/jsonl", "application/octet-stream")


schema = schemathesis.openapi.from_dict(deepcopy(description()))
# The test sends a valid token with every request; the check `ignored_auth` sends each again without one.
schema.config.generation.update(with_security_parameters=False)
# What is too long is refused before its form is checked.
rejection = schema.config.checks.negative_data_rejection
rejection.expected_statuses = [*rejection.expected_statuses, "413", "414", "431"]
# Beside the random examples: the boundaries of every element of every request, some 6,700 cases.
schema.config.phases.coverage.enabled = DEEP


class Clients:
    """A hospital's terminal with all rights, and an insurer's program, of a running stack."""

    def __init__(self, url: str, terminal: Path, insurer: Path, running: ExitStack) -> None:
        self.url = url
        self._terminal, self._insurer = (
            running.enter_context(
                FundCaller(url, Credential.load(path), clock=lambda: datetime.now(UTC), timeout_seconds=60)
            )
            for path in (terminal, insurer)
        )

    def headers(self, path: str) -> dict[str, str]:
        """The header with a valid access token of the client that calls this path."""
        client = self._insurer if path.startswith(INSURERS_PATHS) else self._terminal
        return {"Authorization": f"Bearer {client.sign_in()}"}


@pytest.fixture(scope="module")
def clients(stack: PopulatedStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    rights = "eligibility,registration,visual-check,consent,prescription,emergency"
    terminal = admit_terminal(
        stack, "0110113719", "架空病院", "hospital", rights, file="interface-terminal.json"
    )
    insurer = tmp_path_factory.mktemp("interface") / "insurer.json"
    options = ("--insurer-number", "06130017", "--name", "架空健康保険組合", "--out", insurer)
    stack.run("eligibility-api", "insurer", "add", *options)
    with ExitStack() as running:
        yield Clients(stack.wiring["TERMINAL_FUND_URL"], terminal, insurer, running)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=not DEEP,  # new requests are tried at night; by day a failure is the change's
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
def test_every_response_is_described(case: schemathesis.Case[Any], clients: Clients) -> None:
    headers = clients.headers(case.operation.path)
    response = case.call(base_url=clients.url, headers=headers)

    case.validate_response(
        response,
        excluded_checks=[positive_data_acceptance],
        headers=headers,
        transport_kwargs={"base_url": clients.url},
    )
    if response.status_code < 400 or case.operation.path == "/readyz":
        return
    problem = Problem.model_validate_json(response.content)
    assert problem.code in CATALOGUE
    assert problem.kind != "technical", problem.code
    if case.meta is not None and case.meta.generation.mode.is_positive:
        rules = {
            fault["rule"] for fault in problem.errors or [] if fault["place"].lower() not in DECODED_FIRST
        }
        assert rules <= RULES_BEYOND_A_SCHEMA, "the description allows what the fund refuses"
