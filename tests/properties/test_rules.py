"""The fund's rules against the naive model: lives at random, and the same answers at every step."""

from __future__ import annotations

from hypothesis import settings

from tests.properties.machine import Insurance

TestInsurance = Insurance.TestCase
TestInsurance.settings = settings(stateful_step_count=8)
