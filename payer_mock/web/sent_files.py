"""The list of the files that this desk sent, so that another person finds them. No content, and no person's data."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from payer_mock.private_files import append_private

MAX_NAME = 100
_MAX_FILE_BYTES = 4 * 1024 * 1024
"""Some ten thousand lines; only the end of a longer list is read."""


class SentFile(BaseModel):
    """A file that was sent: the fund's number for it, when, by whom, and the name that she gave it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    upload_id: str = Field(max_length=40)
    insurer_number: str = Field(max_length=8)
    sent_at: AwareDatetime
    sender: str = Field(max_length=40)
    name: str = Field(max_length=MAX_NAME)


class SentFiles:
    """The list, one JSON object a line, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def add(self, upload_id: str, insurer_number: str, sent_at: datetime, sender: str, name: str) -> None:
        """Add a file; one that is in the list already is not added again."""
        if self.find(upload_id, insurer_number) is not None:
            return
        line = SentFile(
            upload_id=upload_id,
            insurer_number=insurer_number,
            sent_at=sent_at,
            sender=sender,
            name=name[:MAX_NAME],
        )
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock, append_private(self._path) as file:
            file.write(f"{line.model_dump_json()}\n".encode())

    def newest(self, insurer_number: str, count: int) -> list[SentFile]:
        """The files of an insurer that were sent last, the newest first."""
        return [one for one in self._read() if one.insurer_number == insurer_number][::-1][:count]

    def find(self, upload_id: str, insurer_number: str) -> SentFile | None:
        """An insurer's file by its number."""
        return next(
            (
                one
                for one in self._read()
                if (one.upload_id, one.insurer_number) == (upload_id, insurer_number)
            ),
            None,
        )

    def _read(self) -> list[SentFile]:
        try:
            with self._lock, self._path.open("rb") as file:
                file.seek(max(0, self._path.stat().st_size - _MAX_FILE_BYTES))
                lines = file.read().splitlines()
        except FileNotFoundError:
            return []
        return [sent for line in lines if (sent := _parsed(line)) is not None]


def _parsed(line: bytes) -> SentFile | None:
    """The file of a line, or None if the line was cut off."""
    try:
        return SentFile.model_validate_json(line)
    except ValidationError:
        return None
