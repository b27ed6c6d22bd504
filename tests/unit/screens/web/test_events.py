"""Server-sent events: what changed is sent once, the last one ends the stream, and streams are few."""

from __future__ import annotations

import pytest

from screens.web.events import MAX_SECONDS, MAX_STREAMS, Streams, Update, event

pytestmark = pytest.mark.anyio


class Source:
    """Updates to be fetched, one after the other; the clock advances with each."""

    def __init__(self, *updates: Update, step: float = 1.0) -> None:
        self.updates, self.step, self.now = list(updates), step, 0.0

    def clock(self) -> float:
        return self.now

    async def fetch(self) -> Update:
        self.now += self.step
        return self.updates.pop(0) if len(self.updates) > 1 else self.updates[0]


async def sent(source: Source) -> list[bytes]:
    return [part async for part in Streams(source.clock)._events(source.fetch, 0)]


RETRY = b"retry: 2000\n\n"
"""The first line of every stream: after how many milliseconds it is opened again."""


async def test_an_update_is_sent_once_and_the_last_ends_the_stream() -> None:
    one, last = Update("<p>1</p>", "one"), Update("<p>2</p>", "two", last=True)
    assert await sent(Source(one, one, last, one)) == [RETRY, event(one), event(last)]


async def test_what_is_announced_goes_with_the_page_once() -> None:
    one = Update("<p>1</p>")
    spoken = Update("<p>1</p>", "new")
    assert await sent(Source(one, one, spoken, one, Update("<p>2</p>", "new", last=True))) == [
        RETRY,
        event(one),
        event(spoken),
        event(Update("<p>2</p>", "new", last=True)),
    ]


async def test_a_failure_ends_the_stream_in_the_log_without_values(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> Update:
        raise ZeroDivisionError("見本")

    streams = Streams(lambda: 0.0)
    assert [part async for part in streams._events(fail, 0)] == [RETRY]
    assert caplog.messages == ["a stream ended: ZeroDivisionError"]
    assert streams.respond(fail, 0).status_code == 200


async def test_a_stream_ends_by_time() -> None:
    source = Source(Update("<p>1</p>"), step=MAX_SECONDS / 3)
    assert len(await sent(source)) == 2
    assert source.now >= MAX_SECONDS


async def test_streams_are_few_and_an_ended_one_makes_place() -> None:
    source = Source(Update("x", last=True))
    streams = Streams(source.clock)
    opened = [streams._events(source.fetch, 0) for _ in range(MAX_STREAMS)]
    for stream in opened:
        await anext(stream)
    assert streams.respond(source.fetch, 0).status_code == 503
    await opened[0].aclose()
    assert streams.respond(source.fetch, 0).status_code == 200


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        (Update("<p>\n</p>", "word"), b"event: update\ndata: word\ndata: <p>\ndata: </p>\n\n"),
        (Update("", "two\nlines", last=True), b"event: last\ndata: two lines\n\n"),
        (Update("a\r\nevent: x"), b"event: update\ndata: \ndata: a\ndata: event: x\n\n"),
    ],
)
def test_no_line_of_a_page_becomes_another_event(update: Update, expected: bytes) -> None:
    assert event(update) == expected
