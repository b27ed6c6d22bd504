"""Which encoding a file has, decided by its bytes: UTF-8, or CP932 (Shift_JIS as Windows writes it)."""

from __future__ import annotations

import codecs

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.uploads import FileEncoding

BOM = codecs.BOM_UTF8
"""A byte-order mark of UTF-8 (Unicode section 23.8): tolerated, and no part of the file."""

_WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CANDIDATES = {FileEncoding.UTF_8: "utf-8", FileEncoding.CP932: "cp932"}
_ENOUGH_LINES = 1_000


def decide(sample: bytes, wanted: FileEncoding) -> str:
    """Python's name of the encoding, by the first of the file's bytes that are not ASCII.

    A few bad lines do not decide; most lines do. Raises `file-encoding` where the file is neither, or not what was said.
    """
    if sample.startswith(_WIDE_BOMS) or b"\0" in sample:
        raise ShikakuError("file-encoding")
    # What an insurer declared stands, unless most lines speak against it.
    candidates = [wanted] if wanted in _CANDIDATES else list(_CANDIDATES)
    if sample.startswith(BOM) and FileEncoding.UTF_8 in candidates:
        candidates = [FileEncoding.UTF_8]
    lines = _telling_lines(sample)
    names = [_CANDIDATES[candidate] for candidate in candidates]
    readable = {name: sum(_decodes(line, name) for line in lines) for name in names}
    best = max(names, key=lambda name: readable[name])
    if 2 * readable[best] < len(lines):
        raise ShikakuError("file-encoding")
    return best


def _telling_lines(sample: bytes) -> list[bytes]:
    """Lines that are not ASCII; the last is left out, as it may be cut off in the sample."""
    return [line for line in sample.split(b"\n")[:-1] if not line.isascii()][:_ENOUGH_LINES]


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
