"""The files of a population: one member file per insurer.

They are written in any order of insurers, with little memory.
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from eligibility_api.contract.member_file import MEMBER_COLUMNS
from payer_mock.population.insurers import Insurer
from payer_mock.population.rows import Row
from payer_mock.private_files import append_private

HEADER = ",".join(MEMBER_COLUMNS) + "\n"
UNREPORTED = "unreported"
"""Used instead of an insurer number: rows that no insurer has reported to the fund yet."""

_MAX_BUFFERED_LINES = 20_000


class PopulationError(Exception):
    """A folder has no population, or already has one; the text is for users."""


Month = Annotated[str, StringConstraints(pattern=r"^(20[0-9]{2}|2100)-(0[1-9]|1[0-2])$")]
"""YYYY-MM, of the years 2000 to 2100."""


@dataclass(frozen=True, slots=True)
class Population:
    """The parameters of the population in a folder, and the month of its newest files."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    people: Annotated[int, Field(ge=0)]
    seed: int
    month: Month
    """The files are as of the first day of this month."""

    def save(self, folder: Path) -> None:
        """Write the parameters to the folder of the files."""
        (folder / "population.json").write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Population:
        """The population in a folder. Raises PopulationError."""
        try:
            return _POPULATION.validate_json((folder / "population.json").read_bytes())
        except (OSError, ValidationError) as error:
            raise PopulationError("this folder has no population") from error

    def members(self, folder: Path) -> Path:
        """The subfolder with the newest member files. Raises PopulationError if it is missing."""
        members = folder / self.month
        if not members.is_dir():
            raise PopulationError("the population's member files are missing")
        return members


_POPULATION = TypeAdapter(Population)


class MemberFiles:
    """Writes member files: lines are buffered and then appended, so that no file stays open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._buffer: defaultdict[str, list[str]] = defaultdict(list)
        self._lines = 0
        self._encoder = _Encoder()

    def add(self, row: Row, name: str | None = None) -> None:
        """Add a row to the file of its insurer, or to the file of another `name`."""
        self.add_line(name or row["insurer_number"], self._encoder.line(row))

    def add_line(self, name: str, line: str) -> None:
        """Add a line with its line break to the file of this name."""
        self._buffer[name].append(line)
        self._lines += 1
        if self._lines >= _MAX_BUFFERED_LINES:
            self.flush()

    def flush(self) -> None:
        """Write the buffered lines."""
        for name, lines in self._buffer.items():
            _append(member_file(self._folder, name), lines)
        self._buffer.clear()
        self._lines = 0


@contextmanager
def member_files(folder: Path) -> Iterator[MemberFiles]:
    """New member files in a new folder, which appears when the block succeeds.

    Raises PopulationError if it exists.
    """
    if folder.exists():
        raise PopulationError(f"{folder.name} already exists")
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        files = MemberFiles(temporary)
        yield files
        files.flush()
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary)
        raise


def member_file(folder: Path, name: str) -> Path:
    """The path of an insurer's member file."""
    return folder / f"members-{name}.csv"


def read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """The lines below the header of a file of `MemberFiles`, each with its filled cells.

    Raises PopulationError.
    """
    with path.open(encoding="utf-8", newline="\n") as lines:
        try:
            next(lines, None)
            for line in lines:
                [cells] = csv.reader([line], strict=True)
                yield line, {column: cell for column, cell in zip(MEMBER_COLUMNS, cells, strict=True) if cell}
        except (ValueError, csv.Error) as error:
            raise PopulationError(f"{path.name} is damaged") from error


def write_insurers(path: Path, insurers: Iterable[Insurer]) -> None:
    """Write the insurers as the CSV that the fund admits in bulk."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["insurer_number", "name"])
        writer.writerows([insurer.number, insurer.name] for insurer in insurers)


def _append(path: Path, lines: list[str]) -> None:
    with append_private(path) as file:
        if file.tell() == 0:
            file.write(HEADER.encode())
        file.write("".join(lines).encode())


class _Encoder:
    """Formats rows as CSV lines; the object is its own csv writer's output file."""

    def __init__(self) -> None:
        self._writer = csv.writer(self, lineterminator="\n")
        self._line = ""

    def write(self, text: str) -> int:
        """Receive a line from the csv writer."""
        self._line = text
        return len(text)

    def line(self, row: Row) -> str:
        """A row as a CSV line."""
        self._writer.writerow([row.get(column, "") for column in MEMBER_COLUMNS])
        return self._line
