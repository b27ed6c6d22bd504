"""Sandboxes for these tests. A machine that cannot create them skips all tests in one line; in CI it fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pcsc.sandbox import PcscSandbox, missing_requirement, require_pcsc


class SkippedModule(pytest.Module):
    """A test module that is not imported because this machine lacks a requirement."""

    def collect(self) -> list[pytest.Item | pytest.Collector]:
        """Skip the whole module."""
        require_pcsc()
        return []


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Replace the modules of this folder where they cannot run."""
    return None if missing_requirement() is None else SkippedModule.from_parent(parent, path=module_path)


@pytest.fixture(scope="session")
def pcsc_available() -> None:
    """Skips the tests where this machine cannot create a sandbox."""
    require_pcsc()


@pytest.fixture(scope="module")
def sandbox(pcsc_available: None) -> Iterator[PcscSandbox]:
    """A sandbox with two empty readers, for one module."""
    with PcscSandbox(readers=2) as running:
        yield running
