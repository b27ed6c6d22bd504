"""The end of a stream and lines of the maximum length; what happens to a write when reading or writing ends early."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from eligibility_api.contract.lines import MAX_LINE_BYTES, LineCutter
from eligibility_api.files.streaming import write_behind


@pytest.mark.parametrize("size", [MAX_LINE_BYTES - 1, MAX_LINE_BYTES])
def test_a_line_of_the_maximum_is_whole_however_it_arrives(size: int) -> None:
    line = b"x" * size
    for parts in ([line, b"\n"], [line[:5], line[5:], b"\n"], [line + b"\n"]):
        cutter = LineCutter()
        assert b"".join(map(cutter.feed, parts)) == line + b"\n"
        assert cutter.finish() == b""


def test_the_rest_is_returned_once() -> None:
    cutter = LineCutter()
    cutter.feed(b"a\nrest")
    assert [cutter.finish(), cutter.finish()] == [b"rest", b""]


def test_of_an_overlong_rest_one_byte_more_than_the_maximum_is_kept() -> None:
    cutter = LineCutter()
    cutter.feed(b"a\n" + b"x" * (3 * MAX_LINE_BYTES))
    assert len(cutter.finish()) == MAX_LINE_BYTES + 1


def test_an_error_of_the_parser_cancels_the_write_that_is_running() -> None:
    events: list[str] = []

    async def blocks() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(0)
        raise ValueError("not a file")

    async def write(_: int) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            events.append("cancelled")
            raise

    async def run() -> None:
        with pytest.raises(ValueError, match="not a file"):
            await write_behind(blocks(), write)
        await asyncio.sleep(0)

    asyncio.run(run())
    assert events == ["cancelled"]


def test_without_blocks_nothing_is_written() -> None:
    async def blocks() -> AsyncIterator[int]:
        for number in range(0):
            yield number

    async def write(_: int) -> None:
        raise AssertionError("there is no block")

    asyncio.run(write_behind(blocks(), write))
