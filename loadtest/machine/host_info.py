"""Host information that a figure is quoted with: the machine, the software, the commit, the command."""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_ROOT = Path(__file__).parents[2]
_CPUINFO = Path("/proc/cpuinfo")
"""The processor's model: neither psutil nor the standard library knows it on Linux."""


@dataclass(frozen=True, slots=True)
class HostInfo:
    """The conditions of a measurement. A text is empty where this machine does not provide it."""

    command: str
    commit: str
    """Followed by `+` where the tree has uncommitted changes."""

    cores: int
    """Cores that this process may use."""

    processor: str
    memory_gib: float
    kernel: str
    python: str

    @classmethod
    def now(cls, arguments: Sequence[str]) -> HostInfo:
        """Collect it for this machine and for `loadtest` with these arguments."""
        return cls(
            shlex.join(["loadtest", *arguments]),
            _commit(_ROOT),
            len(os.sched_getaffinity(0)),
            _processor() or platform.machine(),
            round(psutil.virtual_memory().total / 1024**3, 1),
            f"{platform.system()} {platform.release()}",
            platform.python_version(),
        )


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", _CPUINFO.read_text(), re.MULTILINE)
    except OSError:
        return ""
    return found[1].strip() if found else ""


def _commit(root: Path) -> str:
    """The commit of the running tree; empty where it is no work tree or git is missing."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return ""
    command = [git, "-C", str(root)]
    commit = _output([*command, "rev-parse", "--short=10", "HEAD"])
    is_changed = _output([*command, "status", "--porcelain", "--untracked-files=no"])
    return commit and commit + ("+" if is_changed else "")


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
