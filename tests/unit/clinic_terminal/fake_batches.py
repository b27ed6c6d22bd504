"""The batches of a played fund: accepted, processing for as many questions as told, then done."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from eligibility_api.contract.batches import BatchAnswer, BatchResult, BatchState
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from tests.unit.clinic_terminal import builders

BATCH_ID = "019ab000-0000-7000-8000-0000000000b1"


@dataclass
class FakeBatches:
    """`says` gives each tag its answer, or the code of a refusal; whoever has none is answered with a valid one."""

    says: dict[str, EligibilityAnswer | UnchangedAnswer | str] = field(default_factory=dict)
    questions_until_done: int = 2
    sent: dict[str, Any] = field(default_factory=dict)

    def start(self, body: dict[str, Any]) -> dict[str, Any]:
        self.sent = body
        return self._told(BatchState.ACCEPTED)

    def ask(self) -> dict[str, Any]:
        self.questions_until_done -= 1
        return self._told(BatchState.DONE if self.questions_until_done < 0 else BatchState.PROCESSING)

    def results(self) -> str:
        rows = enumerate(self.sent["rows"], start=1)
        return "".join(f"{self._result(number, row).model_dump_json()}\n" for number, row in rows)

    def _told(self, state: BatchState) -> dict[str, Any]:
        count = len(self.sent["rows"])
        told = BatchAnswer(
            batch_id=BATCH_ID,
            state=state,
            as_of=self.sent["as_of"],
            accepted_at=builders.NOW,
            rows=count,
            answered=count if state is BatchState.DONE else 0,
            kept_until=builders.NOW + timedelta(days=7),
        )
        answer: dict[str, Any] = json.loads(told.model_dump_json())
        return answer

    def _result(self, number: int, row: dict[str, Any]) -> BatchResult:
        said = self.says.get(row["tag"], builders.answer())
        if isinstance(said, str):
            return BatchResult(row=number, tag=row["tag"], code=said)
        return BatchResult(row=number, tag=row["tag"], answer=said)
