"""`docs/presence.md`: its test vector, computed without the program, and the program's tags."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from eligibility_api.contract.codes import Purpose
from eligibility_api.contract.presence import TAGS, to_be_signed

PAGE = (Path(__file__).parents[4] / "docs" / "presence.md").read_text(encoding="utf-8")
VECTOR = PAGE.partition("## Test vector")[2]
FIELDS = dict(re.findall(r"^\| ([a-z ]+) \| `(.+)` \|$", VECTOR, re.MULTILINE))
BLOCKS = [bytes.fromhex(block) for block in re.findall(r"```\n([0-9a-f\n]+)```", VECTOR)]
MORE = tuple(re.findall(r"record `(.+?)` and the words `(.+?)`", VECTOR)[0])


def test_the_page_has_a_whole_vector() -> None:
    assert set(FIELDS) == {"audience", "institution code", "client id", "challenge"}
    assert len(BLOCKS) == 4


def test_the_vector_follows_the_page() -> None:
    """By the words of the page alone."""
    fields = b"".join(len(text.encode()).to_bytes(2, "big") + text.encode() for text in FIELDS.values())
    assert BLOCKS[0] == fields
    assert f"({len(fields)} bytes)" in VECTOR
    assert BLOCKS[1] == hashlib.sha256(fields).digest()
    assert BLOCKS[2] == b"SHIKAKU presence v1\0" + BLOCKS[1]
    more = b"".join(len(text.encode()).to_bytes(2, "big") + text.encode() for text in MORE)
    assert BLOCKS[3] == b"SHIKAKU consent v1\0" + hashlib.sha256(fields + more).digest()


@pytest.mark.parametrize(
    ("purpose", "more", "block"),
    [(Purpose.ELIGIBILITY, (), 2), (Purpose.CONSENT, MORE, 3)],
    ids=["eligibility", "consent"],
)
def test_the_program_builds_the_vector(purpose: Purpose, more: tuple[str, ...], block: int) -> None:
    assert BLOCKS[block] == to_be_signed(
        purpose,
        audience=FIELDS["audience"],
        institution_code=FIELDS["institution code"],
        terminal_id=FIELDS["client id"],
        challenge=FIELDS["challenge"],
        more=more,
    )


def test_the_page_has_the_tag_of_every_purpose() -> None:
    rows = dict(re.findall(r"^\| .+? \| `([a-z-]+)` \| `(SHIKAKU .+?)` \| ", PAGE, re.MULTILINE))
    assert {Purpose(name): f"{tag}\0".encode() for name, tag in rows.items()} == TAGS
