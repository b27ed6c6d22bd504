"""The fund as a service: it starts or reports why not, restarts processes that die, and stops without leftovers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from eligibility_api.audit_log.checkpoint_keys import create_missing, verification_keys
from eligibility_api.contract.audit import AUDIT_PATH
from eligibility_api.contract.trace_context import traceparent
from eligibility_api.embedded_postgres.postmaster import Postmaster, wait_until
from eligibility_api.merkle_log.checkpoints import open_checkpoint
from eligibility_api.platform.clock import system_clock
from eligibility_api.platform.key_files import KeyFiles
from eligibility_api.platform.keys import load_keys
from eligibility_api.platform.settings import Settings
from jpki_mock.jlis import Jlis
from jpki_mock.settings import Settings as JlisSettings
from shikaku.processes import command_line
from shikaku.stack import Stack
from tests.builders.collector import Collector, collector

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Serving:
    """A fund with one worker, and its log."""

    process: subprocess.Popen[bytes]
    home: Path

    @property
    def announce(self) -> Path:
        return self.home / "url"

    @property
    def written(self) -> str:
        return (self.home / "log").read_text()

    def events(self, event: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.written.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def postmaster(self) -> Postmaster | None:
        return Postmaster.of(self.home / "fund" / "postgres" / "data")

    def wait(self, condition: Callable[[], object]) -> None:
        assert wait_until(lambda: bool(condition()), PATIENCE_SECONDS), self.written

    def is_ready(self) -> bool:
        url = self.announce.read_text()
        try:
            return httpx2.get(f"{url}/readyz", timeout=PATIENCE_SECONDS).status_code == 200
        except httpx2.TransportError:  # a worker is being replaced
            return False

    def processes(self) -> list[int]:
        """The processes of this home, found by command line or environment."""
        mark = str(self.home).encode()
        folders = [folder for folder in Path("/proc").iterdir() if folder.name.isdigit()]
        return [int(f.name) for f in folders if mark in _read(f / "cmdline") + _read(f / "environ")]

    def named(self, name: str) -> list[int]:
        """Its processes of this name."""
        return [pid for pid in self.processes() if _name(pid) == name]


def _name(pid: int) -> str:
    return _read(Path(f"/proc/{pid}/comm")).decode().strip()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with trust stores."""
    home: Path = tmp_path_factory.mktemp("jpki")
    with Jlis(JlisSettings(home=home), system_clock()):
        return home / "trust"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all keys of a fund that nobody may write to."""
    settings = Settings(home=tmp_path_factory.mktemp("keys"))
    files = KeyFiles.of(settings)
    load_keys(files)
    create_missing(settings)
    files.folder.chmod(0o500)
    return files.folder


@contextmanager
def serving(
    home: Path, trust: Path, *where: str | Path, collector: str | None = None, keys: Path | None = None
) -> Iterator[Serving]:
    """A service on a free port, or `where` else; `collector` gets its traces and log, and `keys` are given to it."""
    variables = {
        "FUND_HOME": str(home / "fund"),
        "FUND_TRUST_STORE": str(trust / "authentication.pem"),
        "FUND_SIGNATURE_TRUST_STORE": str(trust / "signature.pem"),
        "FUND_JLIS_URL": "http://127.0.0.1:1",
        "FUND_REVOCATION_MAX_AGE_SECONDS": "2",
        **({} if collector is None else {"FUND_OTLP_URL": collector}),
        **({} if keys is None else {"FUND_KEYS_DIR": str(keys)}),
    }
    arguments: list[str | Path] = [
        "serve",
        *(where or ("--port", "0")),
        "--workers",
        "1",
        "--announce",
        home / "url",
    ]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            command_line("eligibility-api", arguments),
            env=Stack(home / "stack").environment | variables,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    service = Serving(process, home)
    try:
        yield service
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


@dataclass
class Kept:
    """The service that most tests share, on one home; after a test that stops it, the next one starts it again."""

    home: Path
    trust: Path
    keys: Path
    running: ExitStack
    collector: Collector
    service: Serving | None = None

    def ready(self) -> Serving:
        service = self.service
        if service is None or service.process.poll() is not None:
            (self.home / "url").unlink(missing_ok=True)
            service = self.service = self.running.enter_context(
                serving(self.home, self.trust, collector=self.collector.url, keys=self.keys)
            )
        service.wait(lambda: service.announce.exists() and service.is_ready())
        return service


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, trust: Path, keys: Path) -> Iterator[Kept]:
    with ExitStack() as running:
        received = running.enter_context(collector())
        yield Kept(tmp_path_factory.mktemp("service"), trust, keys, running, received)


@pytest.fixture
def service(kept: Kept) -> Serving:
    """A running fund whose processes tests may kill, and which they may stop."""
    return kept.ready()


def test_without_a_trust_store_it_exits_with_one_sentence_and_creates_nothing(tmp_path: Path) -> None:
    with serving(tmp_path, tmp_path / "nowhere") as service:
        assert service.process.wait(PATIENCE_SECONDS) == 1
    assert len(service.written.splitlines()) == 1
    assert "nowhere/authentication.pem" in service.written
    assert not service.announce.exists()
    assert not (service.home / "fund" / "postgres").exists()


MOMENTS: dict[str, Callable[[Serving], object]] = {
    "making the database": lambda service: (service.home / "fund" / "postgres" / "data.new").exists(),
    "starting the database": lambda service: service.postmaster(),
    "starting the scheduler": lambda service: service.events("scheduler_started"),
}


@pytest.mark.parametrize(
    ("ending", "moment"),
    [*((signal.SIGTERM, moment) for moment in MOMENTS), (signal.SIGINT, "starting the database")],
)
def test_stopped_at_any_time_it_exits_with_0_and_leaves_no_process(
    tmp_path: Path, trust: Path, ending: signal.Signals, moment: str
) -> None:
    with serving(tmp_path, trust) as service:
        service.wait(lambda: MOMENTS[moment](service))
        service.process.send_signal(ending)
        assert service.process.wait(PATIENCE_SECONDS) == 0, service.written
    service.wait(lambda: not service.processes())


def test_with_given_keys_it_signs_with_them_and_makes_none_of_its_own(service: Serving, kept: Kept) -> None:
    given = Settings(keys_dir=kept.keys)
    notes: list[bytes] = []

    def is_signed() -> bool:
        response = httpx2.get(
            f"{service.announce.read_text()}{AUDIT_PATH}/checkpoint", timeout=PATIENCE_SECONDS
        )
        notes.append(response.content)
        return response.status_code == 200

    service.wait(is_signed)
    assert open_checkpoint(notes[-1], given.log_origin, verification_keys(given))
    assert (kept.home / "fund").is_dir()
    assert not (kept.home / "fund" / "keys").exists()


def test_a_killed_database_is_restarted(service: Serving) -> None:
    victim = service.postmaster()
    assert victim is not None
    os.kill(victim.pid, signal.SIGKILL)
    service.wait(lambda: service.events("database_started"))
    service.wait(service.is_ready)


def test_a_killed_scheduler_is_restarted(service: Serving) -> None:
    service.wait(lambda: service.events("scheduling"))
    victim = service.events("scheduling")[-1]["pid"]
    os.kill(victim, signal.SIGKILL)
    service.wait(lambda: service.events("scheduling")[-1]["pid"] != victim)


def test_when_the_process_that_forks_the_others_is_killed_all_of_them_are_replaced(service: Serving) -> None:
    service.wait(lambda: service.named("fund-sequencer"))
    [victim] = service.named("fund-forks")
    former = {
        name: service.named(name) for name in ("fund-api", "fund-jobs", "fund-scheduler", "fund-sequencer")
    }
    os.kill(victim, signal.SIGKILL)
    for name, pids in former.items():
        assert len(pids) == 1, name
        service.wait(lambda name=name, pids=pids: service.named(name) not in ([], pids))  # type: ignore[misc]
    service.wait(service.is_ready)


def test_with_a_killed_service_all_ends_but_its_database(service: Serving) -> None:
    service.wait(lambda: service.named("fund-sequencer"))
    service.process.kill()
    service.process.wait(PATIENCE_SECONDS)
    service.wait(lambda: {_name(pid) for pid in service.processes()} <= {"postgres", ""})
    assert service.postmaster() is not None


PROCESSES = {"fund", "fund-api", "fund-jobs", "fund-scheduler", "fund-sequencer"}


def test_every_process_exports_its_log_and_the_last_request_of_a_stopped_one(
    service: Serving, kept: Kept
) -> None:
    service.wait(lambda: {line.service for line in kept.collector.lines} == PROCESSES)
    header = traceparent()
    url = service.announce.read_text()
    assert httpx2.get(f"{url}/status.json", headers={"traceparent": header}).status_code == 200
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(PATIENCE_SECONDS) == 0, service.written
    [span] = [span for span in kept.collector.spans if span.trace_id == header.split("-")[1]]
    assert (span.name, span.service) == ("GET /status.json", "fund-api")
    written = json.dumps(service.events("request")[-1])
    assert header.split("-")[1] in written


def test_stopped_while_it_serves_it_exits_with_0_and_leaves_no_process(service: Serving) -> None:
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(PATIENCE_SECONDS) == 0, service.written
    service.wait(lambda: not service.processes())


SUPERVISOR_PROGRAM = """
import socket, sys, uvicorn
from eligibility_api.processes.supervisor import Supervisor
if __name__ == "__main__":
    config = uvicorn.Config(sys.argv[1], factory=True, workers=2, log_level="critical")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        supervisor = Supervisor(config, listening, started=lambda: print("started"), background={})
        supervisor.run()
    sys.exit("failed" if supervisor.failed else 0)
