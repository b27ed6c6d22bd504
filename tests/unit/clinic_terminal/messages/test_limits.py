"""Every value of a message has its limit before anything else sees it (decision 016)."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

from clinic_terminal.messages.elements import layout
from clinic_terminal.messages.headers import Message
from clinic_terminal.messages.registry import MESSAGES
from eligibility_api.contract.batches import MAX_ROWS
from tests.builders.schema_limits import faults

REQUESTS = [*dict.fromkeys(kind.request for kind in MESSAGES.values() if kind.request)]
RESULTS = [*dict.fromkeys(kind.result for kind in MESSAGES.values())]


@pytest.mark.parametrize("model", REQUESTS, ids=lambda model: model.__name__)
def test_every_value_of_a_request_has_a_limit(model: type[Message]) -> None:
    found = [*faults(dict(TypeAdapter(model).core_schema), {}, model.__name__)]
    # The codecs build rows from the elements of the layout alone: none has other members.
    assert [fault for fault in found if not fault.endswith("rows with any number of members")] == []


@pytest.mark.parametrize("model", RESULTS, ids=lambda model: model.__name__)
def test_every_text_of_a_result_has_a_limit(model: type[Message]) -> None:
    found = [*faults(dict(TypeAdapter(model).core_schema), {}, model.__name__)]
    # Lists of results are limited by the bytes of a message; the terminal writes them and reads none.
    assert [
        fault for fault in found if "list" not in fault and "rows" not in fault and "tuple" not in fault
    ] == []


def test_the_rows_of_bulk_requests_are_as_many_as_the_fund_takes() -> None:
    lists = {
        (model.__name__, place.name): model
        for model in REQUESTS
        for part in layout(model)
        for place in layout(part.model or model)
        if place.repeated
    }
    assert set(lists) == {
        ("BulkEligibilityRequest", "QualificationConfirmSearchInfo"),
        ("BulkReferenceRequest", "ReferenceNumberRegistrationInfo"),
    }
    assert all(model.max_bytes >= MAX_ROWS * 1_500 for model in lists.values())
