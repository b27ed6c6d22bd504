"""Each parser of fund and terminal accepts or refuses whatever it is given, in bounded time, and raises nothing else.

All parsers have an equal share of the time: some seconds in the ordinary suite, ten minutes in the nightly one. A
failure reports the input, which belongs into `falls.py` then.
"""

from __future__ import annotations

import os
import random
import time

import pytest

from tests.depth import DEEP
from tests.fuzz.falls import FALLS
from tests.fuzz.mutation import MAX_BYTES, mutated
from tests.fuzz.parsers import REFUSALS, parsers

pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")

TOTAL_SECONDS = 600.0 if DEEP else 6.0
SHARE = TOTAL_SECONDS / len(parsers())
LEAST_INPUTS = 20
MAX_SEED_BYTES = 20_000
MAX_PROCESSOR_SECONDS = 2.0
"""For one input of at most 64 KiB, on any machine; the falls took minutes."""

SEED = int(os.environ.get("SHIKAKU_FUZZ_SEED", "0")) or (
    random.SystemRandom().randrange(1, 2**32) if DEEP else 20_261
)
"""Every nightly run tries other inputs; the ordinary suite always the same ones."""


def attempt(name: str, data: bytes) -> None:
    """Parse one input. Raises AssertionError, with the input, for a fall."""
    begun = time.process_time()
    try:
        parsers()[name].parse(data)
    except REFUSALS:
        pass
    except Exception as fall:
        raise AssertionError(f"{name} (seed {SEED}): {type(fall).__name__} by {data[:2_000]!r}") from fall
    took = time.process_time() - begun
    assert took < MAX_PROCESSOR_SECONDS, f"{name} (seed {SEED}): {took:.1f} s by {data[:2_000]!r}"


@pytest.mark.parametrize("name", parsers())
def test_a_seed_is_parsed(name: str) -> None:
    seeds = parsers()[name].seeds
    assert seeds
    for seed in seeds:
        assert len(seed) <= MAX_BYTES
        attempt(name, seed)


@pytest.mark.parametrize(
    ("name", "fall"), [(name, fall) for name, falls in FALLS.items() for fall in falls], ids=str
)
def test_no_fall_returns(name: str, fall: str) -> None:
    attempt(name, FALLS[name][fall])


@pytest.mark.parametrize("name", parsers())
def test_mutated_inputs_are_accepted_or_refused(name: str) -> None:
    rng = random.Random(f"{SEED} {name}")
    falls = [fall for fall in FALLS.get(name, {}).values() if len(fall) < MAX_SEED_BYTES]
    seeds = [*parsers()[name].seeds, *falls]
    begun, tried = time.monotonic(), 0
    while tried < LEAST_INPUTS or time.monotonic() - begun < SHARE:
        attempt(name, mutated(rng, seeds))
        tried += 1


def test_every_fall_belongs_to_a_parser() -> None:
    assert FALLS.keys() <= parsers().keys()


def test_mutations_differ_and_keep_to_the_limit() -> None:
    rng = random.Random(1)
    found = {mutated(rng, [b"a" * MAX_BYTES, b"b"]) for _ in range(300)}
    assert len(found) > 150
    assert max(map(len, found)) <= MAX_BYTES
