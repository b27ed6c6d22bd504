"""Verification of PINs and reference numbers, with retry counters that persist over power cycles.

Verification returns a status word; `commands.py` grants access after a verified PIN.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from jpki_mock.card import status
from jpki_mock.card.image import CardImage, SecretName


class Secret(Protocol):
    """A secret that VERIFY can check."""

    def query(self) -> int:
        """Return the status word with the tries left, without using a try."""
        ...

    def verify(self, candidate: bytes) -> int:
        """Compare, count the try, and return the status word."""
        ...


@dataclass(slots=True)
class Counters:
    """The card's current image; every change of a retry counter is passed to `save` immediately."""

    image: CardImage
    save: Callable[[CardImage], None]

    def set(self, name: SecretName, tries_left: int) -> None:
        """Set one counter; saves only if it changes."""
        if self.image.secret(name).tries_left != tries_left:
            self.image = self.image.with_tries_left(name, tries_left)
            self.save(self.image)


@dataclass(frozen=True, slots=True)
class CountedSecret:
    """A PIN or reference number of the image.

    Locked at zero tries: every value is refused and none is counted.
    """

    name: SecretName
    counters: Counters = field(repr=False)

    def query(self) -> int:
        """63Cx, x tries left."""
        return status.TRIES_LEFT | self.counters.image.secret(self.name).tries_left

    def verify(self, candidate: bytes) -> int:
        """9000 and the counter is reset; 63Cx and it is one lower; 6984 (or 6983) when locked."""
        pin = self.counters.image.secret(self.name)
        if pin.tries_left == 0:
            return int(self.counters.image.faults.locked_status, 16)
        right = hmac.compare_digest((pin.value or "").encode(), candidate)
        self.counters.set(self.name, pin.limit if right else pin.tries_left - 1)
        return status.OK if right else self.query()


@dataclass(frozen=True, slots=True)
class UncountedSecret:
    """A secret without a retry limit: the birth-date key of 券面事項確認AP (assumed to be the one with 6300)."""

    value: str = field(repr=False)

    def query(self) -> int:
        """6300: unlimited."""
        return status.TRIES_UNLIMITED

    def verify(self, candidate: bytes) -> int:
        """9000 or 6300."""
        same = hmac.compare_digest(self.value.encode(), candidate)
        return status.OK if same else status.TRIES_UNLIMITED


@dataclass(frozen=True, slots=True)
class BlockedSecret:
    """A PIN that is always locked: 0012 of 券面事項入力補助AP."""

    def query(self) -> int:
        """63C0."""
        return status.TRIES_LEFT

    def verify(self, candidate: bytes) -> int:  # noqa: ARG002 - every candidate is refused
        """6984 for every candidate."""
        return status.LOCKED
