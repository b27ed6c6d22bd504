"""Unit tests reach nothing outside their process, and wait for no disk."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket

from clinic_terminal.store import database
from jpki_mock import store


@pytest.fixture(scope="session", autouse=True)
def nothing_is_durable() -> Iterator[None]:
    """No file of a test outlives the machine, so that none is flushed to the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        for opened in (store, database):
            patch.setattr(opened, "SYNCHRONOUS", "OFF")
        yield


@pytest.fixture(scope="module", autouse=True)
def no_network() -> Iterator[None]:
    """No socket but the pair with which an event loop wakes itself. Of a module, since most tests are shorter than it."""
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()
