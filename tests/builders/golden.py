"""Golden files of messages: indented for reading, reviewed against the layouts when they were made.

`SHIKAKU_WRITE_GOLDEN=1` writes them anew; the differences are to be reviewed like code.
"""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

FOLDER = Path(__file__).parents[1] / "golden"
_WRITE = os.environ.get("SHIKAKU_WRITE_GOLDEN") == "1"


def compare(path: Path, content: bytes) -> None:
    """Assert that a message is written as its golden file."""
    if _WRITE:
        path.write_text(_indented(content), encoding="utf-8")
    assert _indented(content) == path.read_text(encoding="utf-8")


def compare_text(path: Path, text: str) -> None:
    """Assert that a text is written as its golden file, byte by byte."""
    if _WRITE:
        path.write_bytes(text.encode())
    assert text == path.read_bytes().decode()


def _indented(content: bytes) -> str:
    """A message with an element a line, and the text of every value as it is."""
    root = ElementTree.fromstring(content)
    ElementTree.indent(root, "  ")
    return ElementTree.tostring(root, encoding="unicode") + "\n"
