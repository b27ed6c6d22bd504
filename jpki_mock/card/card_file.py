"""A card file in a reader: held by one reader at a time, its counters written back as they change."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from jpki_mock.card.card import Card, Surroundings
from jpki_mock.card.image import CardImage, Faults, load_image, save_image
from jpki_mock.clock import system_clock


@contextmanager
def held(*paths: Path) -> Iterator[None]:
    """Keep card files out of everybody else's reach; one that is not there yet is in no reader.

    Raises:
        BlockingIOError: a card is in a reader.
    """
    with ExitStack() as locks:
        for path in {path.resolve() for path in paths if path.is_file()}:
            locks.callback(os.close, _locked(path))
        yield


class CardFile:
    """The card in a file, taken out of everybody else's reach until `release`.

    `faults` take the place of the image's until then; they are not saved.

    Raises:
        BlockingIOError: the card is in another reader already.
        FileNotFoundError: there is no such file.
        ValueError: the file is not a card.
    """

    def __init__(self, path: Path, faults: Faults | None = None) -> None:
        self._path = path.resolve(strict=True)
        with ExitStack() as stack:
            stack.enter_context(held(self._path))
            image = load_image(self._path)
            self._lasting_faults = image.faults
            played = image if faults is None else image.with_faults(faults)
            self.card = Card(played, Surroundings(system_clock, os.urandom, time.sleep, self._save))
            self._hold = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let others have the card; a second call is harmless."""
        self._hold.close()

    def _save(self, image: CardImage) -> None:
        save_image(image.with_faults(self._lasting_faults), self._path)


def _locked(path: Path) -> int:
    """Lock a file beside the card: the card's own is replaced with every save. Raises BlockingIOError."""
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise BlockingIOError(errno.EAGAIN, "is in a reader", str(path)) from error
    return lock
