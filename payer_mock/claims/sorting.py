"""Receipts put in the order of their institutions, of any number, with little memory: sorted runs on disk, then merged."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from payer_mock.claims.receipt import Institution
from payer_mock.claims.records import ENCODING, LINE_END
from payer_mock.claims.writing import Written

_MOST_BYTES = 16 << 20
"""Kept in memory until they are written as a run."""

_BETWEEN = b"\x1e"
"""In the place of a line end within a run. No byte of a CP932 character is below 0x40 but the first ones, which are above 0x7F."""


class Sorter:
    """Takes receipts in any order and gives them back by institution, always in the same order. Runs lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.count = 0
        self._folder = folder
        self._lines: list[bytes] = []
        self._bytes = 0
        self._runs: list[Path] = []

    def add(self, receipt: Written) -> None:
        """Take a receipt."""
        institution = receipt.institution
        head = f"{institution.code}\t{institution.name}\t{receipt.points}\t".encode(ENCODING)
        line = head + receipt.records.replace(LINE_END, _BETWEEN) + b"\n"
        self._lines.append(line)
        self.count += 1
        self._bytes += len(line)
        if self._bytes >= _MOST_BYTES:
            self._write_run()

    def sorted(self) -> Iterator[Written]:
        """The receipts. Runs are gone when the last is given."""
        self._lines.sort()
        with ExitStack() as stack:
            runs = [stack.enter_context(path.open("rb")) for path in self._runs]
            yield from map(_read, heapq.merge(*runs, self._lines))
        for path in self._runs:
            path.unlink()

    def _write_run(self) -> None:
        self._lines.sort()
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".run-", delete=False) as run:
            run.writelines(self._lines)
        self._runs.append(Path(run.name))
        self._lines.clear()
        self._bytes = 0


def _read(line: bytes) -> Written:
    code, name, points, records = line.rstrip(b"\n").split(b"\t", 3)
    institution = Institution(code=code.decode(ENCODING), name=name.decode(ENCODING))
    return Written(institution, int(points), records.replace(_BETWEEN, LINE_END))
