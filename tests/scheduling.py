"""How the test files are shared out among the processes of `make test`."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[1]
BROWSER = ROOT / "tests" / "browser"
"""The tests that share a browser and its pages."""

SHORT = ROOT / "tests" / "integration"
"""Many files, each of which takes little time."""


def short_last(tests: list[pytest.Item]) -> None:
    """Move the short files to the end, where no process then works on a long one while the others have nothing to do."""
    tests.sort(key=lambda test: test.path.is_relative_to(SHORT))


def have_ids(tests: list[pytest.Item]) -> None:
    """Give each test an id of its own: of several with the same id, xdist runs one.

    The ids of schemathesis's tests are without the operation that each is about, since pytest makes them of a test's
    original name. Raises UsageError if two tests still have the same id.
    """
    for test in tests:
        operation = getattr(test, "operation_label", None)
        if operation is not None and test.id.params is None:
            test._id = test.id.with_params(operation)
    twice = [nodeid for nodeid, count in Counter(test.nodeid for test in tests).items() if count > 1]
    if twice:
        raise pytest.UsageError(f"{len(twice)} ids are of several tests each, such as {twice[0]}")


def few_stacks(config: pytest.Config, log: Any) -> Any:
    """Schedule by files, but those that use the session's stack in two processes, and those of a browser in one: both take long to start."""
    scheduling = LoadFileScheduling(config, log)
    scheduling._split_scope = lambda test: scope_of(test.partition("::")[0])
    return scheduling


@cache
def scope_of(file: str) -> str:
    """The name of the files that stay in one process with this one."""
    path = ROOT / file
    text = path.read_text(encoding="utf-8")
    if "stack: PopulatedStack" not in text or "PopulatedStack(" in text:  # it has none, or one of its own
        return "browser" if path.is_relative_to(BROWSER) else file
    return "stack under load" if "builders.load_laboratory" in text else "stack"
