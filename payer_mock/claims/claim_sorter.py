"""External sort of claims by institution: sorted runs on disk, then merged, so that memory stays small."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from payer_mock.claims.claim import Institution
from payer_mock.claims.claim_file import EncodedClaim
from payer_mock.claims.records import ENCODING, LINE_END

_MAX_RUN_BYTES = 16 << 20
"""Claims are buffered up to this size, then written as a run."""

_RUN_LINE_END = b"\x1e"
"""Replaces line ends within a run. CP932 has no such byte within a character: lead bytes are above 0x7F,
trail bytes at least 0x40.
"""


class ClaimSorter:
    """Accepts claims in any order and returns them sorted by institution, in a reproducible order.

    Writes runs to `folder`.
    """

    def __init__(self, folder: Path) -> None:
        self.count = 0
        self._folder = folder
        self._lines: list[bytes] = []
        self._bytes = 0
        self._runs: list[Path] = []

    def add(self, claim: EncodedClaim) -> None:
        """Add a claim."""
        institution = claim.institution
        head = f"{institution.code}\t{institution.name}\t{claim.payers}\t{claim.points}\t".encode(ENCODING)
        line = head + claim.records.replace(LINE_END, _RUN_LINE_END) + b"\n"
        self._lines.append(line)
        self.count += 1
        self._bytes += len(line)
        if self._bytes >= _MAX_RUN_BYTES:
            self._write_run()

    def sorted(self) -> Iterator[EncodedClaim]:
        """The claims in order. Deletes the runs after the last one."""
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


def _read(line: bytes) -> EncodedClaim:
    code, name, payers, points, records = line.rstrip(b"\n").split(b"\t", 4)
    institution = Institution(code=code.decode(ENCODING), name=name.decode(ENCODING))
    return EncodedClaim(institution, int(payers), int(points), records.replace(_RUN_LINE_END, LINE_END))
