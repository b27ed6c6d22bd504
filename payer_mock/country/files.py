"""The files of a country: one member file an insurer, written in any order of insurers with little memory."""

from __future__ import annotations

import csv
import json
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from eligibility_api.contract.member_file import MEMBER_COLUMNS
from payer_mock.country.insurers import Insurer
from payer_mock.country.rows import Row

HEADER = ",".join(MEMBER_COLUMNS) + "\n"
UNREPORTED = "unreported"
"""In the place of an insurer number: rows that no insurer has told the fund yet."""

_LINES_KEPT = 20_000


class CountryError(Exception):
    """A folder holds no country, or already holds one; the text is for people."""


@dataclass(frozen=True, slots=True)
class Country:
    """What a folder's country was made with, and the month that its newest files show."""

    people: int
    seed: int
    month: str
    """YYYY-MM: the files show the first day of this month."""

    def save(self, folder: Path) -> None:
        """Write it beside the files."""
        (folder / "country.json").write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Country:
        """The country in a folder. Raises CountryError."""
        try:
            return cls(**json.loads((folder / "country.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise CountryError("this folder holds no country") from error


class MemberFiles:
    """Member files being written: lines are kept for a while and then appended, so that no file stays open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: defaultdict[str, list[str]] = defaultdict(list)
        self._lines = 0
        self._encoder = _Encoder()

    def add(self, row: Row, name: str | None = None) -> None:
        """Add a row to the file of its insurer, or to that of another `name`."""
        self.add_line(name or row["insurer_number"], self._encoder.line(row))

    def add_line(self, name: str, line: str) -> None:
        """Add a line, its break included, to the file of this name."""
        self._kept[name].append(line)
        self._lines += 1
        if self._lines >= _LINES_KEPT:
            self.flush()

    def flush(self) -> None:
        """Write what is kept."""
        for name, lines in self._kept.items():
            _append(member_file(self._folder, name), lines)
        self._kept.clear()
        self._lines = 0


@contextmanager
def member_files(folder: Path) -> Iterator[MemberFiles]:
    """New member files in a new folder, which is there when the block ends well. Raises CountryError if it is before."""
    if folder.exists():
        raise CountryError(f"{folder.name} is there already")
    growing = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        files = MemberFiles(growing)
        yield files
        files.flush()
        growing.rename(folder)
    except BaseException:
        shutil.rmtree(growing)
        raise


def member_file(folder: Path, name: str) -> Path:
    """Where the member file of an insurer number lies."""
    return folder / f"members-{name}.csv"


def read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """The lines of a member file of ours below its header, each with its filled cells. Raises CountryError."""
    with path.open(encoding="utf-8", newline="\n") as lines:
        try:
            next(lines, None)
            for line in lines:
                [cells] = csv.reader([line], strict=True)
                yield line, {column: cell for column, cell in zip(MEMBER_COLUMNS, cells, strict=True) if cell}
        except (ValueError, csv.Error) as error:
            raise CountryError(f"{path.name} is damaged") from error


def write_insurers(path: Path, insurers: Iterable[Insurer]) -> None:
    """Write the insurers as the fund admits them in bulk."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["insurer_number", "name"])
        writer.writerows([insurer.number, insurer.name] for insurer in insurers)


def _append(path: Path, lines: list[str]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
        if file.tell() == 0:
            file.write(HEADER.encode())
        file.write("".join(lines).encode())


class _Encoder:
    """Rows as CSV lines. What the writer is given as a file is this object."""

    def __init__(self) -> None:
        self._writer = csv.writer(self, lineterminator="\n")
        self._line = ""

    def write(self, text: str) -> int:
        """Take a line from the writer."""
        self._line = text
        return len(text)

    def line(self, row: Row) -> str:
        """A row's line."""
        self._writer.writerow([row.get(column, "") for column in MEMBER_COLUMNS])
        return self._line
