"""The sandbox leaves nothing behind and is nobody else's."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.cards import card_file
from tests.pcsc.sandbox import PcscSandbox

PATIENCE_MILLISECONDS = 20_000
HOLD = """
import sys
from tests.pcsc.sandbox import PcscSandbox
with PcscSandbox() as sandbox:
    print(sandbox.environment["PCSCLITE_CSOCK_NAME"], flush=True)
    sys.stdin.readline()
"""


def descendants(process: int) -> list[int]:
    """Every process under this one, as seen from outside."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [found for child in map(int, listed) for found in (child, *descendants(child))]


def has_ended(handle: int) -> bool:
    """Wait for the end of the process behind a pidfd."""
    ending = select.poll()
    ending.register(handle, select.POLLIN)
    return bool(ending.poll(PATIENCE_MILLISECONDS))


@pytest.mark.parametrize("end", [signal.SIGKILL, None], ids=["killed", "in peace"])
def test_nothing_survives_the_process_that_made_it(end: signal.Signals | None) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as maker:
        assert maker.stdout is not None
        folder = Path(maker.stdout.readline().strip()).parent
        assert folder.is_dir()
        inside = [os.pidfd_open(found) for found in descendants(maker.pid)]
        assert len(inside) == 3  # unshare, the process inside, pcscd
        if end is not None:
            maker.send_signal(end)
    assert all(has_ended(handle) for handle in inside)
    assert not folder.exists()
    for handle in inside:
        os.close(handle)


def test_sandboxes_do_not_see_each_other(sandbox: PcscSandbox, tmp_path: Path) -> None:
    with PcscSandbox() as other:
        other.insert(0, card_file(tmp_path))
        assert "Yes" in other.run("opensc-tool", "--list-readers").stdout
        assert "Yes" not in sandbox.run("opensc-tool", "--list-readers").stdout


def test_what_cannot_be_inserted_is_told(sandbox: PcscSandbox, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="FileNotFoundError"):
        sandbox.insert(0, tmp_path / "none.json")
