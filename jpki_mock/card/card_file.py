"""A card file in a reader: held by one reader at a time, its counters written back as they change."""

import fcntl
import os
import time
from pathlib import Path
from typing import Self

from jpki_mock.card.card import Card, Surroundings
from jpki_mock.card.image import CardImage, load_image, save_image
from jpki_mock.clock import system_clock


class CardFile:
    """The card in a file, taken out of everybody else's reach until `release`.

    Raises:
        BlockingIOError: the card is in another reader already.
        FileNotFoundError: there is no such file.
        ValueError: the file is not a card.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.resolve(strict=True)
        self._lock: int | None = _locked(self._path)
        try:
            self.card = Card(
                load_image(self._path), Surroundings(system_clock, os.urandom, time.sleep, self._save)
            )
        except BaseException:
            self.release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let others have the card; a second call is harmless."""
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def _save(self, image: CardImage) -> None:
        save_image(image, self._path)


def _locked(path: Path) -> int:
    """Lock a file beside the card: the card's own is replaced with every save. Raises BlockingIOError."""
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(lock)
        raise
    return lock
