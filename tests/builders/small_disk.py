"""A small file system of its own, which a test may fill up."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_BLOCK_BYTES = 4096


class SmallDisk:
    """A mounted file system of a few megabytes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def fill(self) -> None:
        """Write until nothing more fits."""
        with pytest.raises(OSError, match="No space left"):
            self._write_for_ever()

    def clear(self) -> None:
        """Make room again."""
        self._filler.unlink()

    def _write_for_ever(self) -> None:
        block = bytes(_BLOCK_BYTES)
        with self._filler.open("ab", buffering=0) as file:
            while True:
                file.write(block)


@contextmanager
def small_disk(megabytes: int) -> Iterator[SmallDisk]:
    """A file system in memory, mounted by root. Skips the test where that is not allowed."""
    with tempfile.TemporaryDirectory(prefix="shikaku-disk-") as folder:
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", folder]
        try:
            mounted = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            pytest.skip(f"no small file system without `mount`: {error}")
        if mounted.returncode != 0:
            pytest.skip(f"only root may mount a small file system: {mounted.stderr.strip()}")
        try:
            yield SmallDisk(Path(folder))
        finally:
            # Lazily: an ending process may still be inside.
            subprocess.run(["umount", "--lazy", folder], check=True)
