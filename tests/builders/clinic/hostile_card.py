"""A card that answers whatever it likes: mutated, cut, endless and senseless responses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from clinic_terminal.card.errors import MEANINGS, CardError
from tests.builders.clinic.fake_card import FakeCard
from tests.builders.clinic.samples import Key, certificate_of, p256_key, p384_key, rsa_key

Mutation = Callable[[Random, bytes], bytes]

_SUCCESS = b"\x90\x00"
_LONG = 65_538
_STATUS_WORDS = [
    word.to_bytes(2) for word in (0x9000, *MEANINGS, 0x63C0, 0x63C1, 0x63CF, 0x6100, 0x61FF, 0x6C00)
]


def another_status(random: Random, response: bytes) -> bytes:
    return response[:-2] + random.choice(_STATUS_WORDS)


def any_status(random: Random, response: bytes) -> bytes:
    return response[:-2] + random.randbytes(2)


def cut(random: Random, response: bytes) -> bytes:
    return response[: random.randrange(len(response) + 1)]


def cut_before_success(random: Random, response: bytes) -> bytes:
    return response[: random.randrange(len(response) - 1)] + _SUCCESS


def extended(random: Random, response: bytes) -> bytes:
    return response[:-2] + random.randbytes(random.choice([1, 2, 255, 256, 257, _LONG])) + _SUCCESS


def random_bytes(random: Random, _: bytes) -> bytes:
    return random.randbytes(random.choice([0, 1, 2, 3, 4, 17, 256, 258, _LONG]))


def flipped(random: Random, response: bytes) -> bytes:
    """A few bits of the data are others, so that lengths, tags and values of the DER are wrong."""
    changed = bytearray(response)
    for _ in range(random.randint(1, 4)):
        if len(changed) > 2:
            changed[random.randrange(len(changed) - 2)] ^= 1 << random.randrange(8)
    return bytes(changed)


def announced(random: Random, response: bytes) -> bytes:
    """Part of the data, and the announcement of more."""
    return response[: random.randrange(3)] + bytes([0x61, random.randrange(256)])


MUTATIONS: tuple[Mutation, ...] = (
    another_status,
    any_status,
    cut,
    cut_before_success,
    extended,
    random_bytes,
    flipped,
    announced,
)


def mutated_certificate(random: Random) -> bytes:
    """A certificate of any kind of key, unchanged, with a few other bytes, or with a part doubled or left out."""
    certificate = bytearray(certificate_of(random.choice([rsa_key(), p384_key(), p256_key()])))
    for _ in range(random.choice([0, 1, 1, 2, 8])):
        certificate[random.randrange(4, len(certificate))] = random.choice(
            [0, 1, 2, 3, 0x30, 0x7F, 0x80, 0xFF]
        )
    if random.random() < 0.2:
        start = random.randrange(4, len(certificate))
        part = certificate[start : start + random.randrange(40)]
        certificate[start : start + random.choice([0, len(part)])] = part * random.randrange(3)
    return b"\x30\x82" + (len(certificate) - 4).to_bytes(2) + bytes(certificate[4:])


@dataclass
class HostileCard(FakeCard):
    """Answers like a card, and with `share` of its responses mutated; sometimes it is gone."""

    random: Random = field(default_factory=Random)
    share: float = 0.2

    def transmit(self, apdu: bytes, /) -> bytes:
        try:
            response = super().transmit(apdu)
        except ValueError:  # its key cannot sign what its certificate asks for
            response = b"\x6a\x80"
        if self.random.random() >= self.share:
            return response
        if self.random.random() < 0.02:
            raise self.random.choice([ConnectionResetError(), BrokenPipeError(), CardError("card-removed")])
        return self.random.choice(MUTATIONS)(self.random, response)


def hostile_card(seed: int) -> HostileCard:
    """The hostile card of a seed: the same seed, the same card."""
    random = Random(seed)
    key: Key = rsa_key() if random.random() < 0.5 else p384_key()
    return HostileCard(
        key=key,
        certificate=certificate_of(key) if random.random() < 0.5 else mutated_certificate(random),
        tries_left=random.choice([0, 1, 3, 3, 3, 3, 3, 3]),
        certificate_needs_pin=random.random() < 0.2,
        random=random,
        share=random.choice([0.0, 0.02, 0.05, 0.1, 0.2, 1.0]),
    )
