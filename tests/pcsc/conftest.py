"""Sandboxes for these tests. A machine that cannot make them skips them all in one line; in CI that is a failure."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.pcsc.sandbox import PcscSandbox, what_is_missing

MISSING = what_is_missing()


def refuse() -> NoReturn:
    """Skip, or fail where the environment says CI=true."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"PC/SC tests must run in CI: {MISSING}", pytrace=False)
    pytest.skip(f"PC/SC tests: {MISSING}", allow_module_level=True)


class Impossible(pytest.Module):
    """A test module that is not even imported, because this machine lacks what it needs."""

    def collect(self) -> NoReturn:
        """Refuse the whole module."""
        refuse()


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Put the modules of this folder out of reach where they cannot run."""
    return None if MISSING is None else Impossible.from_parent(parent, path=module_path)


@pytest.fixture(scope="session")
def pcsc_possible() -> None:
    """For tests in other folders: there can be sandboxes on this machine."""
    if MISSING is not None:
        refuse()


@pytest.fixture(scope="module")
def sandbox(pcsc_possible: None) -> Iterator[PcscSandbox]:
    """A sandbox with two empty readers, for one module."""
    with PcscSandbox(readers=2) as running:
        yield running
