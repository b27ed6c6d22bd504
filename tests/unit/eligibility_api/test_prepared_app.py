"""A worker's application is built before the worker is forked; what the worker's settings say is added in the worker."""

from __future__ import annotations

import runpy
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from eligibility_api import app as module
from eligibility_api.platform.settings import Settings

PREPARED_APP = "eligibility_api.prepared_app"


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch) -> list[FastAPI]:
    """The applications whose description was rendered. A worker's own effects on its process are left out."""
    found: list[FastAPI] = []
    monkeypatch.setattr(module, "_PREPARED", [])
    monkeypatch.setattr(module, "_description", found.append)
    for effect in ("die_with_parent", "exclude_from_garbage_collection"):
        monkeypatch.setattr(module, effect, lambda: None)
    monkeypatch.setattr(module, "name_process", lambda _: None)
    for telemetry in ("set_up_telemetry", "close_telemetry"):
        monkeypatch.setattr(module, telemetry, lambda *_: None)
    return found


@pytest.fixture
def opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """An opened state is its settings."""

    @asynccontextmanager
    async def open_state(settings: Settings, *_: Any, **__: Any) -> AsyncIterator[Settings]:
        yield settings

    monkeypatch.setattr(module, "open_state", open_state)
    for around in ("warmed_up", "writing_refusals"):
        monkeypatch.setattr(module, around, lambda opened: opened)
    monkeypatch.setattr(module, "load_keys", lambda _: None)


def settings(home: Path) -> Settings:
    return Settings(home=home, database_url="postgresql://shikaku_api:x@127.0.0.1:1/x")


@pytest.mark.anyio
async def test_the_fork_server_prepares_the_application_of_one_worker_and_each_worker_opens_its_own_state(
    monkeypatch: pytest.MonkeyPatch, described: list[FastAPI], opening: None, tmp_path: Path
) -> None:
    monkeypatch.delitem(sys.modules, PREPARED_APP, raising=False)  # another test may have imported it
    runpy.run_module(PREPARED_APP)
    [prepared] = module._PREPARED
    assert described == [prepared]
    one, two = settings(tmp_path / "one"), settings(tmp_path / "two")
    first, second = module.create(one), module.create(two)
    assert first is prepared
    assert second is not prepared
    assert described == [prepared, second]
    async with first.state.open() as state_of_first, second.state.open() as state_of_second:
        assert (state_of_first, state_of_second) == (one, two)


def test_an_application_that_was_prepared_and_not_created_has_no_state_to_open(
    described: list[FastAPI],
) -> None:
    module.prepare()
    [prepared] = module._PREPARED
    with pytest.raises(AttributeError):
        prepared.state.open()
