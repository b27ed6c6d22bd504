"""All services as processes, with the cast of the demo's reception scenes."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import httpx2

from eligibility_api.embedded_postgres.postmaster import Postmaster
from shikaku.clock import today
from shikaku.persons.dataset import Dataset, residents
from shikaku.persons.member_file import write_members
from shikaku.persons.person import Person
from shikaku.processes import Service
from shikaku.stack import PIN, Stack
from shikaku.story.cast import roles
from shikaku.story.reception import ReceptionScenes
from tests.builders.terminal import Terminal


class PopulatedStack(Stack):
    """A stack whose cast has cards, enrolments and registrations; for tests that need real processes."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self._scenes = ReceptionScenes(self, roles(today()))
        self._enrolled: set[str] = set()

    def start(self, meanwhile: Callable[[], object] | None = None) -> Self:
        """Start all services and prepare the cast. Its commands run warm, since tests run hundreds of them."""
        self._running.enter_context(self.warm())
        super().start(meanwhile)
        try:
            self._scenes.prepare()
        except BaseException:
            self.stop()
            raise
        return self

    @contextmanager
    def cold(self) -> Iterator[None]:
        """Inside of this context a command starts Python, as a clinic's or an insurer's does."""
        warm, self._warm = self._warm, None
        try:
            yield
        finally:
            self._warm = warm

    def card(self, role: str) -> Path:
        """The card image of a role."""
        return self._scenes.card(role)

    def enrol_person(self, data: Dataset, identifier: str) -> Person:
        """A test person, enrolled and with a card; done once, since tests of several modules share the stack."""
        person = data.person(identifier)
        if identifier not in self._enrolled:
            lines, members = self.home / f"{identifier}.jsonl", self.home / f"{identifier}.csv"
            own = person.resident()["resident_id"]
            [resident] = [one for one in residents(data, PIN) if one["resident_id"] == own]
            lines.write_text(json.dumps(resident, ensure_ascii=False) + "\n", encoding="utf-8")
            write_members(members, [data.enrolment(person, 1)])
            self.run("jpki-mock", "import-residents", lines, "--cards", self.cards)
            self.run("payer-mock", "enrol", members)
            self._enrolled.add(identifier)
        return person

    def terminal(self, role: str = "valid") -> Terminal:
        """The clinic's terminal, holding a role's card."""
        credential = Path(self.wiring["TERMINAL_CREDENTIAL"])
        return Terminal(self.wiring["TERMINAL_FUND_URL"], credential, self.card(role))

    def tap(self, *options: str | Path, pin: str = PIN, **variables: str) -> dict[str, Any]:
        """The report of `clinic-terminal tap`, including its exit code."""
        words = ("tap", "--pin-stdin", "--json", "--timings", *options)
        done = self.run("clinic-terminal", *words, stdin=f"{pin}\n", check=False, variables=variables)
        report = json.loads(done.stdout)
        assert isinstance(report, dict)
        assert report["exit_code"] == done.returncode
        return report

    def kill_fund(self) -> None:
        """Send SIGKILL to every process of the fund and to its database server."""
        killed = _session_of(self.home / "eligibility-api.url")
        postmaster = Postmaster.of(Path(self.wiring["FUND_HOME"]) / "postgres" / "data")
        for pid in [*killed, postmaster.pid] if postmaster else killed:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def fund_processes(self, name: str) -> list[int]:
        """The fund's processes of this name."""
        return [pid for pid in _session_of(self.home / "eligibility-api.url") if _name(pid) == name]

    def restart_fund(self) -> None:
        """Start the fund again on the killed one's files, at another address."""
        announce = self.home / "eligibility-api.url"
        announce.unlink(missing_ok=True)
        arguments: list[str | Path] = ["serve", "--port", "0", "--announce", announce]
        log = self.home / "logs" / "again.log"
        with log.open("ab") as lock:
            service = Service("eligibility-api", arguments, self.environment, log, lock.fileno())
        self._running.callback(service.stop)
        service.wait_for("address", announce.exists, 300)
        url = announce.read_text().strip()
        self.connect(TERMINAL_FUND_URL=url, PAYER_FUND_URL=url)
        service.wait_for("readiness", self.is_ready, 60)

    def is_ready(self) -> bool:
        """Whether the fund answers that it is ready."""
        try:
            return httpx2.get(f"{self.wiring['PAYER_FUND_URL']}/readyz").status_code == 200
        except httpx2.TransportError:
            return False


def _session_of(announce: Path) -> list[int]:
    """The processes of the service with this announce file, if it runs: it leads a session that its children stay in."""
    pids = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]
    sessions = {_session(pid) for pid in pids if str(announce) in _command_line(pid)} - {None}
    return [pid for pid in pids if _session(pid) in sessions]


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


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
def populated_stack(**variables: str) -> Iterator[PopulatedStack]:
    """A populated stack in a temporary folder. `variables`: further settings of its programs."""
    with tempfile.TemporaryDirectory(prefix="shikaku-stack-") as folder:
        stack = PopulatedStack(Path(folder) / "stack")
        stack.connect(**variables)
        with stack:
            yield stack
