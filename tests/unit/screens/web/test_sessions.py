"""Sessions end by time, by log-out and by another log-in, and release what they hold each time."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from starlette.responses import Response

from screens.web.sessions import MAX_SECONDS, Sessions, set_session_cookie


@dataclass
class Trial:
    """Sessions under a clock of the test; `ended` has the values in the order in which they ended."""

    capacity: int = 2
    now: float = 0.0
    ended: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sessions: Sessions[str] = Sessions(
            capacity=self.capacity, clock=lambda: self.now, on_end=self.ended.append, idle_seconds=60
        )


def test_a_token_finds_its_session_and_no_other_text_does() -> None:
    trial = Trial()
    token = trial.sessions.open("a", "A")
    assert trial.sessions.find(token) == "A"
    for other in (None, "", token[:-1], token + "x", token.swapcase()):
        assert trial.sessions.find(other) is None
    assert len(token) >= 43


@pytest.mark.parametrize(("waits", "open"), [([59, 59, 59], True), ([61], False), ([59, 61], False)])
def test_a_session_ends_without_input(waits: list[float], *, open: bool) -> None:
    trial = Trial()
    token = trial.sessions.open("a", "A")
    for wait in waits:
        trial.now += wait
        found = trial.sessions.find(token)
    assert (found == "A") is open
    assert trial.ended == ([] if open else ["A"])


def test_what_the_page_itself_asks_is_no_input() -> None:
    trial = Trial()
    token = trial.sessions.open("a", "A")
    trial.now = 50
    assert trial.sessions.find(token, is_input=False) == "A"
    trial.now = 61
    assert trial.sessions.find(token, is_input=False) is None


def test_a_session_ends_after_a_working_day() -> None:
    trial = Trial()
    token = trial.sessions.open("a", "A")
    while trial.now <= MAX_SECONDS:
        assert trial.sessions.find(token) == "A"
        trial.now += 59
    assert trial.sessions.find(token) is None


def test_the_sweep_releases_what_an_abandoned_session_holds() -> None:
    trial = Trial()
    trial.sessions.open("a", "A")
    trial.now = 61
    trial.sessions.sweep()
    assert trial.ended == ["A"]


def test_an_owner_has_one_session() -> None:
    trial = Trial()
    first = trial.sessions.open("a", "first")
    second = trial.sessions.open("a", "second")
    assert (trial.sessions.find(first), trial.sessions.find(second)) == (None, "second")
    assert trial.ended == ["first"]


def test_beyond_the_capacity_the_one_used_first_ends() -> None:
    trial = Trial()
    a, b = trial.sessions.open("a", "A"), trial.sessions.open("b", "B")
    trial.now = 1
    trial.sessions.find(a)
    trial.sessions.open("c", "C")
    assert (trial.sessions.find(a), trial.sessions.find(b)) == ("A", None)
    assert trial.ended == ["B"]


def test_log_out_and_the_end_of_the_program_release_everything_once() -> None:
    trial = Trial()
    token = trial.sessions.open("a", "A")
    trial.sessions.open("b", "B")
    for _ in range(2):
        trial.sessions.end(token)
    trial.sessions.end(None)
    trial.sessions.end_all()
    assert trial.ended == ["A", "B"]
    assert trial.sessions.values() == []


def test_the_cookie_is_hidden_from_scripts_and_other_sites() -> None:
    response = Response()
    set_session_cookie(response, "desk-session", "token")
    assert response.headers["set-cookie"] == "desk-session=token; HttpOnly; Path=/; SameSite=strict"
