"""The web face of every test here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.builders.clinic.web_face import WebFaceClient, web_face_client


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[WebFaceClient]:
    async with web_face_client(tmp_path / "home") as client:
        yield client
