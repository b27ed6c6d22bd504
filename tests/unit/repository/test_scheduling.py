"""Which test files stay in one process."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.scheduling import ROOT, scope_of, short_last


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
    ],
)
def test_files_that_use_the_sessions_stack_stay_together(file: str, scope: str) -> None:
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
