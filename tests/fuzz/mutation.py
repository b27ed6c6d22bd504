"""Mutates inputs: changes bytes, moves and repeats pieces, joins two inputs, inserts what parsers trip over."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from tests.builders.hostile_texts import HOSTILE

MAX_BYTES = 64 * 1024
"""Maximum size of a mutated input: the limit of a request, of a line, and of a piece of a file."""

TOKENS: Sequence[bytes] = (
    b"", b"\0", b"\n", b"\r\n", b"\x1a", b",", b'"', b'""', b"'", b"{", b"}", b"[", b"]", b":", b".", b"-", b"=", b"%",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\x81", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", "²".encode(), "٣".encode(), "－".encode(),
    b"null", b"true", b"NaN", b"1e999", b"-0", b"0", b"9" * 20, b"9" * 400, b"9" * 4_400, b"\\ud800", b"\\u0000", b"%FF",
    b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x02\x00", b"\x06\x00", b"\x03\x01\x08", b"\xa3\x00", b"\x05\x00",
    b"9999-12-31", b"0000-00-00", b"20261301", b"==", b"e30",
)  # fmt: skip
"""Pieces that mean something to some parser: of CSV, JSON, DER, base64, dates and encodings."""

Mutation = Callable[[random.Random, bytearray, Sequence[bytes]], None]


def _place(rng: random.Random, data: bytearray) -> int:
    return rng.randint(0, len(data))


def flip_bit(rng: random.Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def set_byte(rng: random.Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    if data:
        data[rng.randrange(len(data))] = rng.choice(
            (0, 1, 9, 10, 13, 26, 34, 44, 48, 57, 127, 128, 255, rng.randrange(256))
        )


def delete(rng: random.Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    start = _place(rng, data)
    del data[start : start + rng.choice((1, 2, 8, 64, 1_000))]


def repeat(rng: random.Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    start = _place(rng, data)
    piece = bytes(data[start : start + rng.choice((1, 3, 20, 200))])
    data[start:start] = piece * rng.choice((1, 2, 10, 300))


def insert_token(rng: random.Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    place = _place(rng, data)
    data[place:place] = rng.choice(TOKENS)


def replace_by_token(rng: random.Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    place = _place(rng, data)
    data[place : place + rng.choice((1, 2, 8, 20))] = rng.choice(TOKENS)


def insert_hostile_text(rng: random.Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    place = _place(rng, data)
    text = rng.choice(tuple(HOSTILE.values()))(rng.choice((2, 21, 65, 201, 5_000, 20_000)))
    data[place:place] = text.encode()


def join(rng: random.Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    other = rng.choice(seeds)
    data[_place(rng, data) :] = other[rng.randint(0, len(other)) :]


def swap(rng: random.Random, data: bytearray, seeds: Sequence[bytes]) -> None:
    first, second = sorted((_place(rng, data), _place(rng, data)))
    data[:] = data[second:] + data[first:second] + data[:first]


MUTATIONS: Sequence[Mutation] = (
    flip_bit, set_byte, set_byte, delete, repeat, insert_token, replace_by_token, replace_by_token, insert_hostile_text,
    join, swap,
)  # fmt: skip


def mutated(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds after one to six mutations."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        rng.choice(MUTATIONS)(rng, data, seeds)
    return bytes(data[:MAX_BYTES])
