"""A card file in a reader: locked by one reader at a time; its retry counters are saved as they change."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from jpki_mock.card.card import Card, Dependencies
from jpki_mock.card.image import CardImage, Faults, load_image, save_image
from jpki_mock.clock import system_clock


@contextmanager
def lock_files(*paths: Path) -> Iterator[None]:
    """Lock card files for the duration of the block; files that do not exist yet are not locked.

    Raises:
        BlockingIOError: a card is in a reader.
    """
    with ExitStack() as locks:
        for path in {path.resolve() for path in paths if path.is_file()}:
            locks.callback(os.close, _acquire_lock(path))
        yield


class CardFile:
    """The card in a file, locked until `release`.

    `faults` replace those of the image until then, and are not saved.

    Raises:
        BlockingIOError: the card is in another reader already.
        FileNotFoundError: there is no such file.
        ValueError: the file is not a card.
    """

    def __init__(self, path: Path, faults: Faults | None = None) -> None:
        self._path = path.resolve(strict=True)
        with ExitStack() as stack:
            stack.enter_context(lock_files(self._path))
            image = load_image(self._path)
            self._saved_faults = image.faults
            effective = image if faults is None else image.with_faults(faults)
            self.card = Card(effective, Dependencies(system_clock, os.urandom, time.sleep, self._save))
            self._lock = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Unlock the card; a second call does nothing."""
        self._lock.close()

    def _save(self, image: CardImage) -> None:
        save_image(image.with_faults(self._saved_faults), self._path)


def _acquire_lock(path: Path) -> int:
    """Lock a separate lock file, since every save replaces the card's file. Raises BlockingIOError."""
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise BlockingIOError(errno.EAGAIN, "is in a reader", str(path)) from error
    return lock
