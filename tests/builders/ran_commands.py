"""The commands that a stack runs, recorded instead of run."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest


class RanCommands:
    """Records commands, which end with given exit codes by their first words, otherwise with 0."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **codes: int) -> None:
        self.ran: list[list[str]] = []
        self.options: list[dict[str, Any]] = []
        self._codes = codes
        monkeypatch.setattr(subprocess, "run", self.run)

    def run(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        self.ran.append(command[3:])
        self.options.append(options)
        return subprocess.CompletedProcess(
            command, self._codes.get(command[3], 0), "printed\n", " it broke \n"
        )
