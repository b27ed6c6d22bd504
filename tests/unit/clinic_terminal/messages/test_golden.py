"""Golden files: one of each example, indented for reading; reviewed against the layouts when they were made.

`SHIKAKU_WRITE_GOLDEN=1` writes them anew; the differences are to be reviewed like code.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from clinic_terminal.messages import xml_codec
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.examples import EXAMPLES, Example

FOLDER = Path(__file__).parents[3] / "golden" / "messages"
WRITE = os.environ.get("SHIKAKU_WRITE_GOLDEN") == "1"


def file_name(example: Example) -> str:
    return f"{example.prefix}-{re.sub('[^a-z0-9]+', '-', example.case)}.xml"


def indented(content: bytes) -> str:
    """A file with an element a line, and the text of every value as it is."""
    root = ElementTree.fromstring(content)
    ElementTree.indent(root, "  ")
    return ElementTree.tostring(root, encoding="unicode") + "\n"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.prefix}: {one.case}")
def test_an_example_is_written_as_its_golden_file(example: Example) -> None:
    path = FOLDER / file_name(example)
    content = xml_codec.encode(example.message, Encoding.UTF_8).content
    if WRITE:
        path.write_text(indented(content), encoding="utf-8")
    assert indented(content) == path.read_text(encoding="utf-8")
    assert xml_codec.decode(path.read_bytes(), type(example.message)).message == example.message


def test_every_golden_file_is_of_an_example() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {file_name(example) for example in EXAMPLES}
    assert len({file_name(example) for example in EXAMPLES}) == len(EXAMPLES)
