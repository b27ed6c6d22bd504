"""A fake fund behind `httpx2.MockTransport` that accepts one member file.

It returns prepared answers by path.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.unit.payer_mock.fake_fund import problem, token

UPLOAD_ID = "019ab000-0000-7000-8000-000000000001"
UPLOADS = "/v1/uploads"
REPORT: dict[str, Any] = {
    "rows": 3, "good_rows": 3, "bad_rows": 0, "new": 2, "changed": 1, "unchanged": 0, "absent": 0, "unmatched": 0,
    "changed_since": 0, "fill_rates": {"name": 1.0}, "findings": [],
}  # fmt: skip


@dataclass
class FakeUploads:
    """The fake's prepared behaviour.

    `states`: of the upload, one per call. `answers`: by path, or what makes them of a query. `failure`: a code for every call but the
    token's. `answer`: more members of the upload. `instants`: `known_from` and `undone_from` once it is published or undone. `calls`: method, path
    and caller.
    """

    states: list[str] = field(default_factory=lambda: ["received", "checking", "publishing", "published"])
    report: dict[str, Any] = field(default_factory=lambda: dict(REPORT))
    answers: dict[str, Any] = field(default_factory=dict)
    failure: str | None = None
    refusal: str | None = None
    instants: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    query: dict[str, str] = field(default_factory=dict)
    received: bytes = b""
    reasons: list[str] = field(default_factory=list)
    answer: dict[str, Any] = field(default_factory=dict)

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
        if request.url.path in self.answers:
            self.query = dict(request.url.params)
            found = self.answers[request.url.path]
            return httpx2.Response(200, json=found(self.query) if callable(found) else found)
        if request.url.path == UPLOADS:
            self.received, self.query = request.read(), dict(request.url.params)
        elif request.method == "POST" and (body := request.read()):
            self.reasons.append(json.loads(body)["reason"])
        return httpx2.Response(202, json=self.upload())

    def upload(self) -> dict[str, Any]:
        """The upload as it is now."""
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        checked = state not in ("received", "checking", "refused")
        return {
            "upload_id": UPLOAD_ID,
            "state": state,
            "received_at": "2026-11-23T00:00:00Z",
            "size": 100,
            "refusal": self.refusal if state == "refused" else None,
            "report": self.report if checked else None,
            **self.answer,
            **(self.instants if state in ("published", "undone") else {}),
        }
