"""The exchange root: the folders `req/`, `res/` and `face/` below it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from clinic_terminal.exchange.folder.directory import make_directory, open_directory
from clinic_terminal.exchange.folder.notices import FolderError

_MAX_WRITE_TIME = timedelta(hours=1)
"""A temporary file that is older is no longer being written."""


@dataclass(frozen=True, slots=True)
class ExchangeRoot:
    """The folders by their paths, opened anew for each use: a share may have come back under the same path."""

    path: Path

    @classmethod
    def prepare(cls, path: Path) -> ExchangeRoot:
        """Make the folders that are missing, the root included, for their owner only.

        Raises FolderError, which names the folder.
        """
        root = cls(path.absolute())
        try:
            root.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (root.path, root.requests, root.results, root.faces):
                make_directory(folder)
        except OSError as error:
            raise FolderError(error.filename or str(path), _reason(error)) from error
        return root

    def clean(self, now: datetime) -> None:
        """Remove what interrupted processes left half-written. Raises FolderError.

        For the only process that writes results; files of taps may just be written by others.
        """
        for folder, before in ((self.results, now), (self.faces, now - _MAX_WRITE_TIME)):
            try:
                with open_directory(folder) as directory:
                    directory.remove_temporary_files(before)
            except OSError as error:
                raise FolderError(str(folder), _reason(error)) from error

    @property
    def requests(self) -> Path:
        """`req/`: requests, written by the clinic's software."""
        return self.path / "req"

    @property
    def results(self) -> Path:
        """`res/`: results, which the clinic's software removes."""
        return self.path / "res"

    @property
    def faces(self) -> Path:
        """`face/`: one file for each tap."""
        return self.path / "face"


def _reason(error: OSError) -> str:
    if error.filename is not None and Path(error.filename).is_symlink():
        return "a link is not followed"
    return error.strerror or "cannot be used"
