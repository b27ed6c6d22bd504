"""Keys that are rotated while the fund serves: which one signs at an instant, and which ones verify.

A new key is written ahead: until it begins to sign, every process has read it. A former one verifies until everything that
it signed has expired.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from eligibility_api.platform.errors import OperatorError

LEAD = timedelta(seconds=60)
"""From the writing of a new key to its first signature, by default: in between it is copied to the fund's other hosts."""

MIN_LEAD = timedelta(seconds=5)
"""The processes look at their key files every second."""

OVERLAP = timedelta(minutes=10)
"""How long a former key verifies once it has ceased to sign: the longest life of a challenge or token (`Settings`)."""

MAX_KEYS = 8
"""Keys of a ring at a time."""

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class RingKey(Generic[Key]):
    """One key, and when it begins to sign (aware; None: it has begun long ago)."""

    key: Key
    begins_at: datetime | None = None

    def has_begun(self, now: datetime) -> bool:
        """Whether it signs, unless a newer one does."""
        return self.begins_at is None or self.begins_at <= now


@dataclass(frozen=True, slots=True)
class KeyRing(Generic[Key]):
    """The keys of one use, newest first. Raises ValueError without any."""

    keys: tuple[RingKey[Key], ...]

    def __post_init__(self) -> None:
        if not self.keys:
            raise ValueError("no key")

    def signing(self, now: datetime) -> Key:
        """The newest key that has begun; the oldest if none has, as by a clock that is behind."""
        return next((one.key for one in self.keys if one.has_begun(now)), self.keys[-1].key)

    def verifying(self, now: datetime) -> list[Key]:
        """The keys whose signatures are accepted, newest first: coming ones too, since another host may be ahead."""
        return [one.key for one in self._living(now)]

    def with_new(
        self, key: Key, now: datetime, *, lead: timedelta = LEAD, at_once: bool = False
    ) -> KeyRing[Key]:
        """The ring once `key` is added, which begins after `lead`; without those that have ended.

        `at_once`: it begins now, and no other is accepted any more. Raises OperatorError while too many keys are accepted.
        """
        if at_once:
            return KeyRing((RingKey(key, now),))
        keys = (RingKey(key, now + lead), *self._living(now))
        if len(keys) > MAX_KEYS:
            minutes = int(OVERLAP.total_seconds()) // 60
            raise OperatorError(
                f"{MAX_KEYS} keys are accepted already: wait {minutes} minutes, until former ones end."
            )
        return KeyRing(keys)

    def _living(self, now: datetime) -> list[RingKey[Key]]:
        """Without those whose successor has signed for so long that nothing of theirs is valid."""
        living = [self.keys[0]]
        for newer, one in zip(self.keys, self.keys[1:], strict=False):
            if newer.begins_at is not None and newer.begins_at + OVERLAP <= now:
                break
            living.append(one)
        return living
