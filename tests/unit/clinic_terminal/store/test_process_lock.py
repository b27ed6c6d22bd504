"""Only one process answers requests with a store."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from clinic_terminal.errors import TerminalError
from clinic_terminal.store.process_lock import only_process

HOLD = """
import sys
from pathlib import Path
from clinic_terminal.store.process_lock import only_process
with only_process(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_another_process_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(TerminalError) as caught, only_process(tmp_path):
            pass
        assert caught.value.code == "exchange-running"
        other.kill()
    with only_process(tmp_path):
        assert (tmp_path / "exchange.lock").stat().st_mode & 0o777 == 0o600


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "exchange.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TerminalError, match="store-failed"), only_process(tmp_path):
        pass
    assert not (tmp_path / "elsewhere").exists()
