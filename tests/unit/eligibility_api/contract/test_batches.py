"""Batches of up to ten thousand look-ups by number."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from eligibility_api.contract.batches import MAX_ROWS, BatchRequest
from eligibility_api.contract.examples import BATCH

[ROW] = BATCH["rows"]


def test_the_example_is_valid() -> None:
    batch = BatchRequest.model_validate_json(json.dumps(BATCH))
    assert [row.tag for row in batch.rows] == ["P-0001"]


@pytest.mark.parametrize(
    "more", [{"limit_certificate_consent": 1}, {"tag": "x" * 51}, {"known_at": "2026-11-23T00:00:00Z"}]
)
def test_a_malformed_row_is_rejected(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BatchRequest.model_validate_json(json.dumps({"rows": [ROW | more]}))


@pytest.mark.parametrize("count", [0, MAX_ROWS + 1])
def test_a_batch_has_1_to_10_000_rows(count: int) -> None:
    with pytest.raises(ValidationError):
        BatchRequest.model_validate({"rows": [ROW] * count})


def test_validation_stops_at_the_first_faulty_row() -> None:
    with pytest.raises(ValidationError) as refused:
        BatchRequest.model_validate_json('{"rows": [' + "{}, " * 100_000 + "{}]}")
    assert {error["loc"][:2] for error in refused.value.errors()} <= {("rows",), ("rows", 0)}
