"""Processes are forked from a server that has imported their programs, and that is no part of a request to stop."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import signal, sys
from eligibility_api.processes.forks import FORKS, import_programs
from eligibility_api.processes.process import block_stop_signals
from tests.builders.forked import report

if __name__ == "__main__":
    with block_stop_signals():
        import_programs(sys.argv[1:])
    receiver, sender = FORKS.Pipe(duplex=False)
    processes = [FORKS.Process(target=report, args=(sender,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        print(receiver.recv())
        process.join()
"""


def reports(*modules: str) -> list[str]:
    """What two forked processes report: `name of the parent, imported, blocked, collecting`."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *modules], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(("modules", "imported"), [(["colorsys"], True), ([], False)])
def test_what_the_server_has_imported_every_process_has(modules: list[str], imported: bool) -> None:
    assert reports(*modules) == [f"fund-forks {imported} [] collecting"] * 2


def test_a_module_that_does_not_exist_is_left_to_the_process_that_needs_it() -> None:
    assert reports("no.such.module", "colorsys") == ["fund-forks True [] collecting"] * 2
