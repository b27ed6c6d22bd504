"""First registration (初回登録) of many cards: each proves its holder at a terminal, and J-LIS says whose it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence

from eligibility_api.contract.codes import Purpose
from loadtest.dataset.cards import Card
from loadtest.dataset.request_bodies import problem_code
from loadtest.dataset.terminals import Terminal
from loadtest.http_client.connection import request, with_body
from loadtest.http_client.pool import ConnectionPool
from loadtest.target import LoadError

_AT_ONCE = 8
_CHALLENGE = json.dumps({"purpose": Purpose.FIRST_REGISTRATION}).encode()


async def register_all(pool: ConnectionPool, terminal: Terminal, cards: Sequence[Card]) -> None:
    """Register every card at one terminal, which is signed in. Raises LoadError, ConnectionFailed."""
    waiting = iter(cards)
    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(_register(pool, terminal, waiting))


async def _register(pool: ConnectionPool, terminal: Terminal, waiting: Iterable[Card]) -> None:
    for card in waiting:
        if terminal.needs_token():
            await terminal.sign_in(pool)
        ask = request("POST", "/v1/presence/challenges", host=pool.host, token=terminal.token)
        challenge = await pool.exchange(with_body(ask, _CHALLENGE))
        if challenge.status != 200:
            raise LoadError(f"no challenge for a registration: {challenge.status}")
        text = json.loads(challenge.body)["challenge"]
        proof = card.prove(terminal.credential, Purpose.FIRST_REGISTRATION, text)
        register = request("POST", "/v1/registrations", host=pool.host, token=terminal.token)
        done = await pool.exchange(with_body(register, b"{", proof, b',"agreed":true}'))
        if done.status != 201:
            raise LoadError(f"a registration was refused: {done.status} {problem_code(done.body)}")
