"""What a command writes that holds persons has mode 0600, with any umask, and also if the file existed."""

from __future__ import annotations

import ast
import json
import os
import stat
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from jpki_mock.cli import app as jpki
from loadtest import private_files as load_files
from loadtest.faults.insurer_client import rewrite
from payer_mock import private_files as payer_files
from payer_mock.claims.description import EXAMPLE
from payer_mock.cli import app as payer
from payer_mock.papers.issue import write_papers
from shikaku import private_files as stack_files
from shikaku.persons.dataset import load_dataset
from shikaku.persons.member_file import write_members
from tests.builders.residents import residents_file
from tests.unit.payer_mock.builders import line, members_file

ROOT = Path(__file__).parent.parent.parent
ORGANISATIONS = ("clinic_terminal", "eligibility_api", "jpki_mock", "loadtest", "payer_mock", "shikaku")

HELPERS = {
    "clinic_terminal/exchange/folder/directory.py",
    "clinic_terminal/exchange/web/terminal_key.py",
    "clinic_terminal/queries/known_versions.py",
    "clinic_terminal/store/database.py",
    "clinic_terminal/store/key_file.py",
    "eligibility_api/contract/tokens.py",
    "eligibility_api/platform/private_files.py",
    "jpki_mock/files.py",
    "loadtest/private_files.py",
    "payer_mock/private_files.py",
    "shikaku/private_files.py",
}
"""The modules through which files with persons or secrets are written."""

WITHOUT_PERSONS = {
    "clinic_terminal/store/last_notice.py": "the fund's notice",
    "clinic_terminal/store/process_lock.py": "a lock",
    "eligibility_api/backup/restoring.py": "the mark of a recovery",
    "eligibility_api/embedded_postgres/server.py": "a lock",
    "eligibility_api/platform/log_writer.py": "standard error, whose lines have an allow-list of fields",
    "eligibility_api/sandbox/store.py": "creates the database with mode 0600",
    "eligibility_api/serve.py": "the service's address",
    "jpki_mock/card/card_file.py": "a lock",
    "jpki_mock/jlis.py": "a lock",
    "jpki_mock/store.py": "creates the database with mode 0600",
    "loadtest/cluster/guardian.py": "messages of a cluster's nodes",
    "loadtest/dataset/terminals.py": "facilities",
    "loadtest/faults/records.py": "public checkpoints of the log",
    "loadtest/html_report/render.py": "figures of a run",
    "loadtest/conductor/run_process.py": "standard output",
    "loadtest/soak/command.py": "figures of a soak",
    "loadtest/soak/run.py": "a public checkpoint of the log",
    "loadtest/target.py": "the services' log",
    "payer_mock/load/environment.py": "the services' log",
    "payer_mock/population/files.py": "insurers, and the parameters of a population",
    "shikaku/admission.py": "insurers",
    "shikaku/commands.py": "paths of files",
    "shikaku/home.py": "a lock, a mark",
    "shikaku/persons/document.py": "the page of test persons, which is published",
    "shikaku/processes.py": "the services' log",
    "shikaku/pytest_plugin.py": "the stack's log",
}
"""Modules that write other files by themselves, and what is in these."""

_WRITING_CALLS = {"write_text", "write_bytes", "touch"}


