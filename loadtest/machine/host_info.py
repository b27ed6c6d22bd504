"""Under which circumstances something was measured: the machine, the software, the commit, the command."""

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

_ROOT = Path(__file__).parents[2]
_CPUINFO, _MEMINFO = Path("/proc/cpuinfo"), Path("/proc/meminfo")


@dataclass(frozen=True, slots=True)
class HostInfo:
    """What a figure has to be quoted with. Empty where this machine does not tell it."""

    command: str
    commit: str
    """With `+` behind it where the tree has changes that are not committed."""

    cores: int
    """That this process may use."""

    processor: str
    memory_gib: float
    kernel: str
    python: str

    @classmethod
    def now(cls, arguments: Sequence[str]) -> HostInfo:
        """Of this machine, and of `loadtest` with these arguments."""
        return cls(
            shlex.join(["loadtest", *arguments]),
            _commit(_ROOT),
            len(os.sched_getaffinity(0)),
            _found(r"^model name\s*:\s*(.+)$", _CPUINFO) or platform.machine(),
            round(int(_found(r"^MemTotal:\s+(\d+)", _MEMINFO) or 0) / 1024**2, 1),
            f"{platform.system()} {platform.release()}",
            platform.python_version(),
        )


def _found(pattern: str, path: Path) -> str:
    try:
        found = re.search(pattern, path.read_text(), re.MULTILINE)
    except OSError:
        return ""
    return found[1].strip() if found else ""


def _commit(root: Path) -> str:
    """The commit of the tree that runs; nothing where it is none, or there is no git."""
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return ""
    words = [git, "-C", str(root)]
    commit = _said([*words, "rev-parse", "--short=10", "HEAD"])
    return commit and commit + (
        "+" if _said([*words, "status", "--porcelain", "--untracked-files=no"]) else ""
    )


def _said(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
