"""The commands' J-LIS takes its keys from those that all tests share: generating RSA keys takes most of a command."""

from __future__ import annotations

from functools import partial

import pytest

from jpki_mock.cli import common
from jpki_mock.jlis import Jlis
from tests.unit.jpki_mock.builders import key_maker


@pytest.fixture(autouse=True)
def _shared_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "Jlis", partial(Jlis, make_key=key_maker()))
