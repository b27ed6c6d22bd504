"""Which test files stay in one process."""

from __future__ import annotations

import pytest

from tests.scheduling import scope_of


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
