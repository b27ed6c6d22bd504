"""A reception in this process: taps with emulated cards and look-ups by number, without sockets."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from anyio import from_thread, to_thread

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.eligibility import NumberCheckRequest
from eligibility_api.contract.errors import ShikakuError
from jpki_mock.card.in_process import open_card
from tests.builders.clinic.scripted_prompts import ScriptedPrompts
from tests.builders.fund import Fund

PIN = "4321"
_UNPREDICTABLE = {"version", "record_id", "answered_at"}

Result = TypeVar("Result")


class _BlockingTransport(httpx2.BaseTransport):
    """Blocking transport to an ASGI application in this process, for a client in a worker thread."""

    def __init__(self, application: Any) -> None:
        self._application = httpx2.ASGITransport(application, raise_app_exceptions=False)
        self.last = b""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return from_thread.run(self._exchange, request)

    async def _exchange(self, request: httpx2.Request) -> httpx2.Response:
        response = await self._application.handle_async_request(request)
        self.last = await response.aread()
        return httpx2.Response(response.status_code, headers=response.headers, content=self.last)


class Reception:
    """A clinic's reception. Returns outcomes: the JSON without unpredictable members, or a problem's code."""

    def __init__(self, fund: Fund) -> None:
        self._transport = _BlockingTransport(fund.app)
        self._client = FundClient(
            "http://fund.test", fund.clinic, clock=fund.clock, transport=self._transport
        )

    async def tap(self, card: Path, request: TapRequest, *, registers: bool = False) -> dict[str, Any] | str:
        """Tap a card with the right PIN, or with a visual check if `request` names an operator.

        `registers`: the patient agrees to the first registration, if it is needed.
        """
        prompts = ScriptedPrompts([PIN], agrees=registers)
        outcome = await _in_thread(partial(self._tap, open_card(card), request, prompts))
        if outcome.answer is None:
            assert outcome.problem is not None
            return outcome.problem.code
        return self._outcome()

    async def register(self, card: Path, *, operator: str | None = None) -> None:
        """Tap a card, with the PIN or by an operator's visual check, and agree to the first registration."""
        prompts, request = ScriptedPrompts([PIN], agrees=True), TapRequest(operator=operator)
        outcome = await _in_thread(partial(self._tap, open_card(card), request, prompts))
        assert outcome.registered, outcome.problem

    async def look_up(self, question: dict[str, Any]) -> dict[str, Any] | str:
        """Look up a membership by its numbers."""
        request = NumberCheckRequest.model_validate(question)
        try:
            await _in_thread(lambda: self._client.check_number(request))
        except ShikakuError as problem:
            return problem.code
        return self._outcome()

    def _outcome(self) -> dict[str, Any]:
        """The answer as received, including members that a client's model would ignore."""
        answer: dict[str, Any] = json.loads(self._transport.last)
        for result in answer["results"]:
            # The flag of the limit certificate has the instant of the answer (S5).
            flagged = result["limit_certificate_consent"]
            assert result["limit_certificate_consent_at"] == (answer["answered_at"] if flagged else None)
            result["limit_certificate_consent_at"] = None
        return {name: value for name, value in answer.items() if name not in _UNPREDICTABLE}

    def _tap(self, card: CardConnection, request: TapRequest, prompts: ScriptedPrompts) -> TapOutcome:
        return tap(card, self._client, prompts, request, Stopwatch())


async def _in_thread(function: Callable[[], Result]) -> Result:
    return await to_thread.run_sync(function)
