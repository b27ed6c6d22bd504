"""Streaming of files: lines are cut in flat memory, blocks are written in order while the next one is parsed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility_api.contract.lines import MAX_LINE_BYTES, LineCutter
from eligibility_api.files.streaming import write_behind


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_blocks_contain_all_whole_lines_wherever_the_stream_is_cut(parts: list[bytes]) -> None:
    cutter = LineCutter()
    whole = b"".join(parts)
    assert b"".join(map(cutter.feed, parts)) == whole[: whole.rfind(b"\n") + 1]


def test_an_endless_line_is_buffered_only_until_it_is_too_long() -> None:
    cutter = LineCutter()
    for _ in range(100):
        assert cutter.feed(b"a" * MAX_LINE_BYTES) == b""
    block = cutter.feed(b"\nnext\n")
    assert [len(line) for line in block.splitlines()] == [MAX_LINE_BYTES + 1, 4]


async def _numbers(count: int, events: list[str]) -> AsyncIterator[int]:
    for number in range(count):
        events.append(f"parse {number}")
        yield number
        await asyncio.sleep(0)


def test_a_block_is_written_while_the_next_one_is_parsed() -> None:
    events: list[str] = []

    async def write(number: int) -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        events.append(f"written {number}")

    asyncio.run(write_behind(_numbers(3, events), write))
    assert events == ["parse 0", "parse 1", "written 0", "parse 2", "written 1", "written 2"]


def test_a_failed_write_ends_the_reading() -> None:
    events: list[str] = []

    async def write(number: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(write_behind(_numbers(9, events), write))
    assert len(events) == 2
