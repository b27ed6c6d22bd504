"""The tokens of sessions: short-lived, bounded in number, unknown to the server itself."""

from __future__ import annotations

import pytest

from clinic_terminal.errors import TerminalError
from clinic_terminal.exchange.web.sessions import (
    ID_SECONDS,
    MAX_SESSIONS,
    REFRESH_SECONDS,
    Sessions,
    same_secret,
)
from tests.builders.clinic.web_face import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


def accepts(sessions: Sessions, token: str) -> bool:
    try:
        sessions.require(token)
    except TerminalError:
        return False
    return True


def test_the_oldest_session_ends_where_there_are_too_many(clock: Clock) -> None:
    sessions = Sessions(clock)
    tokens = [sessions.begin().identity for _ in range(MAX_SESSIONS + 3)]
    assert [accepts(sessions, token) for token in tokens] == [False] * 3 + [True] * MAX_SESSIONS


def test_ended_sessions_are_forgotten_first(clock: Clock) -> None:
    sessions = Sessions(clock)
    for _ in range(MAX_SESSIONS):
        sessions.begin()
    clock.seconds += REFRESH_SECONDS
    kept = sessions.begin().identity
    for _ in range(MAX_SESSIONS - 1):
        sessions.begin()
    assert accepts(sessions, kept)


@pytest.mark.parametrize(("seconds", "accepted"), [(0, True), (ID_SECONDS - 1, True), (ID_SECONDS, False)])
def test_an_id_token_lives_for_its_time(clock: Clock, seconds: int, accepted: bool) -> None:
    sessions = Sessions(clock)
    token = sessions.begin().identity
    clock.seconds += seconds
    assert accepts(sessions, token) == accepted


def test_the_server_keeps_no_token(clock: Clock) -> None:
    sessions = Sessions(clock)
    tokens = sessions.begin()
    kept = repr(vars(sessions))
    assert all(token not in kept for token in (tokens.access, tokens.refresh, tokens.identity))


def test_a_renewal_needs_the_token_of_this_session(clock: Clock) -> None:
    sessions = Sessions(clock)
    one, other = sessions.begin(), sessions.begin()
    sessions.renew(one.refresh)
    assert accepts(sessions, other.identity)
    assert not accepts(sessions, one.identity)
    for token in (one.refresh, one.identity, one.access, "", "x" * 10_000):
        with pytest.raises(TerminalError):
            sessions.renew(token)


@pytest.mark.parametrize("other", ["", "secreT", "secret ", "secre", "\ud800", "s" * 100_000])
def test_secrets_are_the_same_only_where_every_character_is(other: str) -> None:
    assert same_secret("secret", "secret")
    assert not same_secret("secret", other)
