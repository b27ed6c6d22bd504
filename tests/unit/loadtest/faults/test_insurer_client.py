"""An insurer's program in a run: its answer, and what a refusal or a technical failure is."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from loadtest.errors import LoadError
from loadtest.faults.insurer_client import InsurerClient, TechnicalFailure
from tests.unit.loadtest.faults.builders import FakeTarget, fault_context


def answer(printed: dict[str, Any]) -> dict[str, Any]:
    client = InsurerClient(fault_context(FakeTarget(lambda _: json.dumps(printed))), "06010001")
    return asyncio.run(client.run("upload", "members.csv"))


def test_the_funds_answer_is_returned_whatever_it_is() -> None:
    assert answer({"state": "held", "report": None}) == {"state": "held", "report": None}


@pytest.mark.parametrize(
    ("code", "technical"), [("overloaded", True), ("fund-unreachable", True), ("not-found", False)]
)
def test_a_technical_failure_is_no_refusal(code: str, technical: bool) -> None:
    with pytest.raises(LoadError, match=f"payer-mock upload: {code}") as raised:
        answer({"problem": {"code": code, "status": 503}})
    assert isinstance(raised.value, TechnicalFailure) is technical
