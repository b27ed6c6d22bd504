"""Files of one exchange folder, by the folder's descriptor: no link is followed, no file is half-written.

Nothing here raises anything but OSError.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_TEMPORARY_PREFIX = ".shikaku-"


@dataclass(frozen=True, slots=True)
class FileState:
    """What changes while a file is being written."""

    size: int
    modified_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A file in a folder."""

    name: str
    state: FileState


class Directory:
    """An open folder. The path to it may have links, its own last name may not."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode: another one after a share was mounted again."""
        found = os.fstat(self._descriptor)
        return found.st_dev, found.st_ino

    def files(self) -> list[Listed]:
        """The regular files, oldest first; not links, folders, pipes or devices."""
        listed = []
        with os.scandir(self._descriptor) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # removed meanwhile
                    found = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(found.st_mode):
                        listed.append(Listed(entry.name, _state(found)))
        return sorted(listed, key=lambda file: (file.state.modified_ns, file.name))

    def tail(self, name: str, length: int) -> bytes:
        """The last `length` bytes of a file."""
        with self._opened(name) as (descriptor, state):
            return os.pread(descriptor, length, max(0, state.size - length))

    def read(self, name: str, max_bytes: int) -> tuple[bytes, FileState]:
        """A file's content, one byte more than `max_bytes` at most, and its state after it was read."""
        with self._opened(name) as (descriptor, _):
            parts, left = [], max_bytes + 1
            while left > 0 and (part := os.read(descriptor, min(left, 1 << 20))):
                parts.append(part)
                left -= len(part)
            return b"".join(parts), _state(os.fstat(descriptor))

    def remove(self, name: str, state: FileState | None = None) -> bool:
        """Remove a file durably; one that does not exist is removed.

        With a `state`, a file that has another one by now stays, and the result is False.
        """
        with suppress(FileNotFoundError):
            if state is not None:
                found = os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
                if _state(found) != state:
                    return False
            os.unlink(name, dir_fd=self._descriptor)
            _sync(self._descriptor)
        return True

    def write(self, name: str, content: bytes, mode: int = 0o600) -> None:
        """Write a file durably: it appears complete under its name, and replaces a former one.

        A reader never finds a part of it. If the disk is full, nothing of it is left.
        """
        temporary = f"{_TEMPORARY_PREFIX}{secrets.token_hex(8)}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, mode, dir_fd=self._descriptor)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.rename(temporary, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary, dir_fd=self._descriptor)
            raise
        _sync(self._descriptor)

    def remove_temporary_files(self, before: datetime) -> None:
        """Remove what a `write` left that was interrupted before an instant; a later one may still be running."""
        for file in self.files():
            if file.name.startswith(_TEMPORARY_PREFIX) and file.state.modified_ns < before.timestamp() * 1e9:
                self.remove(file.name)

    @contextmanager
    def _opened(self, name: str) -> Iterator[tuple[int, FileState]]:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(name, flags, dir_fd=self._descriptor)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise OSError(errno.EINVAL, "no regular file")
            yield descriptor, _state(found)
        finally:
            os.close(descriptor)


@contextmanager
def open_directory(path: Path) -> Iterator[Directory]:
    """The folder at `path`."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield Directory(descriptor)
    finally:
        os.close(descriptor)


def make_directory(path: Path) -> None:
    """Make a folder that only its owner may enter, whatever the umask; an existing one stays as it is."""
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    with open_directory(path):
        return  # not a link, and a folder


def _state(found: os.stat_result) -> FileState:
    return FileState(found.st_size, found.st_mtime_ns, found.st_ino)


def _sync(descriptor: int) -> None:
    """Make the new name durable; a share may not know how."""
    with suppress(OSError):
        os.fsync(descriptor)
