"""A coalescer over a server whose statements end when a test says so."""

from __future__ import annotations

import pytest

from tests.builders.coalesced_requests import Requests


@pytest.fixture
def requests() -> Requests:
    return Requests()
