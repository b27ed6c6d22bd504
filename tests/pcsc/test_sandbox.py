"""The sandbox cleans up and is isolated."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.cards import card_file
from tests.pcsc.sandbox import PcscSandbox

TIMEOUT_MILLISECONDS = 20_000
HOLD = """
import sys
from tests.pcsc.sandbox import PcscSandbox
with PcscSandbox() as sandbox:
    print(sandbox.environment["PCSCLITE_CSOCK_NAME"], flush=True)
    sys.stdin.readline()
"""


def descendants(process: int) -> list[int]:
    """Every descendant of a process, by its number outside the sandbox."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [found for child in map(int, listed) for found in (child, *descendants(child))]


def has_ended(handle: int) -> bool:
    """Wait for the end of the process of a pidfd."""
    ending = select.poll()
    ending.register(handle, select.POLLIN)
    return bool(ending.poll(TIMEOUT_MILLISECONDS))


@pytest.mark.parametrize("end", [signal.SIGKILL, None], ids=["killed", "regular"])
def test_nothing_survives_the_creating_process(end: signal.Signals | None) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as creator:
        assert creator.stdout is not None
        folder = Path(creator.stdout.readline().strip()).parent
        assert folder.is_dir()
        inside = [os.pidfd_open(found) for found in descendants(creator.pid)]
        assert len(inside) == 3  # unshare, the process inside, pcscd
        if end is not None:
            creator.send_signal(end)
    assert all(has_ended(handle) for handle in inside)
    assert not folder.exists()
    for handle in inside:
        os.close(handle)


def test_sandboxes_are_isolated_from_each_other(sandbox: PcscSandbox, tmp_path: Path) -> None:
    with PcscSandbox() as other:
        other.insert(0, card_file(tmp_path))
        assert "Yes" in other.run("opensc-tool", "--list-readers").stdout
        assert "Yes" not in sandbox.run("opensc-tool", "--list-readers").stdout


def test_a_failed_insertion_is_reported(sandbox: PcscSandbox, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="FileNotFoundError"):
        sandbox.insert(0, tmp_path / "none.json")
