"""The fund's rules compared with the reference model at every step of random lives (all rules D, R, P, C, V, S and T)."""

from __future__ import annotations

from hypothesis import settings

from tests.properties.machine import Insurance

TestInsurance = Insurance.TestCase
TestInsurance.settings = settings(stateful_step_count=8)
