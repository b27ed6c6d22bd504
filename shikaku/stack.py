"""The running set of services: J-LIS and the fund as child processes, one clinic and one insurer admitted.

Used by the demo and the end-to-end tests; `python -m shikaku.stack` runs one until SIGTERM. All its files are
below its home folder.
"""

from __future__ import annotations

import argparse
import csv
import fcntl
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn, Self

import httpx2

from shikaku.ports import Ports
from shikaku.private_files import write_private
from shikaku.processes import ROOT, Service, StackError, command_line
from shikaku.warm import WarmCommands

AUDIENCE = "urn:shikaku:demo"
INSTITUTION_CODE = "1311111114"
INSTITUTION_NAME = "架空診療所"
INSURER_NUMBER = "01130012"
PIN = "4321"
"""The PIN of every card of a stack."""

SENDER = ("見本　送信", "mihon-soushin")
APPROVER = ("見本　承認", "mihon-shounin")
"""The two operators of the insurer's enrolment desk, with their passwords."""

RECEPTION = ("見本　受付", "mihon-uketsuke")
DOCTOR = ("見本　医師", "mihon-ishi")
"""The two operators of the clinic's screens, with their passwords."""

_CLINIC_RIGHTS = "eligibility,registration,visual-check,consent,prescription,own-access"

_FOREIGN_PREFIXES = ("DATABASE_URL", "FUND_", "JPKI_", "LOADTEST_", "PAYER_", "TERMINAL_")
_START_SECONDS = 300.0
"""The first start creates a database, which is slow on a slow machine."""

_COMMAND_SECONDS = 300
_LOCK_SECONDS = 30.0


