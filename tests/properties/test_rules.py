"""The fund's rules compared with the reference model at every step of random lives (all rules D, R, P, C, V, S and T)."""

from __future__ import annotations

from hypothesis import settings

from tests.depth import DEEP
from tests.properties.machine import Insurance

LIVES = 5_000 if DEEP else settings().max_examples

TestInsurance = Insurance.TestCase
TestInsurance.settings = settings(max_examples=LIVES, stateful_step_count=8)
