"""Fixtures of jpki_mock's tests."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from jpki_mock.jlis import Jlis
from jpki_mock.settings import Settings
from tests.unit.jpki_mock.builders import CHILD, NOW, a_resident, key_maker


@pytest.fixture
def jlis(tmp_path: Path) -> Iterator[Jlis]:
    """A J-LIS whose register has an adult and a child."""
    with Jlis(Settings(home=tmp_path / "home"), NOW, key_maker()) as opened:
        child = a_resident(CHILD, name="見本　光", name_kana="ミホン　ヒカリ", birth_date=date(2014, 5, 5))
        opened.register.add([a_resident(), child])
        yield opened
