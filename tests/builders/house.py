"""The whole house as processes, with the demo's people in it: for what only real processes can show."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from demo.cast import roles
from demo.clock import today
from demo.house import PIN, House
from demo.processes import Service, command_line
from demo.story import Story
from tests.builders.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Inhabited:
    """A running house and its people's cards."""

    house: House
    story: Story

    def terminal(self, role: str = "valid", url: str | None = None) -> Terminal:
        """The clinic's terminal with a role's card in it."""
        wiring = self.house.wiring
        return Terminal(
            url or wiring["TERMINAL_FUND_URL"], Path(wiring["TERMINAL_CREDENTIAL"]), self.story.card(role)
        )

    def tap(self, *options: str | Path, pin: str = PIN, **variables: str) -> dict[str, Any]:
        """What `clinic-terminal tap` reports, its exit code with it."""
        words = command_line("clinic-terminal", ["tap", "--pin-stdin", "--json", "--timings", *options])
        done = subprocess.run(
            words,
            env=self.house.environment | variables,
            input=f"{pin}\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        report = json.loads(done.stdout)
        assert isinstance(report, dict)
        assert report["exit_code"] == done.returncode
        return report

    def kill_fund(self) -> None:
        """SIGKILL every process of the fund, its database's included, at once."""
        data = Path(self.house.wiring["FUND_HOME"]) / "postgres" / "data"
        postmaster = int((data / "postmaster.pid").read_text().split()[0])
        for pid in [*_session_of(self.house.home / "eligibility-api.url"), postmaster]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @contextmanager
    def restarted_fund(self) -> Iterator[str]:
        """The fund started anew on what the killed one left; its address."""
        announce = self.house.home / "again.url"
        arguments: list[str | Path] = ["serve", "--port", "0", "--announce", announce]
        log = self.house.home / "logs" / "again.log"
        with log.open("ab") as lock:
            service = Service("eligibility-api", arguments, self.house.environment, log, lock.fileno())
        try:
            service.wait_for("address", announce.exists, 300)
            url = announce.read_text().strip()
            service.wait_for("readiness", lambda: _is_ready(url), 60)
            yield url
        finally:
            service.stop()


def _is_ready(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/readyz").status_code == 200
    except httpx2.TransportError:
        return False


def _session_of(announce: Path) -> list[int]:
    """The processes of the service that announced itself there: it leads a session, which its children stay in."""
    pids = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]
    [leader] = [pid for pid in pids if str(announce) in _command_line(pid)]
    return [pid for pid in pids if _session(pid) == os.getsid(leader)]


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


@contextmanager
def inhabited() -> Iterator[Inhabited]:
    """A house of one's own, in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="shikaku-house-") as home, House(Path(home) / "house") as house:
        story = Story(house, roles(today()))
        story.prepare()
        yield Inhabited(house, story)