def _writes(call: ast.Call) -> bool:
    """Whether a call writes or creates a file by its mode, flags or name."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in _WRITING_CALLS:
        return True
    if name not in {"open", "fdopen"}:
        return False
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    modes = [a.value for a in arguments if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    flags = {node.attr for a in arguments for node in ast.walk(a) if isinstance(node, ast.Attribute)}
    return "O_CREAT" in flags or any(
        set(mode) & set("wax+") and set(mode) <= set("rwaxbt+") for mode in modes
    )


def _modules() -> Iterator[str]:
    for folder in ORGANISATIONS:
        yield from (str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*.py"))


def test_every_module_that_writes_a_file_is_a_helper_or_known_to_write_no_person() -> None:
    writing = {
        module
        for module in _modules()
        for node in ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _writes(node)
    }
    assert writing == HELPERS | set(WITHOUT_PERSONS)


@pytest.mark.parametrize(
    "code",
    [
        "path.open('w')",
        "path.open(mode='ab')",
        "open(path, 'x')",
        "path.write_text('')",
        "os.open(path, os.O_WRONLY | os.O_CREAT)",
        "os.fdopen(descriptor, 'wb')",
    ],
)
def test_a_module_that_writes_is_found(code: str) -> None:
    assert [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call) and _writes(node)]


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """A umask that takes nothing away."""
    former = os.umask(0)
    yield
    os.umask(former)


def run(app: Typer, *arguments: str | Path) -> None:
    done = CliRunner().invoke(app, list(map(str, arguments)))
    assert done.exit_code == 0, done.output


def residents(folder: Path) -> Path:
    out = folder / "residents.jsonl"
    run(jpki, "residents", "--people", "20", "--seed", "1", "--out", out)
    return out


def claims(folder: Path) -> Path:
    described, out = folder / "description.json", folder / "RECEIPTC.UKE"
    described.write_text(json.dumps(EXAMPLE), encoding="utf-8")
    run(payer, "write-claims", described, "--out", out)
    return out


def papers(folder: Path) -> Path:
    write_papers(members_file(folder, line()), set(), folder, date(2026, 3, 1))
    return folder / "eligibility-notices-0001.pdf"


def members_of_test_persons(folder: Path) -> Path:
    data = load_dataset(date(2026, 11, 23))
    write_members(folder / "test-persons.csv", [data.enrolment(data.person("P01-valid"), 1)])
    return folder / "test-persons.csv"


def rewritten_members(folder: Path) -> Path:
    rewrite(members_file(folder, line()), folder / "rewritten.csv", lambda cells: cells)
    return folder / "rewritten.csv"


WRITERS: tuple[Callable[[Path], Path], ...] = (
    residents,
    claims,
    papers,
    members_of_test_persons,
    rewritten_members,
)


@pytest.mark.parametrize("existing", [None, 0o666, 0o644])
@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_a_file_with_persons_has_mode_0600(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], Path], existing: int | None
) -> None:
    monkeypatch.setenv("JPKI_HOME", str(tmp_path / "jpki"))
    path = write(tmp_path)
    if existing is not None:
        path.chmod(existing)
        assert write(tmp_path) == path
    assert path.stat().st_size > 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_populations_files_have_mode_0600(tmp_path: Path) -> None:
    people, _ = residents_file(tmp_path, 200)
    folder = tmp_path / "population"
    run(payer, "population", "--residents", people, "--out", folder, "--month", "2026-01")
    run(payer, "claims-files", folder, "--month", "2026-02", "--out", tmp_path / "claims")
    run(payer, "checkups-files", folder, "--year", "2025", "--out", tmp_path / "claims")
    found = [*folder.rglob("*.csv"), *(tmp_path / "claims").iterdir()]
    with_persons = [path for path in found if path.name != "insurers.csv"]
    assert with_persons
    assert {stat.S_IMODE(path.stat().st_mode) for path in with_persons} == {0o600}


HELPER_CALLS: dict[str, Callable[[Path], None]] = {
    "payer create": lambda path: payer_files.create_private(path).close(),
    "payer append": lambda path: payer_files.append_private(path).close(),
    "stack": lambda path: stack_files.write_private(path, "x"),
    "stack csv": lambda path: stack_files.write_private_csv(path, ["a"], [{"a": "1"}]),
    "load": lambda path: load_files.create_private(path).close(),
}


@pytest.mark.parametrize("write", HELPER_CALLS.values(), ids=HELPER_CALLS)
@pytest.mark.parametrize("existing", [None, 0o666])
def test_a_helper_makes_a_file_private(
    tmp_path: Path, write: Callable[[Path], None], existing: int | None
) -> None:
    path = tmp_path / "file"
    if existing is not None:
        path.touch()
        path.chmod(existing)
    write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_device_keeps_its_mode() -> None:
    before = Path("/dev/null").stat().st_mode
    payer_files.create_private(Path("/dev/null")).close()
    assert Path("/dev/null").stat().st_mode == before
