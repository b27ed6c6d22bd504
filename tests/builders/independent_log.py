"""A reader of transparency logs written from the public formats alone; it shares no code with the fund.

RFC 6962 (section 2.1), RFC 9162 (sections 2.1.3.2 and 2.1.4.2: the algorithms of verification), and C2SP's signed-note,
tlog-checkpoint, tlog-cosignature, tlog-tiles and tlog-proof.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Refused(Exception):
    """The log's data are not accepted."""


@dataclass
class Head:
    """A verified checkpoint, and the names of its cosigners."""

    origin: str
    size: int
    root: bytes
    cosigners: list[str]


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def tree_hash(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, as it is defined."""
    if not entries:
        return sha256(b"")
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0])
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return sha256(b"\x01" + tree_hash(entries[:k]) + tree_hash(entries[k:]))


def check_inclusion(entry: bytes, index: int, size: int, path: list[bytes], root: bytes) -> None:
    """RFC 9162, section 2.1.3.2."""
    if index >= size:
        raise Refused("outside of the tree")
    fn, sn, r = index, size - 1, sha256(b"\x00" + entry)
    for p in path:
        if sn == 0:
            raise Refused("too many hashes")
        if fn & 1 or fn == sn:
            r = sha256(b"\x01" + p + r)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\x01" + r + p)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or r != root:
        raise Refused("another root")


def check_consistency(
    first: int, second: int, path: list[bytes], first_root: bytes, second_root: bytes
) -> None:
    """RFC 9162, section 2.1.4.2, for 0 < first < second."""
    if not path:
        raise Refused("no proof")
    if first & (first - 1) == 0:
        path = [first_root, *path]
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            raise Refused("too many hashes")
        if fn & 1 or fn == sn:
            fr, sr = sha256(b"\x01" + c + fr), sha256(b"\x01" + c + sr)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = sha256(b"\x01" + sr + c)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or fr != first_root or sr != second_root:
        raise Refused("another root")


def read_head(note: bytes, log_key: str, witness_keys: list[str]) -> Head:
    """Verify a checkpoint by the log's vkey, and its cosignatures by the witnesses' vkeys."""
    text, _, lines = note.decode("utf-8").rpartition("\n\n")
    text += "\n"
    signed: set[str] = set()
    for line in lines.splitlines():
        dash, name, encoded = line.split(" ")
        if dash != "\u2014":
            raise Refused("not a signature line")
        blob = base64.b64decode(encoded)
        for vkey in [log_key, *witness_keys]:
            if _is_by(vkey, name, blob, text):
                signed.add(vkey)
    if log_key not in signed:
        raise Refused("not signed by the log")
    origin, size, root = text.split("\n")[:3]
    return Head(
        origin, int(size), base64.b64decode(root), sorted(key.split("+")[0] for key in signed - {log_key})
    )


def _is_by(vkey: str, name: str, blob: bytes, text: str) -> bool:
    key_name, key_hash, encoded = vkey.split("+", 2)
    typed = base64.b64decode(encoded)
    key_id = sha256(key_name.encode() + b"\n" + typed)[:4]
    if key_id.hex() != key_hash:
        raise Refused("the key's id is not its own")
    if (name, blob[:4]) != (key_name, key_id):
        return False
    message, signature = text.encode(), blob[4:]
    if typed[0] == 4:
        seconds = int.from_bytes(signature[:8], "big")
        message, signature = f"cosignature/v1\ntime {seconds}\n{text}".encode(), signature[8:]
    try:
        Ed25519PublicKey.from_public_bytes(typed[1:]).verify(signature, message)
    except InvalidSignature:
        raise Refused("an invalid signature") from None
    return True


def tile_path(level: str, index: int, width: int) -> str:
    digits = str(index)
    digits = "0" * (-len(digits) % 3) + digits
    groups = [digits[place : place + 3] for place in range(0, len(digits), 3)]
    path = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{path}" + ("" if width == 256 else f".p/{width}")


def read_entries(size: int, fetch: Callable[[str], bytes]) -> list[bytes]:
    """All entries of a log, by its entry bundles, each checked against its tile of level 0."""
    entries: list[bytes] = []
    for index in range(-(-size // 256)):
        width = min(256, size - index * 256)
        bundle, tile = fetch(tile_path("entries", index, width)), fetch(tile_path("0", index, width))
        for place in range(width):
            length = int.from_bytes(bundle[:2], "big")
            entry, bundle = bundle[2 : 2 + length], bundle[2 + length :]
            if sha256(b"\x00" + entry) != tile[place * 32 : place * 32 + 32]:
                raise Refused("an entry is not its tile's")
            entries.append(entry)
        if bundle or len(tile) != width * 32:
            raise Refused("too much data")
    return entries


def read_proof(text: bytes, log_key: str) -> tuple[int, bytes, Head]:
    """Verify a tlog-proof whose extra data are the entry; return index, entry and checkpoint."""
    head, _, note = text.partition(b"\n\n")
    lines = head.decode().split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1":
        raise Refused("not a proof")
    entry = base64.b64decode(lines[1].removeprefix("extra "))
    index = int(lines[2].removeprefix("index "))
    checkpoint = read_head(note, log_key, [])
    path = [base64.b64decode(line) for line in lines[3:]]
    check_inclusion(entry, index, checkpoint.size, path, checkpoint.root)
    return index, entry, checkpoint
