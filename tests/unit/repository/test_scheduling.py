"""Which test files stay in one process."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from _pytest.nodeid import NodeId

from tests.scheduling import ROOT, have_ids, scope_of, short_last


@pytest.mark.parametrize(
    ("file", "scope"),
    [
        ("tests/end_to_end/test_lookup.py", "stack"),
        ("tests/end_to_end/test_kill.py", "stack"),
        ("tests/end_to_end/test_faults.py", "stack under load"),
        ("tests/end_to_end/test_service.py", "tests/end_to_end/test_service.py"),
        (
            "tests/adversarial/test_a_full_disk_loses_no_answer.py",
            "tests/adversarial/test_a_full_disk_loses_no_answer.py",
        ),
        ("tests/integration/test_tap.py", "tests/integration/test_tap.py"),
        ("tests/browser/test_desk.py", "browser"),
        ("tests/browser/test_portal.py", "stack"),
    ],
)
def test_files_that_use_the_sessions_stack_or_a_browser_stay_together(file: str, scope: str) -> None:
    assert scope_of(file) == scope


def test_short_files_come_last_and_stay_in_their_order() -> None:
    names = ["adversarial/test_a.py", "integration/test_b.py", "integration/test_c.py", "persons/test_d.py"]
    tests: list[Any] = [SimpleNamespace(path=ROOT / "tests" / Path(name)) for name in names]
    short_last(tests)
    assert [str(test.path.relative_to(ROOT / "tests")) for test in tests] == [
        *names[:1],
        *names[3:],
        *names[1:3],
    ]


class Test:
    """What a collected test is to `have_ids`; with a label it is one of schemathesis's."""

    __test__ = False

    def __init__(self, name: str, label: str | None = None) -> None:
        self._id = NodeId.parse(f"tests/test_a.py::{name}")
        self.operation_label = label

    @property
    def id(self) -> NodeId:
        return self._id

    @property
    def nodeid(self) -> str:
        return str(self._id)


def test_each_operation_is_a_test_of_its_own() -> None:
    tests: list[Any] = [
        Test("test_b", "GET /v1/x"),
        Test("test_b", "POST /v1/x"),
        Test("test_c"),
        Test("test_d[1]"),
    ]
    have_ids(tests)
    assert [test.nodeid.partition("::")[2] for test in tests] == [
        "test_b[GET /v1/x]",
        "test_b[POST /v1/x]",
        "test_c",
        "test_d[1]",
    ]


def test_tests_that_would_hide_each_other_are_refused() -> None:
    tests: list[Any] = [Test("test_b"), Test("test_c"), Test("test_b")]
    with pytest.raises(pytest.UsageError, match="1 ids are of several tests each"):
        have_ids(tests)
