"""The watcher wakes the service when a file appears, and ends when it is stopped."""

from __future__ import annotations

import threading
from pathlib import Path

from clinic_terminal.exchange.folder.watching import Watcher

WAITS = 400


def test_a_change_wakes(tmp_path: Path) -> None:
    woken = threading.Event()
    watcher = Watcher(tmp_path, woken.set)
    watcher.start()
    # The thread needs a moment until it watches: what changes before that, a pass of the service finds.
    for number in range(WAITS):
        (tmp_path / str(number)).touch()
        if woken.wait(0.05):
            break
    watcher.stop()
    assert woken.is_set()


def test_a_folder_that_is_away_ends_nothing(tmp_path: Path) -> None:
    watcher = Watcher(tmp_path / "away", lambda: None)
    watcher.start()
    watcher.stop()
    assert not watcher.is_running
