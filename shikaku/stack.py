"""The running set of services: J-LIS and the fund as child processes, one clinic and one insurer admitted.

Used by the demo and the end-to-end tests; `python -m shikaku.stack` runs one until SIGTERM. All its files are
below its home folder.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn, Self

import httpx2

from shikaku.admission import admit_insurer, admit_terminal
from shikaku.commands import Commands
from shikaku.home import locked_home
from shikaku.ports import Ports
from shikaku.processes import START_SECONDS, Service, StackError

AUDIENCE = "urn:shikaku:demo"
INSTITUTION_CODE = "1311111114"
INSTITUTION_NAME = "架空診療所"
INSURER_NUMBER = "01130012"
PIN = "4321"
"""The PIN of every card of a stack."""

_CLINIC_RIGHTS = "eligibility,registration,visual-check,consent,prescription,own-access"


class Stack(Commands):
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
        card_keys: Path | None = None,
        backups: bool = False,
        database: Path | None = None,
    ) -> None:
        """`workers`: API workers. `revocation_max_age_seconds`: maximum age of the revocation mirror.

        `ports`: by default free ones. `sandbox`: the fund is one, with faults on demand and a log of requests.
        `strict`: the elements of the clinic's files are in a random order. `card_keys`: the file that keeps the keys of
        imported residents' cards, for the next stack. `backups`: the fund archives its database's log. `database`: a folder
        with the addresses of a prepared database server, one file for each setting (`FUND_SECRETS_DIR`); by default the
        fund has its embedded one.
        """
        home = home.absolute()
        jpki = home / "jpki"
        wiring = {
            "JPKI_HOME": str(jpki),
            "FUND_HOME": str(home / "fund"),
            "FUND_AUDIENCE": AUDIENCE,
            "FUND_TRUST_STORE": str(jpki / "trust" / "authentication.pem"),
            "FUND_SIGNATURE_TRUST_STORE": str(jpki / "trust" / "signature.pem"),
            "FUND_REVOCATION_MAX_AGE_SECONDS": str(revocation_max_age_seconds),
            **({"FUND_SANDBOX": "1"} if sandbox else {}),
            **({"TERMINAL_EXCHANGE_SHUFFLED": "1"} if strict else {}),
            **({"JPKI_CARD_KEYS": str(card_keys)} if card_keys is not None else {}),
            **({"FUND_BACKUP_HOME": str(home / "backups")} if backups else {}),
            **({"FUND_SECRETS_DIR": str(database.absolute())} if database is not None else {}),
            "PAYER_HOME": str(home / "payer"),
            "TERMINAL_CREDENTIAL": str(home / "terminal.json"),
            "TERMINAL_HOME": str(home / "terminal"),
            "LOADTEST_CARDS": str(home / "cards"),
            "LOADTEST_EXPECTED": str(home / "expected.json"),
            "LOADTEST_PIN": PIN,
        }
        super().__init__(home, wiring)
        self.ports = ports or Ports()
        self.revocation_max_age_seconds = revocation_max_age_seconds
        self.screens_url = ""
        self.web_face_url = ""
        self._workers = workers
        self._sandbox = sandbox
        self._has_own_database = database is not None
        self._running = ExitStack()
        self._lock: int | None = None

    @property
    def cards(self) -> Path:
        """The folder of the card images."""
        return self.home / "cards"

    @property
    def persons(self) -> Path:
        """The file of the test persons, once the console was opened."""
        return self.home / "persons.json"

    def start(self, meanwhile: Callable[[], object] | None = None) -> Self:
        """Start all services and admit clinic and insurer. Raises StackError, with all services stopped.

        `meanwhile`: work that needs J-LIS alone, done while the fund starts.
        """
        try:
            self._lock = self._running.enter_context(locked_home(self.home))
            self.cards.mkdir()
            self.ports.check()
            self._register_fund_with_jlis()
            if self._has_own_database:
                self._migrate()
            self.connect(FUND_JLIS_URL=self.serve("jpki-mock", port=self.ports.jlis))
            workers = ("--workers", str(self._workers))
            with ThreadPoolExecutor(1) as background:
                done = background.submit(meanwhile or (lambda: None))
                fund = self.serve("eligibility-api", *workers, port=self.ports.fund)
                done.result()
            self.connect(TERMINAL_FUND_URL=fund, PAYER_FUND_URL=fund)
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

    def start_service(
        self, name: str, *arguments: str | Path, variables: Mapping[str, str] | None = None
    ) -> Service:
        """Start a program that runs until the stack stops; `variables` override the wiring."""
        assert self._lock is not None, "the stack was not started"
        environment = self.environment | dict(variables or {})
        service = Service(name, arguments, environment, self.home / "logs" / f"{name}.log", self._lock)
        self._running.callback(service.stop)
        return service

    def serve(
        self,
        name: str,
        *options: str,
        port: int,
        announce: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Start a program's server and return its base URL once it is ready; `variables` override the wiring.

        `announce`: the file to which it writes its URL. Raises StackError.
        """
        announce = announce or self.home / f"{name}.url"
        address = ("--port", str(port), "--announce", announce)
        service = self.start_service(name, "serve", *address, *options, variables=variables)
        service.wait_for("address", announce.exists, START_SECONDS)
        url = announce.read_text().strip()
        if name == "eligibility-api":
            with httpx2.Client(trust_env=False) as http:
                service.wait_for("readiness", lambda: _is_ready(http, url), START_SECONDS)
        return url

    def _register_fund_with_jlis(self) -> None:
        self.run("eligibility-api", "keys", "init")
        self.run("jpki-mock", "admit", self.home / "fund" / "keys" / "jlis-client.pub.pem")

    def _migrate(self) -> None:
        """Do for a database server what the fund does for its embedded one by itself."""
        self.run("eligibility-api", "migrate")
        self.run("eligibility-api", "drug-master", "load")

    def _admit_clients(self) -> None:
        clinic = (INSTITUTION_CODE, INSTITUTION_NAME, "clinic", _CLINIC_RIGHTS)
        admit_terminal(self, *clinic, file="terminal.json", test_key=self._sandbox)
        admit_insurer(self, INSURER_NUMBER, "架空健康保険協会")


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
    options.add_argument(
        "--database",
        type=Path,
        metavar="FOLDER",
        help="the addresses of a prepared database server: a file for each setting, such as DATABASE_URL",
    )
    chosen = options.parse_args()
    end_like_ctrl_c()
    try:
        with Stack(
            chosen.home, workers=chosen.workers, backups=chosen.backups, database=chosen.database
        ) as stack:
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
