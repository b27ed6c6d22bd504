"""A fake fund behind `httpx2.MockTransport` that accepts claim files and health check-ups.

It returns prepared answers by path.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.unit.payer_mock.fake_fund import problem, token

FILE_ID = "019ab000-0000-7000-8000-000000000002"
CLAIMS, CHECKUPS = "/v1/claims", "/v1/health-checkups"
REPORT: dict[str, Any] = {
    "sections": 2, "claims": 2, "accepted": 2, "unmatched": 0, "replacing": 0, "by_kind": {"medical": 1, "pharmacy": 1},
    "faults": {},
}  # fmt: skip


@dataclass
class FakeClaims:
    """`states`: of the file, one per call.

    `changes`: of the report. `failure`: a code for every call but the token's.
    """

    states: list[str] = field(default_factory=lambda: ["received", "reading", "done"])
    changes: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    failure: str | None = None
    unmatched: int = 0
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    received: bytes = b""
    checkups: list[int] = field(default_factory=list)

    def transport(self) -> httpx2.MockTransport:
        """The transport to this fund."""
        return httpx2.MockTransport(self._handle)

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/token":
            return token(request)
        caller = request.headers["Authorization"].removeprefix("Bearer ")
        self.calls.append((request.method, request.url.path, caller))
        if self.failure is not None:
            return problem(self.failure)
        if request.url.path == CHECKUPS:
            return self._take_checkups(json.loads(request.content))
        if request.url.path.endswith("/faults"):
            return httpx2.Response(200, json={"faults": [FAULT], "next": "7"})
        if request.method == "POST":
            self.received = request.read()
        return httpx2.Response(202, json=self._file())

    def _take_checkups(self, body: dict[str, Any]) -> httpx2.Response:
        self.checkups.append(len(body["checkups"]))
        known_from = "2026-11-23T00:00:00Z"
        answer = {"accepted": self.checkups[-1], "unmatched": self.unmatched, "known_from": known_from}
        return httpx2.Response(200, json=answer)

    def _file(self) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {
            "file_id": FILE_ID,
            "state": state,
            "received_at": "2026-11-23T00:00:00Z",
            "size": 100,
            "refusal": "file-truncated" if state == "refused" else None,
            "report": REPORT | self.changes if state == "done" else None,
            "known_from": "2026-11-23T00:00:01Z" if state == "done" else None,
            **self.answer,
        }


FAULT: dict[str, Any] = {
    "line": 17, "record": "IY", "field": 3, "name": "医薬品コード", "claim": 4, "code": "code", "shape": "99a",
}  # fmt: skip