"""


@pytest.mark.parametrize("application", ["nowhere:application", "os:abort"])
def test_workers_that_cannot_start_make_the_service_fail(application: str) -> None:
    command = [sys.executable, "-c", SUPERVISOR_PROGRAM, application]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert (done.returncode, done.stdout, done.stderr.splitlines()[-1:]) == (1, "", ["failed"])


FAULTY_PROGRAM = """
import socket, uvicorn
from fastapi import FastAPI
from eligibility_api.web import problems
from eligibility_api.web.middleware import AccessLog
from eligibility_api.platform.telemetry import set_up_logging

app = FastAPI()

@app.get("/broken")
async def broken():
    raise ValueError("secret-value")

set_up_logging()
problems.install_error_handlers(app)
app.add_middleware(AccessLog)
with socket.create_server(("127.0.0.1", 0)) as listening:
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="info")).run([listening])
"""


def test_a_faults_text_is_neither_returned_nor_logged(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (
        log.open("wb") as written,
        subprocess.Popen(
            [sys.executable, "-c", FAULTY_PROGRAM], stdout=subprocess.PIPE, stderr=written, text=True
        ) as process,
    ):
        assert process.stdout is not None
        port = int(process.stdout.readline())
        response = httpx2.get(f"http://127.0.0.1:{port}/broken")
        process.terminate()
    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert '"cause": "ValueError"' in log.read_text()
    assert "secret-value" not in log.read_text() + response.text


def test_a_service_on_a_unix_socket_answers_there_and_removes_it(kept: Kept, tmp_path: Path) -> None:
    first = kept.ready()
    first.process.terminate()
    first.process.wait(PATIENCE_SECONDS)
    first.announce.unlink()
    path = tmp_path / "fund.sock"
    with serving(kept.home, kept.trust, "--uds", path, keys=kept.keys) as service:
        service.wait(service.announce.exists)
        assert service.announce.read_text() == f"unix:{path}"
        assert path.stat().st_mode & 0o777 == 0o660
        with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(path)), base_url="http://fund") as http:
            assert http.get("/readyz", timeout=PATIENCE_SECONDS).status_code == 200
            assert http.get("/v1/nothing").json()["code"] == "token-missing"
    assert not path.exists()
