"""Tokens of a running nation: of every age, and used to their end."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from loadtest.clock import now
from loadtest.dataset.terminals import RENEW_BEFORE, spread_token_ages
from tests.unit.loadtest.dataset.builders import terminal


def test_the_ages_of_tokens_are_spread_so_that_none_is_due_at_once_and_a_third_within_a_third_of_their_life() -> (
    None
):
    at, terminals = now(), [terminal() for _ in range(300)]
    for each in terminals:
        each.token_expires_at = at + timedelta(seconds=300)
    spread_token_ages(terminals, Random(1))
    left = sorted((each.token_expires_at or at) - at for each in terminals)
    assert left[0] >= RENEW_BEFORE
    assert left[-1] <= timedelta(seconds=300)
    due_soon = sum(each < RENEW_BEFORE + timedelta(seconds=80) for each in left)
    assert 80 <= due_soon <= 120


def test_a_terminal_that_should_renew_its_token_can_go_on_with_it_until_its_end() -> None:
    one = terminal()
    one.token_expires_at = now() + RENEW_BEFORE / 2
    assert (one.needs_token(), one.has_valid_token()) == (True, True)
    one.token_expires_at = now() - timedelta(seconds=1)
    assert (one.needs_token(), one.has_valid_token()) == (True, False)
    one.token_expires_at = None
    assert (one.needs_token(), one.has_valid_token()) == (True, False)
