"""What a visit asks of the fund, request after request; the fund's answers are laid out, and no socket is opened."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.consent import ConsentRequest, ConsentStatement, to_be_signed
from eligibility_api.contract.eligibility import CardCheckRequest, NumberCheckRequest
from eligibility_api.contract.history import LookUp
from jpki_mock.jlis import Jlis
from jpki_mock.register.residents import first_residents
from jpki_mock.settings import Settings
from loadtest.clock import now
from loadtest.dataset.cards import Card, issue_cards
from loadtest.dataset.terminals import RENEW_BEFORE, Terminal
from loadtest.http_client.connection import ConnectionFailed, Reply
from loadtest.http_client.pool import ConnectionPool
from loadtest.model.events import Membership
from loadtest.scenario.consents import CATEGORIES, consent_and_view
from loadtest.scenario.visits import RETRIED, Outcome, TerminalClient
from tests.builders.cards import rsa_key
from tests.unit.loadtest.dataset.builders import terminal

RECORD, CONSENT = uuid4(), uuid4()
STATEMENT = {
    "version": 1, "language": "ja", "institution_code": "1311111114", "institution_name": "見本診療所",
    "categories": list(CATEGORIES), "care": "1", "until": "24-hours",
}  # fmt: skip
ANSWERS: dict[str, tuple[int, dict[str, Any]]] = {
    "/v1/token": (200, {"access_token": "token-1", "expires_in": 300}),
    "/v1/presence/challenges": (200, {"challenge": "challenge-1"}),
    "/v1/eligibility/card": (200, {"record_id": str(RECORD)}),
    "/v1/eligibility/number": (200, {"validity": "1"}),
    "/v1/consents/challenges": (200, {"challenge": "challenge-2", "statement": STATEMENT}),
    "/v1/consents": (201, {"consent_id": str(CONSENT), "eligibility": {"validity": "1"}}),
}


class LaidOut:
    """A pool whose other end answers by path."""

    host, timeout_seconds = "127.0.0.1", 10.0

    def __init__(
        self, changes: dict[str, tuple[int, dict[str, Any]]] | None = None, *, first: Sequence[Any] = ()
    ) -> None:
        """`first`: statuses and answers of the first requests, whatever their paths."""
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self._answers = ANSWERS | (changes or {})
        self._first = list(first)

    async def exchange(self, data: bytes) -> Reply:
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        path = first.split()[1]
        self.asked.append((path, dict(line.split(": ", 1) for line in lines), body))
        status, answer = self._first.pop(0) if self._first else self._answers.get(path, (200, {}))
        await asyncio.sleep(0)
        if status == 0:
            raise ConnectionFailed("timeout")
        return Reply(status, json.dumps(answer).encode())

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    home: Path = tmp_path_factory.mktemp("jpki")
    people = list(first_residents(1, seed=1))
    with Jlis(Settings(home=home), now()) as jlis:
        jlis.register.add(people)
    [made] = issue_cards(home, people, [rsa_key(1)], now())
    return made


def client(pool: LaidOut, on_response: list[str] | None = None) -> TerminalClient:
    return TerminalClient(
        cast(ConnectionPool, pool), lambda what, _: (on_response if on_response is not None else []).append(what)
    )


def signed_in() -> Terminal:
    made = terminal()
    made.token, made.token_expires_at = "token-0", now() + timedelta(minutes=5)
    return made


def test_a_terminal_signs_in_first_and_once(card: Card) -> None:
    pool, on_response, fresh = LaidOut(), list[str](), terminal()

    async def visits() -> None:
        for _ in range(2):
            await client(pool, on_response).by_number(
                fresh, Membership("06130017", None, "12", None, now().date())
            )

    asyncio.run(visits())
    assert pool.paths == ["/v1/token", "/v1/eligibility/number", "/v1/eligibility/number"]
    assert on_response == ["token", "number", "number"]
    assert pool.asked[1][1]["Authorization"] == "Bearer token-1"
    NumberCheckRequest.model_validate_json(pool.asked[1][2])


def test_a_tap_signs_the_challenge_that_it_got(card: Card) -> None:
    pool, where = LaidOut(), signed_in()
    outcome = asyncio.run(client(pool).by_card(where, card))
    assert outcome.failure is None
    assert pool.paths == ["/v1/presence/challenges", "/v1/eligibility/card"]
    proof = CardCheckRequest.model_validate_json(pool.asked[1][2])
    assert proof.challenge == "challenge-1"
    assert proof.signature == card.sign(where.credential.to_be_signed(Purpose.ELIGIBILITY, "challenge-1"))


def test_after_a_tap_the_words_are_signed_and_looked_under(card: Card) -> None:
    pool, where = LaidOut(), signed_in()
    tapped = Outcome(200, json.dumps({"record_id": str(RECORD)}).encode())
    looked = (LookUp.MEDICATIONS, LookUp.TREATMENTS)
    outcome = asyncio.run(consent_and_view(client(pool), where, card, looked, tapped))
    assert json.loads(outcome.body) == {"validity": "1"}
    assert pool.paths[2:] == [f"/v1/consents/{CONSENT}/medications", f"/v1/consents/{CONSENT}/treatments"]
    assert pool.asked[2][1]["Operator-Role"] == "doctor"
    given = ConsentRequest.model_validate_json(pool.asked[1][2])
    message = to_be_signed(
        ConsentStatement.model_validate_json(json.dumps(STATEMENT)),
        visual_check=False,
        audience=where.credential.audience,
        terminal_id=where.credential.client_id,
        challenge="challenge-2",
        presence_record=UUID(str(RECORD)),
    )
    assert given.signature == card.sign(message)


@pytest.mark.parametrize(
    ("path", "answer", "code"),
    [
        ("/v1/token", (401, {"code": "assertion-invalid"}), "assertion-invalid"),
        ("/v1/presence/challenges", (503, {"code": "overloaded", "retry_after": 5}), "overloaded"),
        ("/v1/presence/challenges", (503, {"code": "overloaded"}), "overloaded without Retry-After"),
        ("/v1/eligibility/card", (0, {}), "network: timeout"),
        ("/v1/eligibility/card", (500, {}), "unreadable"),
    ],
)
def test_a_visit_ends_at_the_first_failure_and_names_it(
    card: Card, path: str, answer: tuple[int, dict[str, Any]], code: str
) -> None:
    pool = LaidOut({path: answer})
    assert asyncio.run(client(pool).by_card(terminal(), card)).failure == code
    assert pool.paths[-1] == path


def test_a_consent_that_is_refused_ends_it(card: Card) -> None:
    pool = LaidOut({"/v1/consents": (409, {"code": "consent-words-differ"})})
    tapped = Outcome(200, json.dumps({"record_id": str(RECORD)}).encode())
    outcome = asyncio.run(consent_and_view(client(pool), signed_in(), card, tuple(LookUp), tapped))
    assert (outcome.failure, pool.paths[-1]) == ("consent-words-differ", "/v1/consents")


OVERLOADED = (503, {"code": "overloaded", "retry_after": 0.001})
MEMBERSHIP = Membership("06130017", None, "12", None, now().date())


def together(pool: LaidOut, where: Terminal, count: int, on_response: list[str] | None = None) -> list[Outcome]:
    """So many look-ups at one terminal at once."""

    async def all_of_them() -> list[Outcome]:
        desk = client(pool, on_response)
        return await asyncio.gather(*(desk.by_number(where, MEMBERSHIP) for _ in range(count)))

    return asyncio.run(all_of_them())


def test_a_terminal_signs_in_once_for_everybody_who_waits() -> None:
    pool = LaidOut()
    assert [outcome.failure for outcome in together(pool, terminal(), 20)] == [None] * 20
    assert pool.paths.count("/v1/token") == 1


def test_a_sign_in_that_fails_fails_whoever_waited_for_it() -> None:
    pool = LaidOut({"/v1/token": (401, {"code": "assertion-invalid"})})
    assert [outcome.failure for outcome in together(pool, terminal(), 3)] == ["assertion-invalid"] * 3
    assert pool.paths == ["/v1/token"]


def test_a_terminal_that_is_put_off_comes_again() -> None:
    pool, on_response = LaidOut(first=[OVERLOADED, OVERLOADED]), list[str]()
    [outcome] = together(pool, terminal(), 1, on_response)
    assert outcome.failure is None
    assert on_response == ["token refused", "token refused", "token", "number"]


def test_a_terminal_is_not_put_off_longer_than_a_request_may_take() -> None:
    pool = LaidOut(first=[(503, {"code": "overloaded", "retry_after": 60})])
    [outcome] = together(pool, terminal(), 1)
    assert (outcome.failure, pool.paths) == ("overloaded", ["/v1/token"])


def about_to_end() -> Terminal:
    made = signed_in()
    made.token_expires_at = now() + RENEW_BEFORE / 2
    return made


def test_a_token_that_ends_soon_is_renewed_beside() -> None:
    pool, where = LaidOut(), about_to_end()
    together(pool, where, 1)
    assert sorted(pool.paths) == ["/v1/eligibility/number", "/v1/token"]
    assert pool.asked[pool.paths.index("/v1/eligibility/number")][1]["Authorization"] == "Bearer token-0"
    assert where.token == "token-1"


def test_a_terminal_goes_on_with_a_token_that_it_cannot_renew_and_tries_not_at_once_again() -> None:
    pool, where = LaidOut({"/v1/token": (0, {})}), about_to_end()

    async def one_after_the_other() -> list[Outcome]:
        desk = client(pool)
        return [await desk.by_number(where, MEMBERSHIP) for _ in range(3)]

    outcomes = asyncio.run(one_after_the_other())
    assert [outcome.failure for outcome in outcomes] == [None] * 3
    assert pool.paths.count("/v1/token") == 1


CUT, LATE, REFUSED = (
    Outcome(0, b"", "network: connection cut"),
    Outcome(0, b"", "network: timeout"),
    Outcome(409, b"", "x"),
)


@pytest.mark.parametrize(
    ("outcomes", "last", "timed"),
    [
        ([Outcome(200, b"1")], "1", []),
        ([CUT, Outcome(200, b"2")], "2", [RETRIED]),
        ([CUT, CUT, Outcome(200, b"3")], "network: connection cut", [RETRIED]),
        ([LATE, Outcome(200, b"2")], "network: timeout", []),
        ([REFUSED, Outcome(200, b"2")], "x", []),
    ],
)
def test_whose_connection_is_cut_begins_once_more_and_that_is_told(
    outcomes: list[Outcome], last: str, on_response: list[str]
) -> None:
    coming, seen = iter(outcomes), list[str]()

    async def visit() -> Outcome:
        return next(coming)

    outcome = asyncio.run(client(LaidOut(), seen).retry_if_cut(visit))
    assert (outcome.failure or outcome.body.decode(), seen) == (last, on_response)