class Stack:
    """J-LIS and the fund, connected with each other. A context manager; a start empties the home folder."""

    def __init__(
        self,
        home: Path,
        *,
        workers: int = 2,
        revocation_max_age_seconds: int = 5,
        ports: Ports | None = None,
        sandbox: bool = False,
        strict: bool = False,
        backups: bool = False,
    ) -> None:
        """`workers`: API workers. `revocation_max_age_seconds`: maximum age of the revocation mirror.

        `ports`: by default free ones. `sandbox`: the fund is one, with faults on demand and a log of requests;
        `open_console` serves both. `strict`: the elements of the clinic's files are in a
        random order; `be_strict` makes the sandbox strict too. `backups`: the fund archives its database's log.
        """
        self.home = home.absolute()
        self._workers = workers
        self._ports = ports or Ports()
        self.revocation_max_age_seconds = revocation_max_age_seconds
        self.screens_url = ""
        self.web_face_url = ""
        self._running = ExitStack()
        self._payers: dict[str, Path] = {}
        self._lock: int | None = None
        self._warm: WarmCommands | None = None
        jpki, fund = self.home / "jpki", self.home / "fund"
        self._wiring = {
            "JPKI_HOME": str(jpki),
            "FUND_HOME": str(fund),
            "FUND_AUDIENCE": AUDIENCE,
            "FUND_TRUST_STORE": str(jpki / "trust" / "authentication.pem"),
            "FUND_SIGNATURE_TRUST_STORE": str(jpki / "trust" / "signature.pem"),
            "FUND_REVOCATION_MAX_AGE_SECONDS": str(revocation_max_age_seconds),
            **({"FUND_SANDBOX": "1"} if sandbox else {}),
            **({"TERMINAL_EXCHANGE_SHUFFLED": "1"} if strict else {}),
            **({"FUND_BACKUP_HOME": str(self.home / "backups")} if backups else {}),
            "PAYER_HOME": str(self.home / "payer"),
            "TERMINAL_CREDENTIAL": str(self.home / "terminal.json"),
            "TERMINAL_HOME": str(self.home / "terminal"),
            "LOADTEST_CARDS": str(self.cards),
            "LOADTEST_EXPECTED": str(self.home / "expected.json"),
            "LOADTEST_PIN": PIN,
        }

    @property
    def wiring(self) -> dict[str, str]:
        """The environment variables that connect the organisations' commands with each other."""
        return dict(self._wiring)

    @property
    def cards(self) -> Path:
        """The folder of the card images."""
        return self.home / "cards"

    @property
    def persons(self) -> Path:
        """The file of the test persons, once `open_console` has written it."""
        return self.home / "persons.json"

    @property
    def environment(self) -> dict[str, str]:
        """The environment for a command: the caller's without settings of our programs, plus the wiring."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN_PREFIXES)
        }
        return inherited | {"NO_PROXY": "127.0.0.1"} | self._wiring

    def start(self, meanwhile: Callable[[], object] | None = None) -> Self:
        """Start all services and admit clinic and insurer. Raises StackError, with all services stopped.

        `meanwhile`: work that needs J-LIS alone, done while the fund starts.
        """
        try:
            lock = self._lock = self._lock_home()
            self._ports.check()
            self._register_fund_with_jlis()
            self._wiring["FUND_JLIS_URL"] = self._serve(lock, "jpki-mock", port=self._ports.jlis)
            workers = ("--workers", str(self._workers))
            with ThreadPoolExecutor(1) as background:
                done = background.submit(meanwhile or (lambda: None))
                fund = self._serve(lock, "eligibility-api", *workers, port=self._ports.fund)
                done.result()
            self._wiring |= {"TERMINAL_FUND_URL": fund, "PAYER_FUND_URL": fund}
            self._admit_clients()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop all services in reverse order of their start."""
        self._running.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def run(
        self,
        name: str,
        *arguments: str | Path,
        stdin: str = "",
        check: bool = True,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of one of the organisations; `variables` override the wiring.

        With `check`, raises StackError if the exit code is not 0.
        """
        environment = self.environment | dict(variables or {})
        if self._warm is not None:
            done = self._warm.run(name, [str(one) for one in arguments], environment, stdin)
        else:
            done = subprocess.run(
                command_line(name, arguments),
                cwd=ROOT,
                env=environment,
                input=stdin,
                capture_output=True,
                text=True,
                check=False,
                timeout=_COMMAND_SECONDS,
            )
        if check and done.returncode != 0:
            raise StackError(
                f"{name} {arguments[0]} ended with exit code {done.returncode}:\n{done.stderr.strip()}"
            )
        return done

    @contextmanager
    def warm(self) -> Iterator[None]:
        """Run the commands inside of this context quickly, each program's in one process after another."""
        with WarmCommands(_COMMAND_SECONDS) as warm:
            self._warm = warm
            try:
                yield
            finally:
                self._warm = None

    def admit_terminal(
        self, code: str, name: str, kind: str, rights: str, file: str, *, test_key: bool = False
    ) -> Path:
        """Admit a facility with one terminal; returns its credential, which is `file` in the home folder.

        `test_key`: with the facility's fixed key, which a sandbox alone accepts.
        """
        credential = self.home / file
        options = ("--institution-code", code, "--name", name, "--kind", kind, "--rights", rights)
        key = ("--test-key",) if test_key else ()
        self.run("eligibility-api", "facility", "add", *options, *key, "--out", credential)
        return credential

    def admit_insurer(self, insurer_number: str, name: str) -> None:
        """Admit an insurer at the fund and add its credential to those of `payer-mock`."""
        credential = self.home / f"payer-{insurer_number}.json"
        options = ("--insurer-number", insurer_number, "--name", name, "--out", credential)
        self.run("eligibility-api", "insurer", "add", *options)
        self._add_payer_credentials({insurer_number: credential})

    def admit_insurers(self, names: Mapping[str, str]) -> None:
        """Admit many insurers (names by number), each with a key for its program and one for its approver."""
        csv_file, payers, approvers = (self.home / name for name in ("insurers.csv", "payers", "approvers"))
        with csv_file.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("insurer_number", "name"), *names.items()])
        payers.mkdir()
        approvers.mkdir()
        options = ("--from", csv_file, "--out-dir", payers, "--approvers-out-dir", approvers)
        self.run("eligibility-api", "insurer", "add", *options)
        self._add_payer_credentials({number: payers / f"payer-{number}.json" for number in names})
        self._wiring["PAYER_APPROVER"] = ":".join(str(approvers / f"approver-{n}.json") for n in names)

    def _add_payer_credentials(self, credentials: Mapping[str, Path]) -> None:
        """Add credentials by insurer number to those of `payer-mock`, replacing existing ones."""
        self._payers |= credentials
        self._wiring["PAYER_CREDENTIAL"] = ":".join(map(str, self._payers.values()))

    def admit_approver(self, insurer_number: str, name: str) -> Path:
        """Admit another key of an insurer, which approves; returns its credential."""
        credential = self.home / f"approver-{insurer_number}.json"
        options = ("--insurer-number", insurer_number, "--name", name, "--approver", "--out", credential)
        self.run("eligibility-api", "insurer", "add", *options)
        return credential

    def keys_of(self, insurer_number: str) -> tuple[Path, Path]:
        """The credentials of an insurer's program and of its approver, once `admit_insurers` has admitted it."""
        return self._payers[insurer_number], self.home / "approvers" / f"approver-{insurer_number}.json"

    def open_desk(self, program: Path, approver: Path) -> str:
        """Start an insurer's enrolment desk with two operators, each with a key of her own; returns its address."""
        home = self.home / f"desk-of-{program.stem}"
        variables = {"PAYER_HOME": str(home)}
        for (name, password), role, key in (
            (SENDER, "sender", program),
            (APPROVER, "approver", approver),
        ):
            options = ("--role", role, "--credential", key, "--password-stdin")
            self.run("payer-mock", "add-operator", name, *options, stdin=f"{password}\n", variables=variables)
        assert self._lock is not None
        port = self._ports.insurer
        return self._serve(self._lock, "payer-mock", port=port, announce=home / "url", variables=variables)

    def open_console(self, persons: Mapping[str, object]) -> str:
        """Start the console of a sandbox, with these test persons and the clinic's reader; returns its address."""
        write_private(self.persons, json.dumps(persons, ensure_ascii=False))
        readers = ("--reader", f"{INSTITUTION_NAME}={self.screens_url}") if self.screens_url else ()
        options = (
            "--fund",
            self._wiring["TERMINAL_FUND_URL"],
            "--persons",
            str(self.persons),
            "--cards",
            str(self.cards),
            *readers,
        )
        assert self._lock is not None
        return self._serve(self._lock, "sandbox-console", *options, port=self._ports.console)

    def be_strict(self) -> None:
        """Switch the sandbox's strict and random mode on. Raises StackError."""
        with httpx2.Client(base_url=self._wiring["TERMINAL_FUND_URL"], trust_env=False) as http:
            answer = http.post("/sandbox/strict", json={"strict": True})
        if not answer.is_success:
            raise StackError(f"The sandbox answered {answer.status_code}.")

    def write_environment(self, path: Path) -> None:
        """Write the wiring as a file that a shell can source."""
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in sorted(self._wiring.items())]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines))

    def serve_exchange(self, root: Path) -> str:
        """Let the clinic's terminal answer the exchange folder `root`, and over HTTP; returns the base URL.

        From then on taps of the clinic leave their files in it, and its software asks for medical files in the doctor's
        name. The same process serves the screens, at `screens_url`, with the test persons' cards on a shelf. Raises
        StackError.
        """
        assert self._lock is not None
        for (name, password), role in ((RECEPTION, "reception"), (DOCTOR, "doctor")):
            options = ("--role", role, "--password-stdin")
            self.run("clinic-terminal", "add-operator", name, *options, stdin=f"{password}\n")
        self._wiring |= {
            "TERMINAL_EXCHANGE_ROOT": str(root),
            "TERMINAL_EXCHANGE_OPERATOR": DOCTOR[0],
            "TERMINAL_EXCHANGE_ROLE": "doctor",
        }
        log = self.home / "logs" / "clinic-terminal.log"
        ports = ("--http", str(self._ports.web_face), "--pages", str(self._ports.screens))
        arguments = ("serve", "--root", root, *ports, "--shelf", self.cards)
        service = Service("clinic-terminal", arguments, self.environment, log, self._lock)
        self._running.callback(service.stop)
        service.wait_for("exchange folder", (root / "req").is_dir, _START_SECONDS)
        service.wait_for("screens", lambda: _announced(_SCREENS, log) is not None, _START_SECONDS)
        self.screens_url = _announced(_SCREENS, log) or ""
        self.web_face_url = _announced(_WEB_FACE, log) or ""
        return self.web_face_url

    def _lock_home(self) -> int:
        """Lock the home folder. Services inherit the lock: it is free once those of a killed stack ended."""
        self.home.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.home.with_name(f"{self.home.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        self._running.callback(os.close, lock)
        deadline = time.monotonic() + _LOCK_SECONDS
        while not _locked(lock):
            if time.monotonic() > deadline:
                raise StackError(f"Another stack is running in {self.home}.")
            time.sleep(0.1)
        self._empty_home()
        return lock

    def _empty_home(self) -> None:
        mark = self.home / ".stack"
        if self.home.exists() and any(self.home.iterdir()) and not mark.exists():
            raise StackError(
                f"{self.home} contains files of something else, and would be emptied. Remove it first."
            )
        if self.home.exists():
            shutil.rmtree(self.home)
        self.home.mkdir(mode=0o700)
        self.cards.mkdir()
        mark.touch()

    def _register_fund_with_jlis(self) -> None:
        self.run("eligibility-api", "keys", "init")
        self.run("jpki-mock", "admit", self.home / "fund" / "keys" / "jlis-client.pub.pem")

    def _admit_clients(self) -> None:
        self.admit_terminal(
            INSTITUTION_CODE,
            INSTITUTION_NAME,
            "clinic",
            _CLINIC_RIGHTS,
            "terminal.json",
            test_key="FUND_SANDBOX" in self._wiring,
        )
        self.admit_insurer(INSURER_NUMBER, "架空健康保険協会")

    def _serve(
        self,
        lock: int,
        name: str,
        *options: str,
        port: int,
        announce: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Start a service and return its base URL once it is ready; `variables` override the wiring."""
        announce = announce or self.home / f"{name}.url"
        arguments: list[str | Path] = ["serve", "--port", str(port), "--announce", announce, *options]
        environment = self.environment | dict(variables or {})
        service = Service(name, arguments, environment, self.home / "logs" / f"{name}.log", lock)
        self._running.callback(service.stop)
        service.wait_for("address", announce.exists, _START_SECONDS)
        url = announce.read_text().strip()
        if name == "eligibility-api":
            with httpx2.Client(trust_env=False) as http:
                service.wait_for("readiness", lambda: _is_ready(http, url), _START_SECONDS)
        return url


_WEB_FACE = re.compile(r"^The web API answers at (\S+)$", re.MULTILINE)
_SCREENS = re.compile(r"^The screens are served at (\S+): ", re.MULTILINE)


def _announced(line: re.Pattern[str], log: Path) -> str | None:
    """The URL that the terminal has printed in a line of this form; None before."""
    found = line.search(log.read_text(encoding="utf-8"))
    return found.group(1) if found else None


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_ready(http: httpx2.Client, url: str) -> bool:
    try:
        return http.get(f"{url}/readyz").status_code == 200
    except httpx2.TransportError:
        return False


def end_like_ctrl_c() -> None:
    """Make SIGTERM end this program as Ctrl-C does, with all services stopped."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def main() -> None:
    """Run a stack until Ctrl-C or SIGTERM."""
    options = argparse.ArgumentParser(
        prog="python -m shikaku.stack", description="Run J-LIS and the fund until Ctrl-C or SIGTERM."
    )
    options.add_argument("--home", type=Path, default=Path("var/stack"))
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--backups", action="store_true", help="archive the database's log in HOME/backups")
    chosen = options.parse_args()
    end_like_ctrl_c()
    try:
        with Stack(chosen.home, workers=chosen.workers, backups=chosen.backups) as stack:
            path = stack.home.with_name(f"{stack.home.name}.env")
            stack.write_environment(path)
            print(
                f"J-LIS {stack.wiring['FUND_JLIS_URL']}, fund {stack.wiring['TERMINAL_FUND_URL']}; . {path}",
                flush=True,
            )
            signal.pause()
    except KeyboardInterrupt:
        pass
    except StackError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
