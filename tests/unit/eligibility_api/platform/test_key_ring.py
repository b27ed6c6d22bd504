"""Which key signs and which ones verify while keys are rotated: nothing that was signed is refused before its own end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.key_watch import WATCH_SECONDS
from eligibility_api.platform.errors import OperatorError
from eligibility_api.platform.key_ring import LEAD, MAX_KEYS, MIN_LEAD, OVERLAP, KeyRing, RingKey
from eligibility_api.platform.settings import Settings

NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RING = KeyRing((RingKey("first"),))


def test_a_new_key_verifies_before_it_signs_and_a_former_one_after() -> None:
    ring = RING.with_new("second", NOW)
    began = NOW + LEAD
    cases = [
        (NOW, "first", ["second", "first"]),
        (began - SECOND, "first", ["second", "first"]),
        (began, "second", ["second", "first"]),
        (began + OVERLAP - SECOND, "second", ["second", "first"]),
        (began + OVERLAP, "second", ["second"]),
    ]
    for at, signs, verify in cases:
        assert (ring.signing(at), ring.verifying(at)) == (signs, verify), at


def test_an_ended_key_leaves_the_ring_with_the_next_rotation() -> None:
    second = RING.with_new("second", NOW)
    assert [one.key for one in second.with_new("third", NOW + LEAD + OVERLAP).keys] == ["third", "second"]
    assert [one.key for one in second.with_new("third", NOW + LEAD).keys] == ["third", "second", "first"]


def test_at_once_the_new_key_is_the_only_one() -> None:
    ring = RING.with_new("second", NOW).with_new("third", NOW + SECOND, at_once=True)
    assert (ring.signing(NOW + SECOND), ring.verifying(NOW + SECOND)) == ("third", ["third"])


def test_keys_without_a_beginning_are_all_accepted_and_the_newest_signs() -> None:
    """As earlier releases wrote them."""
    ring = KeyRing((RingKey("newest"), RingKey("former")))
    assert (ring.signing(NOW), ring.verifying(NOW)) == ("newest", ["newest", "former"])


def test_a_clock_before_every_beginning_signs_with_the_oldest_key() -> None:
    ring = KeyRing((RingKey("second", NOW + 2 * SECOND), RingKey("first", NOW + SECOND)))
    assert ring.signing(NOW) == "first"


def test_too_many_accepted_keys_are_refused() -> None:
    ring = RING
    for number in range(MAX_KEYS - 1):
        ring = ring.with_new(str(number), NOW)
    with pytest.raises(OperatorError, match="wait 10 minutes"):
        ring.with_new("one more", NOW)
    assert len(ring.with_new("later", NOW + LEAD + OVERLAP).keys) == 2
    assert len(ring.with_new("lost", NOW, at_once=True).keys) == 1


def test_a_ring_without_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="no key"):
        KeyRing(())


def test_the_overlap_lasts_as_long_as_anything_that_the_keys_sign() -> None:
    lives = ("token_seconds", "challenge_seconds", "consent_challenge_seconds")
    limits = [
        bound.le for name in lives for bound in Settings.model_fields[name].metadata if hasattr(bound, "le")
    ]
    assert len(limits) == len(lives)
    assert timedelta(seconds=max(limits)) == OVERLAP


def test_every_process_reads_a_new_key_before_it_begins() -> None:
    assert timedelta(seconds=2 * WATCH_SECONDS) < MIN_LEAD < LEAD


@given(
    rotations=st.lists(
        st.tuples(st.integers(0, 2_000), st.integers(int(MIN_LEAD.total_seconds()), 600)), max_size=6
    ),
    signed_after=st.integers(0, 4_000),
    life=st.integers(0, int(OVERLAP.total_seconds()) - 1),
    behind=st.integers(0, 2),
)
def test_what_any_process_signed_is_accepted_by_every_other_until_its_end(
    rotations: list[tuple[int, int]], signed_after: int, life: int, behind: int
) -> None:
    """A process has the ring of at most two seconds before, and never one that is older."""
    rings, at = [(NOW, RING)], NOW
    for number, (pause, lead) in enumerate(rotations):
        at += pause * SECOND
        rings.append((at, rings[-1][1].with_new(str(number), at, lead=lead * SECOND)))

    def read_at(instant: datetime) -> KeyRing[str]:
        return [ring for written, ring in rings if written <= instant or written == NOW][-1]

    signed_at = NOW + signed_after * SECOND
    key = read_at(signed_at - behind * SECOND).signing(signed_at)
    presented_at = signed_at + life * SECOND
    for seconds in (0, 1, 2):
        assert key in read_at(presented_at - seconds * SECOND).verifying(presented_at)
