"""Announcement of the service's URL, without listening."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

from jpki_mock.service import server
from jpki_mock.service.server import _AnnouncingServer

pytestmark = pytest.mark.anyio
URL = "http://127.0.0.1:8401"


async def test_the_url_is_announced_on_one_line_and_in_the_file_once_it_listens(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    announce = tmp_path / "url"
    announced_before_listening = []

    async def startup(self: uvicorn.Server, sockets: object = None) -> None:
        announced_before_listening.append((capsys.readouterr().out, announce.exists()))

    monkeypatch.setattr(uvicorn.Server, "startup", startup)
    await _AnnouncingServer(uvicorn.Config("nowhere:app"), announce, URL).startup()
    assert announced_before_listening == [("", False)]
    assert capsys.readouterr().out == f"{URL}\n"
    assert announce.read_text() == URL


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("::1", "[::1]")],
)
def test_it_listens_on_the_address_that_is_given(
    monkeypatch: pytest.MonkeyPatch, host: str, shown: str
) -> None:
    asked: list[tuple[tuple[str, int], int]] = []
    urls: list[str] = []

    def create_server(address: tuple[str, int], *, family: int, backlog: int) -> Listener:
        assert backlog
        asked.append((address, family))
        return Listener()

    monkeypatch.setattr(socket, "create_server", create_server)
    monkeypatch.setattr(server._AnnouncingServer, "run", lambda self, sockets: urls.append(self._url))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    server.serve(FastAPI(), 0, None, host)
    assert asked == [((host, 0), socket.AF_INET6 if ":" in host else socket.AF_INET)]
    assert urls == [f"http://{shown}:8402"]


class Listener:
    """A socket that got a port, without listening."""

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def getsockname(self) -> tuple[str, int]:
        return ("", 8402)
