"""A mutant survives if its module's tests pass, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]

RULE = "def is_adult(age):\n    return age >= 18\n"
TESTS = {
    "weak": "from rule import is_adult\n\n\ndef test_it():\n    assert is_adult(30)\n",
    "whole": "from rule import is_adult\n\n\ndef test_it():\n    assert [is_adult(n) for n in (17, 18, 19)] == [0, 1, 1]\n",
    "endless": "from rule import is_adult\n\n\ndef test_it():\n    while not is_adult(18):\n        pass\n",
}
PROGRAM = """
    import sys
    from pathlib import Path
    from tests.mutants.run import Importer, survives
    from tests.mutants.source import mutants

    for mutant in mutants(Path("rule.py").read_text())[: int(sys.argv[3])]:
        survived = survives(Importer("rule", Path("rule.py"), mutant.module), [sys.argv[1]], limit=float(sys.argv[2]))
        print(mutant.name.split(" -> ")[1], survived, sep=": ")
"""


def verdicts(folder: Path, tests: str, limit: float, first: int = 9) -> dict[str, bool]:
    """Whether each of the first mutants of RULE survives these tests."""
    (folder / "rule.py").write_text(RULE)
    (folder / "test_rule.py").write_text(TESTS[tests])
    program = [sys.executable, "-c", textwrap.dedent(PROGRAM), "test_rule.py", str(limit), str(first)]
    paths = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"}
    done = subprocess.run(
        program, cwd=folder, env=paths, capture_output=True, text=True, check=True, timeout=120
    )
    return {
        name: survived == "True" for name, survived in (line.split(": ") for line in done.stdout.splitlines())
    }


@pytest.mark.parametrize(
    ("tests", "survivors"),
    [("weak", {"return age > 18", "return age >= 19"}), ("whole", set())],
)
def test_what_the_tests_do_not_notice_survives(tmp_path: Path, tests: str, survivors: set[str]) -> None:
    found = verdicts(tmp_path, tests, 60)
    assert {name for name, survived in found.items() if survived} == survivors
    assert len(found) == 4


def test_a_mutant_that_does_not_end_is_killed_after_its_time(tmp_path: Path) -> None:
    [survived] = verdicts(tmp_path, "endless", 2, first=1).values()
    assert not survived
