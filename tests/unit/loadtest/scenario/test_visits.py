"""The requests of a visit, with given answers of the fund and without a socket."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.consent import ConsentRequest, ConsentStatement, to_be_signed
from eligibility_api.contract.eligibility import CardCheckRequest, NumberCheckRequest
from eligibility_api.contract.history import HistoryResource
from jpki_mock.jlis import Jlis
from jpki_mock.register.residents import first_residents
from jpki_mock.settings import Settings
from loadtest.clock import now
from loadtest.dataset.cards import Card, issue_cards
from loadtest.dataset.terminals import RENEW_BEFORE, Terminal
from loadtest.model.events import Membership
from loadtest.scenario.consents import consent_and_view
from loadtest.scenario.visits import RETRIED, Outcome
from tests.builders.cards import rsa_key
from tests.unit.loadtest.dataset.builders import terminal
from tests.unit.loadtest.scenario.builders import (
    CONSENT,
    RECORD,
    STATEMENT,
    FakePool,
    client,
    signed_in,
)


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Card:
    home: Path = tmp_path_factory.mktemp("jpki")
    people = list(first_residents(1, seed=1))
    with Jlis(Settings(home=home), now()) as jlis:
        jlis.register.add(people)
    [made] = issue_cards(home, people, [rsa_key(1)], now())
    return made


def test_a_terminal_signs_in_first_and_only_once(card: Card) -> None:
    pool, names, fresh = FakePool(), list[str](), terminal()

    async def visits() -> None:
        for _ in range(2):
            await client(pool, names).by_number(fresh, Membership("06130017", None, "12", None, now().date()))

    asyncio.run(visits())
    assert pool.paths == ["/v1/token", "/v1/eligibility/number", "/v1/eligibility/number"]
    assert names == ["token", "number", "number"]
    assert pool.requests[1][1]["Authorization"] == "Bearer token-1"
    NumberCheckRequest.model_validate_json(pool.requests[1][2])


def test_a_tap_signs_the_challenge_of_the_fund(card: Card) -> None:
    pool, where = FakePool(), signed_in()
    outcome = asyncio.run(client(pool).by_card(where, card))
    assert outcome.failure is None
    assert pool.paths == ["/v1/presence/challenges", "/v1/eligibility/card"]
    proof = CardCheckRequest.model_validate_json(pool.requests[1][2])
    assert proof.challenge == "challenge-1"
    assert proof.signature == card.sign(where.credential.to_be_signed(Purpose.ELIGIBILITY, "challenge-1"))


def test_after_a_tap_the_consent_is_signed_and_histories_are_requested(card: Card) -> None:
    pool, where = FakePool(), signed_in()
    tapped = Outcome(200, json.dumps({"record_id": str(RECORD)}).encode())
    resources = (HistoryResource.MEDICATIONS, HistoryResource.TREATMENTS)
    outcome = asyncio.run(consent_and_view(client(pool), where, card, resources, tapped))
    assert json.loads(outcome.body) == {"validity": "1"}
    assert pool.paths[2:] == [f"/v1/consents/{CONSENT}/medications", f"/v1/consents/{CONSENT}/treatments"]
    assert pool.requests[2][1]["Operator-Role"] == "doctor"
    given = ConsentRequest.model_validate_json(pool.requests[1][2])
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
def test_a_visit_ends_with_its_first_failure(
    card: Card, path: str, answer: tuple[int, dict[str, Any]], code: str
) -> None:
    pool = FakePool({path: answer})
    assert asyncio.run(client(pool).by_card(terminal(), card)).failure == code
    assert pool.paths[-1] == path


def test_a_refused_consent_ends_the_follow_up(card: Card) -> None:
    pool = FakePool({"/v1/consents": (409, {"code": "consent-words-differ"})})
    tapped = Outcome(200, json.dumps({"record_id": str(RECORD)}).encode())
    outcome = asyncio.run(consent_and_view(client(pool), signed_in(), card, tuple(HistoryResource), tapped))
    assert (outcome.failure, pool.paths[-1]) == ("consent-words-differ", "/v1/consents")


OVERLOADED = (503, {"code": "overloaded", "retry_after": 0.001})
MEMBERSHIP = Membership("06130017", None, "12", None, now().date())


def together(pool: FakePool, where: Terminal, count: int, names: list[str] | None = None) -> list[Outcome]:
    """So many look-ups at one terminal at once."""

    async def gather() -> list[Outcome]:
        shared = client(pool, names)
        return await asyncio.gather(*(shared.by_number(where, MEMBERSHIP) for _ in range(count)))

    return asyncio.run(gather())


def test_concurrent_visits_of_a_terminal_share_one_sign_in() -> None:
    pool = FakePool()
    assert [outcome.failure for outcome in together(pool, terminal(), 20)] == [None] * 20
    assert pool.paths.count("/v1/token") == 1


def test_a_failed_sign_in_fails_all_visits_that_share_it() -> None:
    pool = FakePool({"/v1/token": (401, {"code": "assertion-invalid"})})
    assert [outcome.failure for outcome in together(pool, terminal(), 3)] == ["assertion-invalid"] * 3
    assert pool.paths == ["/v1/token"]


def test_a_terminal_retries_after_retry_after() -> None:
    pool, names = FakePool(first=[OVERLOADED, OVERLOADED]), list[str]()
    [outcome] = together(pool, terminal(), 1, names)
    assert outcome.failure is None
    assert names == ["token refused", "token refused", "token", "number"]


def test_a_terminal_waits_twice_as_long_after_each_further_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def skip(seconds: float) -> None:
        if seconds:
            waits.append(seconds)

    monkeypatch.setattr("loadtest.scenario.visits.asyncio.sleep", skip)
    pool = FakePool(first=[(503, {"code": "overloaded", "retry_after": 1})] * 3)
    [outcome] = together(pool, terminal(), 1)
    assert outcome.failure is None
    assert [1 <= wait / least <= 1.5 for wait, least in zip(waits, (1, 2, 4), strict=True)] == [True] * 3


def test_a_terminal_does_not_retry_beyond_the_requests_timeout() -> None:
    pool = FakePool(first=[(503, {"code": "overloaded", "retry_after": 60})])
    [outcome] = together(pool, terminal(), 1)
    assert (outcome.failure, pool.paths) == ("overloaded", ["/v1/token"])


def about_to_expire() -> Terminal:
    made = signed_in()
    made.token_expires_at = now() + RENEW_BEFORE / 2
    return made


def test_a_token_that_expires_soon_is_renewed_in_the_background() -> None:
    pool, where = FakePool(), about_to_expire()
    together(pool, where, 1)
    assert sorted(pool.paths) == ["/v1/eligibility/number", "/v1/token"]
    assert pool.requests[pool.paths.index("/v1/eligibility/number")][1]["Authorization"] == "Bearer token-0"
    assert where.token == "token-1"


def test_a_terminal_keeps_using_its_token_after_a_failed_renewal_and_delays_the_next() -> None:
    pool, where = FakePool({"/v1/token": (0, {})}), about_to_expire()

    async def one_after_the_other() -> list[Outcome]:
        shared = client(pool)
        return [await shared.by_number(where, MEMBERSHIP) for _ in range(3)]

    outcomes = asyncio.run(one_after_the_other())
    assert [outcome.failure for outcome in outcomes] == [None] * 3
    assert pool.paths.count("/v1/token") == 1


CUT, TIMEOUT, REFUSED = (
    Outcome(0, b"", "network: connection cut"),
    Outcome(0, b"", "network: timeout"),
    Outcome(409, b"", "x"),
)


@pytest.mark.parametrize(
    ("outcomes", "last", "names"),
    [
        ([Outcome(200, b"1")], "1", []),
        ([CUT, Outcome(200, b"2")], "2", [RETRIED]),
        ([CUT, CUT, Outcome(200, b"3")], "network: connection cut", [RETRIED]),
        ([TIMEOUT, Outcome(200, b"2")], "network: timeout", []),
        ([REFUSED, Outcome(200, b"2")], "x", []),
    ],
)
def test_a_visit_whose_connection_is_cut_is_retried_once_and_counted(
    outcomes: list[Outcome], last: str, names: list[str]
) -> None:
    remaining, collected = iter(outcomes), list[str]()

    async def visit() -> Outcome:
        return next(remaining)

    outcome = asyncio.run(client(FakePool(), collected).retry_if_cut(visit))
    assert (outcome.failure or outcome.body.decode(), collected) == (last, names)
