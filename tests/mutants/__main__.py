"""Mutates the rules and runs their tests: `python -m tests.mutants [MODULE …]`, such as `papers version_2/cover`.

Prints for each module of `eligibility_api/domain` how many mutants its tests kill, and each survivor that
`modules.toml` does not name as equivalent. Exit code 1 if there is one, or a name in `modules.toml` that survives no
more. About an hour of one core for all modules.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

from tests.mutants.run import Importer, preload, survives
from tests.mutants.source import mutants

ROOT = Path(__file__).parents[2]
DOMAIN = Path("eligibility_api/domain")
_TESTS = Path("tests/unit/eligibility_api/domain")
_LIMIT_SECONDS = 120.0


def modules() -> dict[str, dict[str, Any]]:
    """Each module's further test files and its equivalent mutants, by its path within the domain without suffix."""
    data: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "tests/mutants/modules.toml").read_text("utf-8"))
    return data


def selected_tests(module: str, entry: dict[str, Any]) -> list[str]:
    """The module's own test file, if there is one, then the further ones."""
    own = _TESTS / Path(module).with_name(f"test_{Path(module).name}.py")
    further = [name if name.startswith("tests/") else str(_TESTS / name) for name in entry.get("tests", [])]
    return [str(own)] * (ROOT / own).exists() + further


def main(chosen: list[str]) -> int:
    """Test the modules, and return the exit code."""
    preload("eligibility_api.contract")
    failures = 0
    for module, entry in modules().items():
        if not chosen or module in chosen:
            failures += _test(module, entry)
    return 1 if failures else 0


def _test(module: str, entry: dict[str, Any]) -> int:
    """Test one module; returns the number of unnamed survivors and of names without a survivor."""
    path = DOMAIN / f"{module}.py"
    tests, equivalent = selected_tests(module, entry), set(entry.get("equivalent", {}))
    made = mutants((ROOT / path).read_text("utf-8"))
    name = ".".join(path.with_suffix("").parts)
    survivors = [m for m in made if survives(Importer(name, path, m.module), tests, limit=_LIMIT_SECONDS)]
    unnamed = [mutant for mutant in survivors if mutant.name not in equivalent]
    gone = equivalent - {mutant.name for mutant in survivors}
    named = len(survivors) - len(unnamed)
    print(
        f"{module}: {len(made)} mutants, {len(made) - len(survivors)} killed, {named} equivalent", flush=True
    )
    for mutant in unnamed:
        print(f"  {path}:{mutant.line}: {mutant.name}", flush=True)
    for former in sorted(gone):
        print(f"  survives no more: {former}", flush=True)
    return len(unnamed) + len(gone)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
