"""A fund whose requests have given costs, and the meter that reads it; no socket is opened."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from uuid import uuid4

from loadtest.clock import now
from loadtest.http_client.connection import ConnectionFailed, Reply
from loadtest.planning.apportionment import RECORD_WIDTHS, RECORDS_TABLE, REQUEST_OF_RECORD
from loadtest.planning.costs import STORED, Costs
from loadtest.planning.meter import MeterReading
from loadtest.scenario.consents import CATEGORIES

STATEMENT = {
    "version": 1, "language": "ja", "institution_code": "1311111114", "institution_name": "見本診療所",
    "categories": list(CATEGORIES), "care": "1", "until": "24-hours",
}  # fmt: skip
_KINDS = {
    "/v1/token": "token",
    "/v1/presence/challenges": "challenge",
    "/v1/eligibility/card": "card",
    "/v1/eligibility/number": "number",
    "/v1/consents/challenges": "consent challenge",
    "/v1/consents": "consent",
    "/v1/prescriptions": "prescription",
    "/v1/dispensings": "dispensing",
}


class FakeFund:
    """Replaces both the pool and the meter. `refused`: statuses and codes by kind of request; `now`: in seconds."""

    host, timeout_seconds = "127.0.0.1", 10.0

    def __init__(
        self, costs: Costs, now: Callable[[], float], refused: Mapping[str, tuple[int, str]] | None = None
    ) -> None:
        self.requests: Counter[str] = Counter()
        self._costs = costs
        self._refused = refused or {}
        self._now, self._began = now, now()
        self._rows = 0

    async def exchange(self, data: bytes) -> Reply:
        """The answer to a complete request."""
        head, _, body = data.partition(b"\r\n\r\n")
        path = head.split(b" ", 2)[1].decode()
        if path.startswith("/v1/eligibility/batches"):
            return self._batch(path, body)
        kind = _KINDS.get(path) or path.rpartition("/")[2]
        self.requests[kind] += 1
        if kind in self._refused:
            status, code = self._refused[kind]
            if not status:
                raise ConnectionFailed(code)
            return Reply(status, json.dumps({"code": code}).encode(), 100)
        return _answer(200, _body(kind))

    def _batch(self, path: str, body: bytes) -> Reply:
        if path.endswith("/batches"):
            self._rows = len(json.loads(body)["rows"])
            self.requests["batch row"] += self._rows
            return _answer(202, {"batch_id": "b1", "state": "accepted"})
        if "/results" in path:
            rows = [json.dumps({"code": None, "answer": {"validity": "1"}}) for _ in range(self._rows)]
            return Reply(200, "\n".join(rows).encode(), 100)
        return _answer(200, {"batch_id": "b1", "state": "done"})

    async def query(self, statement: str, *_: object) -> list[dict[str, object]]:
        """The database's rows: the widths of audit records."""
        if statement != RECORD_WIDTHS:
            return []
        return [
            {"kind": record, "width": width}
            for record, kind in REQUEST_OF_RECORD.items()
            if (width := self._costs.of.get(kind, {}).get(f"{STORED}{RECORDS_TABLE}"))
        ]

    async def read(self) -> MeterReading:
        """The consumption so far, by the costs of this fund."""
        at = self._now()
        return MeterReading(at, self._costs.predict(at - self._began, self.requests))


def _answer(status: int, body: object) -> Reply:
    return Reply(status, json.dumps(body).encode(), 100)


def _body(kind: str) -> dict[str, object]:
    answers: dict[str, dict[str, object]] = {
        "token": {"access_token": "token-1", "expires_in": 300},
        "challenge": {"challenge": "challenge-1"},
        "card": {"record_id": str(uuid4()), "answered_at": now().isoformat()},
        "prescription": {"known_from": now().isoformat()},
        "dispensing": {"known_from": now().isoformat()},
        "consent challenge": {"challenge": "challenge-2", "statement": STATEMENT},
        "consent": {"consent_id": str(uuid4()), "eligibility": {"validity": "1"}},
    }
    return answers.get(kind, {"validity": "1"})
