"""A reception in this process: taps with emulated cards and look-ups by number, without sockets."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from clinic_terminal.card.channel import CardConnection
from clinic_terminal.exchange.answering import Exchange
from clinic_terminal.exchange.face import Tap, face_message
from clinic_terminal.messages.eligibility import EligibilityRequest, EligibilityResult
from clinic_terminal.messages.registry import MESSAGES
from clinic_terminal.store import TerminalStore
from clinic_terminal.timings import Stopwatch
from clinic_terminal.visit.tap import TapOutcome, TapRequest, tap
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.eligibility import NumberCheckRequest
from eligibility_api.contract.errors import ShikakuError
from jpki_mock.card.in_process import open_card
from tests.builders.clinic.scripted_prompts import ScriptedPrompts
from tests.builders.fund import Fund
from tests.builders.fund_clients import CLINIC
from tests.builders.in_process import InProcessTransport, in_thread

PIN = "4321"
_UNPREDICTABLE = {"version", "record_id", "answered_at"}


class Reception:
    """A clinic's reception. Returns outcomes: the JSON without unpredictable members, or a problem's code."""

    def __init__(self, fund: Fund) -> None:
        self._fund = fund
        self._transport = InProcessTransport(fund.app)
        self._client = FundClient(
            "http://fund.test", fund.clinic, clock=fund.clock, transport=self._transport
        )

    async def tap(self, card: Path, request: TapRequest, *, registers: bool = False) -> dict[str, Any] | str:
        """Tap a card with the right PIN, or with a visual check if `request` names an operator.

        `registers`: the patient agrees to the first registration, if it is needed.
        """
        prompts = ScriptedPrompts([PIN], agrees=registers)
        outcome = await in_thread(partial(self._tap, open_card(card), request, prompts))
        if outcome.answer is None:
            assert outcome.problem is not None
            return outcome.problem.code
        return self._outcome()

    async def register(self, card: Path, *, operator: str | None = None) -> None:
        """Tap a card, with the PIN or by an operator's visual check, and agree to the first registration."""
        prompts, request = ScriptedPrompts([PIN], agrees=True), TapRequest(operator=operator)
        outcome = await in_thread(partial(self._tap, open_card(card), request, prompts))
        assert outcome.registered, outcome.problem

    async def look_up(self, question: dict[str, Any]) -> dict[str, Any] | str:
        """Look up a membership by its numbers."""
        request = NumberCheckRequest.model_validate(question)
        try:
            await in_thread(lambda: self._client.check_number(request))
        except ShikakuError as problem:
            return problem.code
        return self._outcome()

    async def face(self, card: Path, request: TapRequest) -> EligibilityResult | None:
        """The message of a tap with the right PIN."""
        outcome = await in_thread(partial(self._tap, open_card(card), request, ScriptedPrompts([PIN])))
        return face_message(Tap(outcome, CLINIC, self._fund.clock(), "AAAAAAAAAAAAAAAA", request.as_of))

    async def message(self, store: TerminalStore, request: EligibilityRequest) -> Any:
        """The result of a look-up by number; not typed, since a prefix decides the type."""
        exchange = Exchange(self._client, store, clock=self._fund.clock)
        return await in_thread(partial(exchange.answer, MESSAGES["OQSsiquc01req"], request))

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
