"""One golden file of each example (`tests/builders/golden.py`)."""

from __future__ import annotations

import re

import pytest

from clinic_terminal.messages import xml_codec
from clinic_terminal.messages.characters import Encoding
from clinic_terminal.messages.examples import EXAMPLES, Example
from tests.builders.golden import FOLDER, compare

MESSAGES = FOLDER / "messages"


def file_name(example: Example) -> str:
    return f"{example.prefix}-{re.sub('[^a-z0-9]+', '-', example.case)}.xml"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"{one.prefix}: {one.case}")
def test_an_example_is_written_as_its_golden_file(example: Example) -> None:
    path = MESSAGES / file_name(example)
    content = xml_codec.encode(example.message, Encoding.UTF_8).content
    compare(path, content)
    assert xml_codec.decode(path.read_bytes(), type(example.message)).message == example.message


def test_every_golden_file_is_of_an_example() -> None:
    assert {path.name for path in MESSAGES.iterdir()} == {file_name(example) for example in EXAMPLES}
    assert len({file_name(example) for example in EXAMPLES}) == len(EXAMPLES)
