"""Sandboxes for these tests. A machine that cannot make them skips them all in one line; in CI that is a failure."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pcsc.sandbox import PcscSandbox, require_pcsc, what_is_missing


class Impossible(pytest.Module):
    """A test module that is not even imported, because this machine lacks what it needs."""

    def collect(self) -> list[pytest.Item | pytest.Collector]:
        """Skip the whole module."""
        require_pcsc()
        return []


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Put the modules of this folder out of reach where they cannot run."""
    return None if what_is_missing() is None else Impossible.from_parent(parent, path=module_path)


@pytest.fixture(scope="session")
def pcsc_possible() -> None:
    """There can be sandboxes on this machine."""
    require_pcsc()


@pytest.fixture(scope="module")
def sandbox(pcsc_possible: None) -> Iterator[PcscSandbox]:
    """A sandbox with two empty readers, for one module."""
    with PcscSandbox(readers=2) as running:
        yield running
