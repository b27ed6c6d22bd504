"""Detects the encoding of a file by its bytes: UTF-8, or CP932 (Shift_JIS as Windows writes it)."""

from __future__ import annotations

import codecs

from eligibility_api.contract.errors import ShikakuError
from eligibility_api.contract.uploads import FileEncoding

BOM = codecs.BOM_UTF8
"""The byte-order mark of UTF-8 (Unicode section 23.8) is tolerated and ignored."""

_WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""First bytes of a spreadsheet's own files: .xlsx and .ods, .xls."""

_CANDIDATES = {FileEncoding.UTF_8: "utf-8", FileEncoding.CP932: "cp932"}
_MAX_SAMPLE_LINES = 1_000


def detect_encoding(sample: bytes, declared: FileEncoding) -> str:
    """Python's name of the encoding, by a sample with the file's first bytes that are not ASCII.

    The encoding that decodes most lines wins, so that a few bad lines do not decide. Raises `file-workbook`
    for a spreadsheet's own file, `file-encoding` if it is neither encoding, or not the declared one.
    """
    if sample.startswith(_WORKBOOKS):
        raise ShikakuError("file-workbook")
    if sample.startswith(_WIDE_BOMS) or b"\0" in sample:
        raise ShikakuError("file-encoding")
    # A declared encoding is used unless most lines contradict it.
    candidates = [declared] if declared in _CANDIDATES else list(_CANDIDATES)
    if sample.startswith(BOM) and FileEncoding.UTF_8 in candidates:
        candidates = [FileEncoding.UTF_8]
    lines = _non_ascii_lines(sample)
    names = [_CANDIDATES[candidate] for candidate in candidates]
    readable = {name: sum(_decodes(line, name) for line in lines) for name in names}
    best = max(names, key=lambda name: readable[name])
    if 2 * readable[best] < len(lines):
        raise ShikakuError("file-encoding")
    return best


def _non_ascii_lines(sample: bytes) -> list[bytes]:
    """Lines that are not ASCII, without the last one, which the sample may have cut off."""
    return [line for line in sample.split(b"\n")[:-1] if not line.isascii()][:_MAX_SAMPLE_LINES]


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
