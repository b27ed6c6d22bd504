"""Requests taken from the folder stay in the store until they are finished."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clinic_terminal.store import TerminalStore
from clinic_terminal.store.records import ResultFile
from tests.builders.clinic.store import NAME, request


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TerminalStore]:
    with TerminalStore.open(tmp_path) as opened:
        yield opened


def test_a_request_is_kept_until_it_is_finished(store: TerminalStore, tmp_path: Path) -> None:
    assert store.requests.take(request(b"\xff\x00"))
    with TerminalStore.open(tmp_path) as another:
        [kept] = another.requests.pending()
    assert (kept.name, kept.content, kept.results, kept.attempts) == (NAME, b"\xff\x00", None, 0)
    store.requests.finish(NAME)
    assert store.requests.pending() == ()


@pytest.mark.parametrize(
    ("again", "accepted"),
    [
        (request(b"a"), True),
        (request(b"b"), False),
        (request(b"a", too_large=True), False),
        (request(b"b", name="OQSsiquc01req_2.xml"), True),
    ],
    ids=["the same bytes", "other bytes", "too large", "another name"],
)
def test_a_name_is_taken_once_until_it_is_finished(
    store: TerminalStore, again: object, accepted: bool
) -> None:
    assert store.requests.take(request(b"a"))
    assert store.requests.take(again) is accepted  # type: ignore[arg-type]  # a table of requests
    assert store.requests.pending()[0].content == b"a"


def test_the_results_of_a_request_replace_its_content(store: TerminalStore) -> None:
    store.requests.take(request(b"secret"))
    store.requests.answered(NAME, [ResultFile(name="OQSsiquc01res_1.xml", content=b"\x82\xa0")])
    [kept] = store.requests.pending()
    assert kept.content == b""
    assert kept.results == (ResultFile(name="OQSsiquc01res_1.xml", content=b"\x82\xa0"),)
    assert not store.requests.take(request(b"secret"))  # its results are not written yet


def test_attempts_are_counted_and_a_new_request_has_none(store: TerminalStore) -> None:
    store.requests.take(request())
    store.requests.begin(NAME)
    store.requests.begin(NAME)
    assert store.requests.pending()[0].attempts == 2
    store.requests.finish(NAME)
    store.requests.take(request())
    assert store.requests.pending()[0].attempts == 0


def test_many_threads_take_each_request_once(store: TerminalStore) -> None:
    requests = [request(f"{number % 20}".encode(), name=f"{number % 20}") for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(store.requests.take, requests))
    assert len(store.requests.pending()) == 20
