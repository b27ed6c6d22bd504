"""The batches of the fake fund: accepted, processing for a number of polls, then done."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from eligibility_api.contract.batches import BatchAnswer, BatchResult, BatchState
from eligibility_api.contract.eligibility import EligibilityAnswer, UnchangedAnswer
from tests.builders.clinic import samples

BATCH_ID = "019ab000-0000-7000-8000-0000000000b1"


@dataclass
class FakeBatches:
    """`answers` has the answer or error code of each tag, or of each row number; the default is a valid answer."""

    answers: dict[str, EligibilityAnswer | UnchangedAnswer | str] = field(default_factory=dict)
    polls_until_done: int = 2
    sent: dict[str, Any] = field(default_factory=dict)

    def start(self, body: dict[str, Any]) -> dict[str, Any]:
        self.sent = body
        return self._batch(BatchState.ACCEPTED)

    def poll(self) -> dict[str, Any]:
        self.polls_until_done -= 1
        return self._batch(BatchState.DONE if self.polls_until_done < 0 else BatchState.PROCESSING)

    def results(self) -> str:
        rows = enumerate(self.sent["rows"], start=1)
        return "".join(f"{self._result(number, row).model_dump_json()}\n" for number, row in rows)

    def _batch(self, state: BatchState) -> dict[str, Any]:
        count = len(self.sent["rows"])
        batch = BatchAnswer(
            batch_id=BATCH_ID,
            state=state,
            as_of=self.sent["as_of"],
            accepted_at=samples.NOW,
            rows=count,
            answered=count if state is BatchState.DONE else 0,
            kept_until=samples.NOW + timedelta(days=7),
        )
        answer: dict[str, Any] = json.loads(batch.model_dump_json())
        return answer

    def _result(self, number: int, row: dict[str, Any]) -> BatchResult:
        tag = row.get("tag")
        answer = self.answers.get(tag or str(number), samples.answer())
        if isinstance(answer, str):
            return BatchResult(row=number, tag=tag, code=answer)
        return BatchResult(row=number, tag=tag, answer=answer)
