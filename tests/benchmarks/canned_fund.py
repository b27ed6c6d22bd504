"""A fund that answers every request of a check with the same bytes: what remains is the generator's cost.

As a process: `python -m tests.benchmarks.canned_fund` prints its port, and ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, cast

import uvloop

from tests.unit.loadtest.scenario.builders import ANSWERS, CONSENT

_MEMBER = {
    "insurer_number": "06130017", "insurer_name": "見本健康保険組合", "symbol": "見本・1", "number": "1234",
    "branch": "01", "name": "見本 太郎", "name_kana": "ミホン タロウ", "birth_date": "1980-01-01", "sex": "1",
    "address": "東京都見本区見本一丁目1番1号", "burden_percent": 30, "valid_from": "2020-04-01", "valid_to": None,
    "limit_certificate": None, "head_of_household": "見本 花子", "kind": "1", "notes": ["見本"] * 10,
}  # fmt: skip
"""About as large as a real answer's result."""

_ELIGIBILITY = {"validity": "1", "answered_at": "2026-12-01T00:00:00+00:00", "results": [_MEMBER, _MEMBER]}
_HISTORY: dict[str, Any] = {
    "total": 0,
    "next": None,
    "answered_at": "2026-12-01T00:00:00+00:00",
    "medicines": [],
}


def _response(status: int, answer: dict[str, Any]) -> bytes:
    body = json.dumps(answer, ensure_ascii=False).encode()
    return (
        b"HTTP/1.1 %d OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        % (status, len(body))
    ) + body


_PATHS = ANSWERS | {
    "/v1/eligibility/card": (200, ANSWERS["/v1/eligibility/card"][1] | _ELIGIBILITY),
    "/v1/eligibility/number": (200, {"record_id": "record"} | _ELIGIBILITY),
    "/v1/consents": (201, {"consent_id": str(CONSENT), "eligibility": _ELIGIBILITY}),
}
_BY_PATH = {path.encode(): _response(status, answer) for path, (status, answer) in _PATHS.items()}
_USUAL = _response(200, _HISTORY)


class CannedFund(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator or len(body) < int(head.rpartition(b"Content-Length: ")[2] or 0):
            return
        self._received = b""
        assert self._transport is not None
        self._transport.write(_BY_PATH.get(head.split(b" ", 2)[1], _USUAL))


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(CannedFund, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve())
