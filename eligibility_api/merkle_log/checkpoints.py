"""Checkpoints: signed statements of a log's size and root (c2sp.org/tlog-checkpoint)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from eligibility_api.merkle_log.hashing import HASH_SIZE
from eligibility_api.merkle_log.notes import (
    Note,
    NoteError,
    OpenedNote,
    SigningKey,
    VerificationKey,
    open_note,
)
from eligibility_api.merkle_log.tiles import MAX_SIZE

_TEXT = re.compile(r"(?P<origin>[^\n]{1,512})\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[^\n]{44})\n", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log's name, its number of leaves and the root of its tree."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed. Extension lines are not in use."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Return the checkpoint of a text; one with extension lines is not accepted. Raises NoteError."""
        match = _TEXT.fullmatch(text)
        try:
            root = base64.b64decode(match["root"], validate=True) if match else b""
        except (binascii.Error, ValueError):
            root = b""
        if match is None or len(root) != HASH_SIZE or int(match["size"]) > MAX_SIZE:
            raise NoteError("not the text of a checkpoint")
        checkpoint = cls(match["origin"], int(match["size"]), root)
        if checkpoint.text != text:
            raise NoteError("not the text of a checkpoint")
        return checkpoint


def sign_checkpoint(checkpoint: Checkpoint, *keys: SigningKey) -> bytes:
    """Return the checkpoint as a note that the log's keys signed."""
    return Note(checkpoint.text, [key.sign(checkpoint.text) for key in keys]).encode()


def open_checkpoint(
    data: bytes, origin: str, keys: Sequence[VerificationKey]
) -> tuple[Checkpoint, OpenedNote]:
    """Verify a checkpoint of the log `origin` by its keys. Raises NoteError."""
    note = open_note(data, keys)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != origin:
        raise NoteError("a checkpoint of another log")
    return checkpoint, note
