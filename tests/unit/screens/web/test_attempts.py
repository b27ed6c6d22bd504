"""Attempts to log in: few per operator, few in all, and one operator's failures lock nobody else."""

from __future__ import annotations

from screens.web.attempts import MAX_PER_OPERATOR, MAX_TOGETHER, WINDOW_SECONDS, Attempts


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_operators_failures_lock_that_operator_alone() -> None:
    attempts = Attempts(Clock())
    for _ in range(MAX_PER_OPERATOR):
        assert attempts.wait_seconds("a") == 0
        attempts.fail("a", exists=True)
    assert attempts.wait_seconds("a") == WINDOW_SECONDS
    assert attempts.wait_seconds("b") == 0


def test_the_lock_ends_as_the_failures_age() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for clock.now in range(MAX_PER_OPERATOR):
        attempts.fail("a", exists=True)
    clock.now = WINDOW_SECONDS - 1
    assert attempts.wait_seconds("a") == 1
    clock.now = WINDOW_SECONDS
    assert attempts.wait_seconds("a") == 0
    attempts.fail("a", exists=True)
    assert attempts.wait_seconds("a") == 1


def test_success_forgets_the_failures() -> None:
    attempts = Attempts(Clock())
    for _ in range(MAX_TOGETHER + 5):
        attempts.fail("a", exists=True)
        attempts.succeed("a")
    assert attempts.wait_seconds("a") == 0


def test_guessed_names_use_no_memory_and_end_together() -> None:
    attempts = Attempts(Clock())
    for n in range(MAX_TOGETHER):
        assert attempts.wait_seconds(f"guess {n}") == 0
        attempts.fail(f"guess {n}", exists=False)
    assert attempts.wait_seconds("another") == WINDOW_SECONDS
    assert attempts._failed == {}
