"""`python -m tests.benchmarks.readiness`: from the command `shikaku` to the ready file, by phase.

Once with no kept keys, and once with those of the first start. Processor time is that of all processes of the stack, of
the user and the system: it says more than the seconds where other work is under way.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from shikaku import serve
from shikaku.person_registration import PersonRegistration
from shikaku.processes import MODULES
from shikaku.stack import Stack

ROOT = Path(__file__).parents[2]
_SHOWN_SECONDS = 0.3
"""Processes with less processor time are not listed."""


@dataclass(frozen=True, slots=True)
class Phase:
    """The end of a phase: seconds and processor seconds since the beginning."""

    name: str
    seconds: float
    processor: float


class Phases:
    """Notes when the steps of a start end."""

    def __init__(self, began: float) -> None:
        """`began`: by `time.time()`, when the command was started."""
        self.ended: list[Phase] = []
        self._began = began

    def end(self, name: str) -> None:
        """Note the end of a phase."""
        self.ended.append(Phase(name, time.time() - self._began, sum(used().values())))

    def after(self, owner: Any, function: str, name: str) -> None:
        """Let each call of a function end the phase `name`."""
        original: Callable[..., Any] = getattr(owner, function)

        def noted(*arguments: Any, **options: Any) -> Any:
            result = original(*arguments, **options)
            self.end(name)
            return result

        setattr(owner, function, noted)

    def table(self) -> list[str]:
        """A line for each phase, with what it added."""
        lines, former = [], Phase("", 0, 0)
        for one in sorted(self.ended, key=lambda phase: phase.seconds):
            lines.append(
                f"{one.name:30}{one.seconds:7.1f} s (+{one.seconds - former.seconds:5.1f})"
                f"{one.processor:7.1f} CPU-s (+{one.processor - former.processor:5.1f})"
            )
            former = one
        return lines


def used() -> dict[str, float]:
    """The processor seconds of this process and all below it, by what they are; ended children count for their parents."""
    found: dict[str, float] = {}
    own = psutil.Process()
    for process in [own, *own.children(recursive=True)]:
        try:
            times, name = process.cpu_times(), _named(process)
        except psutil.Error:
            continue
        seconds = times.user + times.system + times.children_user + times.children_system
        found[name] = found.get(name, 0.0) + seconds
    return found


def _named(process: psutil.Process) -> str:
    words = process.cmdline()
    if words[1:2] != ["-c"] or "fund-" in process.name():
        return str(process.name())
    if "spawn_main" in words[2] or "forkserver" in words[2]:
        return "fund: worker"
    program = next((name for name in MODULES if name in words[2]), "python")
    return f"{program}: commands" if "shikaku.warm" in words[2] else program


def once() -> int:
    """Start everything, print the phases, and end."""
    phases = Phases(float(os.environ["READINESS_BEGAN"]))
    phases.end("imports of the command")
    phases.after(PersonRegistration, "issue_cards", "cards issued (beside the fund)")
    phases.after(Stack, "start", "J-LIS and the fund ready")
    phases.after(PersonRegistration, "register", "persons registered")
    phases.after(serve, "_open_screens", "screens, console, desk")

    def ready() -> None:
        phases.end("ready")
        print("\n".join(phases.table()))
        for name, seconds in sorted(used().items(), key=lambda item: -item[1]):
            if seconds > _SHOWN_SECONDS:
                print(f"  {seconds:6.1f} CPU-s  {name}")
        raise KeyboardInterrupt

    signal.pause = ready
    with tempfile.TemporaryDirectory() as folder:
        return serve.main(["--home", folder, "--ports", "free"])


def main() -> int:
    """Print the phases of two starts, and the load of the machine."""
    with tempfile.TemporaryDirectory() as cache:
        for title in ("without kept keys", "with kept keys"):
            print(f"{title} (load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores)", flush=True)
            environment = os.environ | {"XDG_CACHE_HOME": cache, "READINESS_BEGAN": repr(time.time())}
            done = subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.readiness", "--once"],
                cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False,
            )  # fmt: skip
            print(done.stdout[done.stdout.find("imports of") :])
    return 0


if __name__ == "__main__":
    sys.exit(once() if sys.argv[1:] == ["--once"] else main())
