"""Tests of your program with a running stack: `pip install 'shikaku[stack]' pytest`, then `pytest`. Start from this file."""

from __future__ import annotations

from datetime import UTC, datetime

from eligibility_api.contract.client import FundClient
from eligibility_api.contract.eligibility import NumberCheckRequest
from eligibility_api.contract.tokens import Credential
from shikaku.pytest_plugin import RunningStack


def test_every_person_gets_the_answer_that_is_listed(shikaku: RunningStack) -> None:
    """Ten test persons by number."""
    credential = Credential.load_terminal(shikaku.terminal_credential)
    asked = 0
    with FundClient(shikaku.fund, credential, clock=lambda: datetime.now(UTC)) as fund:
        for person in shikaku.persons()[:10]:
            for question in person["questions"]:
                if question["by"] == "number" and question["expected"] and not question["as_of"]:
                    answer = fund.check_number(NumberCheckRequest.model_validate(question["request"]))
                    assert answer.validity == question["answer"], person["id"]
                    asked += 1
    assert asked
