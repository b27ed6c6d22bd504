"""`/status` and `/status.json`: what is in order, since when, how fast, and what is planned; without the database too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from eligibility_api.contract.notice import Downtime, Downtimes, FundPart, StatusNotice
from eligibility_api.status import board as boards
from eligibility_api.status import downtimes
from eligibility_api.status.board import Board
from tests.builders.page_words import words_of
from tests.builders.status_page import NOW, WITHOUT_DATABASE, StatusService

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def browser(service: StatusService) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(service.app())
    async with httpx2.AsyncClient(transport=transport, base_url="http://fund.example") as http:
        yield http


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StatusService:
    service = StatusService(tmp_path)
    monkeypatch.setattr(boards, "read_readiness", service.read)
    return service


async def notice(http: httpx2.AsyncClient) -> StatusNotice:
    response = await http.get("/status.json")
    assert response.status_code == 200
    return StatusNotice.model_validate_json(response.content)


async def test_the_notice_states_what_is_in_order_and_since_when(
    service: StatusService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "LOOK_SECONDS", 0.0)
    async with browser(service) as http:
        first = await notice(http)
        service.now += timedelta(minutes=5)
        service.readiness = WITHOUT_DATABASE
        await notice(http)
        service.now += timedelta(minutes=5)
        last = await notice(http)
    assert [(state.part, state.in_order, state.since) for state in first.parts] == [
        (part, True, NOW) for part in FundPart
    ]
    since = NOW + timedelta(minutes=5)
    assert [(state.part, state.in_order, state.since) for state in last.parts] == [
        (part, False, since) for part in FundPart
    ]
    assert last.as_of == NOW + timedelta(minutes=10)


async def test_many_requests_cost_one_look(service: StatusService) -> None:
    async with browser(service) as http:
        for _ in range(20):
            await notice(http)
    assert service.reads == 1


async def test_the_notice_has_the_next_downtime_and_its_file_is_read_each_time(
    service: StatusService,
) -> None:
    planned = Downtime(begins_at=NOW, ends_at=NOW + timedelta(hours=1), ja="定期保守", en="Maintenance")
    async with browser(service) as http:
        assert (await notice(http)).downtime is None
        downtimes.write(service.home, Downtimes(planned=[planned]))
        assert (await notice(http)).downtime == planned
        service.now += timedelta(hours=1)
        assert (await notice(http)).downtime is None


async def test_a_malformed_file_of_downtimes_stops_no_notice(service: StatusService) -> None:
    downtimes.write(service.home, Downtimes())
    [file] = service.home.iterdir()
    file.write_bytes(b"{")
    async with browser(service) as http:
        assert (await notice(http)).downtime is None


@pytest.mark.parametrize(
    ("query", "language", "words"),
    [
        ("", "ja", ["稼働状況", "計画停止のお知らせ", "2026年12月1日 12:00", "定期保守", "失効情報 異常"]),
        (
            "?language=en",
            "en",
            ["Planned downtime", "1 December 2026, 12:00", "<b>Maintenance", "Database not in order"],
        ),
        ("?language=xx", "ja", ["稼働状況"]),
    ],
)
async def test_the_page_is_in_both_languages(
    service: StatusService, query: str, language: str, words: list[str]
) -> None:
    service.readiness = WITHOUT_DATABASE
    planned = Downtime(begins_at=NOW, ends_at=NOW + timedelta(hours=1), ja="定期保守", en="<b>Maintenance")
    downtimes.write(service.home, Downtimes(planned=[planned]))
    async with browser(service) as http:
        response = await http.get(f"/status{query}")
        style = response.text.split('rel="stylesheet" href="')[1].split('"')[0]
        assert (await http.get(style)).status_code == 200
    assert f'<html lang="{language}"' in response.text
    assert [word for word in words if word not in words_of(response)] == []
    assert "<b>Maintenance" not in response.text
    assert response.headers["content-security-policy"].startswith("default-src 'none'")


async def test_a_longer_language_is_refused(service: StatusService) -> None:
    async with browser(service) as http:
        assert (await http.get("/status?language=" + "x" * 10_000)).status_code == 422


async def test_a_change_is_noticed_while_nobody_asks(
    service: StatusService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "LOOK_SECONDS", 0.001)
    board = Board()
    async with board.watching(service), asyncio.timeout(20):  # type: ignore[arg-type]
        while service.reads < 2:
            await asyncio.sleep(0)
