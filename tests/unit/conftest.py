"""Unit tests reach nothing outside their process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket, enable_socket


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """No socket but the pair with which an event loop wakes itself."""
    disable_socket(allow_unix_socket=True)
    yield
    enable_socket()
