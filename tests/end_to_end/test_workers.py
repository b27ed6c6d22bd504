"""A challenge is used once across all workers."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from eligibility_api.contract.eligibility import CardCheckRequest
from eligibility_api.contract.errors import ShikakuError
from tests.builders.stack import PopulatedStack
from tests.builders.terminal import Terminal

USES = 50


def test_one_challenge_used_fifty_times_at_once_on_two_workers_succeeds_once(stack: PopulatedStack) -> None:
    with stack.terminal() as first:
        proof = first.prove()

    def use(_: int) -> str:
        # A new connection each time, so that both workers are called.
        with stack.terminal() as terminal:
            terminal.client.sign_in()
            return _outcome(terminal, proof)

    with ThreadPoolExecutor(USES) as pool:
        outcomes = Counter(pool.map(use, range(USES)))

    assert outcomes == {"answered": 1, "challenge-used": USES - 1}


def _outcome(terminal: Terminal, proof: CardCheckRequest) -> str:
    try:
        terminal.client.check_card(proof)
    except ShikakuError as error:
        return error.code
    return "answered"
