"""An exchange root with a fake core for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.clinic.folder import FolderStage


@pytest.fixture
def stage(tmp_path: Path) -> FolderStage:
    return FolderStage(tmp_path)
