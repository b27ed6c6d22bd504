"""Announcement of the service's URL, without listening."""

from pathlib import Path

import pytest
import uvicorn

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
