"""Papers for all present members of a file: PDF files of a few hundred pages, readable by their owner alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from payer_mock.members.member import Member, read_member
from payer_mock.members.table import open_table, read_table
from payer_mock.papers.contents import certificate, notice
from payer_mock.papers.needs import Membership, membership
from payer_mock.papers.sheet import Booklet, Sheet

_PAGES = 500


@dataclass(frozen=True, slots=True)
class Made:
    """How many papers of each kind there are, and how many rows of the file none could be made for."""

    certificates: int
    notices: int
    passed_over: int

    def as_json(self) -> dict[str, int]:
        """The object that `--json` prints."""
        return asdict(self)


class _Shelf:
    """Booklets of one kind, a new one whenever the last is full. Former ones of the folder go: their papers are old."""

    def __init__(self, folder: Path, name: str) -> None:
        for former in folder.glob(f"{name}-[0-9]*.pdf"):
            former.unlink()
        self._folder = folder
        self._name = name
        self._booklet: Booklet | None = None
        self._file: BinaryIO | None = None
        self.pages = 0

    def add(self, sheet: Sheet) -> None:
        """Add a paper."""
        if self._booklet is None:
            number = self.pages // _PAGES + 1
            self._file = _private(self._folder / f"{self._name}-{number:04d}.pdf")
            self._booklet = Booklet(self._file)
        self._booklet.add(sheet)
        self.pages += 1
        if self.pages % _PAGES == 0:
            self.close()

    def close(self) -> None:
        """Write what is there."""
        if self._booklet is not None and self._file is not None:
            with self._file:
                self._booklet.close()
            self._booklet = self._file = None


def write_papers(members: Path, needs: Set[Membership], folder: Path, today: date) -> Made:
    """A 資格確認書 for each of the day's members among `needs`, a 資格情報のお知らせ for each other one.

    Raises HeaderError, OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    passed_over = 0
    with (
        closing(_Shelf(folder, "eligibility-certificates")) as certificates,
        closing(_Shelf(folder, "eligibility-notices")) as notices,
    ):
        for row in _present(members, today):
            if row is None:
                passed_over += 1
                continue
            key = membership(row.get("symbol"), row["number"], row.get("branch"), row["birth_date"])
            if key in needs:
                certificates.add(certificate(row))
            else:
                notices.add(notice(row))
        return Made(certificates.pages, notices.pages, passed_over)


def _present(members: Path, today: date) -> Iterator[dict[str, str] | None]:
    """The cells of the day's members; None for a row that is none."""
    with open_table(members) as lines:
        for row in read_table(lines):
            member = read_member(row)
            if not isinstance(member, Member):
                yield None
            elif _is_insured(member, today):
                yield row.cells


def _is_insured(member: Member, day: date) -> bool:
    begun = member.joining.acquired_on <= day
    return begun and (member.leaving is None or day < member.leaving.lost_on)


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
